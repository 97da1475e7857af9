/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_NET_H
#define ICMP4_NET_H

#include <net/net_namespace.h>
#include <net/netns/generic.h>

/**
 * struct icmp4_net - what the module keeps for each network namespace
 * @net: the namespace
 * @stats: per-CPU counters, see stat.h
 * @routes: per-CPU routes of the last replies, see route.h
 */
struct icmp4_net {
	struct net *net;
	struct icmp4_mib __percpu *stats;
	struct icmp4_route_slots __percpu *routes;
};

extern unsigned int icmp4_net_id;

/**
 * icmp4_net() - the module's state in a namespace
 * @net: any namespace that is alive
 *
 * Return: its state; never NULL while the module is loaded.
 */
static inline struct icmp4_net *icmp4_net(const struct net *net)
{
	return net_generic(net, icmp4_net_id);
}

#endif
