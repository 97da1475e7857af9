// SPDX-License-Identifier: GPL-2.0
/* The last steps of every message that leaves, reply or error. */

#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>

#include "ctl.h"
#include "send.h"
#include "stat.h"

/**
 * icmp4_send_alloc() - a buffer for a message that is made from nothing
 * @sk: this CPU's control socket, locked, which will own it
 * @headroom: bytes in front of the ICMP message: IP header, link layer
 * @len: bytes of the message, and of what may have to follow it
 *
 * Out of the pages that drivers cut their receive buffers from: unlike the slabs
 * these are not cleared for each use, and all of this one is written before it
 * leaves.
 *
 * Return: the buffer, empty, data at the ICMP message; NULL if there is no memory
 *	or the socket's send buffer is full.
 * Context: softirq, or process with bottom halves off.
 */
struct sk_buff *icmp4_send_alloc(struct sock *sk, unsigned int headroom,
				 unsigned int len)
{
	unsigned int size = SKB_DATA_ALIGN(headroom + len) +
			    SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	void *head;

	if (icmp4_ctl_full(sk))
		return NULL;
	if (unlikely(size > PAGE_SIZE)) {
		skb = alloc_skb(headroom + len, GFP_ATOMIC);
		if (!skb)
			return NULL;
	} else {
		head = netdev_alloc_frag(size);
		if (!head)
			return NULL;
		skb = build_skb(head, size);
		if (!skb) {
			skb_free_frag(head);
			return NULL;
		}
	}
	skb_set_owner_w(skb, sk);
	skb_reserve(skb, headroom);
	return skb;
}

/**
 * icmp4_send_header() - write the IP header in front of a message
 * @net: the namespace that sends
 * @skb: data at the ICMP message, with its route and its owner, and room for
 *	the header in front
 * @opt: IP options, finished; NULL for none
 * @saddr: source address, network order
 * @daddr: where it goes next, network order
 * @tos: the whole byte
 *
 * TTL fresh (RFC 1812 4.3.2.2), DF clear; length and checksum are filled in by
 * IP.
 *
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
void icmp4_send_header(struct net *net, struct sk_buff *skb,
		       const struct icmp4_options *opt, __be32 saddr,
		       __be32 daddr, u8 tos)
{
	unsigned int optlen = opt ? opt->info.optlen : 0;
	struct iphdr *iph;

	skb_reset_transport_header(skb);
	iph = skb_push(skb, sizeof(*iph) + optlen);
	skb_reset_network_header(skb);

	iph->version = IPVERSION;
	iph->ihl = (sizeof(*iph) + optlen) / 4;
	iph->tos = tos;
	iph->frag_off = 0;
	iph->ttl = ip4_dst_hoplimit(skb_dst(skb));
	iph->protocol = IPPROTO_ICMP;
	iph->saddr = saddr;
	iph->daddr = daddr;
	if (unlikely(opt)) {
		memcpy(iph + 1, opt->data, optlen);
		IPCB(skb)->opt = opt->info;
	}
	ip_select_ident(net, skb, skb->sk);
}

/* Of a list of received fragments IP would send each as it came, however small.
 * While someone else holds them it cuts the message to the size of the route.
 */
static int icmp4_send_out(struct net *net, struct sock *sk,
			  struct sk_buff *skb)
{
	struct sk_buff *frags = skb_shinfo(skb)->frag_list;
	int err;

	if (likely(!frags))
		return ip_local_out(net, sk, skb);
	skb_get(frags);
	err = ip_local_out(net, sk, skb);
	consume_skb(frags);
	return err;
}

/**
 * icmp4_send() - count a message and hand it to IP
 * @in: the namespace that sends
 * @sk: this CPU's control socket, locked, which owns @skb
 * @skb: the message, from its IP header on; gone afterwards
 * @type: its ICMP type
 *
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
void icmp4_send(struct icmp4_net *in, struct sock *sk, struct sk_buff *skb,
		u8 type)
{
	struct net *net = in->net;
	int err;

	ICMPMSGOUT_INC_STATS(net, type);
	__ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);

	err = icmp4_send_out(net, sk, skb);
	if (unlikely(err)) {
		if (err > 0)
			err = net_xmit_errno(err);
		if (err) {
			__IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS);
			icmp4_stat_event(in, ICMP4_EVENT_DISCARDED);
		}
	}
}
