// SPDX-License-Identifier: GPL-2.0
/* Who is listened to: the decisions that need nothing but the message. */

#include "rules.h"

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
		if (ignore_broadcasts && type->handler != ICMP4_BY_RAW)
			return ICMP4_DROP_BCAST_ECHO;
	}
	if (type->handler == ICMP4_BY_NOBODY)
		return ICMP4_DROP_UNKNOWN;
	if (type->handler == ICMP4_BY_RAW)
		return ICMP4_DROP_NO_ACTION;
	if (len < type->min_len)
		return ICMP4_DROP_LENGTH;
	return ICMP4_OK;
}
