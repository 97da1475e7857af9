/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_TIMESTAMP_H
#define ICMP4_TIMESTAMP_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/**
 * icmp4_timestamp() - RFC 792's time of day
 * @ns: nanoseconds since the Epoch (UTC), not negative
 *
 * Return: milliseconds since midnight UT, network order, 0 to 86399999.
 */
static inline __be32 icmp4_timestamp(u64 ns)
{
	u64 ms = div_u64(ns, NSEC_PER_MSEC);
	u32 today;

	div_u64_rem(ms, 86400 * MSEC_PER_SEC, &today);
	return htonl(today);
}

#endif
