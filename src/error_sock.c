// SPDX-License-Identifier: GPL-2.0
/* Raw and datagram sockets, and the errors about what they sent. */

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/inet_dscp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/raw.h>
#include <net/route.h>

#include "error_sock.h"
#include "extension.h"
#include "raw.h"

/**
 * struct icmp4_sock_error - an error as a socket sees it
 * @err: errno
 * @hard: a hard error (RFC 1122 4.2.3.9), told without IP_RECVERR, too
 */
struct icmp4_sock_error {
	int err;
	bool hard;
};

static u8 icmp4_sock_protocol(const struct sock *sk)
{
	return inet_test_bit(HDRINCL, sk) ? IPPROTO_RAW : sk->sk_protocol;
}

static void icmp4_sock_flow(const struct sock *sk, const struct iphdr *iph,
			    struct flowi4 *fl4)
{
	const struct inet_sock *inet = inet_sk(sk);

	/* No flags, not even of IP_TRANSPARENT: from a source that is not this
	 * host's no route is changed.
	 */
	flowi4_init_output(fl4, READ_ONCE(sk->sk_bound_dev_if),
			   READ_ONCE(sk->sk_mark),
			   READ_ONCE(inet->tos) & INET_DSCP_MASK,
			   sock_flag(sk, SOCK_LOCALROUTE) ? RT_SCOPE_LINK :
							    RT_SCOPE_UNIVERSE,
			   icmp4_sock_protocol(sk), 0, iph->daddr, iph->saddr, 0, 0,
			   sock_net_uid(sock_net(sk), sk));
}

/* The route that the socket's own packets to the quoted destination take, before IPsec
 * has a say.
 */
static struct rtable *icmp4_sock_route(const struct sock *sk,
				       const struct iphdr *iph)
{
	struct flowi4 fl4;

	icmp4_sock_flow(sk, iph, &fl4);
	return __ip_route_output_key(sock_net(sk), &fl4);
}

/* A connected socket holds the route that it was connected by, and IP_MTU tells that
 * one's.
 */
static void icmp4_sock_reroute(struct sock *sk, const struct iphdr *iph)
{
	struct dst_entry *dst = sk_dst_get(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	if (!dst)
		return;
	if (!dst_check(dst, 0)) {
		icmp4_sock_flow(sk, iph, &fl4);
		rt = ip_route_output_flow(sock_net(sk), &fl4, sk);
		if (!IS_ERR(rt))
			sk_dst_set(sk, &rt->dst);
	}
	dst_release(dst);
}

/* Without a route or a mark of its own a socket's is the packet's mark that
 * fwmark_reflect returns.
 */
static bool icmp4_sock_reflects(const struct sock *sk, const struct sk_buff *skb)
{
	return IP4_REPLY_MARK(sock_net(sk), skb->mark) &&
	       !READ_ONCE(sk->sk_mark) &&
	       (sock_owned_by_user(sk) || !rcu_access_pointer(sk->sk_dst_cache));
}

/* ipv4_sk_update_pmtu() is not exported by 7.x; what it ends in is an operation of
 * the route, which looks for the flow in the network header.
 */
static void icmp4_sock_pmtu(struct sock *sk, struct sk_buff *skb, u32 mtu)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	int nh = skb_network_offset(skb);
	struct rtable *rt;

	bh_lock_sock(sk);
	if (!ip_sk_accept_pmtu(sk))
		goto out;
	if (icmp4_sock_reflects(sk, skb)) {
		ipv4_update_pmtu(skb, sock_net(sk), mtu,
				 READ_ONCE(sk->sk_bound_dev_if),
				 icmp4_sock_protocol(sk));
		goto out;
	}
	rt = icmp4_sock_route(sk, iph);
	if (IS_ERR(rt))
		goto out;
	skb_reset_network_header(skb);
	rt->dst.ops->update_pmtu(&rt->dst, sk, skb, mtu, false);
	skb_set_network_header(skb, nh);
	ip_rt_put(rt);
	if (!sock_owned_by_user(sk))
		icmp4_sock_reroute(sk, iph);
out:
	bh_unlock_sock(sk);
}

/* As ipv4_sk_redirect(), which 7.x does not export: the exception is made, and the
 * route itself is not ended, which other sockets may be told about yet. The operation
 * ends what it is given and keeps no pointer to it, so it gets a copy.
 */
static void icmp4_sock_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct rtable *rt = icmp4_sock_route(sk, (struct iphdr *)skb->data);
	struct rtable copy;

	if (IS_ERR(rt))
		return;
	/* Counters of it may move meanwhile; nobody reads them here. */
	copy = data_race(*rt);
	rt->dst.ops->redirect(&copy.dst, sk, skb);
	ip_rt_put(rt);
}

/* RFC 1122 4.1.3.3 and 4.2.3.9 say which are hard. */
static void icmp4_sock_translate(const struct sock *sk,
				 const struct icmphdr *icmph,
				 struct icmp4_sock_error *error)
{
	error->err = EHOSTUNREACH;
	error->hard = false;
	switch (icmph->type) {
	case ICMP_PARAMETERPROB:
		error->err = EPROTO;
		error->hard = true;
		break;
	case ICMP_DEST_UNREACH:
		if (icmph->code == ICMP_FRAG_NEEDED) {
			error->err = EMSGSIZE;
			error->hard = READ_ONCE(inet_sk(sk)->pmtudisc) !=
				      IP_PMTUDISC_DONT;
		} else if (icmph->code <= NR_ICMP_UNREACH) {
			error->err = icmp_err_convert[icmph->code].errno;
			error->hard = icmp_err_convert[icmph->code].fatal;
		}
		break;
	}
}

/* Version 2, a good sum if there is one, and objects that fill it. Of other versions
 * nothing is known (RFC 4884 7).
 */
static bool icmp4_sock_extension_valid(const struct sk_buff *skb,
				       unsigned int at)
{
	const struct icmp_extobj_hdr *object;
	struct icmp_extobj_hdr object_room;
	const struct icmp_ext_hdr *ext;
	struct icmp_ext_hdr ext_room;

	ext = skb_header_pointer(skb, at, sizeof(ext_room), &ext_room);
	if (!ext)
		return false;
	if (ext->version != ICMP4_EXTENSION_VERSION)
		return true;
	if (ext->checksum &&
	    csum_fold(skb_checksum(skb, at, skb->len - at, 0)))
		return false;
	for (at += sizeof(*ext); at < skb->len; at += ntohs(object->length)) {
		object = skb_header_pointer(skb, at, sizeof(object_room),
					    &object_room);
		if (!object || ntohs(object->length) < sizeof(*object) ||
		    ntohs(object->length) > skb->len - at)
			return false;
	}
	return true;
}

/* Where the extension begins, for a socket that asked (IP_RECVERR_RFC4884). */
static void icmp4_sock_extension(const struct sk_buff *skb,
				 const struct icmphdr *icmph,
				 struct sock_ee_data_rfc4884 *to)
{
	unsigned int quoted = icmph->un.reserved[1] * ICMP4_EXTENSION_WORD;
	unsigned int stripped = skb->data - (const u8 *)(icmph + 1);
	unsigned int at;

	if (!icmp4_extension_allowed(icmph->type) ||
	    quoted < ICMP4_EXTENSION_QUOTE || quoted < stripped)
		return;
	at = quoted - stripped;
	if (at + sizeof(struct icmp_ext_hdr) > skb->len)
		return;
	to->len = at;
	if (!icmp4_sock_extension_valid(skb, at))
		to->flags |= SO_EE_RFC4884_FLAG_INVALID;
}

/* For IP_RECVERR: the error and what it quotes, from where the socket's own data
 * begins.
 */
static void icmp4_sock_queue(struct sock *sk, struct sk_buff *skb, int err,
			     u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *icmph = icmp_hdr(skb);
	unsigned int skip = inet_test_bit(HDRINCL, sk) ? 0 : iph->ihl * 4;
	struct sock_exterr_skb *serr;
	struct sk_buff *copy;

	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return;
	serr = SKB_EXT_ERR(copy);
	memset(&serr->ee, 0, sizeof(serr->ee));
	serr->ee.ee_errno = err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = icmph->type;
	serr->ee.ee_code = icmph->code;
	serr->ee.ee_info = info;
	serr->addr_offset = (const u8 *)&iph->daddr - skb_network_header(skb);
	serr->port = 0;

	__skb_pull(copy, skip);
	if (inet_test_bit(RECVERR_RFC4884, sk))
		icmp4_sock_extension(copy, icmph, &serr->ee.ee_rfc4884);
	skb_reset_transport_header(copy);
	if (sock_queue_err_skb(sk, copy))
		kfree_skb(copy);
}

/* Without a peer or the queue an error could be about anything. */
static void icmp4_sock_report(struct sock *sk, struct sk_buff *skb,
			      const struct icmp4_sock_error *error, u32 info)
{
	bool asked = inet_test_bit(RECVERR, sk);

	if (!asked && (!error->hard || sk->sk_state != TCP_ESTABLISHED))
		return;
	if (asked)
		icmp4_sock_queue(sk, skb, error->err, info);
	WRITE_ONCE(sk->sk_err, error->err);
	sk_error_report(sk);
}

static void icmp4_raw_tell(struct sock *sk, struct sk_buff *skb, u32 info)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct icmp4_sock_error error;

	if (icmph->type == ICMP_REDIRECT) {
		icmp4_sock_redirect(sk, skb);
		return;
	}
	if (icmp4_error_needs_frag(icmph))
		icmp4_sock_pmtu(sk, skb, info);
	icmp4_sock_translate(sk, icmph, &error);
	icmp4_sock_report(sk, skb, &error, info);
}

/**
 * icmp4_error_raw() - tell raw sockets of an error about what they may have sent
 * @skb: the error; data at the quoted IP header, which with 8 bytes behind it is
 *	linear, transport header at the ICMP header
 * @info: what the error says: MTU, gateway or pointer, host order
 *
 * Context: softirq, RCU read side.
 */
void icmp4_error_raw(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct net *net = dev_net_rcu(skb->dev);
	int dif = skb->dev->ifindex, sdif = inet_sdif(skb);
	struct icmp4_raw *raw;
	struct sock *sk;

	/* Those of the kernel, and of ICMP those of the module. */
	sk_for_each_rcu(sk, &raw_v4_hashinfo.ht[raw_hashfunc(net, iph->protocol)])
		if (raw_v4_match(net, sk, iph->protocol, iph->daddr, iph->saddr,
				 dif, sdif))
			icmp4_raw_tell(sk, skb, info);
	if (iph->protocol != IPPROTO_ICMP)
		return;
	hlist_for_each_entry_rcu(raw, &icmp4_net(net)->raws, node)
		if (raw_v4_match(net, raw->sk, IPPROTO_ICMP, iph->daddr,
				 iph->saddr, dif, sdif))
			icmp4_raw_tell(raw->sk, skb, info);
}

/**
 * icmp4_error_dgram() - tell a datagram socket of an error about what it sent
 * @sk: the socket, whose identifier the error quotes
 * @skb: the error, as for icmp4_error_raw()
 * @info: what the error says: MTU, gateway or pointer, host order
 *
 * Unlike raw sockets these are told of redirects, and those that want no path MTU of
 * none.
 *
 * Context: softirq, RCU read side.
 */
void icmp4_error_dgram(struct sock *sk, struct sk_buff *skb, u32 info)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	struct icmp4_sock_error error;

	icmp4_sock_translate(sk, icmph, &error);
	if (icmph->type == ICMP_REDIRECT) {
		icmp4_sock_redirect(sk, skb);
		error.err = EREMOTEIO;
	} else if (icmp4_error_needs_frag(icmph)) {
		icmp4_sock_pmtu(sk, skb, info);
		if (!error.hard)
			return;
	}
	icmp4_sock_report(sk, skb, &error, info);
}
