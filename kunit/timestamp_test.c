// SPDX-License-Identifier: GPL-2.0
/* RFC 792's timestamp: 32 bits of milliseconds since midnight UT. */

#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "timestamp.h"

#define SEC	1000000000ULL
#define DAY	(86400 * SEC)

struct stamp_row {
	const char *desc;
	u64 ns;
	u32 ms;
};

static const struct stamp_row stamps[] = {
	{ "the Epoch is midnight", 0, 0 },
	{ "a fraction of a millisecond does not count", 999999, 0 },
	{ "one millisecond", 1000000, 1 },
	{ "the last nanosecond of the first day", DAY - 1, 86399999 },
	{ "the second midnight", DAY, 0 },
	{ "noon of a leap day, 2000-02-29", 951825600 * SEC, 43200000 },
	{ "the end of a leap day, 2004-02-29", 1078099200 * SEC - 1, 86399999 },
	{ "the day after it", 1078099200 * SEC, 0 },
	{ "2016-12-31T23:59:59.5, before a leap second",
	  1483228799 * SEC + SEC / 2, 86399500 },
	{ "2017-01-01, after it", 1483228800 * SEC, 0 },
	{ "2038-01-19T03:14:07.999, the last of 31 bits",
	  2147483647 * SEC + 999000000, 11647999 },
	{ "2038-01-19T03:14:08, the first beyond", 2147483648 * SEC, 11648000 },
	{ "2106-02-07T06:28:15.999, the last of 32 bits",
	  4294967295 * SEC + 999000000, 23295999 },
	{ "2106-02-07T06:28:16, the first beyond", 4294967296 * SEC, 23296000 },
	{ "2262-04-11T23:47:16.854, the last of the kernel's clock",
	  9223372036854775807ULL, 85636854 },
};

static void stamp_desc(const struct stamp_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(stamp, stamps, stamp_desc);

static void timestamp_at(struct kunit *test)
{
	const struct stamp_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, ntohl(icmp4_timestamp(row->ns)), row->ms);
}

/* RFC 792: the high bit is set where the time is not in this form. */
static void timestamp_all_day(struct kunit *test)
{
	u64 ns = 1078012800 * SEC + 999999;	/* 2004-02-29 */
	u32 ms;

	for (ms = 0; ms < 86400000; ms += 500, ns += SEC / 2)
		KUNIT_ASSERT_EQ(test, ntohl(icmp4_timestamp(ns)), ms);
	KUNIT_EXPECT_EQ(test, ntohl(icmp4_timestamp(ns)), 0);
}

static void timestamp_network_order(struct kunit *test)
{
	static const u8 wire[] = { 0x05, 0x26, 0x5b, 0xff };
	__be32 stamp = icmp4_timestamp(DAY - 1);

	KUNIT_EXPECT_EQ(test, memcmp(&stamp, wire, sizeof(wire)), 0);
}

static struct kunit_case timestamp_cases[] = {
	KUNIT_CASE_PARAM(timestamp_at, stamp_gen_params),
	KUNIT_CASE(timestamp_all_day),
	KUNIT_CASE(timestamp_network_order),
	{}
};

static struct kunit_suite timestamp_suite = {
	.name = "icmp4_timestamp",
	.test_cases = timestamp_cases,
};

kunit_test_suite(timestamp_suite);
