// SPDX-License-Identifier: GPL-2.0
/* Routes back. To find one costs a fifth of a reply, and who asks once asks
 * again, so each CPU remembers the last few for a second: the kernel tells by
 * dst_check() when one has become stale, and what it does not tell (a gateway
 * that died, a link that lost its carrier) is found out by the next look-up.
 */

#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/security.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "relookup.h"
#include "route.h"

#define SLOT_BITS	4
#define LIFETIME	HZ

/**
 * struct icmp4_route_slot - a remembered route
 * @key: what it was found for
 * @saddr: the source address of what goes this way, network order
 * @paths: icmp4_route_paths() at that time
 * @until: not to be used from then on, in jiffies
 * @rt: the route, with a reference; NULL if the slot is empty
 */
struct icmp4_route_slot {
	struct icmp4_route_key key;
	__be32 saddr;
	u32 paths;
	unsigned long until;
	struct rtable *rt;
};

struct icmp4_route_slots {
	struct icmp4_route_slot slot[1 << SLOT_BITS];
};

static bool icmp4_route_same(const struct icmp4_route_key *a,
			     const struct icmp4_route_key *b)
{
	return a->daddr == b->daddr && a->saddr == b->saddr &&
	       a->flow_saddr == b->flow_saddr &&
	       a->flow_daddr == b->flow_daddr &&
	       a->oif == b->oif && a->mark == b->mark &&
	       a->secid == b->secid && a->tos == b->tos &&
	       a->type == b->type && a->code == b->code;
}

/* How the kernel chooses among several paths can change without making a route
 * stale; by the state of neighbours it changes with every packet. (The seed of
 * its hash is left to the second that a route is remembered for.)
 */
static u32 icmp4_route_paths(const struct net *net)
{
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	return READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_fields) << 8 |
	       READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy);
#else
	return 0;
#endif
}

static bool icmp4_route_by_neighbours(const struct net *net)
{
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	return READ_ONCE(net->ipv4.sysctl_fib_multipath_use_neigh);
#else
	return false;
#endif
}

/* Errors choose as the packets they are about do, and where that depends on more
 * of a packet than its addresses, the choice is not remembered.
 */
static bool icmp4_route_by_ports(const struct net *net,
				 const struct icmp4_route_key *key)
{
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	return key->flow_daddr &&
	       READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy);
#else
	return false;
#endif
}

/* A plain route does not tell when a policy is deleted or a security
 * association comes: where IPsec has policies, every message is looked up.
 */
static bool icmp4_route_by_policy(const struct net *net)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	       net->xfrm.policy_default[XFRM_POLICY_OUT] !=
	       XFRM_USERPOLICY_ACCEPT;
#else
	return false;
#endif
}

/* Redirected and path MTU routes expire, encapsulating ones pin a module. */
static bool icmp4_route_is_plain(const struct rtable *rt)
{
	return !(rt->rt_flags & RTCF_REDIRECTED) && !rt->dst.expires &&
	       !rt->dst.lwtstate && !dst_xfrm(&rt->dst);
}

static void icmp4_route_forget(struct icmp4_route_slot *slot)
{
	if (slot->rt)
		dst_release(&slot->rt->dst);
	slot->rt = NULL;
}

static struct icmp4_route_slot *icmp4_route_slot(struct icmp4_net *in,
						 const struct icmp4_route_key *key)
{
	struct icmp4_route_slots *slots = this_cpu_ptr(in->routes);

	return &slots->slot[hash_32((__force u32)key->daddr, SLOT_BITS)];
}

/* The slot stays in the hands of this CPU: no reference is taken. */
static struct rtable *icmp4_route_recall(struct icmp4_net *in,
					 const struct icmp4_route_slot *slot,
					 struct icmp4_route_key *key)
{
	if (unlikely(!slot->rt || slot->paths != icmp4_route_paths(in->net) ||
		     time_after_eq(jiffies, slot->until) ||
		     !icmp4_route_same(&slot->key, key) ||
		     icmp4_route_by_policy(in->net) ||
		     !dst_check(&slot->rt->dst, 0)))
		return NULL;
	key->saddr = slot->saddr;
	return slot->rt;
}

static void icmp4_route_remember(struct icmp4_net *in,
				 struct icmp4_route_slot *slot,
				 const struct icmp4_route_key *key,
				 __be32 saddr, struct rtable *rt)
{
	icmp4_route_forget(slot);
	if (!icmp4_route_is_plain(rt) || icmp4_route_by_policy(in->net) ||
	    icmp4_route_by_neighbours(in->net) ||
	    icmp4_route_by_ports(in->net, key))
		return;
	slot->key = *key;
	slot->saddr = saddr;
	slot->until = jiffies + LIFETIME;
	slot->paths = icmp4_route_paths(in->net);
	slot->rt = rt;
	dst_hold(&rt->dst);
}

static void icmp4_route_flow(const struct icmp4_net *in,
			     const struct icmp4_route_key *key,
			     struct flowi4 *fl4)
{
	flowi4_init_output(fl4, key->oif, key->mark, key->tos,
			   RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, key->daddr,
			   key->saddr, 0, 0, sock_net_uid(in->net, NULL));
	fl4->fl4_icmp_type = key->type;
	fl4->fl4_icmp_code = key->code;
	fl4->flowi4_secid = key->secid;
}

/**
 * icmp4_route_secid() - the LSM's label of what answers a packet
 * @skb: the packet, which still knows how it came
 *
 * Return: the label, for &struct icmp4_route_key.
 */
u32 icmp4_route_secid(struct sk_buff *skb)
{
	struct flowi_common flow = {};

	security_skb_classify_flow(skb, &flow);
	return flow.flowic_secid;
}

/**
 * icmp4_route_dev() - the device whose L3 domain an error stays in
 * @skb: the offending packet, with its route
 *
 * Return: the one it came by, or else was to leave by; NULL if there is none.
 * Context: RCU read side.
 */
struct net_device *icmp4_route_dev(const struct sk_buff *skb)
{
	return skb->dev ?: skb_dst_dev_rcu(skb);
}

/**
 * icmp4_route_error() - find the route of an error
 * @in: the namespace
 * @skb: the offending packet, whose flow chooses among several paths
 * @key: what to route by; its source address is filled in if it is 0
 *
 * Where IPsec has policies the error may have to take the way of the packet,
 * see icmp4_relookup().
 *
 * Return: the route with a reference, or an ERR_PTR().
 * Context: softirq, or process with bottom halves off, this CPU's control socket
 *	locked; RCU read side.
 */
struct rtable *icmp4_route_error(struct icmp4_net *in, struct sk_buff *skb,
				 struct icmp4_route_key *key)
{
	struct icmp4_route_slot *slot = icmp4_route_slot(in, key);
	struct rtable *rt = icmp4_route_recall(in, slot, key);
	struct flowi4 fl4;

	if (rt) {
		dst_hold(&rt->dst);
		return rt;
	}
	icmp4_route_flow(in, key, &fl4);
	rt = ip_route_output_key_hash(in->net, &fl4, skb);
	if (IS_ERR(rt))
		return rt;
	icmp4_route_remember(in, slot, key, fl4.saddr, rt);
	if (unlikely(icmp4_route_by_policy(in->net))) {
		rt = icmp4_relookup(in->net, skb, rt, &fl4, key->tos);
		if (IS_ERR(rt))
			return rt;
	}
	key->saddr = fl4.saddr;
	return rt;
}

/**
 * icmp4_route_reply() - give a reply its route in place of the request's
 * @in: the namespace
 * @skb: the request on its way to become the reply
 * @key: what to route by; its source address is filled in if it is 0
 *
 * IPsec policy has its say in the route.
 *
 * Return: ICMP4_OK to go on; otherwise why not, and @skb keeps its route.
 * Context: softirq with this CPU's control socket locked, RCU read side.
 */
enum icmp4_drop icmp4_route_reply(struct icmp4_net *in, struct sk_buff *skb,
				  struct icmp4_route_key *key)
{
	struct icmp4_route_slot *slot = icmp4_route_slot(in, key);
	struct rtable *rt = icmp4_route_recall(in, slot, key);
	struct flowi4 fl4;
	bool broadcast;

	if (likely(rt)) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, &rt->dst);
		return ICMP4_OK;
	}

	icmp4_route_flow(in, key, &fl4);
	rt = ip_route_output_key(in->net, &fl4);
	if (IS_ERR(rt))
		return ICMP4_DROP_NO_ROUTE;
	broadcast = rt->rt_flags & RTCF_BROADCAST;
	if ((broadcast && !key->broadcast) || rt->rt_flags & RTCF_MULTICAST) {
		ip_rt_put(rt);
		return ICMP4_DROP_REQUESTER;
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);

	/* What is remembered may be used without looking where it leads. */
	if (!broadcast)
		icmp4_route_remember(in, slot, key, fl4.saddr, rt);
	key->saddr = fl4.saddr;
	return ICMP4_OK;
}

/**
 * icmp4_route_init() - room for the routes of a new namespace
 * @in: the namespace
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_route_init(struct icmp4_net *in)
{
	in->routes = alloc_percpu(struct icmp4_route_slots);
	return in->routes ? 0 : -ENOMEM;
}

/**
 * icmp4_route_uninit() - forget all routes of a namespace
 * @in: the namespace, in which no message is on its way any more
 *
 * Context: process.
 */
void icmp4_route_uninit(struct icmp4_net *in)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < 1 << SLOT_BITS; i++)
			icmp4_route_forget(&per_cpu_ptr(in->routes, cpu)->slot[i]);
	free_percpu(in->routes);
}
