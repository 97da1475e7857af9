// SPDX-License-Identifier: GPL-2.0
/* A request's checksum becomes its reply's by the fields that change (RFC 1624),
 * against the sum over the whole message (RFC 1071).
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "checksum.h"

/* A message as words of 16 bits: type and code, checksum, identifier, sequence
 * number, data.
 */
enum { TYPE, SUM, ID, SEQ, DATA, LAST, WORDS };

union message {
	struct icmphdr icmph;
	__be16 word[WORDS];
};

/* What a request becomes: the word of type and code, and what of the sequence
 * number stays.
 */
struct change_row {
	const char *desc;
	u16 from;
	u16 to;
	u16 keep;
	u16 status;
};

static const struct change_row changes[] = {
	{ "echo 8 to 0", 0x0800, 0x0000, 0xffff, 0 },
	{ "echo 8 to 0, a code of its own", 0x08ff, 0x00ff, 0xffff, 0 },
	{ "timestamp 13 to 14", 0x0d00, 0x0e00, 0xffff, 0 },
	{ "timestamp 13 to 14, the code forgotten", 0x0dff, 0x0e00, 0xffff, 0 },
	{ "PROBE 42 to 43, no error, active", 0x2a00, 0x2b00, 0xff00, 0x04 },
	{ "PROBE 42 to 43, no error, active, IPv4 and IPv6",
	  0x2a00, 0x2b00, 0xff00, 0x07 },
	{ "PROBE 42 to 43, no such interface", 0x2aff, 0x2b02, 0xff00, 0 },
};

static void change_desc(const struct change_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(change, changes, change_desc);

/* Word by word, each carry at once. */
static u16 full_sum(const union message *msg)
{
	unsigned int i;
	u32 sum = 0;

	for (i = 0; i < WORDS; i++) {
		if (i == SUM)
			continue;
		sum += ntohs(msg->word[i]);
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return 0xffff - sum;
}

static bool all_zero(const union message *msg)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		if (i != SUM && msg->word[i])
			return false;
	return true;
}

static void set_word(union message *msg, unsigned int at, u16 value)
{
	icmp4_checksum_set(&msg->icmph, &msg->word[at], htons(value));
}

/* What leaves the host: the sum over the whole where nothing else can tell. */
static u16 finished_sum(const union message *msg)
{
	return icmp4_checksum_is_exact(&msg->icmph) ? ntohs(msg->word[SUM]) :
						     full_sum(msg);
}

static void turn_around(union message *msg, const struct change_row *row)
{
	u16 seq = ntohs(msg->word[SEQ]);

	if (row->keep != 0xffff)
		set_word(msg, SEQ, (seq & row->keep) | row->status);
	set_word(msg, TYPE, row->to);
}

/* The checksum that a request comes with is right, be its zero either one. */
static unsigned int expect_right(struct kunit *test, union message msg,
				 const struct change_row *row, u16 sum)
{
	u16 incremental, whole;

	msg.word[SUM] = htons(sum);
	turn_around(&msg, row);
	incremental = ntohs(msg.word[SUM]);
	whole = full_sum(&msg);
	KUNIT_ASSERT_EQ_MSG(test, finished_sum(&msg), whole,
			    "%*ph", (int)sizeof(msg), &msg);
	if (incremental == whole)
		return 0;

	/* The exception: a zero, where all the message is. */
	KUNIT_EXPECT_EQ(test, incremental, 0);
	KUNIT_EXPECT_TRUE_MSG(test, all_zero(&msg), "%*ph",
			      (int)sizeof(msg), &msg);
	return 1;
}

/* Returns how many results needed the sum over the whole. */
static unsigned int sweep(struct kunit *test, const struct change_row *row,
			  unsigned int field, u16 others)
{
	unsigned int value, i, exceptions = 0;
	union message msg = {};
	u16 sum;

	for (i = ID; i < WORDS; i++)
		msg.word[i] = htons(others);
	msg.word[TYPE] = htons(row->from);
	for (value = 0; value <= 0xffff; value++) {
		msg.word[field] = htons(value);
		sum = full_sum(&msg);
		exceptions += expect_right(test, msg, row, sum);
		if (!sum)
			exceptions += expect_right(test, msg, row, 0xffff);
	}
	return exceptions;
}

static void checksum_incremental(struct kunit *test)
{
	static const u16 others[] = { 0, 0xffff, 0x00ff, 0x5a3c };
	const struct change_row *row = test->param_value;
	unsigned int i, field, exceptions = 0;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		for (field = ID; field <= DATA; field++)
			exceptions += sweep(test, row, field, others[i]);

	/* Each field was zero once among zeros. */
	KUNIT_EXPECT_EQ(test, exceptions, row->to || row->status ? 0 : 3);
}

/* The message that an incremental update gets wrong, byte by byte. */
static void checksum_all_zero(struct kunit *test)
{
	union message msg = {};

	msg.word[TYPE] = htons(0x0800);
	msg.word[SUM] = htons(0xf7ff);
	KUNIT_EXPECT_EQ(test, full_sum(&msg), 0xf7ff);
	set_word(&msg, TYPE, 0);
	KUNIT_EXPECT_EQ(test, msg.icmph.type, 0);
	KUNIT_EXPECT_EQ(test, ntohs(msg.word[SUM]), 0);
	KUNIT_EXPECT_FALSE(test, icmp4_checksum_is_exact(&msg.icmph));
	KUNIT_EXPECT_EQ(test, finished_sum(&msg), 0xffff);
}

/* RFC 1624 4: an example whose sum is zero, in which RFC 1141 erred. */
static void checksum_rfc1624(struct kunit *test)
{
	union message msg = {};

	msg.word[DATA] = htons(0x5555);
	msg.word[SUM] = htons(0xdd2f);
	set_word(&msg, DATA, 0x3285);
	KUNIT_EXPECT_EQ(test, ntohs(msg.word[DATA]), 0x3285);
	KUNIT_EXPECT_EQ(test, ntohs(msg.word[SUM]), 0x0000);
}

static struct kunit_case checksum_cases[] = {
	KUNIT_CASE_PARAM(checksum_incremental, change_gen_params),
	KUNIT_CASE(checksum_all_zero),
	KUNIT_CASE(checksum_rfc1624),
	{}
};

static struct kunit_suite checksum_suite = {
	.name = "icmp4_checksum",
	.test_cases = checksum_cases,
};

kunit_test_suite(checksum_suite);
