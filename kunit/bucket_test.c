// SPDX-License-Identifier: GPL-2.0
/* Token buckets: what they grant to the nanosecond, what becomes of them when
 * they change hands, and all of it against accounts kept the other way round:
 * what is there now, instead of a time at which all will be.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bucket.h"
#include "bytes.h"

#define SECOND		1000000000LL
/* INT_MAX ticks of 10 ms, the longest that icmp_ratelimit can be, and more. */
#define LONGEST		((1LL << 31) * 10000000LL)
#define ROUNDS		200000

/* A set under test between two others, which are nobody's business. */
struct sets {
	struct icmp4_bucket_set before;
	struct icmp4_bucket_set set;
	struct icmp4_bucket_set after;
};

static DEFINE_SPINLOCK(lock);

static bool same_buckets(const void *a, const void *b)
{
	return !memcmp(a, b, sizeof(struct icmp4_bucket_set));
}

/* How many buckets of the set are not what they were. */
static unsigned int changed(const struct sets *a, const struct sets *b)
{
	unsigned int i, n = 0;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		n += !!memcmp(&a->set.ways[i], &b->set.ways[i],
			      sizeof(a->set.ways[i]));
	return n;
}

/* When an owner's bucket will be full again; -1 if he has none. */
static s64 full_at(const struct sets *sets, u64 tag)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		if ((u64)atomic64_read(&sets->set.ways[i].tag) == tag)
			return atomic64_read(&sets->set.ways[i].full_at);
	return -1;
}

/* A newcomer to a set whose every bucket is in debt. */
static bool must_evict(const struct sets *sets, u64 tag, s64 now)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		if ((u64)atomic64_read(&sets->set.ways[i].tag) == tag ||
		    atomic64_read(&sets->set.ways[i].full_at) <= now)
			return false;
	return true;
}

static bool allows(struct kunit *test, struct sets *sets, u64 tag, s64 now,
		   const struct icmp4_rate *rate)
{
	bool late = full_at(sets, tag) > now + rate->burst * rate->interval;
	struct sets before = *sets;
	bool granted;

	/* To look takes nothing, but what a longer interval left is cut. */
	granted = icmp4_bucket_allows(&sets->set, tag, now, rate);
	KUNIT_ASSERT_TRUE_MSG(test, late || !memcmp(sets, &before,
						    sizeof(before)),
			      "to look changed something");
	return granted;
}

/* What holds of every charge: to look promises the same, a refusal takes none, a
 * grant takes from one bucket, and a debt is only forgotten where all are in debt.
 */
static bool charge(struct kunit *test, struct sets *sets, u64 tag, s64 now,
		   const struct icmp4_rate *rate)
{
	bool promised = allows(test, sets, tag, now, rate);
	bool forgets = must_evict(sets, tag, now);
	struct sets before = *sets;
	bool granted, evicted = !forgets;

	granted = icmp4_bucket_charge(&sets->set, &lock, tag, now, rate,
				      &evicted);
	KUNIT_ASSERT_EQ(test, granted, promised);
	KUNIT_ASSERT_EQ(test, evicted, forgets);
	KUNIT_ASSERT_EQ(test, changed(sets, &before), granted ? 1 : 0);
	KUNIT_ASSERT_TRUE(test, same_buckets(&sets->before, &before.before));
	KUNIT_ASSERT_TRUE(test, same_buckets(&sets->after, &before.after));
	return granted;
}

/* All that there are; one more than a burst is enough to see. */
static unsigned int drain(struct kunit *test, struct sets *sets, u64 tag,
			  s64 now, const struct icmp4_rate *rate)
{
	unsigned int n = 0;

	while (n <= rate->burst && charge(test, sets, tag, now, rate))
		n++;
	return n;
}

struct rate_row {
	const char *desc;
	struct icmp4_rate rate;
	s64 now;
};

static const struct rate_row rate_rows[] = {
	{ "as by default: 6 at once, then one a second",
	  { SECOND, 6 }, 5 * SECOND },
	{ "as the clock begins", { SECOND, 6 }, 0 },
	{ "never more than one at once", { SECOND, 1 }, 5 * SECOND },
	{ "two at once", { SECOND, 2 }, 5 * SECOND },
	{ "one a nanosecond", { 1, 6 }, 7 },
	{ "one at once, one a nanosecond", { 1, 1 }, 7 },
	{ "an interval that divides nothing", { 333333333, 3 }, 77777 },
	{ "an interval beyond 32 bits", { (1LL << 32) + 1, 6 }, 1 },
	{ "a large burst", { SECOND / 1000, 1000 }, 5 * SECOND },
	{ "the longest interval", { LONGEST, 6 }, 0 },
	{ "the longest interval, after a while", { LONGEST, 6 }, SECOND },
	{ "a clock that has run for 146 years",
	  { SECOND, 6 }, S64_MAX / 2 },
	{ "the longest interval after 146 years",
	  { LONGEST, 6 }, S64_MAX / 2 },
};

static void rate_desc(const struct rate_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rate, rate_rows, rate_desc);

static void bucket_burst(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	struct sets sets = {};

	KUNIT_EXPECT_EQ(test, drain(test, &sets, 1, row->now, &row->rate),
			row->rate.burst);
	KUNIT_EXPECT_FALSE(test, charge(test, &sets, 1, row->now, &row->rate));
}

/* An empty bucket grants one each interval, and not a nanosecond sooner. */
static void bucket_interval(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	s64 now = row->now;
	struct sets sets = {};
	unsigned int i;

	drain(test, &sets, 1, now, &row->rate);
	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_FALSE(test, charge(test, &sets, 1, now,
						&row->rate));
		now += row->rate.interval;
		KUNIT_ASSERT_FALSE(test, charge(test, &sets, 1, now - 1,
						&row->rate));
		KUNIT_ASSERT_TRUE(test, charge(test, &sets, 1, now,
					       &row->rate));
	}
}

/* Who comes late has what he would have had, and the rest of an interval counts
 * towards the next.
 */
static void bucket_late(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	s64 interval = row->rate.interval;
	struct sets sets = {};
	s64 now = row->now;

	drain(test, &sets, 1, now, &row->rate);
	now += interval + interval / 3;
	KUNIT_EXPECT_TRUE(test, charge(test, &sets, 1, now, &row->rate));
	if (row->rate.burst == 1) {
		/* There is no room for the rest of it. */
		now += interval;
	} else {
		KUNIT_EXPECT_FALSE(test, charge(test, &sets, 1,
						row->now + 2 * interval - 1,
						&row->rate));
		now = row->now + 2 * interval;
	}
	KUNIT_EXPECT_FALSE(test, charge(test, &sets, 1, now - 1, &row->rate));
	KUNIT_EXPECT_TRUE(test, charge(test, &sets, 1, now, &row->rate));
	KUNIT_EXPECT_FALSE(test, charge(test, &sets, 1, now, &row->rate));
}

/* After each number of intervals as many tokens, up to a burst. */
static void bucket_refill(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	unsigned int burst = row->rate.burst, idle;
	s64 now;

	for (idle = 0; idle <= 20; idle++) {
		struct sets sets = {};

		drain(test, &sets, 1, row->now, &row->rate);
		now = row->now + idle * row->rate.interval;
		KUNIT_ASSERT_EQ(test, drain(test, &sets, 1, now, &row->rate),
				min(idle, burst));
	}
}

/* However long nobody takes any, there are no more than a burst. */
static void bucket_idle(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	struct sets sets = {};
	unsigned int i;
	s64 now;

	for (i = 0; i < 4; i++) {
		now = row->now + 2 * i * row->rate.burst * row->rate.interval;
		KUNIT_ASSERT_EQ(test, drain(test, &sets, 1, now, &row->rate),
				row->rate.burst);
	}
}

/* What the time at which a bucket is full again means to others. */
static void bucket_full_at(struct kunit *test)
{
	static const struct icmp4_rate rate = { SECOND, 6 };
	struct sets sets = {};

	charge(test, &sets, 1, 10 * SECOND, &rate);
	charge(test, &sets, 1, 10 * SECOND, &rate);
	KUNIT_EXPECT_EQ(test, full_at(&sets, 1), 12 * SECOND);
	charge(test, &sets, 1, 12 * SECOND - 1, &rate);
	KUNIT_EXPECT_EQ(test, full_at(&sets, 1), 13 * SECOND);
	charge(test, &sets, 1, 20 * SECOND, &rate);
	KUNIT_EXPECT_EQ(test, full_at(&sets, 1), 21 * SECOND);
}

struct change_row {
	const char *desc;
	struct icmp4_rate rate;
	s64 wait;
	unsigned int want;
};

/* What is left of six a second, all six of them taken. */
static const struct change_row change_rows[] = {
	{ "as it was, at once", { SECOND, 6 }, 0, 0 },
	{ "as it was, an interval later", { SECOND, 6 }, SECOND, 1 },
	{ "a larger burst grants the difference", { SECOND, 10 }, 0, 4 },
	{ "a larger burst is reached at the old rate",
	  { SECOND, 10 }, 6 * SECOND, 10 },
	{ "a larger burst is not exceeded", { SECOND, 10 }, SECOND * 60, 10 },
	{ "a smaller burst is in debt", { SECOND, 2 }, 0, 0 },
	{ "a smaller burst pays the debt off first",
	  { SECOND, 2 }, 5 * SECOND - 1, 0 },
	{ "a smaller burst grants again when all but one are there",
	  { SECOND, 2 }, 5 * SECOND, 1 },
	{ "a smaller burst grants its own when the larger is paid off",
	  { SECOND, 2 }, 6 * SECOND, 2 },
	{ "a smaller burst is not exceeded", { SECOND, 2 }, SECOND * 60, 2 },
	{ "a burst of one waits for all of the debt",
	  { SECOND, 1 }, 6 * SECOND - 1, 0 },
	{ "a burst of one after that", { SECOND, 1 }, 6 * SECOND, 1 },
	{ "a longer interval: the same debt is fewer tokens",
	  { 2 * SECOND, 6 }, 0, 3 },
	{ "a longer interval: and full at the same time",
	  { 2 * SECOND, 6 }, 6 * SECOND, 6 },
	{ "a much longer interval", { LONGEST, 6 }, 6 * SECOND - 1, 5 },
	{ "a shorter interval grants nothing at once",
	  { SECOND / 2, 6 }, 0, 0 },
	{ "a shorter interval: full when the old one would be at the latest",
	  { SECOND / 2, 6 }, 6 * SECOND, 6 },
};

static void change_desc(const struct change_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(change, change_rows, change_desc);

static void bucket_rate_changes(struct kunit *test)
{
	static const struct icmp4_rate old = { SECOND, 6 };
	const struct change_row *row = test->param_value;
	struct sets sets = {};

	KUNIT_EXPECT_EQ(test, drain(test, &sets, 1, SECOND, &old), 6);
	KUNIT_EXPECT_EQ(test, drain(test, &sets, 1, SECOND + row->wait,
				    &row->rate), row->want);
}

/* Nobody waits for what a much longer interval would have taken. */
static void bucket_rate_shortened(struct kunit *test)
{
	static const struct icmp4_rate longer = { 3600 * SECOND, 6 };
	static const struct icmp4_rate rate = { SECOND, 6 };
	struct sets sets = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, drain(test, &sets, 1, SECOND, &longer), 6);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, drain(test, &sets, 1,
					    SECOND * (2 + i), &rate),
				i ? 1 : 0);
	KUNIT_EXPECT_EQ(test, drain(test, &sets, 1, 60 * SECOND, &rate), 6);
}

/* Owners that share a set share nothing else, whatever bit tells them apart. */
static void bucket_owners(struct kunit *test)
{
	static const u64 owners[] = { 1, 1ULL << 32 | 1, 1ULL << 63, U64_MAX };
	static const struct icmp4_rate rate = { SECOND, 6 };
	struct sets sets = {};
	unsigned int i, round;
	s64 now = SECOND;

	for (round = 1; round <= 6; round++) {
		for (i = 0; i < ARRAY_SIZE(owners); i++)
			KUNIT_EXPECT_EQ(test, drain(test, &sets, owners[i],
						    now, &rate),
					round == 1 ? 6 : round - 1);
		now += round * SECOND;
	}
	for (i = 0; i < ARRAY_SIZE(owners); i++)
		KUNIT_EXPECT_EQ(test, drain(test, &sets, owners[i], now,
					    &rate), 6);
}

/* At 100 s the owner of the bucket at @least has taken two tokens, the next one
 * three, and so on around the set.
 */
static void fill_set(struct kunit *test, struct sets *sets, unsigned int least,
		     const struct icmp4_rate *rate)
{
	unsigned int i, j, n;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++) {
		n = 2 + (i + ICMP4_BUCKET_WAYS - least) % ICMP4_BUCKET_WAYS;
		for (j = 0; j < n; j++)
			charge(test, sets, 1 + i, 100 * SECOND, rate);
	}
}

/* The next after @least has @left tokens, those after it one less each. */
static void expect_others(struct kunit *test, struct sets *sets,
			  unsigned int least, s64 now,
			  const struct icmp4_rate *rate, unsigned int left)
{
	unsigned int i, owner;

	for (i = 1; i < ICMP4_BUCKET_WAYS; i++) {
		owner = 1 + (least + i) % ICMP4_BUCKET_WAYS;
		KUNIT_EXPECT_EQ_MSG(test, drain(test, sets, owner, now, rate),
				    left + 1 - i, "least %u", least);
	}
}

/* A full bucket goes to a newcomer, and its owner comes back to a full one. */
static void bucket_recycled(struct kunit *test)
{
	static const struct icmp4_rate rate = { SECOND, 6 };
	unsigned int least;
	s64 now = 102 * SECOND;

	for (least = 0; least < ICMP4_BUCKET_WAYS; least++) {
		struct sets sets = {};
		bool evicted = true;

		fill_set(test, &sets, least, &rate);
		KUNIT_EXPECT_TRUE(test, icmp4_bucket_charge(&sets.set, &lock,
							    99, now, &rate,
							    &evicted));
		KUNIT_EXPECT_FALSE(test, evicted);
		/* Others still lack one, two and three. */
		KUNIT_EXPECT_EQ(test, drain(test, &sets, 99, now, &rate), 5);
		expect_others(test, &sets, least, now, &rate, 5);
		KUNIT_EXPECT_FALSE(test, charge(test, &sets, 99, now, &rate));
		now += 10 * SECOND;
		KUNIT_EXPECT_EQ(test, drain(test, &sets, 1 + least, now,
					    &rate), 6);
		now -= 10 * SECOND;
	}
}

/* With all of them in debt the one nearest to full goes, its debt forgotten. */
static void bucket_evicted(struct kunit *test)
{
	static const struct icmp4_rate rate = { SECOND, 6 };
	unsigned int least;
	s64 now = 100 * SECOND;

	for (least = 0; least < ICMP4_BUCKET_WAYS; least++) {
		struct sets sets = {};
		bool evicted = false;

		fill_set(test, &sets, least, &rate);
		KUNIT_EXPECT_TRUE(test, icmp4_bucket_charge(&sets.set, &lock,
							    99, now, &rate,
							    &evicted));
		KUNIT_EXPECT_TRUE(test, evicted);
		KUNIT_EXPECT_EQ(test, full_at(&sets, 1 + least), -1);
		KUNIT_EXPECT_EQ(test, full_at(&sets, 99), now + SECOND);
		/* From now on it is his own. */
		KUNIT_EXPECT_TRUE(test, icmp4_bucket_charge(&sets.set, &lock,
							    99, now, &rate,
							    &evicted));
		KUNIT_EXPECT_FALSE(test, evicted);
		KUNIT_EXPECT_EQ(test, drain(test, &sets, 99, now, &rate), 4);
		/* Others lack three, four and five. */
		expect_others(test, &sets, least, now, &rate, 3);
	}
}

/* Whoever has no bucket is allowed, and gets none by being looked at. */
static void bucket_newcomer(struct kunit *test)
{
	static const struct icmp4_rate rate = { SECOND, 6 };
	struct sets sets = {};
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, allows(test, &sets, 99, SECOND, &rate));
	for (i = 1; i <= ICMP4_BUCKET_WAYS; i++)
		drain(test, &sets, i, SECOND, &rate);
	KUNIT_EXPECT_TRUE(test, allows(test, &sets, 99, SECOND, &rate));
	for (i = 1; i <= ICMP4_BUCKET_WAYS; i++)
		KUNIT_EXPECT_FALSE(test, allows(test, &sets, i, SECOND, &rate));
}

/* More than a set has room for. */
#define OWNERS	12

/* An owner's account: what is there, in ns, as of when. */
struct account {
	s64 credit;
	s64 as_of;
};

static s64 whole(const struct icmp4_rate *rate)
{
	return rate->burst * rate->interval;
}

static void earn(struct account *account, s64 now,
		 const struct icmp4_rate *rate)
{
	account->credit += now - account->as_of;
	account->credit = min(account->credit, whole(rate));
	account->as_of = now;
}

static bool spend(struct account *account, const struct icmp4_rate *rate)
{
	if (account->credit < rate->interval)
		return false;
	account->credit -= rate->interval;
	return true;
}

/* Brings all up to date; returns how many are in debt. */
static unsigned int earn_all(struct account *accounts, s64 now,
			     const struct icmp4_rate *rate)
{
	unsigned int i, n = 0;

	for (i = 0; i < OWNERS; i++) {
		earn(&accounts[i], now, rate);
		n += accounts[i].credit < whole(rate);
	}
	return n;
}

/* None, some, and now and then enough to fill all. */
static s64 random_wait(u64 *state, const struct icmp4_rate *rate)
{
	s64 random = icmp4_random(state) % 1000;

	switch (icmp4_random(state) % 256) {
	case 0:
		return rate->interval * (rate->burst + 1);
	case 1 ... 8:
		return rate->interval;
	case 9 ... 40:
		return rate->interval * random / 1000;
	}
	return 0;
}

static void run_model(struct kunit *test, const struct icmp4_rate *rate,
		      unsigned int owners, unsigned int rounds, u64 state)
{
	unsigned int i, owner = 0, in_debt, tally[2] = {};
	struct account accounts[OWNERS];
	struct sets sets = {};
	s64 now = 0;
	bool want;

	for (i = 0; i < OWNERS; i++)
		accounts[i] = (struct account){ .credit = whole(rate) };
	for (i = 0; i < rounds; i++) {
		now += random_wait(&state, rate);
		if (icmp4_random(&state) % 4 == 0)
			owner = icmp4_random(&state) % owners;
		in_debt = earn_all(accounts, now, rate);
		/* A fifth in debt is more than a set can remember. */
		if (in_debt == ICMP4_BUCKET_WAYS &&
		    accounts[owner].credit == whole(rate))
			continue;
		want = spend(&accounts[owner], rate);
		tally[want]++;
		KUNIT_ASSERT_EQ_MSG(test,
				    charge(test, &sets, 100 + owner, now, rate),
				    want, "round %u owner %u", i, owner);
	}
	KUNIT_EXPECT_GT(test, tally[true], rounds / 10);
	KUNIT_EXPECT_GT(test, tally[false], rounds / 100);
}

static const struct rate_row model_rows[] = {
	{ "six a second", { SECOND, 6 } },
	{ "one a second", { SECOND, 1 } },
	{ "two a second", { SECOND, 2 } },
	{ "three, an odd interval", { 333333333, 3 } },
	{ "a millisecond", { SECOND / 1000, 20 } },
};

KUNIT_ARRAY_PARAM(model, model_rows, rate_desc);

/* As many owners as buckets: nobody ever loses his. */
static void bucket_model(struct kunit *test)
{
	const struct rate_row *row = test->param_value;

	run_model(test, &row->rate, ICMP4_BUCKET_WAYS, ROUNDS, 371);
}

/* More owners than buckets, but never more in debt: nobody ever notices. */
static void bucket_model_recycled(struct kunit *test)
{
	const struct rate_row *row = test->param_value;

	run_model(test, &row->rate, OWNERS, ROUNDS, 1371);
}

static struct kunit_case bucket_cases[] = {
	KUNIT_CASE_PARAM(bucket_burst, rate_gen_params),
	KUNIT_CASE_PARAM(bucket_interval, rate_gen_params),
	KUNIT_CASE_PARAM(bucket_late, rate_gen_params),
	KUNIT_CASE_PARAM(bucket_refill, rate_gen_params),
	KUNIT_CASE_PARAM(bucket_idle, rate_gen_params),
	KUNIT_CASE(bucket_full_at),
	KUNIT_CASE_PARAM(bucket_rate_changes, change_gen_params),
	KUNIT_CASE(bucket_rate_shortened),
	KUNIT_CASE(bucket_owners),
	KUNIT_CASE(bucket_recycled),
	KUNIT_CASE(bucket_evicted),
	KUNIT_CASE(bucket_newcomer),
	KUNIT_CASE_PARAM(bucket_model, model_gen_params),
	KUNIT_CASE_PARAM(bucket_model_recycled, model_gen_params),
	{}
};

static struct kunit_suite bucket_suite = {
	.name = "icmp4_bucket",
	.test_cases = bucket_cases,
};

kunit_test_suite(bucket_suite);
