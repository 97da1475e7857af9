/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_DGRAM_RULES_H
#define ICMP4_DGRAM_RULES_H

#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/types.h>

/* The longest message that has one length only. */
#define ICMP4_DGRAM_FIXED_MAX	20
/* The longest IP header that a program may write, in words. */
#define ICMP4_DGRAM_IHL_MAX	10

/**
 * enum icmp4_dgram_way - whose datagram sockets
 * @ICMP4_DGRAM_LINUX: Linux's, which send what Darwin's do and PROBEs
 * @ICMP4_DGRAM_DARWIN: Darwin's
 */
enum icmp4_dgram_way {
	ICMP4_DGRAM_LINUX,
	ICMP4_DGRAM_DARWIN,
};

size_t icmp4_dgram_fixed(u8 type);
bool icmp4_dgram_asks(enum icmp4_dgram_way way, u8 type, u8 code);
bool icmp4_dgram_valid(enum icmp4_dgram_way way, const struct icmphdr *icmph,
		       size_t len);
bool icmp4_dgram_header_valid(const struct iphdr *iph, size_t len);

#endif
