// SPDX-License-Identifier: GPL-2.0
/* How much an error quotes, rule by rule, and against a search for the longest
 * quotation that no rule forbids.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "quote.h"

/* The quote is there, hlen, transport, quotelen, head, mtu; all in bytes. */
struct quote_row {
	const char *desc;
	struct icmp4_quote quote;
	unsigned int room;
	unsigned int want;
};

static const struct quote_row quote_rows[] = {
	/* The least */
	{ "RFC 1122 3.2.2: 8 bytes behind the header, if none are asked for",
	  { 100, 20, 0, 0, 28, 1500 }, 548, 28 },
	{ "RFC 1122 3.2.2: 8 bytes, if 7 are asked for",
	  { 100, 20, 0, 7, 28, 1500 }, 548, 28 },
	{ "RFC 1122 3.2.2: 8 bytes, if 8 are asked for",
	  { 100, 20, 0, 8, 28, 1500 }, 548, 28 },
	{ "FreeBSD's icmp(4), quotelen: 9 bytes, if 9 are asked for",
	  { 100, 20, 0, 9, 28, 1500 }, 548, 29 },
	{ "RFC 1122 3.2.2: 8 bytes behind a header with options",
	  { 100, 60, 0, 0, 28, 1500 }, 548, 68 },
	{ "FreeBSD's icmp(4), quotelen: counted behind a header with options",
	  { 200, 60, 0, 100, 28, 1500 }, 548, 160 },

	/* Short packets */
	{ "a short packet is quoted whole",
	  { 100, 20, 0, 548, 28, 1500 }, 548, 100 },
	{ "a packet of 8 bytes is quoted whole",
	  { 28, 20, 0, 0, 28, 1500 }, 548, 28 },
	{ "a packet of 7 bytes is quoted whole, there is no more",
	  { 27, 20, 0, 0, 28, 1500 }, 548, 27 },
	{ "a header and nothing else is quoted whole",
	  { 20, 20, 0, 548, 28, 1500 }, 548, 20 },
	{ "a header of which not all is there is quoted as far as it is",
	  { 24, 60, 0, 548, 28, 1500 }, 548, 24 },

	/* TCP */
	{ "FreeBSD's icmp(4), quotelen: a plain TCP header whole",
	  { 200, 20, 20, 8, 28, 1500 }, 548, 40 },
	{ "FreeBSD's icmp(4), quotelen: TCP's options, too",
	  { 200, 20, 60, 8, 28, 1500 }, 548, 80 },
	{ "FreeBSD's icmp(4), quotelen: behind IP's options",
	  { 200, 60, 60, 8, 28, 1500 }, 548, 120 },
	{ "TCP's header is no limit",
	  { 200, 20, 20, 100, 28, 1500 }, 548, 120 },
	{ "TCP's header is no addition",
	  { 200, 20, 40, 40, 28, 1500 }, 548, 60 },
	{ "RFC 1122 3.2.2: 8 bytes, if TCP's header claims 4",
	  { 200, 20, 4, 0, 28, 1500 }, 548, 28 },
	{ "of TCP's header no more than there is",
	  { 50, 20, 40, 8, 28, 1500 }, 548, 50 },
	{ "of TCP's header no more than there is room for",
	  { 200, 20, 60, 8, 28, 100 }, 72, 72 },

	/* 576 */
	{ "RFC 1812 4.3.2.3: as much as 576 bytes hold",
	  { 1500, 20, 0, 548, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: a packet that just fits",
	  { 548, 20, 0, 548, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: a packet that just does not",
	  { 549, 20, 0, 548, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: just less than 576 bytes, as asked",
	  { 1500, 20, 0, 527, 28, 1500 }, 548, 547 },
	{ "RFC 1812 4.3.2.3: just 576 bytes, as asked",
	  { 1500, 20, 0, 528, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: no more than 576 bytes, though asked",
	  { 1500, 20, 0, 529, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: the packet's options are part of what fits",
	  { 1500, 60, 0, 548, 28, 1500 }, 548, 548 },
	{ "RFC 1812 4.3.2.3: the error's own options leave less",
	  { 1500, 20, 0, 548, 32, 1500 }, 544, 544 },
	{ "RFC 1812 4.3.2.3: forty bytes of them leave the least",
	  { 1500, 60, 0, 548, 68, 1500 }, 508, 508 },
	{ "RFC 1812 4.3.2.3: 576 bytes, however long packets may be",
	  { 9000, 20, 0, 548, 28, 9000 }, 548, 548 },

	/* More than that */
	{ "FreeBSD's icmp(4), quotelen: more than 548 is not kept to 576",
	  { 9000, 20, 0, 549, 28, 9000 }, 8972, 569 },
	{ "FreeBSD's icmp(4), quotelen: behind a header with options",
	  { 9000, 60, 0, 1000, 28, 9000 }, 8972, 1060 },
	{ "all that the MTU holds",
	  { 9000, 20, 0, 65535, 28, 1500 }, 1472, 1472 },
	{ "all that the MTU holds behind the error's own options",
	  { 9000, 20, 0, 65535, 68, 1500 }, 1432, 1432 },
	{ "all of a packet that the MTU holds",
	  { 1472, 20, 0, 65535, 28, 1500 }, 1472, 1472 },
	{ "all but a byte of one that it does not",
	  { 1473, 20, 0, 65535, 28, 1500 }, 1472, 1472 },
	{ "all that a datagram holds",
	  { 65535, 20, 0, 65535, 28, 65535 }, 65507, 65507 },

	/* The path */
	{ "the path MTU counts where it is less than 576",
	  { 1500, 20, 0, 548, 28, 552 }, 524, 524 },
	{ "the path MTU counts where it is just less than 576",
	  { 1500, 20, 0, 548, 28, 575 }, 547, 547 },
	{ "the path MTU does not count where it is 577",
	  { 1500, 20, 0, 548, 28, 577 }, 548, 548 },
	{ "the path MTU counts for more than 548 as well",
	  { 1500, 20, 0, 65535, 28, 552 }, 524, 524 },
	{ "the path MTU does not matter to what is shorter",
	  { 1500, 20, 0, 8, 28, 552 }, 524, 28 },

	/* No room */
	{ "a path with room for the least",
	  { 1500, 20, 0, 548, 28, 56 }, 28, 28 },
	{ "RFC 1122 3.2.2: no error where there is room for a byte less",
	  { 1500, 20, 0, 548, 28, 55 }, 27, 0 },
	{ "RFC 1122 3.2.2: nor where more is asked for",
	  { 1500, 20, 0, 65535, 28, 55 }, 27, 0 },
	{ "a path with room for the least of a packet with options",
	  { 1500, 60, 0, 548, 68, 136 }, 68, 68 },
	{ "RFC 1122 3.2.2: no error if the options leave a byte less",
	  { 1500, 60, 0, 548, 68, 135 }, 67, 0 },
	{ "a path without room for TCP's header has room for an error",
	  { 1500, 20, 60, 548, 28, 56 }, 28, 28 },
	{ "a path with room for all of a packet that is shorter",
	  { 24, 20, 0, 548, 28, 52 }, 24, 24 },
	{ "no error where there is room for a byte less of that",
	  { 24, 20, 0, 548, 28, 51 }, 23, 0 },
	{ "a path with room for one byte",
	  { 1500, 20, 0, 548, 28, 29 }, 1, 0 },
	{ "a path with room for the error's head alone",
	  { 1500, 20, 0, 548, 28, 28 }, 0, 0 },
	{ "a path without room for that",
	  { 1500, 20, 0, 548, 28, 27 }, 0, 0 },
	{ "no path at all", { 1500, 20, 0, 548, 28, 0 }, 0, 0 },
};

static void quote_desc(const struct quote_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(quote, quote_rows, quote_desc);

static void quote_row(struct kunit *test)
{
	const struct quote_row *row = test->param_value;

	KUNIT_ASSERT_EQ(test, icmp4_quote_room(&row->quote), row->room);
	KUNIT_EXPECT_EQ(test, icmp4_quote_len(&row->quote), row->want);
}

/* Is this more than somebody has asked for, or may be sent? */
static bool is_too_much(const struct icmp4_quote *q, unsigned int n)
{
	bool unwanted = n > q->hlen + 8 && n > q->hlen + q->transport &&
			n > q->hlen + q->quotelen;

	return unwanted || q->head + n > q->mtu ||
	       (q->head + n > 576 && q->quotelen <= 548);
}

/* From all of the packet down to the first that will do. */
static unsigned int oracle(const struct icmp4_quote *q)
{
	unsigned int n = q->there;

	while (n && is_too_much(q, n))
		n--;
	return n < q->there && n < q->hlen + 8 ? 0 : n;
}

/* Around what rules have numbers for. */
static const unsigned int theres[] = {
	0, 1, 19, 20, 21, 27, 28, 29, 39, 40, 41, 60, 67, 68, 69, 80, 81, 100,
	120, 121, 507, 508, 509, 528, 529, 547, 548, 549, 567, 568, 569, 576,
	577, 608, 609, 610, 1000, 1472, 1473, 1500,
};

static const unsigned int quotelens[] = {
	0, 1, 7, 8, 9, 20, 59, 60, 61, 100, 487, 488, 489, 527, 528, 529, 547,
	548, 549, 550, 1000, 65535,
};

static const unsigned int mtus[] = {
	0, 27, 28, 29, 47, 48, 49, 55, 56, 57, 68, 95, 96, 97, 135, 136, 137,
	296, 552, 575, 576, 577, 616, 617, 1499, 1500, 1501,
};

static const unsigned int transports[] = { 0, 4, 8, 20, 24, 40, 60 };

static void compare(struct kunit *test, const struct icmp4_quote *q)
{
	KUNIT_ASSERT_EQ_MSG(test, icmp4_quote_len(q), oracle(q),
			    "%u there, %u/%u, quotelen %u, head %u, mtu %u",
			    q->there, q->hlen, q->transport, q->quotelen,
			    q->head, q->mtu);
}

static void compare_mtus(struct kunit *test, struct icmp4_quote *q)
{
	unsigned int i;

	for (q->head = 28; q->head <= 68; q->head += 20) {
		for (i = 0; i < ARRAY_SIZE(mtus); i++) {
			q->mtu = mtus[i];
			compare(test, q);
		}
	}
	cond_resched();
}

static void compare_lengths(struct kunit *test, struct icmp4_quote *q)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(transports); i++) {
		q->transport = transports[i];
		for (j = 0; j < ARRAY_SIZE(quotelens); j++) {
			q->quotelen = quotelens[j];
			compare_mtus(test, q);
		}
	}
}

/* Every combination of the numbers that matter. */
static void quote_combinations(struct kunit *test)
{
	struct icmp4_quote q = {};
	unsigned int i;

	for (q.hlen = 20; q.hlen <= 60; q.hlen += 20) {
		for (i = 0; i < ARRAY_SIZE(theres); i++) {
			q.there = theres[i];
			compare_lengths(test, &q);
		}
	}
}

/* Every path up to Ethernet's, for every length of both headers. */
static void quote_paths(struct kunit *test)
{
	struct icmp4_quote q = { .there = 1500 };

	for (q.hlen = 20; q.hlen <= 60; q.hlen += 4)
		for (q.head = 28; q.head <= 68; q.head += 4)
			for (q.mtu = 0; q.mtu <= 1500; q.mtu++)
				for (q.quotelen = 8; q.quotelen < 2000;
				     q.quotelen += 540)
					compare(test, &q);
}

/* Every packet up to Ethernet's, whatever is asked for. */
static void quote_packets(struct kunit *test)
{
	struct icmp4_quote q = { .hlen = 20, .head = 28, .mtu = 1500 };

	for (q.there = 0; q.there <= 1500; q.there++)
		for (q.quotelen = 0; q.quotelen <= 600; q.quotelen++)
			compare(test, &q);
}

static struct kunit_case quote_cases[] = {
	KUNIT_CASE_PARAM(quote_row, quote_gen_params),
	KUNIT_CASE(quote_combinations),
	KUNIT_CASE(quote_paths),
	KUNIT_CASE(quote_packets),
	{}
};

static struct kunit_suite quote_suite = {
	.name = "icmp4_quote",
	.test_cases = quote_cases,
};

kunit_test_suite(quote_suite);
