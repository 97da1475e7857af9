// SPDX-License-Identifier: GPL-2.0
/* Token buckets as one number each: the time at which a bucket will be full
 * again (GCRA, ITU-T I.371). A bucket whose time has passed is full, so it can be
 * given to somebody else and nothing is lost: the table needs no allocation, no
 * lock, no timer.
 */

#include <linux/minmax.h>

#include "bucket.h"

/* When it will be full again: no later than when all its tokens have come anew.
 * Charged under a longer interval than now's it may say so, and is told better,
 * or its owner would wait for as long as that was.
 */
static s64 bucket_full_at(struct icmp4_bucket *bucket, s64 now,
			  const struct icmp4_rate *rate)
{
	s64 most = now + rate->burst * rate->interval;
	s64 full_at = atomic64_read(&bucket->full_at);

	if (likely(full_at <= most))
		return full_at;
	atomic64_cmpxchg(&bucket->full_at, full_at, most);
	return most;
}

static bool bucket_has_token(s64 full_at, s64 now,
			     const struct icmp4_rate *rate)
{
	return full_at - now <= (rate->burst - 1) * rate->interval;
}

static struct icmp4_bucket *bucket_find(struct icmp4_bucket *set, u64 tag)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		if ((u64)atomic64_read(&set[i].tag) == tag)
			return &set[i];
	return NULL;
}

/* The one that is nearest to full, as a new owner finds it: full. If two want it
 * at once, the slower one looks again.
 */
static struct icmp4_bucket *bucket_take(struct icmp4_bucket *set, u64 tag,
					s64 now)
{
	struct icmp4_bucket *best = set;
	s64 best_full = atomic64_read(&set->full_at), old;
	unsigned int i;

	for (i = 1; i < ICMP4_BUCKET_WAYS; i++) {
		s64 full = atomic64_read(&set[i].full_at);

		if (full < best_full) {
			best = &set[i];
			best_full = full;
		}
	}
	old = atomic64_read(&best->tag);
	if (atomic64_cmpxchg(&best->tag, old, tag) != old)
		return NULL;
	if (best_full > now)
		atomic64_cmpxchg(&best->full_at, best_full, now);
	return best;
}

/**
 * icmp4_bucket_allows() - is there a token?
 * @set: the buckets that may be the owner's
 * @tag: the owner, not 0
 * @now: a clock that never goes back, in ns
 * @rate: what the owner is granted
 *
 * Takes nothing.
 *
 * Return: true if a message may go.
 */
bool icmp4_bucket_allows(struct icmp4_bucket *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate)
{
	struct icmp4_bucket *bucket = bucket_find(set, tag);

	return !bucket || bucket_has_token(bucket_full_at(bucket, now, rate),
					   now, rate);
}

/**
 * icmp4_bucket_charge() - take a token
 * @set: the buckets that may be the owner's
 * @tag: the owner, not 0
 * @now: a clock that never goes back, in ns
 * @rate: what the owner is granted
 *
 * Return: false if there was none, and nothing was taken.
 */
bool icmp4_bucket_charge(struct icmp4_bucket *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate)
{
	struct icmp4_bucket *bucket;
	s64 full_at;

	do {
		bucket = bucket_find(set, tag) ?: bucket_take(set, tag, now);
	} while (!bucket);

	full_at = bucket_full_at(bucket, now, rate);
	do {
		if (!bucket_has_token(full_at, now, rate))
			return false;
	} while (!atomic64_try_cmpxchg(&bucket->full_at, &full_at,
				       max(full_at, now) + rate->interval));
	return true;
}
