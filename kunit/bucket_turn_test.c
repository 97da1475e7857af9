// SPDX-License-Identifier: GPL-2.0
/* Whose bucket a newcomer gets: no namespace can crowd others out of a set. */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <kunit/test.h>

#include "bucket.h"
#include "owner.h"

#define SECOND		1000000000LL
#define NOW		(1000 * SECOND)
#define NEWCOMER	99

static const struct icmp4_rate rate = { SECOND, 6 };
static DEFINE_SPINLOCK(lock);

/* The set is four namespaces, small letters those that anybody may make, and the
 * tokens that their buckets lack, "=" for one that has just become full, "-0" for
 * one that is nobody's.
 */
struct turn_row {
	const char *desc;
	const char *set;
	char newcomer;
	unsigned int lost;
};

static const struct turn_row turn_rows[] = {
	{ "nobody's, if there is one", "A0 A3 -0 A1", 'B', 2 },
	{ "the only full one", "A1 A2 A0 A3", 'A', 2 },
	{ "the only full one, whoever has most", "A1 A2 B0 A3", 'B', 2 },
	{ "one that has just become full", "A3 A2 B= A1", 'B', 2 },
	{ "the first of two full ones", "A1 B0 A0 A3", 'C', 1 },
	{ "all of one namespace: the nearest to full", "A3 A2 A1 A4", 'A', 2 },
	{ "all of one namespace, for another one", "A3 A1 A2 A4", 'B', 1 },
	{ "all of one namespace, the same debts: the first",
	  "A3 A3 A3 A3", 'B', 0 },
	{ "of the one that has three, though another's is nearer to full",
	  "A3 B1 A2 A4", 'B', 2 },
	{ "of the one that has three, for a third one",
	  "B1 A4 A3 A2", 'C', 3 },
	{ "of the one that has two", "B1 A4 C1 A3", 'D', 3 },
	{ "who has most loses his own", "A3 B1 A2 A4", 'A', 2 },
	{ "who would have most does, too", "A3 B1 A2 B1", 'A', 2 },
	{ "two and two, for the other one", "A3 B2 A1 B4", 'B', 1 },
	{ "two and two, for a third one: the nearest to full",
	  "A3 B2 A1 B4", 'C', 2 },
	{ "two of others, one of his own",
	  "A6 B1 A5 C1", 'B', 1 },
	{ "one each, for one more", "A3 B2 C1 D4", 'E', 2 },
	{ "one each, for one of them: his own", "A3 B2 C1 D4", 'D', 3 },
	{ "those that anybody may make count as one", "a3 b2 c1 B1", 'B', 2 },
	{ "those that anybody may make, for one more of them",
	  "a3 B1 b2 B1", 'c', 2 },
	{ "those that anybody may make, for one that was there",
	  "a3 b2 A1 B1", 'a', 1 },
	{ "debts that last do not stay for ever", "A6 A6 A6 B1", 'B', 0 },
};

static void turn_desc(const struct turn_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(turn, turn_rows, turn_desc);

static u64 tag_of(char net, u32 address)
{
	const struct icmp4_owner owner = {
		.daddr = htonl(address),
		.net = net >= 'a' ? ICMP4_OWNER_ANYBODY | net : net,
		.rule = ICMP4_OWNER_HOST,
	};

	return icmp4_owner_tag(&owner);
}

static s64 full_at(char lacks)
{
	if (lacks == '=')
		return NOW;
	return lacks == '0' ? NOW - SECOND : NOW + (lacks - '0') * SECOND;
}

static void fill(struct icmp4_bucket_set *set, const char *text)
{
	unsigned int i;

	for (i = 0; i < ICMP4_BUCKET_WAYS; i++, text += 3) {
		if (*text == '-')
			continue;
		atomic64_set(&set->ways[i].tag, tag_of(*text, i));
		atomic64_set(&set->ways[i].full_at, full_at(text[1]));
	}
}

/* One bucket changes hands, full but for a token, and nothing else happens. */
static void turn_row(struct kunit *test)
{
	const struct turn_row *row = test->param_value;
	u64 tag = tag_of(row->newcomer, NEWCOMER);
	struct icmp4_bucket_set set = {}, want;
	struct icmp4_bucket *lost;
	bool evicted, in_debt;

	fill(&set, row->set);
	want = set;
	lost = &want.ways[row->lost];
	in_debt = atomic64_read(&lost->full_at) > NOW;
	atomic64_set(&lost->tag, tag);
	atomic64_set(&lost->full_at, NOW + SECOND);

	evicted = !in_debt;
	KUNIT_EXPECT_TRUE(test, icmp4_bucket_charge(&set, &lock, tag, NOW,
						    &rate, &evicted));
	KUNIT_EXPECT_EQ(test, evicted, in_debt);
	KUNIT_EXPECT_EQ(test, memcmp(&set, &want, sizeof(set)), 0);
}

/* However many come from one namespace, all in debt for long, others keep theirs. */
static void turn_crowd(struct kunit *test)
{
	struct icmp4_bucket_set set = {};
	unsigned int i;
	bool evicted;
	u64 few[] = { tag_of('B', 1), tag_of('C', 1) };

	for (i = 0; i < 6; i++) {
		icmp4_bucket_charge(&set, &lock, few[0], NOW, &rate, &evicted);
		icmp4_bucket_charge(&set, &lock, few[1], NOW, &rate, &evicted);
	}
	for (i = 0; i < 1000; i++) {
		u64 tag = tag_of('A', i);

		/* Half of them owe more than the few do. */
		while (i % 2 && icmp4_bucket_charge(&set, &lock, tag, NOW,
						    &rate, &evicted))
			;
		icmp4_bucket_charge(&set, &lock, tag, NOW, &rate, &evicted);
		KUNIT_ASSERT_FALSE(test, icmp4_bucket_allows(&set, few[0], NOW,
							     &rate));
		KUNIT_ASSERT_FALSE(test, icmp4_bucket_allows(&set, few[1], NOW,
							     &rate));
	}
}

/* With its namespace an owner goes, and nobody else does. */
static void turn_forget(struct kunit *test)
{
	static const char nets[] = { 'A', 'B', 'a', 'A' };
	struct icmp4_bucket_set set = {};
	unsigned int i;
	bool evicted;

	for (i = 0; i < ARRAY_SIZE(nets); i++)
		icmp4_bucket_charge(&set, &lock, tag_of(nets[i], i), NOW, &rate,
				    &evicted);
	icmp4_bucket_forget(&set, &lock, 'A');
	for (i = 0; i < ARRAY_SIZE(nets); i++) {
		bool gone = nets[i] == 'A';

		KUNIT_EXPECT_EQ(test, atomic64_read(&set.ways[i].tag),
				gone ? 0 : tag_of(nets[i], i));
		KUNIT_EXPECT_EQ(test, atomic64_read(&set.ways[i].full_at),
				gone ? 0 : NOW + SECOND);
	}
}

static struct kunit_case turn_cases[] = {
	KUNIT_CASE_PARAM(turn_row, turn_gen_params),
	KUNIT_CASE(turn_crowd),
	KUNIT_CASE(turn_forget),
	{}
};

static struct kunit_suite turn_suite = {
	.name = "icmp4_bucket_turn",
	.test_cases = turn_cases,
};

kunit_test_suite(turn_suite);
