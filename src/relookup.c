// SPDX-License-Identifier: GPL-2.0
/* Errors where IPsec has policies. An error about a packet of a tunnel may match
 * no policy of its own, yet has to take the tunnel back (RFC 4301 6): a policy
 * may say so (flag icmp), and then the route is the one that the packet itself
 * would have in the other direction.
 */

#include <linux/err.h>
#include <linux/in.h>
#include <linux/minmax.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/xfrm.h>

#include "relookup.h"
#include "route.h"

static bool icmp4_relookup_is_local(struct net *net, struct net_device *dev,
				    __be32 addr)
{
	return inet_addr_type_dev_table(net, dev, addr) == RTN_LOCAL;
}

/* The way by which packets to where the offending one came from come in: as if
 * one of them had arrived at the device that leads to where it was going.
 */
static struct rtable *icmp4_relookup_input(struct net *net, struct sk_buff *skb,
					   struct net_device *dev,
					   const struct flowi4 *back,
					   dscp_t dscp)
{
	struct flowi4 forth = *back;
	unsigned long saved;
	struct rtable *rt;
	int err;

	swap(forth.daddr, forth.saddr);
	switch (forth.flowi4_proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		swap(forth.fl4_sport, forth.fl4_dport);
		break;
	}
	forth.flowi4_oif = l3mdev_master_ifindex_rcu(dev);
	forth.flowi4_flags |= FLOWI_FLAG_ANYSRC;
	rt = __ip_route_output_key(net, &forth);
	if (IS_ERR(rt))
		return rt;

	/* The look-up wants a packet to leave its route with. */
	saved = skb_dstref_steal(skb);
	err = ip_route_input(skb, back->daddr, back->saddr, dscp,
			     rt->dst.dev);
	ip_rt_put(rt);
	rt = err ? NULL : skb_rtable(skb);
	if (err)
		skb_dst_drop(skb);
	else
		skb_dstref_steal(skb);
	skb_dstref_restore(skb, saved);

	if (!rt)
		return ERR_PTR(-EINVAL);
	/* Neither can be used to send by. */
	if (rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_UNREACHABLE) {
		ip_rt_put(rt);
		return ERR_PTR(-EINVAL);
	}
	return rt;
}

/* The packet's own way back, transformed as a policy for errors says. */
static struct dst_entry *icmp4_relookup_back(struct net *net,
					     struct sk_buff *skb,
					     struct net_device *dev,
					     dscp_t dscp)
{
	struct flowi4 back;
	struct rtable *rt;
	int err;

	err = xfrm_decode_session_reverse(net, skb, flowi4_to_flowi(&back),
					  AF_INET);
	if (err)
		return ERR_PTR(-EINVAL);
	if (icmp4_relookup_is_local(net, dev, back.saddr))
		rt = __ip_route_output_key(net, &back);
	else
		rt = icmp4_relookup_input(net, skb, dev, &back, dscp);
	/* -EPERM is for policies to say. */
	if (IS_ERR(rt))
		return ERR_PTR(-EINVAL);
	return xfrm_lookup(net, &rt->dst, flowi4_to_flowi(&back), NULL,
			   XFRM_LOOKUP_ICMP);
}

/**
 * icmp4_relookup() - let IPsec have its say in the route of an error
 * @net: the namespace
 * @skb: the offending packet, with its route
 * @rt: the route that was found for the error, with a reference, used up
 * @fl4: the flow it was found for
 * @tos: DSCP of the error in the upper six bits
 *
 * A policy for the error itself counts first. Whatever fails on the way back of
 * the packet leaves the error with @rt, unless a policy forbids that.
 *
 * Return: the route with a reference, or an ERR_PTR().
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
struct rtable *icmp4_relookup(struct net *net, struct sk_buff *skb,
			      struct rtable *rt, struct flowi4 *fl4, u8 tos)
{
	struct net_device *dev = icmp4_route_dev(skb);
	struct dst_entry *dst, *back;

	dst = xfrm_lookup(net, &rt->dst, flowi4_to_flowi(fl4), NULL, 0);
	if (IS_ERR(dst) && PTR_ERR(dst) != -EPERM)
		return ERR_CAST(dst);
	if (!IS_ERR(dst) &&
	    (dst != &rt->dst || icmp4_relookup_is_local(net, dev, fl4->daddr)))
		return dst_rtable(dst);

	back = icmp4_relookup_back(net, skb, dev, inet_dsfield_to_dscp(tos));
	if (IS_ERR(back) && PTR_ERR(back) != -EPERM)
		return IS_ERR(dst) ? ERR_CAST(back) : dst_rtable(dst);
	if (!IS_ERR(dst))
		dst_release(dst);
	return IS_ERR(back) ? ERR_CAST(back) : dst_rtable(back);
}
