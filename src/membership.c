// SPDX-License-Identifier: GPL-2.0
/* The multicast groups that a socket has joined, and from whom it wants them. */

#include <linux/igmp.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <net/inet_sock.h>
#include <net/ip.h>

#include "membership.h"

static const struct ip_mc_socklist *
icmp4_membership_find(const struct sock *sk, __be32 group, int dif, int sdif)
{
	const struct ip_mc_socklist *joined;

	for (joined = rcu_dereference(inet_sk(sk)->mc_list); joined;
	     joined = rcu_dereference(joined->next_rcu))
		if (joined->multi.imr_multiaddr.s_addr == group &&
		    (joined->multi.imr_ifindex == dif ||
		     (sdif && joined->multi.imr_ifindex == sdif)))
			return joined;
	return NULL;
}

static bool icmp4_membership_lists(const struct ip_mc_socklist *joined,
				   __be32 source)
{
	const struct ip_sf_socklist *sources = rcu_dereference(joined->sflist);
	unsigned int i;

	for (i = 0; sources && i < sources->sl_count; i++)
		if (sources->sl_addr[i] == source)
			return true;
	return false;
}

/**
 * icmp4_membership_allows() - does a socket want a message as far as groups go?
 * @sk: a socket that matches
 * @skb: the message, with its route
 *
 * What came to a group that the socket joined is wanted from the sources that it named
 * (RFC 3376 3.1); of other groups, all if IP_MULTICAST_ALL is on.
 *
 * Return: whether it does; true for what did not come to a group.
 * Context: softirq, RCU read side.
 */
bool icmp4_membership_allows(const struct sock *sk, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct ip_mc_socklist *joined;

	if (likely(!ipv4_is_multicast(iph->daddr)))
		return true;
	joined = icmp4_membership_find(sk, iph->daddr, skb->dev->ifindex,
				       inet_sdif(skb));
	if (!joined)
		return inet_test_bit(MC_ALL, sk);
	return icmp4_membership_lists(joined, iph->saddr) ==
	       (joined->sfmode == MCAST_INCLUDE);
}
