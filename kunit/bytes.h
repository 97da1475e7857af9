/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_KUNIT_BYTES_H
#define ICMP4_KUNIT_BYTES_H

#include <linux/types.h>
#include <kunit/test.h>

/* The addresses and the time that vectors have words for, in host order. */
#define BYTES_US	0xc6336401	/* "us": 198.51.100.1, this host */
#define BYTES_REQ	0xc0000201	/* "req": 192.0.2.1, the requester */
#define BYTES_DST	0xc0000202	/* "dst": 192.0.2.2, a destination */
#define BYTES_HOP	0xcb007100	/* "h1" to "h9": 203.0.113.1 to .9 */
#define BYTES_NOW	0x01234567	/* "now": a time of day */

/* Longest input, bytes on either side of it, and how many kinds of those. An
 * option's length and pointer reach 255 bytes at most.
 */
#define BYTES_MAX	64
#define BYTES_GUARD	256
#define BYTES_GUARDS	4

/**
 * struct icmp4_guarded - an input between bytes that its reader must not see
 * @room: guard, input, guard
 * @len: the input's length in bytes
 * @guard: which guards they are, below BYTES_GUARDS
 */
struct icmp4_guarded {
	u8 room[BYTES_GUARD + BYTES_MAX + BYTES_GUARD];
	unsigned int len;
	unsigned int guard;
};

int icmp4_bytes_init(struct kunit *test);
void icmp4_bytes_exit(struct kunit *test);

unsigned int icmp4_bytes(struct kunit *test, u8 *to, unsigned int size,
			 const char *text);

const u8 *icmp4_guard(struct icmp4_guarded *g, const u8 *data,
		      unsigned int len, unsigned int guard);
bool icmp4_guard_intact(const struct icmp4_guarded *g, const u8 *data);
const u8 *icmp4_edge(struct kunit *test, const u8 *data, unsigned int len);

/**
 * icmp4_random() - the next of a sequence that is the same in every run
 * @state: any number to begin with, updated
 *
 * Knuth's linear congruential generator (MMIX); its high bits are the good ones.
 *
 * Return: 31 bits.
 */
static inline u32 icmp4_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

#endif
