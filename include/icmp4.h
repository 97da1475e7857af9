/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* For programs: what icmp4.ko adds to the sockets of Linux. */
#ifndef ICMP4_H
#define ICMP4_H

#include <linux/types.h>

/**
 * struct icmp4_filter - ICMP_FILTER for all types
 * @data: bit T % 32 of word T / 32 is set: messages of type T are not received
 *
 * With setsockopt(fd, SOL_RAW, ICMP_FILTER, ...). The 4 bytes of linux/icmp.h's
 * struct icmp_filter are the first word alone; they let all types from 32 on pass. The
 * macros are those of RFC 3542 3.2.
 */
struct icmp4_filter {
	__u32 data[8];
};

#define ICMP4_FILTER_WILLBLOCK(type, filter) \
	(((filter)->data[(type) / 32] >> (type) % 32) & 1)
#define ICMP4_FILTER_WILLPASS(type, filter) \
	(!ICMP4_FILTER_WILLBLOCK(type, filter))
#define ICMP4_FILTER_SETBLOCK(type, filter) \
	((filter)->data[(type) / 32] |= 1U << (type) % 32)
#define ICMP4_FILTER_SETPASS(type, filter) \
	((filter)->data[(type) / 32] &= ~(1U << (type) % 32))
#define ICMP4_FILTER_SETBLOCKALL(filter) \
	__builtin_memset(filter, 0xff, sizeof(struct icmp4_filter))
#define ICMP4_FILTER_SETPASSALL(filter) \
	__builtin_memset(filter, 0, sizeof(struct icmp4_filter))

#endif
