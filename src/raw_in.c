// SPDX-License-Identifier: GPL-2.0
/* What raw sockets receive: every message, with its IP header, as it came. */

#include <linux/icmp.h>
#include <net/ip.h>
#include <net/raw.h>

#include "copy.h"
#include "raw.h"
#include "stat.h"

/* To a socket that the message matches. */
static void icmp4_raw_offer(const struct icmp4_net *in, struct icmp4_raw *raw,
			    struct sk_buff *skb, u8 type)
{
	struct sock *sk = raw->sk;

	if (icmp4_copy_full(sk)) {
		icmp4_stat_copy(in, ICMP4_EVENT_RAW_COPY, ICMP4_COPY_FULL);
		return;
	}
	if (icmp4_filter_hides(&raw->mask, type)) {
		atomic_long_inc(&raw->filtered);
		icmp4_stat_event(in, ICMP4_EVENT_RAW_FILTERED);
		return;
	}
	icmp4_stat_copy(in, ICMP4_EVENT_RAW_COPY,
			icmp4_copy_give(sk, skb, true));
}

/**
 * icmp4_raw_deliver_all() - icmp4_raw_deliver() where there are raw sockets
 * @in: the namespace the message came to
 * @skb: the message
 *
 * What is too short to have a type is nobody's.
 *
 * Context: softirq, RCU read side.
 */
void icmp4_raw_deliver_all(const struct icmp4_net *in, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	int dif = inet_iif(skb), sdif = inet_sdif(skb);
	const struct icmphdr *icmph;
	struct icmphdr room;
	struct icmp4_raw *raw;

	icmph = skb_header_pointer(skb, 0, sizeof(room), &room);
	if (!icmph)
		return;
	hlist_for_each_entry_rcu(raw, &in->raws, node)
		if (raw_v4_match(in->net, raw->sk, IPPROTO_ICMP, iph->saddr,
				 iph->daddr, dif, sdif))
			icmp4_raw_offer(in, raw, skb, icmph->type);
}
