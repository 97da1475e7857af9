/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SOURCE_H
#define ICMP4_SOURCE_H

#include <linux/skbuff.h>
#include <linux/types.h>

#include "net.h"

__be32 icmp4_source_reply(const struct icmp4_net *in, const struct sk_buff *skb);
__be32 icmp4_source_error(const struct icmp4_net *in, const struct sk_buff *skb,
			  int iif, u8 type);
bool icmp4_source_is_ours(const void *net, __be32 addr);

#endif
