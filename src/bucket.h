/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_BUCKET_H
#define ICMP4_BUCKET_H

#include <linux/atomic.h>
#include <linux/types.h>

/* Buckets of a set share a cache line; what is looked for can only be in one. */
#define ICMP4_BUCKET_WAYS	4

/**
 * struct icmp4_bucket - a token bucket in a fixed table
 * @tag: whose it is: a keyed hash; 0 for nobody's
 * @full_at: when it will be full again if nothing more is taken, in ns
 *
 * Both change by cmpxchg, each alone.
 */
struct icmp4_bucket {
	atomic64_t tag;
	atomic64_t full_at;
};

/**
 * struct icmp4_rate - what a bucket lets through
 * @interval: between two messages in the long run, in ns; positive
 * @burst: messages at once when it is full; positive
 */
struct icmp4_rate {
	s64 interval;
	unsigned int burst;
};

bool icmp4_bucket_allows(struct icmp4_bucket *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate);
bool icmp4_bucket_charge(struct icmp4_bucket *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate);

#endif
