// SPDX-License-Identifier: GPL-2.0
/* Whose address what we send carries. */

#include <linux/inetdevice.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/route.h>

#include "source.h"

/* The address of the receiving interface that a broadcast address belongs to.
 * Below a VRF master the interface is the enslaved one, not skb->dev.
 */
static __be32 icmp4_source_broadcast(struct net *net, const struct sk_buff *skb,
				     __be32 broadcast)
{
	const struct net_device *dev;
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;

	dev = dev_get_by_index_rcu(net, IPCB(skb)->iif);
	in_dev = __in_dev_get_rcu(dev ?: skb->dev);
	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (broadcast == ifa->ifa_broadcast ||
		    broadcast == (ifa->ifa_address & ifa->ifa_mask))
			return ifa->ifa_local;
	return 0;
}

/**
 * icmp4_source_reply() - the source address of a reply
 * @net: the namespace the request came to
 * @skb: the request, with its route
 *
 * In this order: the address the request was sent to if it is ours
 * (RFC 1122 3.2.1.3); for a broadcast, the receiving interface's address that
 * the broadcast address belongs to; else the route's choice.
 *
 * Return: the address in network order; 0 to let the route choose.
 * Context: RCU read side.
 */
__be32 icmp4_source_reply(struct net *net, const struct sk_buff *skb)
{
	unsigned int flags = skb_rtable(skb)->rt_flags;
	__be32 daddr = ip_hdr(skb)->daddr;

	if (likely(!(flags & (RTCF_BROADCAST | RTCF_MULTICAST))))
		return daddr;
	if (flags & RTCF_BROADCAST)
		return icmp4_source_broadcast(net, skb, daddr);
	return 0;
}

/**
 * icmp4_source_error() - the source address of an error
 * @net: the namespace that sends it
 * @skb: the offending packet, with its route
 * @iif: index of the interface it came by, even below a VRF; 0 if that is not
 *	known
 *
 * In this order: the address the packet was sent to if it is ours
 * (RFC 1122 3.2.1.3); with icmp_errors_use_inbound_ifaddr one of the receiving
 * interface's; else the route's choice (RFC 1812 4.3.2.4).
 *
 * Return: the address in network order; 0 to let the route choose.
 * Context: RCU read side.
 */
__be32 icmp4_source_error(struct net *net, const struct sk_buff *skb, int iif)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct net_device *dev;

	if (!skb_valid_dst(skb))
		return 0;
	if (skb_rtable(skb)->rt_flags & RTCF_LOCAL)
		return iph->daddr;
	if (!rt_is_input_route(skb_rtable(skb)) ||
	    !READ_ONCE(net->ipv4.sysctl_icmp_errors_use_inbound_ifaddr))
		return 0;
	dev = dev_get_by_index_rcu(net, iif ?: inet_iif(skb));
	return dev ? inet_select_addr(dev, iph->saddr, RT_SCOPE_LINK) : 0;
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
