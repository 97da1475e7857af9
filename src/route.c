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

#include "route.h"

#define SLOT_BITS	4
#define LIFETIME	HZ

/**
 * struct icmp4_route_slot - a remembered route
 * @key: what it was found for
 * @paths: icmp4_route_paths() at that time
 * @until: not to be used from then on, in jiffies
 * @rt: the route, with a reference; NULL if the slot is empty
 */
struct icmp4_route_slot {
	struct icmp4_route_key key;
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

/* A plain route does not tell when a policy is deleted or a security
 * association comes: where IPsec has policies, every reply is looked up.
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

static struct rtable *icmp4_route_find(struct icmp4_net *in,
				       struct icmp4_route_key *key)
{
	struct flowi4 fl4;
	struct rtable *rt;

	flowi4_init_output(&fl4, key->oif, key->mark, key->tos,
			   RT_SCOPE_UNIVERSE, IPPROTO_ICMP, 0, key->daddr,
			   key->saddr, 0, 0, sock_net_uid(in->net, NULL));
	fl4.fl4_icmp_type = key->type;
	fl4.fl4_icmp_code = key->code;
	fl4.flowi4_secid = key->secid;

	rt = ip_route_output_key(in->net, &fl4);
	if (!IS_ERR(rt))
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
	struct icmp4_route_slots *slots = this_cpu_ptr(in->routes);
	u32 paths = icmp4_route_paths(in->net);
	bool fixed_source = key->saddr;
	struct icmp4_route_slot *slot;
	struct rtable *rt;

	slot = &slots->slot[hash_32((__force u32)key->daddr, SLOT_BITS)];
	if (likely(slot->rt && slot->paths == paths &&
		   time_before(jiffies, slot->until) &&
		   icmp4_route_same(&slot->key, key) &&
		   !icmp4_route_by_policy(in->net) &&
		   dst_check(&slot->rt->dst, 0))) {
		skb_dst_drop(skb);
		skb_dst_set_noref(skb, &slot->rt->dst);
		return ICMP4_OK;
	}

	rt = icmp4_route_find(in, key);
	if (IS_ERR(rt))
		return ICMP4_DROP_NO_ROUTE;
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ICMP4_DROP_REQUESTER;
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);

	icmp4_route_forget(slot);
	if (fixed_source && icmp4_route_is_plain(rt) &&
	    !icmp4_route_by_policy(in->net) &&
	    !icmp4_route_by_neighbours(in->net)) {
		slot->key = *key;
		slot->until = jiffies + LIFETIME;
		slot->paths = paths;
		slot->rt = rt;
		dst_hold(&rt->dst);
	}
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
