// SPDX-License-Identifier: GPL-2.0
/* What is said of a bucket from outside, against what it then grants. */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bucket.h"

#define OWNER		7
#define SECOND		1000000000LL
/* What rates of types can be: one a day, 65535 of them at once. */
#define DAY		(86400 * SECOND)
#define MOST		65535
#define CENTURY		(36524 * DAY)

static DEFINE_SPINLOCK(lock);

static bool charge(struct icmp4_bucket_set *set, s64 now,
		   const struct icmp4_rate *rate)
{
	bool evicted;

	return icmp4_bucket_charge(set, &lock, OWNER, now, rate, &evicted);
}

/* All that there are; one more than a burst is enough to see. */
static unsigned int drain(struct icmp4_bucket_set *set, s64 now,
			  const struct icmp4_rate *rate)
{
	unsigned int n = 0;

	while (n <= rate->burst && charge(set, now, rate))
		n++;
	return n;
}

/* The only bucket in use; before the first charge one that never was. */
static s64 full_at(const struct icmp4_bucket_set *set)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		if (atomic64_read(&set->ways[i].tag) == OWNER)
			return atomic64_read(&set->ways[i].full_at);
	return 0;
}

/* All that is said comes true, of a bucket that is left as it was. */
static void assert_true(struct kunit *test, const struct icmp4_bucket_set *set,
			s64 now, const struct icmp4_rate *rate)
{
	unsigned int left = icmp4_bucket_left(full_at(set), now, rate);
	s64 wait = icmp4_bucket_wait(full_at(set), now, rate);
	struct icmp4_bucket_set copy = *set;

	KUNIT_ASSERT_EQ(test, drain(&copy, now, rate), left);
	KUNIT_ASSERT_EQ(test, !wait, !!left);
	KUNIT_ASSERT_GE(test, wait, 0);
	KUNIT_ASSERT_LE(test, wait, rate->interval);
	if (!wait)
		return;
	copy = *set;
	KUNIT_ASSERT_FALSE(test, charge(&copy, now + wait - 1, rate));
	KUNIT_ASSERT_TRUE(test, charge(&copy, now + wait, rate));
}

struct rate_row {
	const char *desc;
	struct icmp4_rate rate;
	s64 now;
};

static const struct rate_row rate_rows[] = {
	{ "six a second", { SECOND, 6 }, 5 * SECOND },
	{ "as the clock begins", { SECOND, 6 }, 0 },
	{ "never more than one at once", { SECOND, 1 }, 5 * SECOND },
	{ "one a nanosecond", { 1, 6 }, 7 },
	{ "one at once, one a nanosecond", { 1, 1 }, 0 },
	{ "an interval that divides nothing", { 333333333, 3 }, 77777 },
	{ "an interval beyond 32 bits", { (1LL << 32) + 1, 6 }, 1 },
	{ "a clock that has run for 146 years", { SECOND, 6 }, S64_MAX / 2 },
	{ "as many a nanosecond after 146 years", { 1, MOST }, S64_MAX / 2 },
	{ "one a day after 146 years", { DAY, 1 }, S64_MAX / 2 },
	{ "as many a day as can be", { DAY, MOST }, 0 },
	{ "as many a day as can be, after a century", { DAY, MOST }, CENTURY },
};

static void rate_desc(const struct rate_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rate, rate_rows, rate_desc);

/* Times within an interval at which something may change. */
static void assert_around(struct kunit *test,
			  const struct icmp4_bucket_set *set, s64 now,
			  const struct icmp4_rate *rate)
{
	const s64 into[] = {
		0, 1, rate->interval / 3, rate->interval / 2,
		rate->interval - 1, rate->interval, rate->interval + 1,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(into); i++)
		assert_true(test, set, now + into[i], rate);
}

/* As a bucket is emptied: all of it, or its last and first tokens. */
static void left_while_drained(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	struct icmp4_bucket_set set = {};
	unsigned int taken;

	for (taken = 0; taken <= row->rate.burst; taken++) {
		if (taken < 8 || taken + 8 > row->rate.burst)
			assert_around(test, &set, row->now, &row->rate);
		KUNIT_ASSERT_EQ(test, charge(&set, row->now, &row->rate),
				taken < row->rate.burst);
	}
}

/* As it fills again, for longer than most of them take. */
static void left_while_filled(struct kunit *test)
{
	const struct rate_row *row = test->param_value;
	struct icmp4_bucket_set set = {};
	unsigned int idle;

	KUNIT_ASSERT_EQ(test, drain(&set, row->now, &row->rate),
			row->rate.burst);
	for (idle = 0; idle <= 20; idle++)
		assert_around(test, &set, row->now + idle * row->rate.interval,
			      &row->rate);
}

struct view_row {
	const char *desc;
	s64 full_at;
	s64 now;
	struct icmp4_rate rate;
	unsigned int left;
	s64 wait;
};

static const struct view_row view_rows[] = {
	{ "never charged, as the clock begins", 0, 0, { SECOND, 6 }, 6, 0 },
	{ "never charged", 0, 5 * SECOND, { SECOND, 6 }, 6, 0 },
	{ "never charged for 146 years", 0, S64_MAX / 2, { SECOND, 6 }, 6, 0 },
	{ "never charged for a century, at most a day",
	  0, CENTURY, { DAY, MOST }, MOST, 0 },
	{ "full just now", 5 * SECOND, 5 * SECOND, { SECOND, 6 }, 6, 0 },
	{ "full but for a nanosecond",
	  5 * SECOND + 1, 5 * SECOND, { SECOND, 6 }, 5, 0 },
	{ "one token taken", 6 * SECOND, 5 * SECOND, { SECOND, 6 }, 5, 0 },
	{ "five taken, the last just there",
	  10 * SECOND, 5 * SECOND, { SECOND, 6 }, 1, 0 },
	{ "a nanosecond more than five taken",
	  10 * SECOND + 1, 5 * SECOND, { SECOND, 6 }, 0, 1 },
	{ "a nanosecond less than all taken",
	  11 * SECOND - 1, 5 * SECOND, { SECOND, 6 }, 0, SECOND - 1 },
	{ "all taken", 11 * SECOND, 5 * SECOND, { SECOND, 6 }, 0, SECOND },
	{ "one at once, taken", 6 * SECOND, 5 * SECOND, { SECOND, 1 },
	  0, SECOND },
	{ "one at once, nearly there", 6 * SECOND, 6 * SECOND - 1,
	  { SECOND, 1 }, 0, 1 },
	{ "a longer interval's debt is cut to what there is",
	  3600 * SECOND, 5 * SECOND, { SECOND, 6 }, 0, SECOND },
	{ "a smaller burst's debt, too",
	  11 * SECOND, 5 * SECOND, { SECOND, 2 }, 0, SECOND },
	{ "all of a nanosecond's", 7 + 6, 7, { 1, 6 }, 0, 1 },
	{ "all of a day's", MOST * DAY, 0, { DAY, MOST }, 0, DAY },
	{ "all but one of a day's",
	  (MOST - 1) * DAY, 0, { DAY, MOST }, 1, 0 },
	{ "one of a day's after a century",
	  CENTURY + DAY, CENTURY, { DAY, MOST }, MOST - 1, 0 },
};

static void view_desc(const struct view_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(view, view_rows, view_desc);

static void left_row(struct kunit *test)
{
	const struct view_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, icmp4_bucket_left(row->full_at, row->now,
						&row->rate), row->left);
	KUNIT_EXPECT_EQ(test, icmp4_bucket_wait(row->full_at, row->now,
						&row->rate), row->wait);
}

/* Under another rate, all tokens of the old one taken. What exceeds the new one is
 * cut as soon as its owner is looked at: what is said then comes true as well.
 */
static void left_after_change(struct kunit *test)
{
	static const struct icmp4_rate old = { 3600 * SECOND, 6 };
	const struct rate_row *row = test->param_value;
	struct icmp4_bucket_set set = {};

	KUNIT_ASSERT_EQ(test, drain(&set, row->now, &old), 6);
	icmp4_bucket_allows(&set, OWNER, row->now, &row->rate);
	assert_around(test, &set, row->now, &row->rate);
}

static struct kunit_case left_cases[] = {
	KUNIT_CASE_PARAM(left_while_drained, rate_gen_params),
	KUNIT_CASE_PARAM(left_while_filled, rate_gen_params),
	KUNIT_CASE_PARAM(left_after_change, rate_gen_params),
	KUNIT_CASE_PARAM(left_row, view_gen_params),
	{}
};

static struct kunit_suite left_suite = {
	.name = "icmp4_bucket_left",
	.test_cases = left_cases,
};

kunit_test_suite(left_suite);
