// SPDX-License-Identifier: GPL-2.0
/* Whose address what we send carries. */

#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "interface.h"
#include "route.h"
#include "source.h"

/* The first address of an interface that others may know. */
static __be32 icmp4_source_first(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (!(READ_ONCE(ifa->ifa_flags) & IFA_F_SECONDARY) &&
		    ifa->ifa_scope <= RT_SCOPE_LINK)
			return ifa->ifa_local;
	return 0;
}

/* icmp_reply_src: if there is such an interface now, it has an address, and that is one
 * of the L3 domain that @near is in.
 */
static __be32 icmp4_source_named(const struct icmp4_net *in,
				 const struct net_device *near)
{
	const struct icmp4_ifname *ifname = rcu_dereference(in->reply_src);
	struct net_device *dev;

	if (likely(!ifname))
		return 0;
	dev = dev_get_by_name_rcu(in->net, ifname->name);
	if (!dev || l3mdev_master_ifindex_rcu(dev) !=
		    l3mdev_master_ifindex_rcu(near))
		return 0;
	return icmp4_source_first(dev);
}

/* Is this the broadcast address of an address? That of all ones is, whatever else was
 * set.
 */
static bool icmp4_source_is_broadcast(const struct in_ifaddr *ifa,
				      __be32 broadcast)
{
	return broadcast == ifa->ifa_broadcast ||
	       broadcast == (ifa->ifa_address & ifa->ifa_mask) ||
	       (ifa->ifa_prefixlen < 31 &&
		broadcast == (ifa->ifa_address | ~ifa->ifa_mask));
}

/* The address of the receiving interface that a broadcast address belongs to. */
static __be32 icmp4_source_broadcast(const struct net_device *dev,
				     __be32 broadcast)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	/* 0.0.0.0 reaches all as well, and is nobody's. */
	if (!in_dev || !broadcast)
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (icmp4_source_is_broadcast(ifa, broadcast))
			return ifa->ifa_local;
	return 0;
}

/**
 * icmp4_source_reply() - the source address of a reply
 * @in: the namespace the request came to
 * @skb: the request, with its route
 *
 * In this order, FreeBSD's: the address the request was sent to if it is ours
 * (RFC 1122 3.2.1.3); for a broadcast, the receiving interface's address that
 * the broadcast address belongs to; with icmp_reply_from_interface the first one of
 * that interface; the first one of the interface that icmp_reply_src names; else the
 * route's choice.
 *
 * Return: the address in network order; 0 to let the route choose.
 * Context: RCU read side.
 */
__be32 icmp4_source_reply(const struct icmp4_net *in, const struct sk_buff *skb)
{
	unsigned int flags = skb_rtable(skb)->rt_flags;
	__be32 daddr = ip_hdr(skb)->daddr;
	const struct net_device *dev;
	__be32 source = 0;

	if (likely(!(flags & (RTCF_BROADCAST | RTCF_MULTICAST))))
		return daddr;
	dev = icmp4_interface_received(in->net, skb);
	if (flags & RTCF_BROADCAST)
		source = icmp4_source_broadcast(dev, daddr);
	if (!source && READ_ONCE(in->knobs.reply_from_interface))
		source = icmp4_source_first(dev);
	return source ?: icmp4_source_named(in, dev);
}

/* Where the receiving interface has no address the kernel's choice is any other one's,
 * which is less than what icmp_reply_src names.
 */
static __be32 icmp4_source_inbound(const struct icmp4_net *in,
				   const struct sk_buff *skb, int iif,
				   __be32 named)
{
	const struct net_device *dev;

	dev = dev_get_by_index_rcu(in->net, iif ?: inet_iif(skb));
	if (!dev || (named && !icmp4_source_first(dev)))
		return named;
	return inet_select_addr(dev, ip_hdr(skb)->saddr, RT_SCOPE_LINK);
}

/**
 * icmp4_source_error() - the source address of an error
 * @in: the namespace that sends it
 * @skb: the offending packet, with its route
 * @iif: index of the interface it came by, even below a VRF; 0 if that is not
 *	known
 * @type: ICMP type of the error
 *
 * In this order: the address the packet was sent to if it is ours
 * (RFC 1122 3.2.1.3); with icmp_errors_use_inbound_ifaddr one of the receiving
 * interface's; the first one of the interface that icmp_reply_src names; else the
 * route's choice (RFC 1812 4.3.2.4). icmp_reply_src is not for redirects: a host obeys
 * those of its gateway's address only (RFC 1122 3.2.2.2).
 *
 * Return: the address in network order; 0 to let the route choose.
 * Context: RCU read side.
 */
__be32 icmp4_source_error(const struct icmp4_net *in, const struct sk_buff *skb,
			  int iif, u8 type)
{
	__be32 named;

	if (skb_valid_dst(skb) && skb_rtable(skb)->rt_flags & RTCF_LOCAL)
		return ip_hdr(skb)->daddr;
	named = type == ICMP_REDIRECT ? 0 :
		icmp4_source_named(in, icmp4_route_dev(skb));
	if (skb_valid_dst(skb) && rt_is_input_route(skb_rtable(skb)) &&
	    READ_ONCE(in->net->ipv4.sysctl_icmp_errors_use_inbound_ifaddr))
		return icmp4_source_inbound(in, skb, iif, named);
	return named;
}

/**
 * icmp4_source_is_ours() - does an address reach this host?
 * @net: a struct net
 * @addr: network order
 *
 * As the kernel has it when it stamps a packet: broadcasts and groups do, too.
 *
 * Return: whether it does.
 * Context: RCU read side.
 */
bool icmp4_source_is_ours(const void *net, __be32 addr)
{
	return inet_addr_type((struct net *)net, addr) != RTN_UNICAST;
}
