/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ROUTE_H
#define ICMP4_ROUTE_H

#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/route.h>

#include "drop.h"
#include "net.h"

/**
 * struct icmp4_route_key - all that the choice of a route depends on
 * @daddr: next destination, network order
 * @saddr: source address, network order; 0 to let the route choose
 * @flow_saddr: of an error: source of the packet it is about, network order. That
 *	packet's flow chooses among several paths
 * @flow_daddr: its destination, network order; 0 for a reply
 * @oif: index of the L3 master device to stay in, 0 for none
 * @mark: firewall mark
 * @secid: the LSM's label of the flow
 * @tos: DSCP in the upper six bits
 * @type: ICMP type of the reply or error
 * @code: ICMP code of it
 * @broadcast: a reply may go to a broadcast address
 */
struct icmp4_route_key {
	__be32 daddr;
	__be32 saddr;
	__be32 flow_saddr;
	__be32 flow_daddr;
	int oif;
	u32 mark;
	u32 secid;
	u8 tos;
	u8 type;
	u8 code;
	bool broadcast;
};

u32 icmp4_route_secid(struct sk_buff *skb);
struct net_device *icmp4_route_dev(const struct sk_buff *skb);
struct rtable *icmp4_route_error(struct icmp4_net *in, struct sk_buff *skb,
				 struct icmp4_route_key *key);
enum icmp4_drop icmp4_route_reply(struct icmp4_net *in, struct sk_buff *skb,
				  struct icmp4_route_key *key);

int icmp4_route_init(struct icmp4_net *in);
void icmp4_route_uninit(struct icmp4_net *in);

#endif
