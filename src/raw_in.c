// SPDX-License-Identifier: GPL-2.0
/* What raw sockets receive: every message, with its IP header, as it came. */

#include <linux/icmp.h>
#include <net/ip.h>
#include <net/raw.h>
#include <net/xfrm.h>

#include "membership.h"
#include "raw.h"
#include "stat.h"

static bool icmp4_raw_full(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf);
}

/* A copy of its own for a socket that wants it. The kernel's raw sockets charge it to
 * their buffer, have BPF look at it and tell whoever waits.
 */
static enum icmp4_event icmp4_raw_give(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (!copy)
		return ICMP4_EVENT_RAW_NOMEM;
	if (!xfrm4_policy_check(sk, XFRM_POLICY_IN, copy)) {
		sk_drops_inc(sk);
		sk_skb_reason_drop(sk, copy, SKB_DROP_REASON_XFRM_POLICY);
		return ICMP4_EVENT_RAW_POLICY;
	}
	nf_reset_ct(copy);
	skb_push(copy, -skb_network_offset(copy));
	if (sk->sk_backlog_rcv(sk, copy) != NET_RX_SUCCESS)
		return ICMP4_EVENT_RAW_REFUSED;
	return ICMP4_EVENT_RAW_DELIVERED;
}

/* To a socket that the message matches. */
static void icmp4_raw_offer(const struct icmp4_net *in, struct icmp4_raw *raw,
			    struct sk_buff *skb, u8 type)
{
	struct sock *sk = raw->sk;

	if (icmp4_raw_full(sk)) {
		sk_drops_inc(sk);
		icmp4_stat_event(in, ICMP4_EVENT_RAW_FULL);
		return;
	}
	if (icmp4_filter_hides(&raw->mask, type)) {
		atomic_long_inc(&raw->filtered);
		icmp4_stat_event(in, ICMP4_EVENT_RAW_FILTERED);
		return;
	}
	if (icmp4_membership_allows(sk, skb))
		icmp4_stat_event(in, icmp4_raw_give(sk, skb));
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
