/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_WINDOW_H
#define ICMP4_WINDOW_H

#include <linux/atomic.h>
#include <linux/siphash.h>
#include <linux/types.h>

#define ICMP4_WINDOW_MS		1000
#define ICMP4_WINDOW_COUNT_BITS	24
/* More than this a window cannot count. */
#define ICMP4_WINDOW_MAX	((1U << ICMP4_WINDOW_COUNT_BITS) - 1)

/**
 * struct icmp4_window - messages of a kind, counted for a second at a time
 * @state: when the second began, in ms, above the count of
 *	%ICMP4_WINDOW_COUNT_BITS
 */
struct icmp4_window {
	atomic64_t state;
};

/**
 * struct icmp4_window_rate - what a window lets through
 * @limit: messages, 1 to %ICMP4_WINDOW_MAX
 * @jitter: by how many more or less this is off, at random, in each window; less
 *	than the limit counts
 * @key: the secret that makes it random
 */
struct icmp4_window_rate {
	unsigned int limit;
	unsigned int jitter;
	const siphash_key_t *key;
};

/**
 * struct icmp4_window_view - a window as one sees it from outside
 * @left: messages that it lets through yet
 * @limit: messages that it lets through in all
 * @wait: until the next one begins, ms
 */
struct icmp4_window_view {
	unsigned int left;
	unsigned int limit;
	unsigned int wait;
};

bool icmp4_window_allows(struct icmp4_window *window, u64 now,
			 const struct icmp4_window_rate *rate);
bool icmp4_window_charge(struct icmp4_window *window, u64 now,
			 const struct icmp4_window_rate *rate);
void icmp4_window_refund(struct icmp4_window *window, u64 now);
void icmp4_window_look(struct icmp4_window *window, u64 now,
		       const struct icmp4_window_rate *rate,
		       struct icmp4_window_view *view);

#endif
