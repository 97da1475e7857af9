// SPDX-License-Identifier: GPL-2.0
/* Who is listened to, and who is answered by an error: the decisions that need
 * nothing but the message.
 */

#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <net/ip.h>

#include "rules.h"

/* What the built-in ICMP discards, whatever it looks like. */
static bool icmp4_rule_asks_nothing(const struct icmp4_type *type)
{
	return type->handler == ICMP4_BY_RAW ||
	       type->handler == ICMP4_BY_DGRAM ||
	       type->handler == ICMP4_BY_MASK ||
	       type->handler == ICMP4_BY_MASK_REPLY;
}

/**
 * icmp4_rule_receive() - may a message with a good checksum be acted on?
 * @type: its row of the table
 * @len: bytes from the ICMP header on, at least 8
 * @broadcast: it came to a broadcast or multicast IP address
 * @ignore_broadcasts: icmp_echo_ignore_broadcasts
 *
 * In the order of the newest kernel: broadcast, unknown type, then what the
 * type itself demands. PROBE is not excepted from the broadcast rule, since
 * RFC 8335 4 forbids to answer a multicast one.
 *
 * Return: ICMP4_OK to go on, or the reason not to.
 */
enum icmp4_drop icmp4_rule_receive(const struct icmp4_type *type,
				   unsigned int len, bool broadcast,
				   bool ignore_broadcasts)
{
	if (broadcast) {
		if (!type->broadcast)
			return ICMP4_DROP_BCAST_TYPE;
		if (ignore_broadcasts && !icmp4_rule_asks_nothing(type))
			return ICMP4_DROP_BCAST_ECHO;
	}
	if (type->handler == ICMP4_BY_NOBODY)
		return ICMP4_DROP_UNKNOWN;
	if (type->handler == ICMP4_BY_RAW)
		return ICMP4_DROP_NO_ACTION;
	if (len < type->min_len)
		return icmp4_rule_asks_nothing(type) ? ICMP4_DROP_NO_ACTION :
						       ICMP4_DROP_LENGTH;
	return ICMP4_OK;
}

/**
 * icmp4_rule_believes_mtu() - is the MTU taken that "fragmentation needed" tells?
 * @pmtu_disc: ip_no_pmtu_disc, with which the message may be believed at all
 *
 * Return: true for 0 and 3; with any other value the path is taken to carry the
 *	least that is allowed.
 */
bool icmp4_rule_believes_mtu(u8 pmtu_disc)
{
	return pmtu_disc == 0 || pmtu_disc == 3;
}

/* ip_no_pmtu_disc: 2 for none, 3 for transports that make sure. */
static bool icmp4_rule_ignores_mtu(const struct icmp4_quoted *quoted)
{
	return quoted->pmtu_disc == 2 ||
	       (quoted->pmtu_disc == 3 && !quoted->strict);
}

static enum icmp4_drop icmp4_rule_code(const struct icmp4_quoted *quoted)
{
	switch (quoted->type) {
	case ICMP_DEST_UNREACH:
		if (quoted->code > NR_ICMP_UNREACH)
			return ICMP4_DROP_CODE;
		if (quoted->code == ICMP_FRAG_NEEDED &&
		    icmp4_rule_ignores_mtu(quoted))
			return ICMP4_DROP_PMTU;
		break;
	case ICMP_TIME_EXCEEDED:
		/* Who sent it cannot do anything about it. */
		if (quoted->code == ICMP_EXC_FRAGTIME)
			return ICMP4_DROP_CODE;
		break;
	}
	return ICMP4_OK;
}

static enum icmp4_drop icmp4_rule_unwanted(const struct icmp4_quoted *quoted)
{
	if (quoted->type == ICMP_SOURCE_QUENCH)
		return ICMP4_DROP_QUENCH;
	if (quoted->type == ICMP_REDIRECT && quoted->code > ICMP_REDIR_HOSTTOS)
		return ICMP4_DROP_CODE;
	return ICMP4_OK;
}

/**
 * icmp4_rule_quoted() - may those who sent a quoted packet be told?
 * @quoted: the error and what it quotes
 *
 * In the order of the newest kernel: the quoted header, what type and code demand,
 * to whom the packet went, the transport's 8 bytes.
 *
 * Return: ICMP4_OK, or the reason why not.
 */
enum icmp4_drop icmp4_rule_quoted(const struct icmp4_quoted *quoted)
{
	enum icmp4_drop why;

	if (quoted->ihl * 4 < sizeof(struct iphdr))
		return ICMP4_DROP_QUOTE_HEADER;
	why = icmp4_rule_code(quoted);
	if (why)
		return why;
	if (quoted->bogus)
		return ICMP4_DROP_BOGUS;
	if (quoted->len < quoted->ihl * 4 + ICMP4_QUOTED_TRANSPORT)
		return ICMP4_DROP_QUOTE_SHORT;
	if (quoted->protocol == IPPROTO_RAW)
		return ICMP4_DROP_QUOTE_RAW;
	/* The built-in hands these on: all that it checks before counts alike. */
	return icmp4_rule_unwanted(quoted);
}

/* Errors and what is unknown are not answered, lest an error cause an error
 * (RFC 1122 3.2.2). Of the types above 18, PROBE among them, the built-in ICMP
 * knows none here; nor does it count routers' messages as harmless.
 */
static bool icmp4_rule_is_harmless(u8 type)
{
	return type <= NR_ICMP_TYPES &&
	       (icmp4_types[type].class == ICMP4_CLASS_REQUEST ||
		icmp4_types[type].class == ICMP4_CLASS_REPLY);
}

/* RFC 1122 3.2.2: a source that does not define a single host. 127/8 defines
 * this one, so from a wire it is a lie. The broadcast address is of class E, too;
 * those of networks only the route to them can tell.
 */
static bool icmp4_rule_is_one_host(__be32 saddr, bool wire)
{
	if (ipv4_is_zeronet(saddr) || ipv4_is_multicast(saddr))
		return false;
	if (wire && ipv4_is_loopback(saddr))
		return false;
	return (saddr & htonl(0xf0000000)) != htonl(0xf0000000);
}

/**
 * icmp4_rule_error() - may a packet be answered by an error?
 * @packet: what it looks like
 *
 * RFC 1122 3.2.2, RFC 1812 4.3.2.7. Limits, and whether the way to the source
 * is a broadcast, come later.
 *
 * Return: ICMP4_OK, or the reason why not.
 */
enum icmp4_drop icmp4_rule_error(const struct icmp4_offending *packet)
{
	if (packet->pkt_type != PACKET_HOST)
		return ICMP4_DROP_ERR_FRAME;
	if (packet->broadcast)
		return ICMP4_DROP_ERR_BROADCAST;
	if (packet->frag_off & htons(IP_OFFSET))
		return ICMP4_DROP_ERR_FRAGMENT;
	if (packet->icmp && !icmp4_rule_is_harmless(packet->type))
		return ICMP4_DROP_ERR_ICMP;
	if (!icmp4_rule_is_one_host(packet->saddr, packet->wire))
		return ICMP4_DROP_ERR_SOURCE;
	return ICMP4_OK;
}
