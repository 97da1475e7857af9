// SPDX-License-Identifier: GPL-2.0
/* So many messages in a second: when a second begins, what it lets through, and
 * how far off the limit is.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bytes.h"
#include "window.h"

/* As many bits as the time of a window has. */
#define CLOCK_END	(1ULL << (64 - ICMP4_WINDOW_COUNT_BITS))

static const siphash_key_t key = {{ 0x0706050403020100, 0x0f0e0d0c0b0a0908 }};

static u64 state_of(const struct icmp4_window *window)
{
	return atomic64_read(&window->state);
}

static void set_state(struct icmp4_window *window, u64 start,
		      unsigned int count)
{
	atomic64_set(&window->state,
		     start % CLOCK_END << ICMP4_WINDOW_COUNT_BITS | count);
}

static struct icmp4_window_view look(struct kunit *test,
				     struct icmp4_window *window, u64 now,
				     const struct icmp4_window_rate *rate)
{
	struct icmp4_window_view view = { 1234, 1234, 1234 };
	u64 before = state_of(window);

	icmp4_window_look(window, now, rate, &view);
	KUNIT_ASSERT_EQ(test, state_of(window), before);
	KUNIT_ASSERT_LE(test, view.left, view.limit);
	KUNIT_ASSERT_GE(test, view.wait, 1);
	KUNIT_ASSERT_LE(test, view.wait, ICMP4_WINDOW_MS);
	return view;
}

/* What holds of every charge: to look takes nothing and promises the same, a
 * refusal counts nothing, and a message counts as one.
 */
static bool charge(struct kunit *test, struct icmp4_window *window, u64 now,
		   const struct icmp4_window_rate *rate)
{
	struct icmp4_window_view view = look(test, window, now, rate);
	struct icmp4_window_view after;
	u64 before = state_of(window);
	bool promised, granted;

	promised = icmp4_window_allows(window, now, rate);
	KUNIT_ASSERT_EQ(test, state_of(window), before);
	granted = icmp4_window_charge(window, now, rate);
	KUNIT_ASSERT_EQ(test, granted, promised);
	KUNIT_ASSERT_EQ(test, granted, view.left > 0);
	after = look(test, window, now, rate);
	KUNIT_ASSERT_EQ(test, after.limit, view.limit);
	KUNIT_ASSERT_EQ(test, after.left, view.left - granted);
	if (!granted)
		KUNIT_ASSERT_EQ(test, state_of(window), before);
	return granted;
}

/* All that there is room for; somewhat more than a limit is enough to see. */
static unsigned int fill(struct kunit *test, struct icmp4_window *window,
			 u64 now, const struct icmp4_window_rate *rate)
{
	unsigned int n = 0;

	while (n <= rate->limit + rate->jitter &&
	       charge(test, window, now, rate))
		n++;
	return n;
}

static const unsigned int limits[] = { 1, 2, 3, 100, 200, 10000 };

static void limit_desc(const unsigned int *limit, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "limit %u", *limit);
}

KUNIT_ARRAY_PARAM(limit, limits, limit_desc);

/* Without a jitter as many as the limit says, at once or one by one. */
static void window_exact(struct kunit *test)
{
	const unsigned int *limit = test->param_value;
	const struct icmp4_window_rate rate = { *limit, 0, &key };
	struct icmp4_window window = {};
	unsigned int i;
	u64 now = 5000;

	KUNIT_EXPECT_EQ(test, fill(test, &window, now, &rate), *limit);
	KUNIT_EXPECT_EQ(test, fill(test, &window, now + 999, &rate), 0);
	KUNIT_EXPECT_EQ(test, fill(test, &window, now + 1000, &rate), *limit);
	now += 5000;
	for (i = 0; i < *limit; i++)
		KUNIT_ASSERT_TRUE(test, charge(test, &window,
					       now + i * 1000ULL / *limit,
					       &rate));
	KUNIT_EXPECT_FALSE(test, charge(test, &window, now + 999, &rate));
	KUNIT_EXPECT_TRUE(test, charge(test, &window, now + 1000, &rate));
}

struct step {
	unsigned int at;
	bool want;
};

struct begin_row {
	const char *desc;
	u64 epoch;
	struct step steps[10];
};

/* Two a second, all of the last one's taken long ago. Steps end with a 0. */
static const struct begin_row begin_rows[] = {
	{ "as the clock begins", 0,
	  { { 1, true }, { 2, true }, { 3, false }, { 1000, false },
	    { 1001, true } } },
	{ "a second after the first message, not a millisecond sooner", 0,
	  { { 5300, true }, { 5300, true }, { 6299, false },
	    { 6300, true } } },
	{ "the last message has no say", 0,
	  { { 5300, true }, { 6200, true }, { 6300, true }, { 6301, true },
	    { 6302, false } } },
	{ "nor has one that was refused", 0,
	  { { 5300, true }, { 5301, true }, { 6200, false }, { 6299, false },
	    { 6300, true } } },
	{ "with the first message after the last second", 0,
	  { { 5300, true }, { 5301, true }, { 6700, true }, { 6800, true },
	    { 7299, false }, { 7300, false }, { 7699, false },
	    { 7700, true } } },
	{ "after a long silence", 0,
	  { { 5300, true }, { 5300, true }, { 95300, true },
	    { 95301, true }, { 96299, false }, { 96300, true } } },
	{ "what is left of a second is lost with it", 0,
	  { { 5300, true }, { 6300, true }, { 6300, true },
	    { 6300, false } } },
	{ "beyond 32 bits of milliseconds", 1ULL << 32,
	  { { 5300, true }, { 5300, true }, { 6299, false },
	    { 6300, true } } },
	{ "across 32 bits of milliseconds", (1ULL << 32) - 500,
	  { { 1, true }, { 2, true }, { 500, false }, { 1000, false },
	    { 1001, true } } },
	{ "across the end of the clock", CLOCK_END - 500,
	  { { 1, true }, { 2, true }, { 499, false }, { 500, false },
	    { 1000, false }, { 1001, true }, { 1002, true },
	    { 2000, false }, { 2001, true } } },
	{ "from the end of the clock on", CLOCK_END - 500,
	  { { 499, true }, { 500, true }, { 1498, false }, { 1499, true } } },
	{ "a window that begins when the clock does", CLOCK_END - 500,
	  { { 500, true }, { 500, true }, { 1499, false }, { 1500, true } } },
	{ "a clock of more bits than a window has", U64_MAX - 500,
	  { { 1, true }, { 2, true }, { 500, false }, { 501, false },
	    { 1000, false }, { 1001, true } } },
};

static void begin_desc(const struct begin_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(begin, begin_rows, begin_desc);

static void window_begins(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 2, 0, &key };
	const struct begin_row *row = test->param_value;
	struct icmp4_window window;
	const struct step *step;

	set_state(&window, row->epoch - 5000, 2);
	for (step = row->steps; step->at; step++)
		KUNIT_EXPECT_EQ_MSG(test, charge(test, &window,
						 row->epoch + step->at, &rate),
				    step->want, "at %u", step->at);
}

/* The first second needs no message to begin: nothing is known of it. */
static void window_first(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 2, 0, &key };
	struct icmp4_window window = {};

	KUNIT_EXPECT_EQ(test, fill(test, &window, 0, &rate), 2);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 999, &rate), 0);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 1000, &rate), 2);
}

/* What is said of a window comes true, at each of its ends and in between. */
static void window_look(struct kunit *test)
{
	static const unsigned int into[] = { 0, 1, 500, 998, 999 };
	const unsigned int *limit = test->param_value;
	const struct icmp4_window_rate rate = { *limit, *limit / 3, &key };
	struct icmp4_window_view view;
	unsigned int i, counted;
	u64 now = 5000, then;

	for (i = 0; i < ARRAY_SIZE(into); i++, now += 5000) {
		struct icmp4_window window = {};

		KUNIT_ASSERT_TRUE(test, charge(test, &window, now, &rate));
		for (counted = 1; counted < *limit / 2; counted++)
			charge(test, &window, now, &rate);
		view = look(test, &window, now + into[i], &rate);
		KUNIT_EXPECT_EQ(test, view.wait, 1000 - into[i]);
		KUNIT_EXPECT_EQ(test, view.left, view.limit - counted);
		KUNIT_EXPECT_EQ(test, fill(test, &window, now + into[i],
					   &rate), view.left);
		then = now + into[i] + view.wait;
		KUNIT_EXPECT_FALSE(test, charge(test, &window, then - 1,
						&rate));
		KUNIT_EXPECT_TRUE(test, charge(test, &window, then, &rate));
	}
}

/* One that has passed stands as the one that would begin now. */
static void window_look_passed(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 200, 16, &key };
	struct icmp4_window window = {};
	struct icmp4_window_view view;

	fill(test, &window, 5000, &rate);
	KUNIT_EXPECT_EQ(test, look(test, &window, 5999, &rate).left, 0);
	view = look(test, &window, 6000, &rate);
	KUNIT_EXPECT_EQ(test, view.left, view.limit);
	KUNIT_EXPECT_EQ(test, view.wait, 1000);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 6000, &rate), view.limit);
}

struct jitter_row {
	const char *desc;
	unsigned int limit;
	unsigned int jitter;
	unsigned int least;
	unsigned int most;
};

static const struct jitter_row jitter_rows[] = {
	{ "none", 200, 0, 200, 200 },
	{ "as by default", 200, 16, 184, 216 },
	{ "the least", 200, 1, 199, 201 },
	{ "as large as the limit: of one less", 10, 10, 1, 19 },
	{ "larger than the limit: of one less than that", 5, 20, 1, 9 },
	{ "of one: none", 1, 1, 1, 1 },
	{ "of one, as by default: none", 1, 16, 1, 1 },
	{ "of the largest limit: no more than can be counted",
	  ICMP4_WINDOW_MAX, 16, ICMP4_WINDOW_MAX - 16, ICMP4_WINDOW_MAX },
	{ "of nearly the largest limit",
	  ICMP4_WINDOW_MAX - 8, 16, ICMP4_WINDOW_MAX - 24, ICMP4_WINDOW_MAX },
};

static void jitter_desc(const struct jitter_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(jitter, jitter_rows, jitter_desc);

#define WINDOWS	4000

/* Every limit in the range comes up, none of them much more often than others
 * where the range is not cut, and none outside of it.
 */
static void window_jitter(struct kunit *test)
{
	const struct jitter_row *row = test->param_value;
	const struct icmp4_window_rate rate = { row->limit, row->jitter, &key };
	unsigned int range = row->most - row->least + 1, i;
	bool cut = range < 2 * row->jitter + 1;
	unsigned int *seen;
	u64 now = 5000;

	seen = kunit_kcalloc(test, range, sizeof(*seen), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, seen);
	for (i = 0; i < WINDOWS; i++, now += 1000) {
		struct icmp4_window window = {};
		unsigned int limit;

		limit = look(test, &window, now, &rate).limit;
		KUNIT_ASSERT_GE(test, limit, row->least);
		KUNIT_ASSERT_LE(test, limit, row->most);
		seen[limit - row->least]++;
	}
	for (i = 0; i < range; i++) {
		KUNIT_EXPECT_GT_MSG(test, seen[i], 0, "limit %u",
				    row->least + i);
		if (!cut)
			KUNIT_EXPECT_LT_MSG(test, seen[i],
					    WINDOWS / range * 2,
					    "limit %u", row->least + i);
	}
}

/* It stays what it was for as long as a window lasts, whatever is counted, and is
 * what is let through.
 */
static void window_jitter_stays(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 20, 16, &key };
	struct icmp4_window window = {};
	unsigned int limit, i, at;
	u64 now = 5000;

	for (i = 0; i < 100; i++, now += 1000) {
		limit = look(test, &window, now, &rate).limit;
		KUNIT_ASSERT_TRUE(test, charge(test, &window, now, &rate));
		for (at = 0; at < 1000; at += 37)
			KUNIT_ASSERT_EQ(test, look(test, &window, now + at,
						   &rate).limit, limit);
		KUNIT_ASSERT_EQ(test, fill(test, &window, now + 999, &rate),
				limit - 1);
	}
}

/* Who does not know the secret learns nothing from another host's. */
static void window_jitter_key(struct kunit *test)
{
	static const siphash_key_t other = {{ 1, 2 }};
	static const struct icmp4_window_rate rates[] = {
		{ 200, 16, &key }, { 200, 16, &other },
	};
	unsigned int i, same = 0;
	u64 now = 5000;

	for (i = 0; i < WINDOWS; i++, now += 1000) {
		struct icmp4_window window = {};

		same += look(test, &window, now, &rates[0]).limit ==
			look(test, &window, now, &rates[1]).limit;
	}
	/* One in 33 is chance. */
	KUNIT_EXPECT_LT(test, same, WINDOWS / 16);
}

/* Nor from another window that began with it. */
static void window_jitter_side_by_side(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 200, 16, &key };
	struct icmp4_window windows[2];
	unsigned int i, same = 0;
	u64 now = 5000;

	for (i = 0; i < WINDOWS; i++, now += 1000) {
		set_state(&windows[0], now, 0);
		set_state(&windows[1], now, 0);
		same += look(test, &windows[0], now, &rate).limit ==
			look(test, &windows[1], now, &rate).limit;
	}
	KUNIT_EXPECT_LT(test, same, WINDOWS / 16);
}

/* Nor from the one before. */
static void window_jitter_changes(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 200, 16, &key };
	unsigned int limit, last = 0, same = 0, i;
	u64 now = 5000;

	for (i = 0; i < WINDOWS; i++, now += 1000, last = limit) {
		struct icmp4_window window = {};

		limit = look(test, &window, now, &rate).limit;
		same += limit == last;
	}
	KUNIT_EXPECT_LT(test, same, WINDOWS / 16);
}

struct huge_row {
	const char *desc;
	unsigned int limit;
	unsigned int count;
	unsigned int left;
};

static const struct huge_row huge_rows[] = {
	{ "the largest limit, nothing counted",
	  ICMP4_WINDOW_MAX, 0, ICMP4_WINDOW_MAX },
	{ "the largest limit, one left",
	  ICMP4_WINDOW_MAX, ICMP4_WINDOW_MAX - 1, 1 },
	{ "the largest limit, all counted",
	  ICMP4_WINDOW_MAX, ICMP4_WINDOW_MAX, 0 },
	{ "a larger one is cut", ICMP4_WINDOW_MAX + 1, ICMP4_WINDOW_MAX, 0 },
	{ "a larger one is cut, one left",
	  ICMP4_WINDOW_MAX + 1, ICMP4_WINDOW_MAX - 1, 1 },
	{ "the largest number is cut",
	  UINT_MAX, ICMP4_WINDOW_MAX - 1, 1 },
	{ "no limit at all is one", 0, 0, 1 },
	{ "no limit at all is no more than one", 0, 1, 0 },
	{ "a limit lowered below the count", 100, 150, 0 },
	{ "a limit lowered to the count", 100, 100, 0 },
	{ "a limit raised above the count", 200, 150, 50 },
};

static void huge_desc(const struct huge_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(huge, huge_rows, huge_desc);

/* Counting never carries into the time at which the window began. */
static void window_huge(struct kunit *test)
{
	const struct huge_row *row = test->param_value;
	const struct icmp4_window_rate rate = { row->limit, 0, &key };
	struct icmp4_window window = {};
	unsigned int i;

	set_state(&window, 5000, row->count);
	KUNIT_EXPECT_EQ(test, look(test, &window, 5000, &rate).left,
			row->left);
	for (i = 0; i < min(row->left, 60U); i++)
		KUNIT_ASSERT_TRUE(test, charge(test, &window, 5000 + i, &rate));
	KUNIT_EXPECT_EQ(test, look(test, &window, 5999, &rate).wait, 1);
	if (i < row->left)
		return;
	KUNIT_EXPECT_FALSE(test, charge(test, &window, 5999, &rate));
	KUNIT_EXPECT_TRUE(test, charge(test, &window, 6000, &rate));
}

/* What does not go makes room for another one, in the same window. */
static void window_refund(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 3, 0, &key };
	struct icmp4_window window = {};

	KUNIT_EXPECT_EQ(test, fill(test, &window, 5000, &rate), 3);
	icmp4_window_refund(&window, 5000);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 5400, &rate), 1);
	icmp4_window_refund(&window, 5999);
	icmp4_window_refund(&window, 5000);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 5999, &rate), 2);
	KUNIT_EXPECT_EQ(test, fill(test, &window, 6000, &rate), 3);
}

struct refund_row {
	const char *desc;
	u64 start;
	unsigned int count;
	u64 at;
	unsigned int want;
};

static const struct refund_row refund_rows[] = {
	{ "as the window began", 5000, 2, 5000, 1 },
	{ "as it ends", 5000, 2, 5999, 1 },
	{ "the last one", 5000, 1, 5000, 0 },
	{ "the largest count",
	  5000, ICMP4_WINDOW_MAX, 5000, ICMP4_WINDOW_MAX - 1 },
	{ "never below none", 5000, 0, 5000, 0 },
	{ "never below none, and the time is no count", 0, 0, 0, 0 },
	{ "nothing once the window has passed", 5000, 2, 6000, 2 },
	{ "nothing long after", 5000, 2, 95000, 2 },
	{ "nothing where another window has begun since", 5000, 2, 4999, 2 },
	{ "nothing where one has begun long since", 5000, 2, 4001, 2 },
	{ "across the end of the clock",
	  CLOCK_END - 500, 2, CLOCK_END + 499, 1 },
	{ "nothing across the end of the clock",
	  CLOCK_END - 500, 2, CLOCK_END + 500, 2 },
};

static void refund_desc(const struct refund_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refund, refund_rows, refund_desc);

static void window_refund_row(struct kunit *test)
{
	const struct refund_row *row = test->param_value;
	struct icmp4_window window, want;

	set_state(&window, row->start, row->count);
	set_state(&want, row->start, row->want);
	icmp4_window_refund(&window, row->at);
	KUNIT_EXPECT_EQ(test, state_of(&window), state_of(&want));
}

/* A processor that read the clock before another one began a window counts in
 * that window, or all that was counted in it would be forgotten.
 */
static void window_of_others(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 3, 0, &key };
	static const unsigned int late[] = { 1, 2, 500, 999, 1000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(late); i++) {
		struct icmp4_window window = {};

		KUNIT_EXPECT_TRUE(test, charge(test, &window, 5000, &rate));
		KUNIT_EXPECT_TRUE(test, icmp4_window_charge(&window,
							    5000 - late[i],
							    &rate));
		KUNIT_EXPECT_EQ(test, fill(test, &window, 5000, &rate), 1);
		KUNIT_EXPECT_FALSE(test, icmp4_window_allows(&window,
							     5000 - late[i],
							     &rate));
		KUNIT_EXPECT_FALSE(test, icmp4_window_charge(&window,
							     5000 - late[i],
							     &rate));
		KUNIT_EXPECT_FALSE(test, charge(test, &window, 5999, &rate));
		KUNIT_EXPECT_TRUE(test, charge(test, &window, 6000, &rate));
	}
}

/* Any times, counted another way: all that were granted and when. */
static void window_model(struct kunit *test)
{
	static const struct icmp4_window_rate rate = { 20, 0, &key };
	unsigned int i, count = 0, tally[2] = {};
	u64 now = 5000, begun = 0, random = 371;
	struct icmp4_window window = {};
	bool want;

	for (i = 0; i < 100000; i++) {
		now += icmp4_random(&random) % 80;
		if (icmp4_random(&random) % 1000 == 0)
			now += icmp4_random(&random) % 5000;
		if (now >= begun + 1000) {
			begun = now;
			count = 0;
		}
		want = count < 20;
		count += want;
		tally[want]++;
		KUNIT_ASSERT_EQ_MSG(test, charge(test, &window, now, &rate),
				    want, "round %u", i);
	}
	KUNIT_EXPECT_GT(test, tally[true], 10000);
	KUNIT_EXPECT_GT(test, tally[false], 10000);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE_PARAM(window_exact, limit_gen_params),
	KUNIT_CASE_PARAM(window_begins, begin_gen_params),
	KUNIT_CASE(window_first),
	KUNIT_CASE_PARAM(window_look, limit_gen_params),
	KUNIT_CASE(window_look_passed),
	KUNIT_CASE_PARAM(window_jitter, jitter_gen_params),
	KUNIT_CASE(window_jitter_stays),
	KUNIT_CASE(window_jitter_key),
	KUNIT_CASE(window_jitter_side_by_side),
	KUNIT_CASE(window_jitter_changes),
	KUNIT_CASE_PARAM(window_huge, huge_gen_params),
	KUNIT_CASE(window_refund),
	KUNIT_CASE_PARAM(window_refund_row, refund_gen_params),
	KUNIT_CASE(window_of_others),
	KUNIT_CASE(window_model),
	{}
};

static struct kunit_suite window_suite = {
	.name = "icmp4_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
