// SPDX-License-Identifier: GPL-2.0
/* Whose address what we send carries. */

#include <linux/inetdevice.h>
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
 * icmp4_source() - the source address of a reply
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
__be32 icmp4_source(struct net *net, const struct sk_buff *skb)
{
	unsigned int flags = skb_rtable(skb)->rt_flags;
	__be32 daddr = ip_hdr(skb)->daddr;

	if (likely(!(flags & (RTCF_BROADCAST | RTCF_MULTICAST))))
		return daddr;
	if (flags & RTCF_BROADCAST)
		return icmp4_source_broadcast(net, skb, daddr);
	return 0;
}
