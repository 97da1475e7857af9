// SPDX-License-Identifier: GPL-2.0
/* Requests: what each of them asks, and how it becomes its own reply. */

#include <linux/icmp.h>
#include <linux/ktime.h>
#include <net/icmp.h>

#include "checksum.h"
#include "interface.h"
#include "mask.h"
#include "probe.h"
#include "reply.h"
#include "request.h"
#include "timestamp.h"

/* An ICMP timestamp message (RFC 792). */
struct timestamp_message {
	struct icmphdr icmph;
	__be32 originate;
	__be32 receive;
	__be32 transmit;
};

/* Type and code as the one 16-bit word that the checksum sees. */
static void set_type(struct icmphdr *icmph, u8 type, u8 code)
{
	icmp4_checksum_set(icmph, (__be16 *)&icmph->type,
			   htons(type << 8 | code));
}

/* A message of so many bytes and no more, linear. */
static bool cut(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, len) && !pskb_trim(skb, len);
}

static void finish(struct icmphdr *icmph, u8 type, unsigned int len)
{
	icmph->type = type;
	icmph->code = 0;
	icmph->checksum = 0;
	icmph->checksum = ip_compute_csum(icmph, len);
}

/**
 * icmp4_request_echo() - answer an echo request (RFC 792, RFC 1122 3.2.2.6)
 * @in: the namespace it came to
 * @skb: the request, data at its ICMP header, 8 bytes linear
 *
 * Identifier, sequence number, data and code return unchanged.
 *
 * Return: ICMP4_OK if @skb is gone, or the reason why not.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_request_echo(struct icmp4_net *in, struct sk_buff *skb)
{
	struct icmp4_limit limit;
	enum icmp4_drop why;
	struct icmphdr *icmph;

	if (READ_ONCE(in->net->ipv4.sysctl_icmp_echo_ignore_all))
		return ICMP4_DROP_ECHO_IGNORED;
	why = icmp4_reply_begin(in, skb, ICMP_ECHOREPLY, &limit);
	if (why)
		return why;

	icmph = icmp_hdr(skb);
	set_type(icmph, ICMP_ECHOREPLY, icmph->code);
	return icmp4_reply(in, skb, &limit, 0);
}

/**
 * icmp4_request_timestamp() - answer a timestamp request (RFC 1122 3.2.2.8)
 * @in: the namespace it came to
 * @skb: the request, data at its ICMP header, 20 bytes or more
 *
 * What follows the three timestamps is not returned.
 *
 * Return: ICMP4_OK if @skb is gone, or the reason why not.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_request_timestamp(struct icmp4_net *in, struct sk_buff *skb)
{
	struct timestamp_message *msg;
	struct icmp4_limit limit;
	enum icmp4_drop why;

	if (!READ_ONCE(in->knobs.tstamprepl))
		return ICMP4_DROP_TIMESTAMP_OFF;
	why = icmp4_reply_begin(in, skb, ICMP_TIMESTAMPREPLY, &limit);
	if (why)
		return why;
	if (!cut(skb, sizeof(*msg)))
		return ICMP4_DROP_NOMEM;

	msg = (struct timestamp_message *)icmp_hdr(skb);
	msg->receive = icmp4_timestamp(ktime_get_real_ns());
	msg->transmit = msg->receive;
	finish(&msg->icmph, ICMP_TIMESTAMPREPLY, sizeof(*msg));
	return icmp4_reply(in, skb, &limit, 0);
}

/**
 * icmp4_request_mask() - answer an address mask request (RFC 950)
 * @in: the namespace it came to
 * @skb: the request, data at its ICMP header, 12 bytes or more
 *
 * What follows the mask is not returned.
 *
 * Return: ICMP4_OK if @skb is gone, or the reason why not.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_request_mask(struct icmp4_net *in, struct sk_buff *skb)
{
	struct icmp4_mask_answer answer;
	struct icmp4_mask_message *msg;
	struct icmp4_limit limit;
	enum icmp4_drop why;

	if (!READ_ONCE(in->knobs.maskrepl))
		return ICMP4_DROP_MASK_OFF;
	why = icmp4_reply_begin(in, skb, ICMP_ADDRESSREPLY, &limit);
	if (why)
		return why;
	why = icmp4_mask_answer(in, skb, &answer);
	if (why)
		return why;
	if (!cut(skb, sizeof(*msg)))
		return ICMP4_DROP_NOMEM;

	msg = (struct icmp4_mask_message *)icmp_hdr(skb);
	msg->mask = answer.mask;
	finish(&msg->icmph, ICMP_ADDRESSREPLY, sizeof(*msg));
	return icmp4_reply(in, skb, &limit, answer.link);
}

static enum icmp4_drop probe_interface(struct net *net,
				       const struct icmp4_probe *probe,
				       u8 *code, u8 *status)
{
	struct net_device *dev;

	*code = ICMP_EXT_CODE_MAL_QUERY;
	*status = 0;
	if (probe->by == ICMP4_PROBE_MALFORMED)
		return ICMP4_OK;

	dev = icmp4_interface_find(net, probe);
	if (IS_ERR(dev))
		return ICMP4_DROP_PROBE_IPV6;
	*code = ICMP_EXT_CODE_NO_IF;
	if (!dev)
		return ICMP4_OK;
	*code = 0;
	*status = icmp4_interface_status(dev);
	return ICMP4_OK;
}

/**
 * icmp4_request_probe() - answer an extended echo request (RFC 8335)
 * @in: the namespace it came to
 * @skb: the request, data at its ICMP header, 8 bytes linear
 *
 * Only interfaces of this node are told about (L bit set), to anyone who asks
 * while icmp_echo_enable_probe is set. The query returns unchanged.
 *
 * Return: ICMP4_OK if @skb is gone, or the reason why not.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_request_probe(struct icmp4_net *in, struct sk_buff *skb)
{
	unsigned int len = min_t(unsigned int, ICMP4_PROBE_LEN,
				 skb->len - sizeof(struct icmphdr));
	u8 data[ICMP4_PROBE_LEN], code, status;
	struct icmp4_limit limit;
	struct icmp4_probe probe;
	struct icmphdr *icmph;
	enum icmp4_drop why;
	__be16 *sequence;

	if (READ_ONCE(in->net->ipv4.sysctl_icmp_echo_ignore_all))
		return ICMP4_DROP_ECHO_IGNORED;
	if (!READ_ONCE(in->net->ipv4.sysctl_icmp_echo_enable_probe))
		return ICMP4_DROP_PROBE_OFF;
	if (!(icmp_hdr(skb)->un.echo.sequence & htons(1)))
		return ICMP4_DROP_PROBE_REMOTE;
	why = icmp4_reply_begin(in, skb, ICMP_EXT_ECHOREPLY, &limit);
	if (why)
		return why;
	if (skb_copy_bits(skb, sizeof(*icmph), data, len))
		return ICMP4_DROP_LENGTH;
	icmp4_probe_parse(&probe, data, len);
	why = probe_interface(in->net, &probe, &code, &status);
	if (why)
		return why;

	/* The high byte is the requester's; the low one tells the state. */
	icmph = icmp_hdr(skb);
	sequence = &icmph->un.echo.sequence;
	icmp4_checksum_set(icmph, sequence,
			   (*sequence & htons(0xff00)) | htons(status));
	set_type(icmph, ICMP_EXT_ECHOREPLY, code);
	return icmp4_reply(in, skb, &limit, 0);
}
