// SPDX-License-Identifier: GPL-2.0
/* Address masks (RFC 950): which one a request is answered with, by FreeBSD's rules
 * (icmp(4)), and whether one that a reply tells is wrong, as Linux 2.2 saw it.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inetdevice.h>
#include <net/ip.h>
#include <net/route.h>

#include "interface.h"
#include "mask.h"

/* Whom the request is about: if it was not sent to one of our addresses, who sent it. */
static __be32 icmp4_mask_about(const struct sk_buff *skb)
{
	if (skb_rtable(skb)->rt_flags & RTCF_BROADCAST)
		return ip_hdr(skb)->saddr;
	return ip_hdr(skb)->daddr;
}

/* The address itself, or else the first one of its subnet, or else just the first. */
static const struct in_ifaddr *icmp4_mask_best(const struct in_device *in_dev,
					       __be32 addr)
{
	const struct in_ifaddr *ifa, *first = NULL, *near = NULL;

	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		if (ifa->ifa_local == addr)
			return ifa;
		if (!near && inet_ifa_match(addr, ifa))
			near = ifa;
		if (!first)
			first = ifa;
	}
	return near ?: first;
}

static bool icmp4_mask_is_one(const struct in_device *in_dev, __be32 mask)
{
	const struct in_ifaddr *ifa;

	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (ifa->ifa_mask != mask)
			return false;
	return true;
}

static __be32 icmp4_mask_link(const struct in_device *in_dev,
			      const struct in_ifaddr *ifa)
{
	if (in_dev->dev->flags & IFF_POINTOPOINT &&
	    ifa->ifa_address != ifa->ifa_local)
		return ifa->ifa_address;
	return ifa->ifa_broadcast ?: htonl(INADDR_BROADCAST);
}

/**
 * icmp4_mask_answer() - the mask that answers a request
 * @in: the namespace it came to
 * @skb: the request, with its route
 * @answer: filled in
 *
 * It is one of the receiving interface. Who has no address cannot be told apart, so
 * a router with several masks leaves him alone (RFC 1812 4.3.3.9). icmp_maskfake
 * makes all masks one.
 *
 * Return: ICMP4_OK, or why there is no answer.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_mask_answer(const struct icmp4_net *in,
				  const struct sk_buff *skb,
				  struct icmp4_mask_answer *answer)
{
	const struct net_device *dev = icmp4_interface_received(in->net, skb);
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	u32 fake = READ_ONCE(in->knobs.maskfake);
	const struct in_ifaddr *ifa = NULL;

	if (in_dev)
		ifa = icmp4_mask_best(in_dev, icmp4_mask_about(skb));
	if (!ifa)
		return ICMP4_DROP_MASK_UNKNOWN;
	if (!ip_hdr(skb)->saddr && !fake && IN_DEV_FORWARD(in_dev) &&
	    !icmp4_mask_is_one(in_dev, ifa->ifa_mask))
		return ICMP4_DROP_MASK_AMBIGUOUS;
	answer->mask = fake ? htonl(fake) : ifa->ifa_mask;
	answer->link = icmp4_mask_link(in_dev, ifa);
	return ICMP4_OK;
}

/* Of a neighbour: does the interface have this mask, or none that could differ? */
static bool icmp4_mask_fits(const struct in_device *in_dev, __be32 neighbour,
			    __be32 mask)
{
	const struct in_ifaddr *ifa;
	bool fits = true;

	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		if (!inet_ifa_match(neighbour, ifa))
			continue;
		if (ifa->ifa_mask == mask)
			return true;
		fits = false;
	}
	return fits;
}

/**
 * icmp4_mask_examine() - look whether a received address mask reply is right
 * @in: the namespace it came to
 * @skb: the reply, data at its ICMP header, long enough for the type
 *
 * A router does (RFC 1812 4.3.3.9), and tells the log if log_martians is on. Nobody
 * adopts what it says.
 *
 * Context: softirq, RCU read side.
 */
void icmp4_mask_examine(const struct icmp4_net *in, const struct sk_buff *skb)
{
	const struct net_device *dev = icmp4_interface_received(in->net, skb);
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const __be32 *told;
	__be32 room;

	/* Its own broadcasts come back to a host, by the route that they left by. */
	if (rt_is_output_route(skb_rtable(skb)))
		return;
	if (!in_dev || !IN_DEV_FORWARD(in_dev) || !IN_DEV_LOG_MARTIANS(in_dev))
		return;
	told = skb_header_pointer(skb, offsetof(struct icmp4_mask_message, mask),
				  sizeof(room), &room);
	if (!told || icmp4_mask_fits(in_dev, ip_hdr(skb)->saddr, *told))
		return;
	net_info_ratelimited("wrong address mask %pI4 from %pI4 on %s\n", told,
			     &ip_hdr(skb)->saddr, dev->name);
}
