// SPDX-License-Identifier: GPL-2.0
/* Where messages end: one row per reason, one function for all of them. */

#include <net/icmp.h>

#include "drop.h"
#include "stat.h"
#include "trace.h"

const struct icmp4_drop_info icmp4_drop_infos[ICMP4_DROPS] = {
	[ICMP4_DROP_POLICY] = {
		.name = "InPolicy",
		.reason = SKB_DROP_REASON_XFRM_POLICY,
	},
	[ICMP4_DROP_UNREADABLE] = {
		.name = "InUnreadable",
		.reason = SKB_DROP_REASON_NOT_SPECIFIED,
		.in_errors = true,
	},
	[ICMP4_DROP_CSUM] = {
		.name = "InCsum",
		.reason = SKB_DROP_REASON_ICMP_CSUM,
		.csum_errors = true,
		.in_errors = true,
	},
	[ICMP4_DROP_SHORT] = {
		.name = "InShort",
		.reason = SKB_DROP_REASON_PKT_TOO_SMALL,
		.in_errors = true,
	},
	[ICMP4_DROP_BCAST_ECHO] = {
		.name = "InBroadcastEcho",
		.reason = SKB_DROP_REASON_INVALID_PROTO,
		.in_errors = true,
	},
	[ICMP4_DROP_BCAST_TYPE] = {
		.name = "InBroadcastType",
		.reason = SKB_DROP_REASON_INVALID_PROTO,
		.in_errors = true,
	},
	[ICMP4_DROP_UNKNOWN] = {
		.name = "InUnknownType",
		.reason = SKB_DROP_REASON_UNHANDLED_PROTO,
		.in_errors = true,
	},
	[ICMP4_DROP_LENGTH] = {
		.name = "InLength",
		.reason = SKB_DROP_REASON_PKT_TOO_SMALL,
		.in_errors = true,
	},
	[ICMP4_DROP_NO_ACTION] = {
		.name = "InNoAction",
	},
	[ICMP4_DROP_NO_SOCKET] = {
		.name = "InNoSocket",
		.reason = SKB_DROP_REASON_NO_SOCKET,
	},
	[ICMP4_DROP_ECHO_IGNORED] = {
		.name = "InEchoIgnored",
	},
	[ICMP4_DROP_TIMESTAMP_OFF] = {
		.name = "InTimestampOff",
	},
	[ICMP4_DROP_MASK_OFF] = {
		.name = "InMaskOff",
	},
	[ICMP4_DROP_MASK_UNKNOWN] = {
		.name = "InMaskUnknown",
	},
	[ICMP4_DROP_MASK_AMBIGUOUS] = {
		.name = "InMaskAmbiguous",
	},
	[ICMP4_DROP_PROBE_OFF] = {
		.name = "InProbeOff",
	},
	[ICMP4_DROP_PROBE_REMOTE] = {
		.name = "InProbeRemote",
	},
	[ICMP4_DROP_PROBE_IPV6] = {
		.name = "InProbeNoIPv6",
	},
	[ICMP4_DROP_IN_NOMEM] = {
		.name = "InNoMemory",
		.reason = SKB_DROP_REASON_NOMEM,
		.in_errors = true,
	},
	[ICMP4_DROP_QUOTE_HEADER] = {
		.name = "InQuoteHeader",
		.reason = SKB_DROP_REASON_IP_INHDR,
		.in_errors = true,
	},
	[ICMP4_DROP_QUOTE_SHORT] = {
		.name = "InQuoteShort",
		.reason = SKB_DROP_REASON_PKT_TOO_SMALL,
		.in_errors = true,
	},
	[ICMP4_DROP_QUOTE_RAW] = {
		.name = "InQuoteRaw",
		.reason = SKB_DROP_REASON_UNHANDLED_PROTO,
		.in_errors = true,
	},
	[ICMP4_DROP_CODE] = {
		.name = "InCode",
	},
	[ICMP4_DROP_PMTU] = {
		.name = "InPmtuIgnored",
	},
	[ICMP4_DROP_BOGUS] = {
		.name = "InBogus",
	},
	[ICMP4_DROP_REDIRECT] = {
		.name = "InRedirectIgnored",
	},
	[ICMP4_DROP_QUENCH] = {
		.name = "InQuench",
	},
	[ICMP4_DROP_REQUESTER] = {
		.name = "OutRequester",
		.reason = SKB_DROP_REASON_IP_INADDRERRORS,
	},
	[ICMP4_DROP_OPTIONS] = {
		.name = "OutOptions",
		.reason = SKB_DROP_REASON_IP_INHDR,
	},
	[ICMP4_DROP_NO_ROUTE] = {
		.name = "OutNoRoute",
		.reason = SKB_DROP_REASON_IP_OUTNOROUTES,
	},
	[ICMP4_DROP_BUSY] = {
		.name = "OutBusy",
		.reason = SKB_DROP_REASON_NOT_SPECIFIED,
	},
	[ICMP4_DROP_SNDBUF] = {
		.name = "OutSendBuffer",
		.reason = SKB_DROP_REASON_NOMEM,
		.out_errors = true,
	},
	[ICMP4_DROP_NOMEM] = {
		.name = "OutNoMemory",
		.reason = SKB_DROP_REASON_NOMEM,
		.out_errors = true,
	},
	[ICMP4_DROP_TOO_BIG] = {
		.name = "OutTooBig",
		.reason = SKB_DROP_REASON_NOT_SPECIFIED,
		.out_errors = true,
	},
	[ICMP4_DROP_LIMIT_CLASS] = {
		.name = "LimitClass",
		.limit_global = true,
	},
	[ICMP4_DROP_LIMIT_TYPE] = {
		.name = "LimitType",
		.limit_host = true,
	},
	[ICMP4_DROP_LIMIT_HOST] = {
		.name = "LimitHost",
		.limit_host = true,
	},
	[ICMP4_DROP_LIMIT_GLOBAL] = {
		.name = "LimitGlobal",
		.limit_global = true,
	},
	[ICMP4_DROP_ERR_HEADER] = {
		.name = "ErrHeader",
	},
	[ICMP4_DROP_ERR_FRAME] = {
		.name = "ErrFrame",
	},
	[ICMP4_DROP_ERR_BROADCAST] = {
		.name = "ErrBroadcast",
	},
	[ICMP4_DROP_ERR_FRAGMENT] = {
		.name = "ErrFragment",
	},
	[ICMP4_DROP_ERR_ICMP] = {
		.name = "ErrAboutIcmp",
	},
	[ICMP4_DROP_ERR_SOURCE] = {
		.name = "ErrSource",
	},
	[ICMP4_DROP_ERR_BUSY] = {
		.name = "ErrBusy",
	},
	[ICMP4_DROP_ERR_OPTIONS] = {
		.name = "ErrOptions",
	},
	[ICMP4_DROP_ERR_NO_ROUTE] = {
		.name = "ErrNoRoute",
	},
	[ICMP4_DROP_ERR_NO_ROOM] = {
		.name = "ErrNoRoom",
	},
	[ICMP4_DROP_ERR_NOMEM] = {
		.name = "ErrNoMemory",
		.out_errors = true,
	},
};

static void icmp4_drop_count(struct icmp4_net *in, u8 type,
			     enum icmp4_drop why)
{
	const struct icmp4_drop_info *info = &icmp4_drop_infos[why];
	struct net *net = in->net;

	if (info->csum_errors)
		__ICMP_INC_STATS(net, ICMP_MIB_CSUMERRORS);
	if (info->in_errors)
		__ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
	if (info->out_errors)
		__ICMP_INC_STATS(net, ICMP_MIB_OUTERRORS);
	if (info->limit_global)
		__ICMP_INC_STATS(net, ICMP_MIB_RATELIMITGLOBAL);
	if (info->limit_host)
		__ICMP_INC_STATS(net, ICMP_MIB_RATELIMITHOST);
	icmp4_stat_drop(in, type, why);
}

/**
 * icmp4_drop() - end a message: count it, trace it, free it
 * @in: the namespace it came to
 * @skb: the message, freed here
 * @type: its ICMP type, or ICMP4_NO_TYPE
 * @why: anything but ICMP4_OK
 *
 * The one way out for what is not answered, so that no drop goes uncounted.
 *
 * Context: softirq, RCU read side.
 */
void icmp4_drop(struct icmp4_net *in, struct sk_buff *skb, u8 type,
		enum icmp4_drop why)
{
	enum skb_drop_reason reason = icmp4_drop_infos[why].reason;

	icmp4_drop_count(in, type, why);
	trace_icmp4_drop(skb, type, why);

	if (reason == SKB_NOT_DROPPED_YET)
		consume_skb(skb);
	else
		kfree_skb_reason(skb, reason);
}

/**
 * icmp4_refuse() - send no error: count it and trace it
 * @in: the namespace that would have sent it
 * @skb: the offending packet, which stays the caller's
 * @type: ICMP type of the error
 * @code: its code
 * @why: anything but ICMP4_OK
 *
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
void icmp4_refuse(struct icmp4_net *in, const struct sk_buff *skb, u8 type,
		  u8 code, enum icmp4_drop why)
{
	icmp4_drop_count(in, type, why);
	trace_icmp4_error(skb, type, code, why);
}
