// SPDX-License-Identifier: GPL-2.0
/* Errors that come in. Each quotes a packet that this host is said to have sent, and
 * goes to those who may have sent it: raw sockets, then the transport.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/icmp.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>

#include "attach.h"
#include "dgram.h"
#include "dgram_rules.h"
#include "error_in.h"
#include "error_sock.h"
#include "rules.h"
#include "stat.h"

static const struct iphdr *icmp4_error_quoted(const struct sk_buff *skb)
{
	return (const struct iphdr *)(icmp_hdr(skb) + 1);
}

/* Does the transport look whether an error about it can be true? */
static bool icmp4_error_is_strict(u8 protocol)
{
	const struct net_protocol *ipprot = rcu_dereference(inet_protos[protocol]);

	return ipprot && ipprot->icmp_strict_tag_validation;
}

/* Broken routers answer broadcasts (RFC 1122 3.2.2 forbids it). A redirect is no
 * complaint.
 */
static bool icmp4_error_is_bogus(const struct icmp4_net *in,
				 const struct sk_buff *skb)
{
	struct net *net = in->net;

	if (likely(READ_ONCE(net->ipv4.sysctl_icmp_ignore_bogus_error_responses)))
		return false;
	return icmp_hdr(skb)->type != ICMP_REDIRECT &&
	       inet_addr_type_dev_table(net, skb->dev,
					icmp4_error_quoted(skb)->daddr) == RTN_BROADCAST;
}

static void icmp4_error_log_bogus(const struct sk_buff *skb)
{
	net_warn_ratelimited("%pI4 sent an invalid type %u, code %u error about a broadcast: %pI4 on %s\n",
			     &ip_hdr(skb)->saddr, icmp_hdr(skb)->type,
			     icmp_hdr(skb)->code,
			     &icmp4_error_quoted(skb)->daddr, skb->dev->name);
}

/* FreeBSD's log_redirect: whoever sends one that says what it is about, and whatever
 * becomes of it.
 */
static void icmp4_error_log_redirect(const struct icmp4_net *in,
				     const struct sk_buff *skb)
{
	if (icmp_hdr(skb)->type != ICMP_REDIRECT ||
	    likely(!READ_ONCE(in->knobs.log_redirect)))
		return;
	net_info_ratelimited("redirect from %pI4: %pI4 => %pI4\n",
			     &ip_hdr(skb)->saddr,
			     &icmp4_error_quoted(skb)->daddr,
			     &icmp_hdr(skb)->un.gateway);
}

static enum icmp4_drop icmp4_error_check(const struct icmp4_net *in,
					 const struct sk_buff *skb)
{
	const struct iphdr *iph = icmp4_error_quoted(skb);
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct icmp4_quoted quoted = {
		.type = icmph->type,
		.code = icmph->code,
		.len = skb->len - sizeof(*icmph),
		.ihl = iph->ihl,
		.protocol = iph->protocol,
		.bogus = icmp4_error_is_bogus(in, skb),
	};

	if (icmp4_error_needs_frag(icmph)) {
		quoted.pmtu_disc = READ_ONCE(in->net->ipv4.sysctl_ip_no_pmtu_disc);
		quoted.strict = icmp4_error_is_strict(iph->protocol);
	}
	return icmp4_rule_quoted(&quoted);
}

/* What the second word of the header tells sockets, host order. */
static u32 icmp4_error_info(const struct icmp4_net *in,
			    const struct icmphdr *icmph)
{
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		if (icmp4_error_needs_frag(icmph) &&
		    icmp4_rule_believes_mtu(READ_ONCE(in->net->ipv4.sysctl_ip_no_pmtu_disc)))
			return ntohs(icmph->un.frag.mtu);
		return 0;
	case ICMP_REDIRECT:
		return ntohl(icmph->un.gateway);
	case ICMP_PARAMETERPROB:
		return ntohl(icmph->un.gateway) >> 24;
	}
	return 0;
}

/* With the quoted header and 8 bytes behind it in the linear part. */
static void icmp4_error_deliver(struct sk_buff *skb, u32 info)
{
	u8 protocol = icmp4_error_quoted(skb)->protocol;
	const struct net_protocol *ipprot;

	/* As those who get it expect it: data at the quoted packet. */
	__skb_pull(skb, sizeof(struct icmphdr));
	icmp4_error_raw(skb, info);
	ipprot = rcu_dereference(inet_protos[protocol]);
	if (ipprot && ipprot->err_handler)
		ipprot->err_handler(skb, info);
}

/**
 * icmp4_error_in() - hand a received error to those it is about
 * @in: the namespace it came to
 * @skb: the error, data at its ICMP header, long enough for the type
 *
 * RFC 1122 3.2.2. An MTU is believed as ip_no_pmtu_disc says; redirects only change
 * routes if the routing code accepts them. Source quench is never acted on
 * (RFC 6633).
 *
 * Return: ICMP4_OK if @skb is gone, or the reason why nobody was told.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_error_in(struct icmp4_net *in, struct sk_buff *skb)
{
	enum icmp4_drop why;

	if (!pskb_may_pull(skb, sizeof(struct icmphdr) + sizeof(struct iphdr)))
		return ICMP4_DROP_IN_NOMEM;
	why = icmp4_error_check(in, skb);
	if (why == ICMP4_DROP_BOGUS)
		icmp4_error_log_bogus(skb);
	else if (!why || why == ICMP4_DROP_CODE)
		icmp4_error_log_redirect(in, skb);
	if (why)
		return why;
	if (icmp_hdr(skb)->type == ICMP_REDIRECT &&
	    READ_ONCE(in->knobs.drop_redirect))
		return ICMP4_DROP_REDIRECT;
	if (!pskb_may_pull(skb, sizeof(struct icmphdr) +
			   icmp4_error_quoted(skb)->ihl * 4 +
			   ICMP4_QUOTED_TRANSPORT))
		return ICMP4_DROP_IN_NOMEM;

	icmp4_stat_event(in, ICMP4_EVENT_DELIVERED);
	icmp4_error_deliver(skb, icmp4_error_info(in, icmp_hdr(skb)));
	consume_skb(skb);
	return ICMP4_OK;
}

static int icmp4_error_request(const struct icmp4_net *in, struct sk_buff *skb,
			       const struct icmphdr *quoted, u32 info)
{
	u16 id = ntohs(quoted->un.echo.id);
	struct sock *sk = NULL;

	if (id && icmp4_dgram_asks(ICMP4_DGRAM_LINUX, quoted->type,
				   quoted->code))
		sk = icmp4_dgram_id_find(in, skb, id);
	if (sk)
		icmp4_error_dgram(sk, skb, info);
	else if (icmp4_dgram_older(in))
		return icmp4_saved()->err_handler(skb, info);
	return 0;
}

/**
 * icmp4_error_own() - an error about an ICMP message of this host
 * @skb: the error; data at the quoted IP header, which with 8 bytes behind it is
 *	linear, transport header at the ICMP header
 * @info: what the error says: MTU or gateway, host order
 *
 * As in the kernel, of our own messages only echo replies learn from it. All others
 * are of datagram sockets, and if it is none of the module's that sent it, of the
 * kernel's.
 *
 * Return: 0.
 * Context: softirq, RCU read side.
 */
int icmp4_error_own(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *quoted = (const void *)iph + iph->ihl * 4;
	struct net *net = dev_net_rcu(skb->dev);

	if (quoted->type != ICMP_ECHOREPLY)
		return icmp4_error_request(icmp4_net(net), skb, quoted, info);
	if (icmp4_error_needs_frag(icmp_hdr(skb)))
		ipv4_update_pmtu(skb, net, info, 0, IPPROTO_ICMP);
	else if (icmp_hdr(skb)->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, 0, IPPROTO_ICMP);
	return 0;
}
