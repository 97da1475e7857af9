// SPDX-License-Identifier: GPL-2.0
/* Several processors at one set of buckets: bucket.c once more, with each access to
 * what they share a point at which another one may go on instead.
 *
 * After each order the books have to balance: what an owner was granted is owed by
 * his bucket, or was when the bucket was taken from him.
 */

#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bucket.h"
#include "orders.h"

#define INTERVAL	1000000000LL
#define NOW		(1000 * INTERVAL)

/* Owners are letters. */
#define OWNERS		26

/* What has to come up in one order or another, or a row tests something else. */
#define WAITED		BIT(0)	/* for the lock */
#define OVERTAKEN	BIT(1)	/* somebody else changed a bucket first */
#define FORGOTTEN	BIT(2)	/* an owner lost a bucket that was in debt */
#define ASTRAY		BIT(3)	/* a charge hit a bucket's next owner */
#define REFUSED		BIT(4)	/* there was no token */

struct account {
	s64 owed;
	s64 forgotten;
	unsigned int granted;
	unsigned int refused;
};

/* The set is four owners and the tokens that their buckets lack, "-0" for one that
 * is nobody's. An actor charges in turn for each of his small letters, and looks
 * for capital ones.
 */
struct race_row {
	const char *desc;
	unsigned int burst;
	const char *set;
	const char *actors[ORDERS_ACTORS];
	unsigned int sees;
};

static struct {
	const struct race_row *row;
	struct icmp4_bucket_set set;
	struct icmp4_rate rate;
	struct account accounts[OWNERS];
	unsigned int calls;
	unsigned int taken;
	unsigned int evictions;
	unsigned int evicted;
	unsigned int seen;
	bool unlocked;
} race;

static DEFINE_SPINLOCK(race_spinlock);

static struct account *race_account(const struct icmp4_bucket *bucket)
{
	s64 tag = atomic64_read(&bucket->tag);

	return tag ? &race.accounts[tag - 'a'] : NULL;
}

/* Never more than a burst: that of a longer interval is cut by the next who comes
 * by.
 */
static s64 race_debt(s64 full_at)
{
	return clamp(full_at - NOW, 0LL, race.rate.burst * race.rate.interval);
}

static void race_taken(const struct icmp4_bucket *bucket, s64 full_at)
{
	struct account *account = race_account(bucket);
	s64 debt = race_debt(full_at);

	if (account) {
		account->forgotten += debt;
		race.taken++;
	}
	race.evictions += debt > 0;
}

static bool race_is_tag(const atomic64_t *v)
{
	return ((const u8 *)v - (const u8 *)&race.set) %
	       sizeof(struct icmp4_bucket) == offsetof(struct icmp4_bucket, tag);
}

/* Tags change under the lock only. So who has it may read them whenever he likes,
 * and there are far fewer orders to go through.
 */
static s64 race_read(const atomic64_t *v)
{
	if (!race_is_tag(v) || !icmp4_orders_locked())
		icmp4_orders_point();
	return atomic64_read(v);
}

static void race_set(atomic64_t *v, s64 i)
{
	race.unlocked |= race_is_tag(v) && !icmp4_orders_locked();
	icmp4_orders_point();
	atomic64_set(v, i);
}

static bool race_try_cmpxchg(atomic64_t *v, s64 *old, s64 new)
{
	icmp4_orders_point();
	if (!atomic64_try_cmpxchg(v, old, new)) {
		race.seen |= OVERTAKEN;
		return false;
	}
	if (new == ICMP4_BUCKET_TAKEN)
		race_taken(container_of(v, struct icmp4_bucket, full_at), *old);
	return true;
}

static void race_lock(spinlock_t *lock)
{
	icmp4_orders_lock();
}

static void race_unlock(spinlock_t *lock)
{
	if (icmp4_orders_unlock())
		race.seen |= WAITED;
}

static typeof(icmp4_bucket_allows) race_bucket_allows;
static typeof(icmp4_bucket_charge) race_bucket_charge;
static typeof(icmp4_bucket_forget) race_bucket_forget __maybe_unused;
static typeof(icmp4_bucket_left) race_bucket_left __maybe_unused;
static typeof(icmp4_bucket_wait) race_bucket_wait __maybe_unused;

#define atomic64_read		race_read
#define atomic64_set		race_set
#define atomic64_set_release	race_set
#define atomic64_try_cmpxchg	race_try_cmpxchg
#define spin_lock		race_lock
#define spin_unlock		race_unlock
#define icmp4_bucket_allows	race_bucket_allows
#define icmp4_bucket_charge	race_bucket_charge
#define icmp4_bucket_forget	race_bucket_forget
#define icmp4_bucket_left	race_bucket_left
#define icmp4_bucket_wait	race_bucket_wait

#include "../src/bucket.c"

#undef atomic64_read
#undef atomic64_set
#undef atomic64_set_release
#undef atomic64_try_cmpxchg
#undef spin_lock
#undef spin_unlock

static void race_call(char letter)
{
	u64 tag = tolower(letter);
	struct account *account = &race.accounts[tag - 'a'];
	bool granted, evicted;

	if (isupper(letter)) {
		granted = race_bucket_allows(&race.set, tag, NOW, &race.rate);
	} else {
		granted = race_bucket_charge(&race.set, &race_spinlock, tag, NOW,
					     &race.rate, &evicted);
		account->granted += granted;
		race.calls++;
		race.evicted += evicted;
	}
	account->refused += !granted;
}

static void race_act(unsigned int actor)
{
	const char *letter;

	for (letter = race.row->actors[actor]; *letter; letter++)
		race_call(*letter);
}

static const struct race_row race_rows[] = {
	{ "two want the last token", 2, "x1 p2 q2 r2", { "x", "x" },
	  OVERTAKEN | REFUSED },
	{ "three want the last token", 2, "x1 p2 q2 r2", { "x", "x", "x" },
	  OVERTAKEN | REFUSED },
	{ "a burst of one", 1, "p1 q1 r0 x0", { "x", "x" },
	  OVERTAKEN | REFUSED },
	{ "more is wanted than there is", 3, "p0 q0 r0 x1", { "xx", "xx" },
	  OVERTAKEN | REFUSED },
	{ "all of it is there", 6, "p0 x0 r0 q1", { "xx", "xx" },
	  OVERTAKEN },
	{ "two owners", 2, "x1 y1 p0 q0", { "xx", "yy" },
	  REFUSED },
	{ "a newcomer twice at once", 6, "p0 q1 r2 s3", { "n", "n" },
	  WAITED },
	{ "a newcomer three times at once", 6, "p0 q1 r2 s3",
	  { "n", "n", "n" },
	  WAITED | OVERTAKEN },
	{ "a newcomer twice, a burst of one", 1, "p0 q1 r1 s1", { "n", "n" },
	  WAITED | REFUSED },
	{ "a newcomer twice, all in debt", 6, "p3 q2 r2 s3", { "n", "n" },
	  WAITED | FORGOTTEN },
	{ "a newcomer to an empty set", 6, "-0 -0 -0 -0", { "nn", "nn" },
	  WAITED | OVERTAKEN },
	{ "two newcomers to an empty set", 6, "-0 -0 -0 -0", { "nn", "mm" },
	  WAITED },
	{ "two newcomers, one full bucket", 6, "p3 q2 r0 s3", { "n", "m" },
	  WAITED | FORGOTTEN },
	{ "two newcomers, two full buckets", 6, "p3 q0 r0 s3", { "n", "m" },
	  WAITED },
	{ "two newcomers, all in debt", 6, "p3 q2 r3 s3", { "n", "m" },
	  WAITED | FORGOTTEN },
	{ "two newcomers, a burst of one", 1, "p1 q1 r0 s1", { "n", "m" },
	  WAITED | FORGOTTEN },
	{ "three newcomers, a burst of one", 1, "p1 q1 r0 s1",
	  { "n", "m", "o" },
	  WAITED | FORGOTTEN },
	{ "three newcomers, three full buckets", 6, "p0 q0 r0 s3",
	  { "n", "m", "o" },
	  WAITED },
	{ "his full bucket taken, others in debt", 6, "p3 x0 q3 r2",
	  { "x", "n" },
	  WAITED | OVERTAKEN | FORGOTTEN | ASTRAY },
	{ "his full bucket taken, a burst of one", 1, "p1 x0 q1 r1",
	  { "x", "n" },
	  WAITED | OVERTAKEN | FORGOTTEN },
	{ "his full bucket taken, another one full", 2, "x0 p2 q0 r2",
	  { "xxx", "n" },
	  WAITED | OVERTAKEN | ASTRAY | REFUSED },
	{ "his full bucket taken and drained", 2, "x0 p2 q0 r2",
	  { "xx", "nn" },
	  WAITED | OVERTAKEN | ASTRAY | REFUSED },
	{ "his full bucket taken while he charges twice at once", 2,
	  "x0 p2 q0 r2", { "x", "x", "nn" },
	  WAITED | OVERTAKEN | ASTRAY | REFUSED },
	{ "his full bucket wanted by two", 2, "x0 p0 q2 r2",
	  { "xx", "n", "m" },
	  WAITED | OVERTAKEN | FORGOTTEN | ASTRAY },
	{ "his bucket taken and given back", 1, "x1 p1 q1 r1",
	  { "x", "n", "x" },
	  WAITED | FORGOTTEN | REFUSED },
	{ "his bucket evicted while he charges", 3, "x1 p2 q2 r2",
	  { "xx", "n" },
	  WAITED | OVERTAKEN | FORGOTTEN | ASTRAY },
	{ "one looks while another one takes and drains", 1, "p1 x0 q0 r1",
	  { "XX", "nn" },
	  REFUSED },
	{ "one looks while two come back", 2, "x0 p2 q2 r2",
	  { "XX", "nn", "xx" },
	  WAITED | OVERTAKEN | FORGOTTEN | ASTRAY | REFUSED },
	{ "one looks while he charges", 2, "x1 p2 q2 r2", { "XxX", "x" },
	  OVERTAKEN | REFUSED },
	{ "a longer interval's debt is cut by two", 2, "x9 p1 q1 r0",
	  { "x", "x" },
	  OVERTAKEN | REFUSED },
	{ "a longer interval's debt is cut by a look", 2, "x9 p1 q1 r1",
	  { "X", "x", "n" },
	  OVERTAKEN | FORGOTTEN | REFUSED },
	{ "longer intervals' debts and newcomers", 6, "x9 p9 q9 r9",
	  { "x", "n", "m" },
	  WAITED | OVERTAKEN | FORGOTTEN | ASTRAY | REFUSED },
};

static void race_desc(const struct race_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(race, race_rows, race_desc);

static void race_fill(struct icmp4_bucket *bucket, const char *text)
{
	unsigned int lacks = text[1] - '0';
	s64 full_at;

	if (*text == '-')
		return;
	full_at = lacks ? NOW + lacks * INTERVAL : NOW - INTERVAL / 2;
	atomic64_set(&bucket->tag, *text);
	atomic64_set(&bucket->full_at, full_at);
	race_account(bucket)->owed = race_debt(full_at);
}

static void race_reset(void)
{
	unsigned int i;

	memset(&race.set, 0, sizeof(race.set));
	memset(race.accounts, 0, sizeof(race.accounts));
	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		race_fill(&race.set.ways[i], race.row->set + 3 * i);
	race.calls = 0;
	race.taken = 0;
	race.evictions = 0;
	race.evicted = 0;
}

/* Returns what was charged to an owner beyond what he was granted, in ns. */
static s64 race_check_owner(struct kunit *test, char owner)
{
	const struct account *account = &race.accounts[owner - 'a'];
	s64 owes = account->forgotten, astray;
	unsigned int i, buckets = 0;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++) {
		if (atomic64_read(&race.set.ways[i].tag) != owner)
			continue;
		owes += race_debt(atomic64_read(&race.set.ways[i].full_at));
		buckets++;
	}
	KUNIT_ASSERT_LE_MSG(test, buckets, 1, "buckets of %c after %s", owner,
			    icmp4_orders_trace());
	astray = owes - account->owed - account->granted * INTERVAL;
	KUNIT_ASSERT_GE_MSG(test, astray, 0, "not owed by %c after %s", owner,
			    icmp4_orders_trace());
	/* Who is refused has used all up. */
	if (account->refused) {
		KUNIT_ASSERT_GE_MSG(test, owes, race.rate.burst * INTERVAL,
				    "refused to %c after %s", owner,
				    icmp4_orders_trace());
		race.seen |= REFUSED;
	}
	return astray;
}

static void race_check(struct kunit *test)
{
	s64 astray = 0;
	unsigned int i;
	char owner;

	KUNIT_ASSERT_FALSE_MSG(test, race.unlocked, "no lock in %s",
			       icmp4_orders_trace());
	for (i = 0; i < ICMP4_BUCKET_WAYS; i++)
		KUNIT_ASSERT_NE_MSG(test,
				    atomic64_read(&race.set.ways[i].full_at),
				    ICMP4_BUCKET_TAKEN, "taken after %s",
				    icmp4_orders_trace());
	for (owner = 'a'; owner <= 'z'; owner++)
		astray += race_check_owner(test, owner);
	KUNIT_ASSERT_EQ_MSG(test, race.evicted, race.evictions,
			    "evicted after %s", icmp4_orders_trace());
	/* Whoever was on his way to a bucket that was taken hits it once. */
	KUNIT_ASSERT_LE_MSG(test, astray, race.taken ? race.calls * INTERVAL : 0,
			    "astray after %s", icmp4_orders_trace());
	if (astray)
		race.seen |= ASTRAY;
	if (race.evictions)
		race.seen |= FORGOTTEN;
}

static void race_row(struct kunit *test)
{
	const struct race_row *row = test->param_value;
	unsigned int orders = 0, actors = 0;

	while (actors < ORDERS_ACTORS && row->actors[actors])
		actors++;
	race.row = row;
	race.rate = (struct icmp4_rate){ INTERVAL, row->burst };
	race.seen = 0;
	race.unlocked = false;
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
	.name = "icmp4_bucket_race",
	.init = icmp4_orders_init,
	.exit = icmp4_orders_exit,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);
