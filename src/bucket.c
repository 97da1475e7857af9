// SPDX-License-Identifier: GPL-2.0
/* Token buckets as one number each: the time at which a bucket will be full
 * again (GCRA, ITU-T I.371). A bucket whose time has passed is full, so it can be
 * given to somebody else and nothing is lost: the table needs no allocation and no
 * timer. To look and to charge take no lock; to give a bucket to a newcomer takes
 * one, or two who charge for him at once could give him two.
 *
 * While a bucket changes hands its time is ICMP4_BUCKET_TAKEN: whoever found it
 * before looks again.
 */

#include <linux/math64.h>
#include <linux/minmax.h>

#include "bucket.h"
#include "owner.h"

/* Charged under a longer interval than now's a bucket may say that it is full
 * later than all its tokens take to come anew, and its owner would wait for as
 * long as that was.
 */
static s64 bucket_full_at(struct icmp4_bucket *bucket, s64 now,
			  const struct icmp4_rate *rate)
{
	s64 most = now + rate->burst * rate->interval;
	s64 full_at = atomic64_read(&bucket->full_at);

	if (likely(full_at <= most) || full_at == ICMP4_BUCKET_TAKEN)
		return full_at;
	if (!atomic64_try_cmpxchg(&bucket->full_at, &full_at, most))
		return full_at;
	return most;
}

static bool bucket_has_token(s64 full_at, s64 now,
			     const struct icmp4_rate *rate)
{
	return full_at - now <= (rate->burst - 1) * rate->interval;
}

static bool bucket_is_of(const struct icmp4_bucket *bucket, u64 tag)
{
	return (u64)atomic64_read(&bucket->tag) == tag;
}

static struct icmp4_bucket *bucket_find(struct icmp4_bucket_set *set, u64 tag)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		if (bucket_is_of(&set->ways[i], tag))
			return &set->ways[i];
	return NULL;
}

/* How many buckets of the set a group of owners has. */
static unsigned int bucket_share(struct icmp4_bucket_set *set, u16 group)
{
	unsigned int i, n = 0;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		n += icmp4_owner_group(atomic64_read(&set->ways[i].tag)) ==
		     group;
	return n;
}

/* Whose turn it is to lose a bucket in debt: the group's that has most of them, the
 * newcomer's own counted as if he had one already. So a group cannot crowd another
 * one out with debts that last.
 */
static unsigned int bucket_turn(struct icmp4_bucket_set *set,
				const struct icmp4_bucket *bucket, u64 newcomer)
{
	u16 group = icmp4_owner_group(atomic64_read(&bucket->tag));

	return bucket_share(set, group) +
	       (group == icmp4_owner_group(newcomer));
}

/* A full one, or else, of those whose turn it is, the one nearest to full. */
static struct icmp4_bucket *bucket_choose(struct icmp4_bucket_set *set, u64 tag,
					  s64 now, s64 *full_at)
{
	struct icmp4_bucket *best = NULL;
	unsigned int i, turn, most = 0;
	s64 full;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++) {
		full = atomic64_read(&set->ways[i].full_at);
		turn = full <= now ? UINT_MAX :
				     bucket_turn(set, &set->ways[i], tag);
		if (turn < most || (turn == most && full >= *full_at))
			continue;
		best = &set->ways[i];
		most = turn;
		*full_at = full;
	}
	return best;
}

/* A bucket that is no longer anybody's. */
static struct icmp4_bucket *bucket_take(struct icmp4_bucket_set *set, u64 tag,
					s64 now, s64 *full_at)
{
	struct icmp4_bucket *bucket;

	do {
		bucket = bucket_choose(set, tag, now, full_at);
		/* Its owner may just have charged it. */
	} while (!atomic64_try_cmpxchg(&bucket->full_at, full_at,
				       ICMP4_BUCKET_TAKEN));
	return bucket;
}

/* A newcomer's bucket, full but for the message he charges. */
static void bucket_give(struct icmp4_bucket_set *set, u64 tag, s64 now,
			const struct icmp4_rate *rate, bool *evicted)
{
	struct icmp4_bucket *bucket;
	s64 full_at;

	bucket = bucket_take(set, tag, now, &full_at);
	*evicted = full_at > now;
	atomic64_set(&bucket->tag, tag);
	/* With the time comes the tag. */
	atomic64_set_release(&bucket->full_at, now + rate->interval);
}

/* Charge a bucket that was found. It may change hands on the way: then @again is
 * set, and what was taken from its new owner stays taken, which errs on the side of
 * sending less.
 */
static bool bucket_charge(struct icmp4_bucket *bucket, u64 tag, s64 now,
			  const struct icmp4_rate *rate, bool *again)
{
	s64 full_at = bucket_full_at(bucket, now, rate);
	bool granted;

	do {
		*again = full_at == ICMP4_BUCKET_TAKEN;
		if (*again)
			return false;
		granted = bucket_has_token(full_at, now, rate);
	} while (granted &&
		 !atomic64_try_cmpxchg(&bucket->full_at, &full_at,
				       max(full_at, now) + rate->interval));
	*again = !bucket_is_of(bucket, tag);
	return granted;
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
bool icmp4_bucket_allows(struct icmp4_bucket_set *set, u64 tag, s64 now,
			 const struct icmp4_rate *rate)
{
	struct icmp4_bucket *bucket = bucket_find(set, tag);
	s64 full_at;

	if (!bucket)
		return true;
	full_at = bucket_full_at(bucket, now, rate);
	return full_at == ICMP4_BUCKET_TAKEN ||
	       bucket_has_token(full_at, now, rate) ||
	       !bucket_is_of(bucket, tag);
}

/**
 * icmp4_bucket_charge() - take a token
 * @set: the buckets that may be the owner's
 * @lock: of the set, taken for an owner that has no bucket yet
 * @tag: the owner, not 0
 * @now: a clock that never goes back, in ns
 * @rate: what the owner is granted
 * @evicted: set to whether another owner's debt had to be forgotten for it
 *
 * Return: false if there was none, and nothing was taken.
 * Context: any that may take @lock.
 */
bool icmp4_bucket_charge(struct icmp4_bucket_set *set, spinlock_t *lock,
			 u64 tag, s64 now, const struct icmp4_rate *rate,
			 bool *evicted)
{
	struct icmp4_bucket *bucket;
	bool granted, again;

	*evicted = false;
	bucket = bucket_find(set, tag);
	if (likely(bucket)) {
		granted = bucket_charge(bucket, tag, now, rate, &again);
		if (likely(!again))
			return granted;
	}

	/* With the lock in hand no bucket changes hands. */
	spin_lock(lock);
	bucket = bucket_find(set, tag);
	if (bucket) {
		granted = bucket_charge(bucket, tag, now, rate, &again);
	} else {
		bucket_give(set, tag, now, rate, evicted);
		granted = true;
	}
	spin_unlock(lock);
	return granted;
}

/**
 * icmp4_bucket_forget() - take all that a namespace has in a set
 * @set: the buckets
 * @lock: of the set
 * @net: number of the namespace, for which nobody charges any more
 *
 * Context: any that may take @lock, and sleep.
 */
void icmp4_bucket_forget(struct icmp4_bucket_set *set, spinlock_t *lock,
			 u16 net)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++) {
		if (icmp4_owner_net(atomic64_read(&set->ways[i].tag)) != net)
			continue;
		spin_lock_bh(lock);
		if (icmp4_owner_net(atomic64_read(&set->ways[i].tag)) == net) {
			atomic64_set(&set->ways[i].tag, 0);
			atomic64_set(&set->ways[i].full_at, 0);
		}
		spin_unlock_bh(lock);
	}
}

/**
 * icmp4_bucket_left() - how many tokens a bucket has
 * @full_at: when it will be full, in ns
 * @now: the time, in ns
 * @rate: what its owner is granted
 *
 * Return: 0 to the burst.
 */
unsigned int icmp4_bucket_left(s64 full_at, s64 now,
			       const struct icmp4_rate *rate)
{
	s64 due = full_at - now;

	if (due <= 0)
		return rate->burst;
	if (due >= rate->burst * rate->interval)
		return 0;
	return div64_s64(rate->burst * rate->interval - due, rate->interval);
}

/**
 * icmp4_bucket_wait() - how long until a bucket has a token
 * @full_at: when it will be full, in ns
 * @now: the time, in ns
 * @rate: what its owner is granted
 *
 * Return: ns; 0 if it has one now, and no more than an interval.
 */
s64 icmp4_bucket_wait(s64 full_at, s64 now, const struct icmp4_rate *rate)
{
	s64 wait = full_at - now - (rate->burst - 1) * rate->interval;

	return clamp(wait, 0LL, rate->interval);
}

