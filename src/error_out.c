// SPDX-License-Identifier: GPL-2.0
/* Errors that this host originates. Whatever part of the kernel finds that it
 * cannot do what a packet wants comes here; the packet stays its own.
 */

#include <linux/icmp.h>
#include <linux/ktime.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "ctl.h"
#include "drop.h"
#include "error_out.h"
#include "extension.h"
#include "interface.h"
#include "limit.h"
#include "options.h"
#include "quote.h"
#include "route.h"
#include "rules.h"
#include "send.h"
#include "source.h"
#include "stat.h"
#include "sysctl.h"
#include "timestamp.h"
#include "trace.h"

/**
 * struct icmp4_error - an error on its way to be sent
 * @skb: the offending packet; its data may begin before or behind its IP header,
 *	and its control block may be anybody's
 * @type: ICMP type
 * @code: its code
 * @info: second word of the ICMP header, network order
 * @iif: index of the interface the packet came by; 0 if that is not known
 * @known: where IP found the packet's options; none if their length is 0
 * @extended: it has an extension
 * @limit: the limits that it passed so far
 * @key: what its route depends on
 * @tos: whole TOS byte
 */
struct icmp4_error {
	struct sk_buff *skb;
	u8 type;
	u8 code;
	__be32 info;
	int iif;
	const struct ip_options *known;
	bool extended;
	struct icmp4_limit limit;
	struct icmp4_route_key key;
	u8 tos;
};

static bool icmp4_error_has_header(const struct sk_buff *skb)
{
	const unsigned char *iph = skb_network_header(skb);

	return iph >= skb->head &&
	       iph + sizeof(struct iphdr) <= skb_tail_pointer(skb) &&
	       ip_hdr(skb)->ihl >= 5;
}

/* Fragments that were put together may lie in the memory of a device, too. */
static bool icmp4_error_is_readable(const struct sk_buff *skb)
{
	const struct sk_buff *frag;

	if (!skb_frags_readable(skb))
		return false;
	skb_walk_frags(skb, frag)
		if (!skb_frags_readable(frag))
			return false;
	return true;
}

/* Bytes of the packet from its IP header on that can be read. */
static unsigned int icmp4_error_there(const struct sk_buff *skb)
{
	unsigned int len = icmp4_error_is_readable(skb) ? skb->len :
							  skb_headlen(skb);

	return len - skb_network_offset(skb);
}

/* Where the ICMP type would be, if this is an ICMP message. */
static u8 icmp4_error_inner_type(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const u8 *byte;
	u8 type;

	byte = skb_header_pointer(skb, skb_network_offset(skb) + iph->ihl * 4,
				  sizeof(type), &type);
	return byte ? *byte : ICMP4_NO_TYPE;
}

/* A packet that a device is about to encapsulate carries no route, but what to
 * encapsulate it with.
 */
static unsigned int icmp4_error_rt_flags(const struct sk_buff *skb)
{
	return skb_valid_dst(skb) ? skb_rtable(skb)->rt_flags : 0;
}

/* Did it come from outside? Packets of this host within a VRF come by the VRF's
 * own device.
 */
static bool icmp4_error_from_wire(const struct sk_buff *skb)
{
	return skb->dev && skb->skb_iif && !(skb->dev->flags & IFF_LOOPBACK) &&
	       !netif_is_l3_master(skb->dev);
}

static enum icmp4_drop icmp4_error_may_be_sent(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct icmp4_offending packet = {
		.saddr = iph->saddr,
		.frag_off = iph->frag_off,
		.pkt_type = skb->pkt_type,
		.broadcast = icmp4_error_rt_flags(skb) &
			     (RTCF_BROADCAST | RTCF_MULTICAST),
		.wire = icmp4_error_from_wire(skb),
		.icmp = iph->protocol == IPPROTO_ICMP,
	};

	if (packet.icmp)
		packet.type = icmp4_error_inner_type(skb);
	return icmp4_rule_error(&packet);
}

/* TCP's header is quoted whole, that its sender may find the connection and the
 * options (FreeBSD's icmp(4), quotelen).
 */
static unsigned int icmp4_error_transport(const struct sk_buff *skb,
					  unsigned int there)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th;
	struct tcphdr room;

	if (iph->protocol != IPPROTO_TCP ||
	    there < iph->ihl * 4 + sizeof(room))
		return 0;
	th = skb_header_pointer(skb, skb_network_offset(skb) + iph->ihl * 4,
				sizeof(room), &room);
	return th ? th->doff * 4 : 0;
}

/* Behind the quotation, which has to be padded then. RFC 4884 5.1, RFC 5837. */
static unsigned int icmp4_error_extend(struct icmp4_net *in,
				       const struct icmp4_error *error,
				       unsigned int room, u8 *to)
{
	struct icmp4_interface iif;

	if (!error->iif || !icmp4_extension_allowed(error->type) ||
	    !(icmp4_extension_mask(in) & ICMP4_EXTENSION_IIF) ||
	    room < ICMP4_EXTENSION_QUOTE + ICMP4_EXTENSION_MAX)
		return 0;
	icmp4_interface_describe(in->net, error->iif, &iif);
	return icmp4_extension_write(to, &iif);
}

/* The ICMP message, summed up while it is copied. */
static void icmp4_error_fill(struct sk_buff *skb,
			     const struct icmp4_error *error,
			     unsigned int quote, const u8 *ext,
			     unsigned int ext_len)
{
	struct icmphdr *icmph = skb_put(skb, sizeof(*icmph));
	__wsum csum;
	u8 *data;

	icmph->type = error->type;
	icmph->code = error->code;
	icmph->checksum = 0;
	icmph->un.gateway = error->info;

	data = skb_put(skb, quote);
	csum = skb_copy_and_csum_bits(error->skb,
				      skb_network_offset(error->skb), data,
				      quote);
	if (ext_len) {
		skb_put_zero(skb, ICMP4_EXTENSION_QUOTE - quote);
		data = skb_put_data(skb, ext, ext_len);
		csum = csum_block_add(csum, csum_partial(data, ext_len, 0),
				      ICMP4_EXTENSION_QUOTE);
		icmph->un.reserved[1] = ICMP4_EXTENSION_QUOTE /
					ICMP4_EXTENSION_WORD;
	}
	icmph->checksum = csum_fold(csum_partial(icmph, sizeof(*icmph), csum));
}

static enum icmp4_drop icmp4_error_build(struct icmp4_net *in, struct sock *sk,
					 struct icmp4_error *error,
					 struct rtable *rt, unsigned int optlen,
					 struct sk_buff **built)
{
	unsigned int there = icmp4_error_there(error->skb);
	struct icmp4_quote quote = {
		.there = there,
		.hlen = ip_hdr(error->skb)->ihl * 4,
		.transport = icmp4_error_transport(error->skb, there),
		.quotelen = READ_ONCE(in->knobs.quotelen),
		.head = sizeof(struct iphdr) + optlen + sizeof(struct icmphdr),
		.mtu = min(dst_mtu(&rt->dst), 0U + IP_MAX_MTU),
	};
	unsigned int headroom, len, ext_len;
	u8 ext[ICMP4_EXTENSION_MAX];
	struct sk_buff *skb;

	len = icmp4_quote_len(&quote);
	if (!len)
		return ICMP4_DROP_ERR_NO_ROOM;
	ext_len = icmp4_error_extend(in, error, icmp4_quote_room(&quote), ext);
	/* What is padded has to be all there is (RFC 4884 4). */
	error->extended = ext_len;
	if (ext_len)
		len = min(there, 0U + ICMP4_EXTENSION_QUOTE);

	headroom = LL_RESERVED_SPACE(rt->dst.dev) + rt->dst.header_len +
		   quote.head - sizeof(struct icmphdr);
	skb = icmp4_send_alloc(sk, headroom,
			       sizeof(struct icmphdr) +
			       (ext_len ? ICMP4_EXTENSION_QUOTE + ext_len :
					  len) +
			       rt->dst.trailer_len);
	if (unlikely(!skb))
		return ICMP4_DROP_ERR_NOMEM;
	icmp4_error_fill(skb, error, len, ext, ext_len);
	*built = skb;
	return ICMP4_OK;
}

/* With its route in hand, whose reference it uses up. */
static enum icmp4_drop icmp4_error_routed(struct icmp4_net *in, struct sock *sk,
					  struct icmp4_error *error,
					  struct rtable *rt,
					  struct icmp4_options *opt)
{
	const struct iphdr *iph = ip_hdr(error->skb);
	struct sk_buff *skb;
	enum icmp4_drop why;

	why = ICMP4_DROP_ERR_SOURCE;
	if (unlikely(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)))
		goto err_rt;
	why = icmp4_error_build(in, sk, error, rt, opt ? opt->info.optlen : 0,
				&skb);
	if (unlikely(why))
		goto err_rt;
	why = icmp4_limit_charge(in, &error->limit,
				 rt->dst.dev->flags & IFF_LOOPBACK);
	if (unlikely(why))
		goto err_skb;

	/* No address anywhere: the dummy one (RFC 7600 3.2 has it for that). */
	if (!error->key.saddr)
		error->key.saddr = htonl(INADDR_DUMMY);
	if (unlikely(opt))
		icmp4_options_finish(opt, error->key.saddr, iph->saddr,
				     icmp4_timestamp(ktime_get_real_ns()));
	skb_dst_set(skb, &rt->dst);
	skb->mark = error->key.mark;
	icmp4_send_header(in->net, skb, opt, error->key.saddr,
			  error->key.daddr, error->tos);
	/* Conntrack finds the error RELATED, and translates it back. */
	if (icmp4_types[error->type].class == ICMP4_CLASS_ERROR)
		nf_ct_attach(skb, error->skb);

	trace_icmp4_error(error->skb, error->type, error->code, ICMP4_OK);
	icmp4_trace_kernel(error->skb, error->type, error->code);
	icmp4_stat_event(in, ICMP4_EVENT_ERROR);
	if (error->extended)
		icmp4_stat_event(in, ICMP4_EVENT_EXTENDED);
	icmp4_send(in, sk, skb, error->type);
	return ICMP4_OK;

err_skb:
	consume_skb(skb);
err_rt:
	ip_rt_put(rt);
	return why;
}

static enum icmp4_drop icmp4_error_locked(struct icmp4_net *in, struct sock *sk,
					  struct icmp4_error *error,
					  struct icmp4_options *opt)
{
	struct rtable *rt;

	rt = icmp4_route_error(in, error->skb, &error->key);
	if (IS_ERR(rt))
		return ICMP4_DROP_ERR_NO_ROUTE;
	return icmp4_error_routed(in, sk, error, rt, opt);
}

/* What its route depends on; where it goes is known. */
static void icmp4_error_key(struct icmp4_net *in, struct icmp4_error *error)
{
	const struct sk_buff *skb = error->skb;
	const struct iphdr *iph = ip_hdr(skb);

	/* RFC 1812 4.3.2.5: the TOS of the packet, precedence 6. */
	error->tos = iph->tos;
	if (icmp4_types[error->type].class == ICMP4_CLASS_ERROR)
		error->tos = RT_TOS(iph->tos) | IPTOS_PREC_INTERNETCONTROL;
	error->key.saddr = icmp4_source_error(in, skb, error->iif,
					      error->type);
	error->key.flow_saddr = iph->saddr;
	error->key.flow_daddr = iph->daddr;
	error->key.oif = l3mdev_master_ifindex_rcu(icmp4_route_dev(skb));
	error->key.mark = IP4_REPLY_MARK(in->net, skb->mark);
	error->key.secid = icmp4_route_secid(error->skb);
	error->key.tos = error->tos & INET_DSCP_MASK;
	error->key.type = error->type;
	error->key.code = error->code;
}

/* Limits are looked at before anything that costs. */
static enum icmp4_drop icmp4_error_opt(struct icmp4_net *in,
				       struct icmp4_error *error,
				       struct icmp4_options *opt)
{
	const struct sk_buff *skb = error->skb;
	enum icmp4_drop why;
	struct sock *sk;

	error->key.daddr = ip_hdr(skb)->saddr;
	if (unlikely(opt && opt->info.srr)) {
		if (ipv4_is_zeronet(opt->info.faddr))
			return ICMP4_DROP_ERR_SOURCE;
		error->key.daddr = opt->info.faddr;
	}
	why = icmp4_limit_look(in, &error->limit, error->type, error->code,
			       skb->dev && skb->dev->flags & IFF_LOOPBACK,
			       error->key.daddr, icmp4_route_dev(skb));
	if (why)
		return why;

	icmp4_error_key(in, error);
	sk = icmp4_ctl_lock(in->net);
	if (unlikely(!sk))
		return ICMP4_DROP_ERR_BUSY;
	why = icmp4_error_locked(in, sk, error, opt);
	icmp4_ctl_unlock(sk);
	return why;
}

/* Apart, so that only packets with options pay for the room they take. */
static noinline enum icmp4_drop
icmp4_error_options(struct icmp4_net *in, struct icmp4_error *error)
{
	const struct iphdr *iph = ip_hdr(error->skb);
	unsigned int len = iph->ihl * 4 - sizeof(*iph);
	struct icmp4_options opt;

	/* A firewall may have written a length that is not there. */
	if ((const u8 *)(iph + 1) + len > skb_tail_pointer(error->skb))
		return ICMP4_DROP_ERR_OPTIONS;
	if (icmp4_options_echo(&opt, (const u8 *)(iph + 1), len, error->known,
			       iph->saddr, icmp4_source_is_ours, in->net))
		return ICMP4_DROP_ERR_OPTIONS;
	return icmp4_error_opt(in, error, opt.info.optlen ? &opt : NULL);
}

static enum icmp4_drop icmp4_error(struct icmp4_net *in,
				   struct icmp4_error *error)
{
	struct sk_buff *skb = error->skb;
	const struct iphdr *iph = ip_hdr(skb);
	enum icmp4_drop why;

	if (unlikely(!icmp4_error_has_header(skb)))
		return ICMP4_DROP_ERR_HEADER;
	why = icmp4_error_may_be_sent(skb);
	if (unlikely(why))
		return why;

	if (unlikely(error->known->optlen && iph->ihl > 5))
		return icmp4_error_options(in, error);
	return icmp4_error_opt(in, error, NULL);
}

/* The namespace of the route's device, or else of the packet's. */
static struct net *icmp4_error_net(const struct sk_buff *skb)
{
	struct net_device *dev = skb_dst_dev_rcu(skb) ?: skb->dev;

	return dev ? dev_net_rcu(dev) : NULL;
}

/**
 * icmp4_error_send() - send an error about a packet, if one is due
 * @skb: the offending packet, its IP header at its network header. Bytes and
 *	route stay as they are
 * @type: ICMP type of the error
 * @code: its code
 * @info: second word of the ICMP header: unused, gateway, pointer or MTU, network
 *	order
 * @parm: what IP keeps of the packet: where its options are, and the interface it
 *	came by. Never read from @skb, whose control block may be a driver's
 *
 * In place of the kernel's __icmp_send(), with its arguments. RFC 792,
 * RFC 1122 3.2.2, RFC 1812 4.3.2. Without a route, a packet belongs to no
 * namespace, and nothing happens.
 *
 * Context: any but hard interrupts.
 */
void icmp4_error_send(struct sk_buff *skb, int type, int code, __be32 info,
		      const struct inet_skb_parm *parm)
{
	struct icmp4_error error = {
		.skb = skb,
		.type = type,
		.code = code,
		.info = info,
		.iif = parm->iif,
		.known = &parm->opt,
	};
	struct icmp4_net *in;
	enum icmp4_drop why;
	struct net *net;

	if (!skb_dst(skb))
		return;
	rcu_read_lock();
	local_bh_disable();
	net = icmp4_error_net(skb);
	if (net) {
		in = icmp4_net(net);
		icmp4_stat_event(in, ICMP4_EVENT_RAISED);
		why = icmp4_error(in, &error);
		if (unlikely(why))
			icmp4_refuse(in, skb, type, code, why);
	}
	local_bh_enable();
	rcu_read_unlock();
}
