// SPDX-License-Identifier: GPL-2.0
/* ICMP_FILTER: what is written, what of it hides which types, what is read. */

#include <linux/icmp.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bytes.h"
#include "filter.h"

#define TYPES	256
#define WORDS	8
#define FULL	32U
#define LINUX	4U
#define CANARY	0xa5c35a3c96e10f78ULL

/* A mask and an answer between bytes that nobody may write. */
struct guarded_mask {
	u64 before;
	struct icmp4_filter_mask mask;
	u64 behind;
};

struct guarded_filter {
	u64 before;
	struct icmp4_filter filter;
	u64 behind;
};

/* Words without a pattern: no two bytes next to each other are the same. */
static const struct icmp4_filter odd = {
	.data = {
		0x817e42c3, 0x18e72bd4, 0xf0695a3c, 0x0f96a5c3,
		0x12345678, 0x9abcdef1, 0x80000001, 0x7ffffffe,
	},
};

static const struct icmp4_filter other = {
	.data = {
		0x6a95d30c, 0xdeadbeef, 0x01020408, 0xfedfbf7f,
		0x55aa33cc, 0xc0ffee11, 0x00000080, 0x24181800,
	},
};

static void set_all_words(struct icmp4_filter *filter, u32 word)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		filter->data[i] = word;
}

/* A mask that hides what these words say, by the bitmap's own operations. */
static void mask_of(struct icmp4_filter_mask *mask,
		    const struct icmp4_filter *filter)
{
	unsigned int type;

	bitmap_zero(mask->hidden, TYPES);
	for (type = 0; type < TYPES; type++)
		if (filter->data[type / 32] & 1U << type % 32)
			__set_bit(type, mask->hidden);
}

/* Does the mask hide what these words say, and nothing else? */
static void expect_hidden(struct kunit *test,
			  const struct icmp4_filter_mask *mask,
			  const struct icmp4_filter *want, const char *what,
			  unsigned int number)
{
	unsigned int type;
	bool hidden;

	for (type = 0; type < TYPES; type++) {
		hidden = want->data[type / 32] & 1U << type % 32;
		KUNIT_ASSERT_EQ_MSG(test, icmp4_filter_hides(mask, type),
				    hidden, "type %u, %s %u", type, what,
				    number);
		KUNIT_ASSERT_EQ_MSG(test, test_bit(type, mask->hidden), hidden,
				    "bit %u, %s %u", type, what, number);
	}
}

/* Programs see these, and Linux has the first word alone. */
static void filter_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct icmp4_filter), FULL);
	KUNIT_EXPECT_EQ(test, sizeof(struct icmp_filter), LINUX);
	KUNIT_EXPECT_EQ(test, offsetof(struct icmp4_filter, data),
			offsetof(struct icmp_filter, data));
	KUNIT_EXPECT_EQ(test, ICMP4_FILTER_TYPES, TYPES);
}

/* What is zeroed hides nothing. */
static void filter_empty(struct kunit *test)
{
	struct icmp4_filter_mask mask = {};
	struct icmp4_filter none = {}, back;

	expect_hidden(test, &mask, &none, "zeroed", 0);
	memset(&back, 0xff, sizeof(back));
	KUNIT_EXPECT_EQ(test, icmp4_filter_get(&mask, &back, FULL), FULL);
	KUNIT_EXPECT_EQ(test, memcmp(&back, &none, FULL), 0);
}

/* Bit T % 32 of word T / 32 is type T, alone and as the only one that passes. */
static void filter_each_type(struct kunit *test)
{
	struct icmp4_filter_mask mask = {};
	struct icmp4_filter filter, back;
	unsigned int type;

	for (type = 0; type < TYPES; type++) {
		set_all_words(&filter, 0);
		filter.data[type / 32] = 1U << type % 32;
		icmp4_filter_set(&mask, &filter, FULL);
		expect_hidden(test, &mask, &filter, "only type", type);
		KUNIT_EXPECT_EQ(test, bitmap_weight(mask.hidden, TYPES), 1);
		KUNIT_EXPECT_EQ(test, find_first_bit(mask.hidden, TYPES), type);
		KUNIT_EXPECT_EQ(test, icmp4_filter_get(&mask, &back, FULL),
				FULL);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(&back, &filter, FULL), 0,
				    "type %u", type);

		set_all_words(&filter, ~0U);
		filter.data[type / 32] = ~(1U << type % 32);
		icmp4_filter_set(&mask, &filter, FULL);
		expect_hidden(test, &mask, &filter, "all but type", type);
		KUNIT_EXPECT_EQ(test, bitmap_weight(mask.hidden, TYPES),
				TYPES - 1);
		KUNIT_EXPECT_EQ(test, find_first_zero_bit(mask.hidden, TYPES),
				type);
	}
}

/* The macros that programs are given mean the same bits. */
static void filter_macros(struct kunit *test)
{
	struct icmp4_filter_mask mask = {};
	struct icmp4_filter filter;
	unsigned int type;

	ICMP4_FILTER_SETBLOCKALL(&filter);
	icmp4_filter_set(&mask, &filter, FULL);
	KUNIT_ASSERT_TRUE(test, bitmap_full(mask.hidden, TYPES));
	for (type = 0; type < TYPES; type++) {
		KUNIT_ASSERT_TRUE(test,
				  ICMP4_FILTER_WILLBLOCK(type, &filter));
		ICMP4_FILTER_SETPASS(type, &filter);
		KUNIT_ASSERT_TRUE(test, ICMP4_FILTER_WILLPASS(type, &filter));
		icmp4_filter_set(&mask, &filter, FULL);
		KUNIT_ASSERT_FALSE(test, icmp4_filter_hides(&mask, type));
		KUNIT_ASSERT_EQ(test, bitmap_weight(mask.hidden, TYPES),
				TYPES - 1 - type);
	}

	ICMP4_FILTER_SETBLOCKALL(&filter);
	ICMP4_FILTER_SETPASSALL(&filter);
	for (type = 0; type < TYPES; type++) {
		KUNIT_ASSERT_TRUE(test, ICMP4_FILTER_WILLPASS(type, &filter));
		ICMP4_FILTER_SETBLOCK(type, &filter);
		KUNIT_ASSERT_TRUE(test, ICMP4_FILTER_WILLBLOCK(type, &filter));
		icmp4_filter_set(&mask, &filter, FULL);
		KUNIT_ASSERT_TRUE(test, icmp4_filter_hides(&mask, type));
		KUNIT_ASSERT_EQ(test, bitmap_weight(mask.hidden, TYPES),
				type + 1);
	}
}

/* No bytes change nothing. Less than 32 are the 4 of Linux: those of the first
 * word that were not written stay, types from 32 on pass. Word by word in
 * memory, so the first byte is types 0 to 7 of a little-endian machine and 24 to
 * 31 of a big-endian one.
 */
static void filter_write_lengths(struct kunit *test)
{
	struct guarded_mask guarded = { .before = CANARY, .behind = CANARY };
	struct icmp4_filter want;
	unsigned int len;

	for (len = 0; len <= FULL; len++) {
		mask_of(&guarded.mask, &other);
		icmp4_filter_set(&guarded.mask, &odd, len);
		want = other;
		if (len && len < FULL)
			memset(&want.data[1], 0, FULL - LINUX);
		memcpy(&want, &odd, len < FULL ? min(len, LINUX) : FULL);
		expect_hidden(test, &guarded.mask, &want, "length", len);
		KUNIT_EXPECT_EQ(test, guarded.before, CANARY);
		KUNIT_EXPECT_EQ(test, guarded.behind, CANARY);
	}
}

/* Which types a byte of a short write is, said for either byte order. */
static void filter_write_order(struct kunit *test)
{
	struct icmp4_filter_mask mask;
	struct icmp4_filter filter;
	unsigned int len, type, at;
	u8 *bytes = (u8 *)&filter;

	for (len = 1; len <= LINUX; len++) {
		set_all_words(&filter, 0);
		mask_of(&mask, &filter);
		memset(bytes, 0xff, FULL);
		icmp4_filter_set(&mask, &filter, len);
		for (type = 0; type < TYPES; type++) {
#ifdef __BIG_ENDIAN
			at = 3 - type % 32 / 8;
#else
			at = type % 32 / 8;
#endif
			KUNIT_ASSERT_EQ_MSG(test,
					    icmp4_filter_hides(&mask, type),
					    type < 32 && at < len,
					    "type %u, %u bytes", type, len);
		}
	}
}

/* What stands behind the bytes that were written is not looked at. */
static void filter_write_tail(struct kunit *test)
{
	struct icmp4_filter_mask one, two;
	struct icmp4_filter from;
	unsigned int len;

	for (len = 0; len < FULL; len++) {
		from = odd;
		mask_of(&one, &other);
		icmp4_filter_set(&one, &from, len);
		memset((u8 *)&from + len, 0, FULL - len);
		mask_of(&two, &other);
		icmp4_filter_set(&two, &from, len);
		KUNIT_EXPECT_TRUE_MSG(test, bitmap_equal(one.hidden, two.hidden,
							 TYPES),
				      "length %u", len);
	}
}

/* One write after the other: short ones add up, whatever was hidden of the upper
 * types goes with the first of them, and a long one knows nothing of either.
 */
static void filter_write_again(struct kunit *test)
{
	struct icmp4_filter_mask mask = {};
	struct icmp4_filter want = {};

	icmp4_filter_set(&mask, &odd, FULL);
	icmp4_filter_set(&mask, &other, 2);
	want.data[0] = odd.data[0];
	memcpy(&want, &other, 2);
	expect_hidden(test, &mask, &want, "write", 2);
	icmp4_filter_set(&mask, &other, 0);
	expect_hidden(test, &mask, &want, "write", 3);
	icmp4_filter_set(&mask, &other, FULL - 1);
	want.data[0] = other.data[0];
	expect_hidden(test, &mask, &want, "write", 4);
	icmp4_filter_set(&mask, &odd, 1);
	memcpy(&want, &odd, 1);
	expect_hidden(test, &mask, &want, "write", 5);
	icmp4_filter_set(&mask, &other, FULL);
	expect_hidden(test, &mask, &other, "write", 6);
}

/* As many bytes as Linux has for any buffer that is too small for all, and all
 * for any other; never a byte behind the answer.
 */
static void filter_read_lengths(struct kunit *test)
{
	static const unsigned int more[] = { 33, 63, 64, 4096, 65536, INT_MAX };
	struct guarded_filter guarded;
	struct icmp4_filter_mask mask;
	unsigned int i, len, want;

	mask_of(&mask, &odd);
	for (i = 0; i <= FULL + ARRAY_SIZE(more); i++) {
		len = i <= FULL ? i : more[i - FULL - 1];
		want = len < FULL ? min(len, LINUX) : FULL;
		guarded = (struct guarded_filter){ .before = CANARY,
						   .behind = CANARY };
		KUNIT_ASSERT_EQ_MSG(test, icmp4_filter_get(&mask,
							   &guarded.filter,
							   len),
				    want, "length %u", len);
		KUNIT_ASSERT_EQ_MSG(test, memcmp(&guarded.filter, &odd, want),
				    0, "length %u", len);
		KUNIT_ASSERT_EQ(test, guarded.before, CANARY);
		KUNIT_ASSERT_EQ(test, guarded.behind, CANARY);
	}
	expect_hidden(test, &mask, &odd, "read", 0);
}

/* Random masks go in and out unchanged. */
static void filter_round_trip(struct kunit *test)
{
	struct icmp4_filter_mask mask = {};
	struct icmp4_filter filter, back;
	unsigned int i, j;
	u64 state = 1;

	for (i = 0; i < 200; i++) {
		for (j = 0; j < WORDS; j++)
			filter.data[j] = icmp4_random(&state) << 1 ^
					 icmp4_random(&state);
		icmp4_filter_set(&mask, &filter, FULL);
		expect_hidden(test, &mask, &filter, "round", i);
		KUNIT_EXPECT_EQ(test, icmp4_filter_get(&mask, &back, FULL),
				FULL);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(&back, &filter, FULL), 0,
				    "round %u", i);
		memset(&back, 0, sizeof(back));
		KUNIT_EXPECT_EQ(test, icmp4_filter_get(&mask, &back, LINUX),
				LINUX);
		KUNIT_EXPECT_EQ(test, back.data[0], filter.data[0]);
	}
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE(filter_layout),
	KUNIT_CASE(filter_empty),
	KUNIT_CASE(filter_each_type),
	KUNIT_CASE(filter_macros),
	KUNIT_CASE(filter_write_lengths),
	KUNIT_CASE(filter_write_order),
	KUNIT_CASE(filter_write_tail),
	KUNIT_CASE(filter_write_again),
	KUNIT_CASE(filter_read_lengths),
	KUNIT_CASE(filter_round_trip),
	{}
};

static struct kunit_suite filter_suite = {
	.name = "icmp4_filter",
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);
