// SPDX-License-Identifier: GPL-2.0
/* Several processors at one window: window.c once more, with each access to what
 * they share a point at which another one may go on instead.
 */

#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "orders.h"
#include "window.h"

/* When the window began, and when it is over. */
#define BEGUN		5000
#define OVER		(BEGUN + ICMP4_WINDOW_MS)

/* What has to come up in one order or another, or a row tests something else. */
#define OVERTAKEN	BIT(0)	/* somebody else counted first */
#define REFUSED		BIT(1)	/* there was no room */
#define EXTRA		BIT(2)	/* more is counted than went */

/* An actor charges in turn for each of his letters: e as the window ends, n as the
 * next begins, m a bit later; with a capital one for what then does not go.
 */
struct race_row {
	const char *desc;
	unsigned int limit;
	unsigned int count;
	const char *actors[ORDERS_ACTORS];
	unsigned int sees;
};

static struct {
	const struct race_row *row;
	struct icmp4_window window;
	struct icmp4_window_rate rate;
	/* What went in the window that was there, and in the next. */
	unsigned int went[2];
	unsigned int refused;
	unsigned int seen;
} race;

static s64 race_read(const atomic64_t *v)
{
	icmp4_orders_point();
	return atomic64_read(v);
}

static bool race_try_cmpxchg(atomic64_t *v, s64 *old, s64 new)
{
	icmp4_orders_point();
	if (atomic64_try_cmpxchg(v, old, new))
		return true;
	race.seen |= OVERTAKEN;
	return false;
}

static typeof(icmp4_window_allows) race_window_allows __maybe_unused;
static typeof(icmp4_window_charge) race_window_charge;
static typeof(icmp4_window_refund) race_window_refund;
static typeof(icmp4_window_look) race_window_look __maybe_unused;

#define atomic64_read		race_read
#define atomic64_try_cmpxchg	race_try_cmpxchg
#define icmp4_window_allows	race_window_allows
#define icmp4_window_charge	race_window_charge
#define icmp4_window_refund	race_window_refund
#define icmp4_window_look	race_window_look

#include "../src/window.c"

#undef atomic64_read
#undef atomic64_try_cmpxchg

static u64 race_time(char letter)
{
	switch (tolower(letter)) {
	case 'e':
		return OVER - 1;
	case 'm':
		return OVER + 1;
	}
	return OVER;
}

static void race_call(char letter)
{
	u64 now = race_time(letter);

	if (!race_window_charge(&race.window, now, &race.rate))
		race.refused++;
	else if (islower(letter))
		race.went[now >= OVER]++;
	else
		race_window_refund(&race.window, now);
}

static void race_act(unsigned int actor)
{
	const char *letter;

	for (letter = race.row->actors[actor]; *letter; letter++)
		race_call(*letter);
}

static const struct race_row race_rows[] = {
	{ "two want the last place", 3, 2, { "e", "e" },
	  OVERTAKEN | REFUSED },
	{ "three want two places", 3, 1, { "e", "e", "e" },
	  OVERTAKEN | REFUSED },
	{ "there is room for all", 9, 1, { "ee", "ee" },
	  OVERTAKEN },
	{ "a full window", 3, 3, { "e", "e" },
	  REFUSED },
	{ "one does not go", 3, 2, { "E", "e" },
	  OVERTAKEN | REFUSED },
	{ "two do not go", 3, 1, { "E", "E", "ee" },
	  OVERTAKEN | REFUSED },
	{ "two begin the next window", 3, 3, { "n", "n" },
	  OVERTAKEN },
	{ "two begin the next window, read the clock at different times",
	  3, 3, { "n", "m" },
	  OVERTAKEN },
	{ "three do, and one of them twice", 3, 3, { "n", "m", "mn" },
	  OVERTAKEN | REFUSED },
	{ "a limit of one", 1, 1, { "n", "m" },
	  OVERTAKEN | REFUSED },
	{ "the last of a window while the next begins", 3, 2, { "e", "n" },
	  OVERTAKEN | EXTRA },
	{ "what does not go while the next window begins", 3, 2,
	  { "E", "n" },
	  OVERTAKEN | EXTRA },
	{ "what does not go, of either window", 9, 2, { "E", "N", "m" },
	  OVERTAKEN | EXTRA },
};

static void race_desc(const struct race_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(race, race_rows, race_desc);

static void race_reset(void)
{
	atomic64_set(&race.window.state,
		     (s64)BEGUN << ICMP4_WINDOW_COUNT_BITS | race.row->count);
	memset(race.went, 0, sizeof(race.went));
	race.refused = 0;
}

/* All that went is counted, each where it belongs or in the next window. */
static void race_check(struct kunit *test)
{
	u64 state = atomic64_read(&race.window.state);
	u64 start = state >> ICMP4_WINDOW_COUNT_BITS;
	unsigned int count = state & ICMP4_WINDOW_MAX;
	unsigned int want;

	if (start == BEGUN)
		want = race.row->count + race.went[0] + race.went[1];
	else
		want = race.went[1];
	KUNIT_ASSERT_LE_MSG(test, count, race.row->limit, "after %s",
			    icmp4_orders_trace());
	KUNIT_ASSERT_LE_MSG(test, race.went[0] + race.row->count,
			    2 * race.row->limit, "after %s",
			    icmp4_orders_trace());
	KUNIT_ASSERT_LE_MSG(test, race.went[1], race.row->limit, "after %s",
			    icmp4_orders_trace());
	KUNIT_ASSERT_GE_MSG(test, count, want, "after %s",
			    icmp4_orders_trace());
	/* Before the next one has begun there is nothing else to be counted. */
	if (start == BEGUN)
		KUNIT_ASSERT_EQ_MSG(test, count, want, "after %s",
				    icmp4_orders_trace());
	if (count > want)
		race.seen |= EXTRA;
	if (race.refused)
		race.seen |= REFUSED;
}

static void race_row(struct kunit *test)
{
	const struct race_row *row = test->param_value;
	unsigned int orders = 0, actors = 0;

	while (actors < ORDERS_ACTORS && row->actors[actors])
		actors++;
	race.row = row;
	race.rate = (struct icmp4_window_rate){ .limit = row->limit };
	race.seen = 0;
	icmp4_orders_begin(actors, race_act);
	do {
		race_reset();
		icmp4_orders_run(test);
		race_check(test);
		orders++;
	} while (icmp4_orders_next());
	kunit_info(test, "%u orders", orders);
	KUNIT_EXPECT_EQ(test, race.seen, row->sees);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_PARAM(race_row, race_gen_params),
	{}
};

static struct kunit_suite race_suite = {
	.name = "icmp4_window_race",
	.init = icmp4_orders_init,
	.exit = icmp4_orders_exit,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
