/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RELOOKUP_H
#define ICMP4_RELOOKUP_H

#include <linux/skbuff.h>
#include <net/flow.h>
#include <net/route.h>

struct rtable *icmp4_relookup(struct net *net, struct sk_buff *skb,
			      struct rtable *rt, struct flowi4 *fl4, u8 tos);

#endif
