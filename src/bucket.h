/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_BUCKET_H
#define ICMP4_BUCKET_H

#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Buckets of a set share a cache line; what is looked for can only be in one. */
#define ICMP4_BUCKET_WAYS	4

/* A bucket that is about to change hands: no time at which it could be full. */
#define ICMP4_BUCKET_TAKEN	S64_MAX

/**
 * struct icmp4_bucket - a token bucket in a fixed table
 * @tag: whose it is (icmp4_owner_tag()); 0 for nobody's
 * @full_at: when it will be full again if nothing more is taken, in ns;
 *	%ICMP4_BUCKET_TAKEN while @tag changes
 */
struct icmp4_bucket {
	atomic64_t tag;
	atomic64_t full_at;
};

/**
 * struct icmp4_bucket_set - those that may be an owner's
 * @ways: in no order
 */
struct icmp4_bucket_set {
	struct icmp4_bucket ways[ICMP4_BUCKET_WAYS];
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

bool icmp4_bucket_allows(struct icmp4_bucket_set *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate);
bool icmp4_bucket_charge(struct icmp4_bucket_set *set, spinlock_t *lock,
			 u64 tag, s64 now, const struct icmp4_rate *rate,
			 bool *evicted);
void icmp4_bucket_forget(struct icmp4_bucket_set *set, spinlock_t *lock,
			 u16 net);
unsigned int icmp4_bucket_left(s64 full_at, s64 now,
			       const struct icmp4_rate *rate);
s64 icmp4_bucket_wait(s64 full_at, s64 now, const struct icmp4_rate *rate);

#endif
