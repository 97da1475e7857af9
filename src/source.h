/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SOURCE_H
#define ICMP4_SOURCE_H

#include <linux/skbuff.h>
#include <linux/types.h>

__be32 icmp4_source(struct net *net, const struct sk_buff *skb);

#endif
