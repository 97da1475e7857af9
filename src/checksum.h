/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_CHECKSUM_H
#define ICMP4_CHECKSUM_H

#include <linux/icmp.h>
#include <net/checksum.h>

/**
 * icmp4_checksum_set() - change 16 bits of a message and its checksum with them
 * @icmph: the message, with a good checksum
 * @field: what to change, at an even offset from @icmph
 * @value: its new value, network order
 *
 * RFC 1624 3, equation 3.
 */
static inline void icmp4_checksum_set(struct icmphdr *icmph, __be16 *field,
				      __be16 value)
{
	csum_replace2(&icmph->checksum, *field, value);
	*field = value;
}

/**
 * icmp4_checksum_is_exact() - is it the one that a sum over the message gives?
 * @icmph: a message changed by icmp4_checksum_set()
 *
 * One's complement has two zeros. An incremental update yields the positive
 * one also for a message of nothing but zeros, whose checksum is the other
 * (RFC 1624 3).
 *
 * Return: false if only a sum over the whole message can tell.
 */
static inline bool icmp4_checksum_is_exact(const struct icmphdr *icmph)
{
	return icmph->checksum;
}

#endif
