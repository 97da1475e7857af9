// SPDX-License-Identifier: GPL-2.0
/* Replies: the request turned around in its own buffer. The one that answers
 * asks whether it may and makes the buffer ours (icmp4_reply_begin()), edits the
 * ICMP message in it, and sends it back (icmp4_reply()).
 */

#include <linux/icmp.h>
#include <linux/ktime.h>
#include <net/icmp.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "checksum.h"
#include "ctl.h"
#include "interface.h"
#include "options.h"
#include "reply.h"
#include "route.h"
#include "send.h"
#include "source.h"
#include "stat.h"
#include "timestamp.h"

/**
 * icmp4_reply_begin() - may there be a reply? Then the request's headers are ours
 * @in: the namespace it came to
 * @skb: the request, data at its ICMP header
 * @type: ICMP type of the reply
 * @limit: filled in, for icmp4_reply()
 *
 * Sniffers and raw sockets may hold clones that share the bytes; they keep the
 * old ones. All pointers into the packet have to be read again.
 *
 * Return: ICMP4_OK to go on; the limit that is exceeded; ICMP4_DROP_NOMEM.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_reply_begin(struct icmp4_net *in, struct sk_buff *skb,
				  u8 type, struct icmp4_limit *limit)
{
	enum icmp4_drop why;

	why = icmp4_limit_look(in, limit, type, 0,
			       skb->dev->flags & IFF_LOOPBACK,
			       ip_hdr(skb)->saddr, skb->dev);
	if (unlikely(why))
		return why;
	if (likely(!skb_cloned(skb)))
		return ICMP4_OK;
	if (pskb_expand_head(skb, 0, 0, GFP_ATOMIC))
		return ICMP4_DROP_NOMEM;
	icmp4_stat_event(in, ICMP4_EVENT_COPIED);
	return ICMP4_OK;
}

/* There is no sum to update where the sender left it to hardware that the
 * message never met.
 */
static void icmp4_reply_checksum(struct sk_buff *skb)
{
	struct icmphdr *icmph = icmp_hdr(skb);

	if (likely(icmp4_checksum_is_exact(icmph) &&
		   skb->ip_summed != CHECKSUM_PARTIAL))
		return;
	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, 0, skb->len, 0));
}

/* Forget how the buffer came here: of everything outside the bytes only what a
 * new buffer has may remain, or a firewall, a scheduler or a tracer on the way
 * out would act on the inbound journey. @headers is the group of members that a
 * clone inherits, hence just those that describe the journey. The route is the
 * reply's already.
 */
static void icmp4_reply_scrub(struct sk_buff *skb)
{
	/* Not of the journey: where the memory belongs when it is freed. */
	u16 alloc_cpu = skb->alloc_cpu;

	skb_orphan(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
	skb->tstamp = 0;
	skb->mac_len = 0;
	skb->queue_mapping = 0;
	memset(skb->cb, 0, sizeof(skb->cb));
	memset(&skb->headers, 0, sizeof(skb->headers));
	skb->alloc_cpu = alloc_cpu;
	skb_unset_mac_header(skb);

	skb_shinfo(skb)->tx_flags = 0;
	skb_shinfo(skb)->tskey = 0;
	memset(skb_hwtstamps(skb), 0, sizeof(*skb_hwtstamps(skb)));
	skb_gso_reset(skb);
	skb_metadata_clear(skb);
}

static enum icmp4_drop icmp4_reply_locked(struct icmp4_net *in,
					  struct sock *sk, struct sk_buff *skb,
					  const struct icmp4_limit *limit,
					  __be32 link,
					  struct icmp4_options *opt)
{
	const struct iphdr *iph = ip_hdr(skb);
	__be32 requester = iph->saddr ?: link;
	u8 tos = iph->tos;
	struct icmp4_route_key key = {
		.daddr = opt && opt->info.srr ? opt->info.faddr : requester,
		.saddr = icmp4_source_reply(in, skb),
		.oif = l3mdev_master_ifindex_rcu(skb->dev),
		.mark = IP4_REPLY_MARK(in->net, skb->mark),
		.secid = icmp4_route_secid(skb),
		.tos = tos & INET_DSCP_MASK,
		.type = icmp_hdr(skb)->type,
		.code = icmp_hdr(skb)->code,
	};
	enum icmp4_drop why;

	/* Someone who has no address yet is on the link that he asked by. */
	if (unlikely(!iph->saddr && link)) {
		key.oif = icmp4_interface_received(in->net, skb)->ifindex;
		key.broadcast = key.daddr == link;
	}
	if (unlikely(ipv4_is_zeronet(requester) || ipv4_is_zeronet(key.daddr)))
		return ICMP4_DROP_REQUESTER;
	if (unlikely(icmp4_ctl_full(sk)))
		return ICMP4_DROP_SNDBUF;

	why = icmp4_route_reply(in, skb, &key);
	if (unlikely(why))
		return why;
	why = icmp4_limit_charge(in, limit,
				 skb_dst_dev_rcu(skb)->flags & IFF_LOOPBACK);
	if (unlikely(why))
		return why;
	/* No address anywhere (RFC 7600 3.2). */
	if (unlikely(!key.saddr))
		key.saddr = htonl(INADDR_DUMMY);
	if (unlikely(opt))
		icmp4_options_finish(opt, key.saddr, requester,
				     icmp4_timestamp(ktime_get_real_ns()));

	icmp4_reply_checksum(skb);
	icmp4_reply_scrub(skb);
	skb->mark = key.mark;
	skb_set_owner_w(skb, sk);
	/* The request's own header need not be right in front (decapsulation in
	 * place), but it was in the buffer before the message, so there is room
	 * for one that is no longer.
	 */
	icmp4_send_header(in->net, skb, opt, key.saddr, key.daddr, tos);
	icmp4_stat_event(in, ICMP4_EVENT_REPLY);
	icmp4_send(in, sk, skb, key.type);
	return ICMP4_OK;
}

static enum icmp4_drop icmp4_reply_opt(struct icmp4_net *in,
				       struct sk_buff *skb,
				       const struct icmp4_limit *limit,
				       __be32 link, struct icmp4_options *opt)
{
	enum icmp4_drop why;
	struct sock *sk;

	sk = icmp4_ctl_lock(in->net);
	if (unlikely(!sk))
		return ICMP4_DROP_BUSY;
	why = icmp4_reply_locked(in, sk, skb, limit, link, opt);
	icmp4_ctl_unlock(sk);
	return why;
}

/* Apart, so that only requests with options pay for the room they take. */
static noinline enum icmp4_drop
icmp4_reply_echo_options(struct icmp4_net *in, struct sk_buff *skb,
			 const struct icmp4_limit *limit, __be32 link)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct icmp4_options opt;

	if (icmp4_options_echo(&opt, (const u8 *)(iph + 1),
			       iph->ihl * 4 - sizeof(*iph), NULL, iph->saddr,
			       icmp4_source_is_ours, in->net))
		return ICMP4_DROP_OPTIONS;
	return icmp4_reply_opt(in, skb, limit, link, &opt);
}

/**
 * icmp4_reply() - send a request back as the reply it has become
 * @in: the namespace it came to
 * @skb: ours to write (icmp4_reply_begin()); data at the ICMP message, which is
 *	the reply but for the two zeros of its checksum; the IP header, the route
 *	and all else still the request's
 * @limit: the limits that it passed so far
 * @link: where to send it, by the receiving interface, if who asked has no address yet
 *	(0.0.0.0): a broadcast or an address, network order; 0 to send none then
 *
 * Addresses swapped or chosen (icmp4_source_reply()), TTL fresh, DF clear, TOS of
 * the request (RFC 1122 3.2.2.6, RFC 1812 4.3.2.5), options echoed, mark by
 * fwmark_reflect, LSM and IPsec policy by the route.
 *
 * Return: ICMP4_OK, and the buffer is gone; otherwise why not, and the caller
 *	still has it.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_reply(struct icmp4_net *in, struct sk_buff *skb,
			    const struct icmp4_limit *limit, __be32 link)
{
	const struct iphdr *iph = ip_hdr(skb);

	lockdep_assert_in_softirq();
	if (unlikely(skb->len + iph->ihl * 4 > IP_MAX_MTU))
		return ICMP4_DROP_TOO_BIG;
	if (unlikely(iph->ihl > 5)) {
		/* A firewall may have written a length that is not there. */
		if (iph->ihl * 4 > -skb_network_offset(skb))
			return ICMP4_DROP_OPTIONS;
		return icmp4_reply_echo_options(in, skb, limit, link);
	}
	return icmp4_reply_opt(in, skb, limit, link, NULL);
}
