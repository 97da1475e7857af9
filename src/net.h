/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_NET_H
#define ICMP4_NET_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "window.h"

/**
 * struct icmp4_knobs - values of the knobs that the module adds, see knob_defs.h
 * @dgram_darwin: icmp_dgram_darwin, of datagram sockets that open
 * @drop_redirect: icmp_drop_redirect
 * @errors_extension_mask: icmp_errors_extension_mask, if the kernel has none
 * @icmplim: icmp_icmplim, messages of a class in a second; 0 for any number
 * @icmplim_jitter: icmp_icmplim_jitter, by how many that is off
 * @icmplim_output: icmp_icmplim_output, whether it holds at all
 * @log_redirect: icmp_log_redirect
 * @maskfake: icmp_maskfake, an address mask in host order; 0 for none
 * @maskrepl: icmp_maskrepl
 * @quotelen: icmp_quotelen, bytes
 * @raw_maxdgram: raw_maxdgram, bytes
 * @raw_recvspace: raw_recvspace, bytes
 * @reply_from_interface: icmp_reply_from_interface
 * @tstamprepl: icmp_tstamprepl
 */
struct icmp4_knobs {
	int dgram_darwin;
	int drop_redirect;
	int errors_extension_mask;
	int icmplim;
	int icmplim_jitter;
	int icmplim_output;
	int log_redirect;
	u32 maskfake;
	int maskrepl;
	int quotelen;
	int raw_maxdgram;
	int raw_recvspace;
	int reply_from_interface;
	int tstamprepl;
};

/**
 * struct icmp4_ifname - the name of an interface, which need not exist
 * @rcu: for kfree_rcu()
 * @name: the name
 */
struct icmp4_ifname {
	struct rcu_head rcu;
	char name[IFNAMSIZ];
};

/**
 * enum icmp4_limit_class - messages that icmp_icmplim counts together
 * @ICMP4_LIMIT_UNREACH: port unreachables
 * @ICMP4_LIMIT_ECHO: echo replies
 * @ICMP4_LIMIT_TIMESTAMP: timestamp replies
 * @ICMP4_LIMIT_CLASSES: how many there are; stands for no class, too
 */
enum icmp4_limit_class {
	ICMP4_LIMIT_UNREACH,
	ICMP4_LIMIT_ECHO,
	ICMP4_LIMIT_TIMESTAMP,
	ICMP4_LIMIT_CLASSES
};

/**
 * struct icmp4_net - what the module keeps for each network namespace
 * @net: the namespace
 * @stats: per-CPU counters, see stat.h
 * @routes: per-CPU routes of the last replies, see route.h
 * @knobs: read with READ_ONCE(), see sysctl.h
 * @rates: icmp_rates; NULL while there is none
 * @reply_src: icmp_reply_src; NULL while it is empty
 * @number: of the namespace, in &struct icmp4_owner
 * @windows: what icmp_icmplim counts, a class each
 * @raws: the raw sockets that the module delivers to, &struct icmp4_raw; changed
 *	with the lock of the kernel's table
 * @dgrams: the datagram sockets of the module, &struct icmp4_dgram
 * @darwins: of these, the ones of Darwin's way
 * @dgrams_lock: who changes these lists holds it
 * @ids: who of them has which identifier, see dgram_id.c
 * @ids_lock: who takes one holds it
 * @id_next: the identifier to try next
 * @sysctl: their registration
 * @sysctl_table: its table
 */
struct icmp4_net {
	struct net *net;
	struct icmp4_mib __percpu *stats;
	struct icmp4_route_slots __percpu *routes;
	struct icmp4_knobs knobs;
	struct icmp4_rates __rcu *rates;
	struct icmp4_ifname __rcu *reply_src;
	u16 number;
	struct icmp4_window windows[ICMP4_LIMIT_CLASSES];
	struct hlist_head raws;
	struct hlist_head dgrams;
	struct hlist_head darwins;
	spinlock_t dgrams_lock; /* of dgrams and darwins */
	struct xarray ids;
	struct mutex ids_lock; /* taken with a socket locked */
	u32 id_next;
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
