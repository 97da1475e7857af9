// SPDX-License-Identifier: GPL-2.0
/* Every ICMP message that comes in, from IP to the one who looks after it. */

#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "attach.h"
#include "darwin.h"
#include "dgram.h"
#include "error_in.h"
#include "mask.h"
#include "raw.h"
#include "receive.h"
#include "request.h"
#include "rules.h"
#include "stat.h"

/* IPsec policy is checked here, since the protocol is registered to need none.
 * A message that policy forbids may still be an error about a packet that it
 * allows (RFC 4301 6.2), if the security association says so.
 */
static bool icmp4_policy_allows(struct sk_buff *skb)
{
	const struct sec_path *sp;
	bool allowed;
	int nh;

	if (likely(xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb)))
		return true;

	sp = skb_sec_path(skb);
	if (!sp || !sp->len ||
	    !(sp->xvec[sp->len - 1]->props.flags & XFRM_STATE_ICMP))
		return false;
	if (!pskb_may_pull(skb, sizeof(struct icmphdr) + sizeof(struct iphdr)))
		return false;

	nh = skb_network_offset(skb);
	skb_set_network_header(skb, sizeof(struct icmphdr));
	allowed = xfrm4_policy_check_reverse(NULL, XFRM_POLICY_IN, skb);
	skb_set_network_header(skb, nh);
	return allowed;
}

/* Sockets of Darwin's way see what the host does not answer: of what is as it should be,
 * and of what it does not know.
 */
static bool icmp4_dispatch_shows(const struct icmp4_net *in,
				 const struct icmp4_type *type,
				 enum icmp4_drop why)
{
	if (why)
		return why == ICMP4_DROP_UNKNOWN || why == ICMP4_DROP_NO_ACTION;
	switch (type->handler) {
	case ICMP4_BY_ECHO:
	case ICMP4_BY_PROBE:
		return false;
	case ICMP4_BY_TIMESTAMP:
		return !READ_ONCE(in->knobs.tstamprepl);
	case ICMP4_BY_MASK:
		return !READ_ONCE(in->knobs.maskrepl);
	}
	return true;
}

static enum icmp4_drop icmp4_dispatch(struct icmp4_net *in, struct sk_buff *skb,
				      const struct icmp4_type *type)
{
	bool broadcast = skb_rtable(skb)->rt_flags &
			 (RTCF_BROADCAST | RTCF_MULTICAST);
	enum icmp4_drop why;

	why = icmp4_rule_receive(type, skb->len, broadcast,
				 READ_ONCE(in->net->ipv4.sysctl_icmp_echo_ignore_broadcasts));
	if (icmp4_darwin_listens(in) && icmp4_dispatch_shows(in, type, why))
		icmp4_darwin_deliver(in, skb);
	if (unlikely(why))
		return why;

	switch (type->handler) {
	case ICMP4_BY_PING:
		return icmp4_dgram_receive(in, skb, ICMP4_DROP_NO_SOCKET);
	case ICMP4_BY_DGRAM:
		return icmp4_dgram_receive(in, skb, ICMP4_DROP_NO_ACTION);
	case ICMP4_BY_ERROR:
		return icmp4_error_in(in, skb);
	case ICMP4_BY_ECHO:
		return icmp4_request_echo(in, skb);
	case ICMP4_BY_TIMESTAMP:
		return icmp4_request_timestamp(in, skb);
	case ICMP4_BY_MASK:
		return icmp4_request_mask(in, skb);
	case ICMP4_BY_MASK_REPLY:
		icmp4_mask_examine(in, skb);
		return icmp4_dgram_receive(in, skb, ICMP4_DROP_NO_ACTION);
	case ICMP4_BY_PROBE:
		return icmp4_request_probe(in, skb);
	}
	return ICMP4_DROP_UNKNOWN;
}

/* Everything up to the type, in the newest kernel's order. */
static enum icmp4_drop icmp4_validate(struct net *net, struct sk_buff *skb)
{
	if (!icmp4_policy_allows(skb))
		return ICMP4_DROP_POLICY;
	__ICMP_INC_STATS(net, ICMP_MIB_INMSGS);
	if (!skb_frags_readable(skb))
		return ICMP4_DROP_UNREADABLE;
	if (skb_checksum_simple_validate(skb))
		return ICMP4_DROP_CSUM;
	if (!pskb_may_pull(skb, sizeof(struct icmphdr)))
		return ICMP4_DROP_SHORT;
	return ICMP4_OK;
}

/* A reply for a socket that is older than the module, which may interest others. */
static int icmp4_leave(struct icmp4_net *in, struct sk_buff *skb)
{
	icmp4_stat_event(in, ICMP4_EVENT_PASSED);
	if (icmp4_darwin_listens(in) && skb_frags_readable(skb) &&
	    !skb_checksum_simple_validate(skb) &&
	    pskb_may_pull(skb, sizeof(struct icmphdr)))
		icmp4_darwin_deliver(in, skb);
	return icmp4_saved()->handler(skb);
}

/**
 * icmp4_receive() - the protocol handler of IPPROTO_ICMP
 * @skb: a message, reassembled; data at its ICMP header, the IP header at its
 *	network header, with the route it came by. Raw sockets older than the
 *	module have seen it
 *
 * Return: 0; the message is always taken.
 * Context: softirq, RCU read side.
 */
int icmp4_receive(struct sk_buff *skb)
{
	struct net *net = dev_net_rcu(skb->dev);
	struct icmp4_net *in = icmp4_net(net);
	enum icmp4_drop why;
	const u8 *byte;
	u8 type;

	byte = skb_header_pointer(skb, 0, sizeof(type), &type);
	type = byte ? *byte : ICMP4_NO_TYPE;
	icmp4_raw_deliver(in, skb);
	/* Before anything is counted: whose is it? */
	if (icmp4_types[type].handler == ICMP4_BY_PING &&
	    icmp4_dgram_leaves(in, skb))
		return icmp4_leave(in, skb);
	icmp4_stat_event(in, ICMP4_EVENT_TAKEN);

	why = icmp4_validate(net, skb);
	if (likely(!why)) {
		ICMPMSGIN_INC_STATS(net, type);
		why = icmp4_dispatch(in, skb, &icmp4_types[type]);
	}
	if (unlikely(why))
		icmp4_drop(in, skb, type, why);
	return 0;
}
