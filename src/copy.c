// SPDX-License-Identifier: GPL-2.0
/* A message that a socket gets a copy of. What the kernel's raw sockets do with it is
 * done by them: charge it to the buffer, have BPF look at it, tell whoever waits.
 */

#include <linux/netdevice.h>
#include <net/xfrm.h>

#include "copy.h"
#include "ctl.h"
#include "membership.h"

/**
 * icmp4_copy_full() - has a socket no room for another message?
 * @sk: a socket that matches
 *
 * As the newest kernel does it, before anything else is looked at. It counts in the
 * socket's drops.
 *
 * Return: whether it has none.
 * Context: softirq, RCU read side.
 */
bool icmp4_copy_full(struct sock *sk)
{
	if (likely(atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(sk->sk_rcvbuf)))
		return false;
	sk_drops_inc(sk);
	return true;
}

/**
 * icmp4_copy_give() - give a socket its copy
 * @sk: a socket that matches and has room
 * @skb: the message, data at its ICMP header
 * @header: with the IP header
 *
 * Return: what became of it.
 * Context: softirq, RCU read side.
 */
enum icmp4_copy icmp4_copy_give(struct sock *sk, struct sk_buff *skb,
				bool header)
{
	struct sk_buff *copy;

	if (!icmp4_membership_allows(sk, skb))
		return ICMP4_COPY_UNWANTED;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return ICMP4_COPY_NOMEM;
	if (!xfrm4_policy_check(sk, XFRM_POLICY_IN, copy)) {
		sk_drops_inc(sk);
		sk_skb_reason_drop(sk, copy, SKB_DROP_REASON_XFRM_POLICY);
		return ICMP4_COPY_POLICY;
	}
	nf_reset_ct(copy);
	if (header)
		skb_push(copy, -skb_network_offset(copy));
	if (icmp4_ctl_prot()->backlog_rcv(sk, copy) != NET_RX_SUCCESS)
		return ICMP4_COPY_REFUSED;
	return ICMP4_COPY_DELIVERED;
}
