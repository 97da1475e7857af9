/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_NET_H
#define ICMP4_NET_H

#include <net/net_namespace.h>
#include <net/netns/generic.h>

/**
 * struct icmp4_knobs - values of the knobs that the module adds, see sysctl.c
 * @quotelen: icmp_quotelen, bytes
 * @errors_extension_mask: icmp_errors_extension_mask, if the kernel has none
 */
struct icmp4_knobs {
	int quotelen;
	u8 errors_extension_mask;
};

/**
 * struct icmp4_net - what the module keeps for each network namespace
 * @net: the namespace
 * @stats: per-CPU counters, see stat.h
 * @routes: per-CPU routes of the last replies, see route.h
 * @knobs: read with READ_ONCE(), see sysctl.h
 * @sysctl: their registration
 * @sysctl_table: its table
 */
struct icmp4_net {
	struct net *net;
	struct icmp4_mib __percpu *stats;
	struct icmp4_route_slots __percpu *routes;
	struct icmp4_knobs knobs;
	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_table;
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
