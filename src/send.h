/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SEND_H
#define ICMP4_SEND_H

#include <linux/skbuff.h>
#include <net/sock.h>

#include "net.h"
#include "options.h"

struct sk_buff *icmp4_send_alloc(struct sock *sk, unsigned int headroom,
				 unsigned int len);
void icmp4_send_header(struct net *net, struct sk_buff *skb,
		       const struct icmp4_options *opt, __be32 saddr,
		       __be32 daddr, u8 tos);
void icmp4_send(struct icmp4_net *in, struct sock *sk, struct sk_buff *skb,
		u8 type);

#endif
