/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_REPLY_H
#define ICMP4_REPLY_H

#include "drop.h"
#include "limit.h"

enum icmp4_drop icmp4_reply_begin(struct icmp4_net *in, struct sk_buff *skb,
				  u8 type, struct icmp4_limit *limit);
enum icmp4_drop icmp4_reply(struct icmp4_net *in, struct sk_buff *skb,
			    const struct icmp4_limit *limit, __be32 link);

#endif
