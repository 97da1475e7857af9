// SPDX-License-Identifier: GPL-2.0
/* IP options of requests and what replies make of them, byte by byte: from RFC
 * 791 and RFC 1122 (3.2.1.8, 3.2.2.6), and where they are silent from what the
 * built-in ICMP does.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "bytes.h"
#include "echo_run.h"

/* What is left to icmp4_options_finish(). */
#define RR_ADDR		BIT(0)
#define TS_ADDR		BIT(1)
#define TS_TIME		BIT(2)

struct echo_row {
	const char *desc;
	const char *in;
	const char *out;
	unsigned int needs;
	const char *hop;	/* the first of a source route */
	const char *asked;	/* the address that may be ours */
};

#define ZERO4	"00000000 "
#define ZERO8	"0000000000000000 "
#define ZERO16	"00000000000000000000000000000000 "
#define ZERO32	"0000000000000000000000000000000000000000000000000000000000000000 "
#define EIGHT_HOPS	"h1 h2 h3 h4 h5 h6 h7 h8 "

static const struct echo_row echo_rows[] = {
	{ "nothing", "", "" },
	{ "end of list", ZERO4, "" },
	{ "no operation", "01 01 01 01", "" },

	/* Record route */
	{ "RFC 791 record route: room for one",
	  "07 07 04 00000000 00",
	  "07 07 08 us 00", RR_ADDR },
	{ "RFC 791 record route: the third of three",
	  "07 0f 0c h1 h2 00000000 00",
	  "07 0f 10 h1 h2 us 00", RR_ADDR },
	{ "RFC 791 record route: the first of nine",
	  "07 27 04 " ZERO32 ZERO4 "00",
	  "07 27 08 us " ZERO32 "00", RR_ADDR },
	{ "RFC 791 record route: the last of nine",
	  "07 27 24 " EIGHT_HOPS "00000000 00",
	  "07 27 28 " EIGHT_HOPS "us 00", RR_ADDR },
	{ "RFC 791 record route: what was in the place does not matter",
	  "07 0b 04 ffffffff ffffffff 00",
	  "07 0b 08 us ffffffff 00", RR_ADDR },
	{ "RFC 791 record route: full, passed on",
	  "07 0b 0c h1 h2 00",
	  "07 0b 0c h1 h2 00" },
	{ "RFC 791 record route: nine and full",
	  "07 27 28 " EIGHT_HOPS "h9 00",
	  "07 27 28 " EIGHT_HOPS "h9 00" },
	{ "record route: full by a pointer far beyond",
	  "07 07 ff h1 00",
	  "07 07 ff h1 00" },
	{ "record route: without a list",
	  "07 03 04 00",
	  "07 03 04 00" },

	/* Timestamp */
	{ "RFC 791 timestamp 0: room for one",
	  "44 08 05 00 00000000",
	  "44 08 09 00 now", TS_TIME },
	{ "RFC 791 timestamp 0: the second of three",
	  "44 10 09 00 11111111 00000000 00000000",
	  "44 10 0d 00 11111111 now 00000000", TS_TIME },
	{ "RFC 791 timestamp 0: the last of nine",
	  "44 28 25 00 11111111 " ZERO16 ZERO8 ZERO8,
	  "44 28 29 00 11111111 " ZERO16 ZERO8 "00000000 now", TS_TIME },
	{ "RFC 791 timestamp 0: full, the overflow counted on the way in",
	  "44 08 09 30 11111111",
	  "44 08 09 30 11111111" },
	{ "RFC 791 timestamp 0: room in spite of an overflow",
	  "44 08 05 f0 00000000",
	  "44 08 09 f0 now", TS_TIME },
	{ "RFC 791 timestamp 1: room for one",
	  "44 0c 05 01 00000000 00000000",
	  "44 0c 0d 01 us now", TS_ADDR | TS_TIME },
	{ "RFC 791 timestamp 1: the last of four",
	  "44 24 1d 01 " ZERO16 ZERO16,
	  "44 24 25 01 " ZERO16 ZERO8 "us now", TS_ADDR | TS_TIME },
	{ "RFC 791 timestamp 1: full",
	  "44 0c 0d 11 h1 11111111",
	  "44 0c 0d 11 h1 11111111" },
	{ "RFC 791 timestamp 3: the next address is ours",
	  "44 0c 05 03 us 00000000",
	  "44 0c 0d 03 us now", TS_TIME, NULL, "us" },
	{ "RFC 791 timestamp 3: the next address is not ours",
	  "44 14 05 03 h1 00000000 us 00000000",
	  "44 14 05 03 h1 00000000 us 00000000", 0, NULL, "h1" },
	{ "RFC 791 timestamp 3: the second address is ours",
	  "44 14 0d 03 h1 11111111 us 00000000",
	  "44 14 15 03 h1 11111111 us now", TS_TIME, NULL, "us" },
	{ "RFC 791 timestamp 3: ours once more, and no further",
	  "44 1c 0d 03 us 11111111 us 00000000 us 00000000",
	  "44 1c 15 03 us 11111111 us now us 00000000", TS_TIME, NULL, "us" },
	{ "RFC 791 timestamp 3: full, nobody is asked",
	  "44 0c 0d 03 us 11111111",
	  "44 0c 0d 03 us 11111111" },
	{ "timestamp: flags without a meaning",
	  "44 0c 05 02 00000000 00000000",
	  "44 0c 05 02 00000000 00000000" },
	{ "timestamp: without a list",
	  "44 04 05 00",
	  "44 04 05 00" },

	/* Too little room for another prespecified entry: the built-in ICMP
	 * returns such an option as it is, once it has stamped its own.
	 */
	{ "timestamp 3: room for the address alone, returned as it is",
	  "44 08 05 03 us", "44 08 05 03 us" },
	{ "timestamp 3: room for 7 bytes, returned as it is",
	  "44 0b 05 03 us 000000 00", "44 0b 05 03 us 000000 00" },

	/* Source route */
	{ "RFC 1122 3.2.2.6 loose source route: one hop",
	  "83 07 08 h1 00",
	  "83 07 04 dst 00", 0, "h1" },
	{ "RFC 1122 3.2.2.6 loose source route: two hops",
	  "83 0b 0c h1 h2 00",
	  "83 0b 04 h1 dst 00", 0, "h2" },
	{ "RFC 1122 3.2.2.6 loose source route: three hops",
	  "83 0f 10 h1 h2 h3 00",
	  "83 0f 04 h2 h1 dst 00", 0, "h3" },
	{ "RFC 1122 3.2.2.6 loose source route: four hops",
	  "83 13 14 h1 h2 h3 h4 00",
	  "83 13 04 h3 h2 h1 dst 00", 0, "h4" },
	{ "RFC 1122 3.2.2.6 strict source route: five hops",
	  "89 17 18 h1 h2 h3 h4 h5 00",
	  "89 17 04 h4 h3 h2 h1 dst 00", 0, "h5" },
	{ "RFC 1122 3.2.2.6 strict source route: six hops",
	  "89 1b 1c h1 h2 h3 h4 h5 h6 00",
	  "89 1b 04 h5 h4 h3 h2 h1 dst 00", 0, "h6" },
	{ "RFC 1122 3.2.2.6 strict source route: seven hops",
	  "89 1f 20 h1 h2 h3 h4 h5 h6 h7 00",
	  "89 1f 04 h6 h5 h4 h3 h2 h1 dst 00", 0, "h7" },
	{ "RFC 1122 3.2.2.6 loose source route: eight hops",
	  "83 23 24 h1 h2 h3 h4 h5 h6 h7 h8 00",
	  "83 23 04 h7 h6 h5 h4 h3 h2 h1 dst 00", 0, "h8" },
	{ "RFC 1122 3.2.2.6 strict source route: nine hops",
	  "89 27 28 h1 h2 h3 h4 h5 h6 h7 h8 h9 00",
	  "89 27 04 h8 h7 h6 h5 h4 h3 h2 h1 dst 00", 0, "h9" },
	{ "RFC 1122 3.2.2.6 strict source route: one hop",
	  "89 07 08 h1 00",
	  "89 07 04 dst 00", 0, "h1" },
	{ "RFC 1122 3.2.1.8 (B): a requester recorded first is left out",
	  "83 0b 0c req h1 00",
	  "83 07 04 dst 00", 0, "h1" },
	{ "RFC 1122 3.2.1.8 (B): from a longer route, too",
	  "89 13 14 req h1 h2 h3 00",
	  "89 0f 04 h2 h1 dst 00", 0, "h3" },
	{ "RFC 1122 3.2.1.8 (B): nobody else recorded, no route",
	  "83 07 08 req 00", "" },
	{ "a requester recorded elsewhere is a hop like others",
	  "83 0f 10 h1 req h2 00",
	  "83 0f 04 req h1 dst 00", 0, "h2" },
	{ "a source route of which one hop was visited",
	  "83 0f 08 h1 h2 h3 00",
	  "83 07 04 dst 00", 0, "h1" },
	{ "a source route of which two hops were visited",
	  "89 0f 0c h1 h2 h3 00",
	  "89 0b 04 h1 dst 00", 0, "h2" },
	{ "a source route of which the requester alone was visited",
	  "83 0b 08 req h1 00", "" },
	{ "a source route of which no hop was visited",
	  "83 0b 04 h1 h2 00", "" },
	{ "a source route with its pointer far beyond the end",
	  "83 0b ff h1 h2 00",
	  "83 0b 04 h1 dst 00", 0, "h2" },
	{ "a source route with its pointer one beyond the place it has",
	  "83 0b 0d h1 h2 00",
	  "83 0b 04 h1 dst 00", 0, "h2" },
	{ "a source route without a list", "83 03 04 00", "" },

	/* Others */
	{ "CIPSO is copied, and padded",
	  "86 0a 00000001 0104 0001 00 00",
	  "86 0a 00000001 0104 0001 00 00" },
	{ "CIPSO of two bytes", "86 02 0000", "86 02 0000" },
	{ "CIPSO of forty bytes",
	  "86 28 00000001 01 " ZERO32 "07",
	  "86 28 00000001 01 " ZERO32 "07" },
	{ "router alert is left out", "94 04 0000", "" },
	{ "security is left out", "82 0b ff01 ff02 ff03 ff04ff 00", "" },
	{ "stream identifier is left out", "88 04 1234", "" },
	{ "what has no meaning is left out", "99 08 07070707 0707", "" },
	{ "even twice", "94 04 0000 94 04 0000", "" },
	{ "what is left out leaves no gap",
	  "94 04 0000 07 07 04 00000000 01 94 04 0000",
	  "07 07 08 us 00", RR_ADDR },
	{ "no operation is left out, and the end moves up",
	  "01 07 07 04 00000000",
	  "07 07 08 us 00", RR_ADDR },
	{ "what follows the end of the list is left out",
	  "07 07 04 00000000 00 44 08 05 00 00000000",
	  "07 07 08 us 00", RR_ADDR },
	{ "even if it is malformed", "00 07 00 00", "" },
	{ "two bytes of padding are zero",
	  "86 06 00000001 99 06 ffffffff",
	  "86 06 00000001 0000" },
	{ "three bytes of padding are zero",
	  "86 05 000000 99 07 ffffffffff",
	  "86 05 000000 000000" },

	/* Together */
	{ "record route and timestamp",
	  "07 07 04 00000000 01 44 0c 05 01 00000000 00000000",
	  "07 07 08 us 44 0c 0d 01 us now 00", RR_ADDR | TS_ADDR | TS_TIME },
	{ "record route full, timestamp not",
	  "07 07 08 h1 44 08 05 00 00000000 00",
	  "07 07 08 h1 44 08 09 00 now 00", TS_TIME },
	{ "source route and record route",
	  "83 0b 0c h1 h2 07 0b 08 h1 00000000 00 00",
	  "07 0b 0c h1 us 83 0b 04 h1 dst 0000", RR_ADDR, "h2" },
	{ "a source route that vanishes leaves no gap",
	  "83 07 08 req 86 06 00000001 07 07 04 00000000",
	  "07 07 08 us 86 06 00000001 000000", RR_ADDR },
	{ "a source route that shrinks leaves no gap",
	  "83 0b 0c req h1 86 06 00000001 000000",
	  "83 07 04 dst 86 06 00000001 000000", 0, "h1" },
	{ "all four in forty bytes",
	  "86 0a 00000001 0104 0001 83 0b 0c h1 h2 44 0c 05 01 " ZERO8
	  "07 07 04 00000000",
	  "07 07 08 us 44 0c 0d 01 us now 83 0b 04 h1 dst 86 0a 00000001 0104 0001",
	  RR_ADDR | TS_ADDR | TS_TIME, "h2" },
};

/* RFC 791: some room, but not enough, is an error as well. */
static const struct echo_row malformed_rows[] = {
	{ "a type and no length", "01 01 01 07" },
	{ "an unknown type and no length", "01 01 01 99" },
	{ "length 0", "07 00 04 00" },
	{ "length 1", "07 01 04 00" },
	{ "length 0 of an unknown option", "99 00 00 00" },
	{ "length 1 of an unknown option", "99 01 00 00" },
	{ "length one past the end", "07 09 08 h1 00" },
	{ "length 255", "07 ff 04 00" },
	{ "length past the end of an unknown option", "99 05 00 00" },
	{ "length past the end after another option",
	  "44 08 05 00 00000000 07 07 04 00" },
	{ "record route: no room for its pointer", "07 02 0802" },
	{ "record route: pointer 0", "07 07 00 00000000 00" },
	{ "record route: pointer 3, at itself", "07 07 03 00000000 00" },
	{ "RFC 791 record route: room for 1 byte", "07 08 08 h1 00" },
	{ "RFC 791 record route: room for 3 bytes", "07 06 04 000000 0000" },
	{ "RFC 791 record route: room for 3 bytes after others",
	  "07 0a 08 h1 000000 0000" },
	{ "timestamp: no room for its flags", "44 03 05 00" },
	{ "timestamp: no room for its pointer", "44 02 0802" },
	{ "timestamp: pointer 0", "44 08 00 00 00000000" },
	{ "timestamp: pointer 4, at its flags", "44 08 04 00 00000000" },
	{ "RFC 791 timestamp 0: room for 1 byte", "44 05 05 00 00 000000" },
	{ "RFC 791 timestamp 0: room for 3 bytes", "44 07 05 00 000000 00" },
	{ "RFC 791 timestamp 1: room for 1 byte", "44 05 05 01 00 000000" },
	{ "RFC 791 timestamp 1: room for the address alone",
	  "44 08 05 01 00000000" },
	{ "RFC 791 timestamp 1: room for 7 bytes",
	  "44 0b 05 01 00000000 000000 00" },
	{ "RFC 791 timestamp 3: room for 3 bytes", "44 07 05 03 000000 00" },
	{ "loose source route: no room for its pointer", "83 02 0802" },
	{ "loose source route: pointer 0", "83 07 00 h1 00" },
	{ "loose source route: pointer 3, at itself", "83 07 03 h1 00" },
	{ "strict source route: no room for its pointer", "89 02 0802" },
	{ "strict source route: pointer 3, at itself", "89 07 03 h1 00" },
	{ "RFC 791: record route twice", "07 07 04 00000000 07 07 04 00000000 0000" },
	{ "RFC 791: timestamp twice", "44 08 05 00 00000000 44 08 05 01 00000000" },
	{ "RFC 1122 3.2.1.8: loose source route twice", "83 07 08 h1 83 07 08 h1 0000" },
	{ "RFC 1122 3.2.1.8: strict source route twice", "89 07 08 h1 89 07 08 h1 0000" },
	{ "RFC 1122 3.2.1.8: loose and strict source route",
	  "83 07 08 h1 89 07 08 h1 0000" },
	{ "RFC 1122 3.2.1.8: strict and loose source route",
	  "89 07 08 h1 83 07 08 h1 0000" },
	{ "CIPSO twice", "86 06 00000001 86 06 00000001" },
	{ "CIPSO of one byte", "86 01 00 00" },
};

static void echo_desc(const struct echo_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(echo, echo_rows, echo_desc);
KUNIT_ARRAY_PARAM(malformed, malformed_rows, echo_desc);

/* An address as a vector has it, in host order; zero for none. */
static u32 address(struct kunit *test, const char *text)
{
	__be32 addr = 0;

	icmp4_bytes(test, (u8 *)&addr, sizeof(addr), text);
	return ntohl(addr);
}

static unsigned int needs_of(const struct ip_options *info)
{
	return (info->rr_needaddr ? RR_ADDR : 0) |
	       (info->ts_needaddr ? TS_ADDR : 0) |
	       (info->ts_needtime ? TS_TIME : 0);
}

static void expect_row(struct kunit *test, const struct echo_row *row,
		       struct icmp4_echo_run *run, const u8 *in,
		       unsigned int len)
{
	const struct ip_options *info = &run->to->info;
	unsigned int out_len;
	u8 out[40];

	icmp4_echo_run(test, run, in, len);
	KUNIT_ASSERT_EQ(test, run->err, 0);
	icmp4_echo_edge(test, run, in, len);
	icmp4_echo_assert_sound(test, run, in, len);
	KUNIT_EXPECT_EQ(test, needs_of(info), row->needs);
	KUNIT_EXPECT_EQ(test, ntohl(info->faddr), address(test, row->hop));
	KUNIT_EXPECT_EQ(test, run->asked, row->asked ? 1 : 0);
	if (row->asked)
		KUNIT_EXPECT_EQ(test, ntohl(run->about),
				address(test, row->asked));

	icmp4_echo_finish(test, run);
	icmp4_echo_assert_sound(test, run, in, len);
	out_len = icmp4_bytes(test, out, sizeof(out), row->out);
	KUNIT_ASSERT_EQ(test, info->optlen, out_len);
	KUNIT_EXPECT_TRUE_MSG(test, !memcmp(run->to->data, out, out_len),
			      "got %*ph, not %*ph", (int)out_len,
			      run->to->data, (int)out_len, out);
}

static void options_echo(struct kunit *test)
{
	const struct echo_row *row = test->param_value;
	struct icmp4_echo_run run;
	unsigned int len;
	u8 in[40];

	icmp4_echo_init(test, &run);
	len = icmp4_bytes(test, in, sizeof(in), row->in);
	KUNIT_EXPECT_EQ(test, len % 4, 0);
	expect_row(test, row, &run, in, len);
}

static void options_malformed(struct kunit *test)
{
	const struct echo_row *row = test->param_value;
	struct icmp4_echo_run run;
	unsigned int len;
	u8 in[40];

	icmp4_echo_init(test, &run);
	len = icmp4_bytes(test, in, sizeof(in), row->in);
	KUNIT_EXPECT_EQ(test, len % 4, 0);
	icmp4_echo_run(test, &run, in, len);
	KUNIT_ASSERT_EQ(test, run.err, -EINVAL);
	icmp4_echo_edge(test, &run, in, len);
}

/* Does a well-formed list, cut here, end between two options? */
static bool cut_is_clean(const u8 *in, unsigned int cut)
{
	unsigned int at = 0;

	while (at < cut && in[at])
		at += in[at] == 1 ? 1 : in[at + 1];
	return at <= cut;
}

static void options_truncated(struct kunit *test)
{
	const struct echo_row *row = test->param_value;
	struct icmp4_echo_run run;
	unsigned int len, cut;
	u8 in[40];

	icmp4_echo_init(test, &run);
	len = icmp4_bytes(test, in, sizeof(in), row->in);
	for (cut = 0; cut < len; cut++) {
		icmp4_echo_run(test, &run, in, cut);
		KUNIT_ASSERT_EQ_MSG(test, run.err,
				    cut_is_clean(in, cut) ? 0 : -EINVAL,
				    "cut to %u bytes", cut);
		icmp4_echo_edge(test, &run, in, cut);
		if (run.err)
			continue;
		icmp4_echo_assert_sound(test, &run, in, cut);
		icmp4_echo_finish(test, &run);
	}
}

/* Any order of a request's options gives the same reply. */
static void options_order(struct kunit *test)
{
	static const char * const parts[] = {
		"01 07 07 04 00000000",
		"01 44 0c 05 03 us 00000000",
		"01 83 0b 0c h1 h2",
		"01 86 06 00000001",
	};
	static const struct echo_row row = {
		.desc = "permuted",
		.out = "07 07 08 us 44 0c 0d 03 us now 83 0b 04 h1 dst 86 06 00000001",
		.needs = RR_ADDR | TS_TIME,
		.hop = "h2",
		.asked = "us",
	};
	struct icmp4_echo_run run;
	unsigned int n, len, i;
	u8 in[40];

	icmp4_echo_init(test, &run);
	for (n = 0; n < 4 * 4 * 4 * 4; n++) {
		/* Digits of n in base 4, all different. */
		if ((BIT(n & 3) | BIT(n >> 2 & 3) | BIT(n >> 4 & 3) |
		     BIT(n >> 6 & 3)) != 15)
			continue;
		for (i = 0, len = 0; i < 4; i++)
			len += icmp4_bytes(test, in + len, sizeof(in) - len,
					   parts[n >> 2 * i & 3]);
		KUNIT_EXPECT_EQ(test, len, 40);
		expect_row(test, &row, &run, in, len);
	}
}

static struct kunit_case options_cases[] = {
	KUNIT_CASE_PARAM(options_echo, echo_gen_params),
	KUNIT_CASE_PARAM(options_malformed, malformed_gen_params),
	KUNIT_CASE_PARAM(options_truncated, echo_gen_params),
	KUNIT_CASE(options_order),
	{}
};

static struct kunit_suite options_suite = {
	.name = "icmp4_options",
	.init = icmp4_bytes_init,
	.exit = icmp4_bytes_exit,
	.test_cases = options_cases,
};

kunit_test_suite(options_suite);
