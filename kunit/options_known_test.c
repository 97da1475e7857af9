// SPDX-License-Identifier: GPL-2.0
/* Options of a packet that IP has looked at before: an error returns those that
 * IP found and no others (RFC 1812 4.3.2.6). The packet may have changed since,
 * and is not believed.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "bytes.h"
#include "echo_run.h"

#define ROUNDS	200000

struct known_row {
	const char *desc;
	const char *in;
	u8 rr;
	u8 ts;
	u8 srr;
	u8 cipso;
	const char *out;
	const char *hop;	/* the first of a source route */
};

#define RR	"07 07 04 00000000 "
#define ZERO8	"0000000000000000 "
#define ZERO16	"00000000000000000000000000000000 "
#define NOOP16	"01010101010101010101010101010101 "

/* CIPSO at 20, record route at 23, timestamp at 30, source route at 42, and
 * another record route at 53.
 */
#define ALL	"86 03 07 " RR "44 0c 05 01 " ZERO8 "83 0b 0c h1 h2 07 07 08 h9"

/* Record route at 20, a length past the end at 27, timestamp at 29. */
#define FAULT	RR "99 ff 44 08 05 00 00000000 000000"

static const struct known_row known_rows[] = {
	/* Those that are named */
	{ "none of none", "", 0, 0, 0, 0, "" },
	{ "none of all", ALL, 0, 0, 0, 0, "" },
	{ "RFC 1812 4.3.2.6: record route alone",
	  ALL, 23, 0, 0, 0, "07 07 08 us 00" },
	{ "RFC 1812 4.3.2.6: timestamp alone",
	  ALL, 0, 30, 0, 0, "44 0c 0d 01 us now" },
	{ "RFC 1812 4.3.2.6: source route alone",
	  ALL, 0, 0, 42, 0, "83 0b 04 h1 dst 00", "h2" },
	{ "CIPSO alone", ALL, 0, 0, 0, 20, "86 03 07 00" },
	{ "record route, timestamp, source route, CIPSO, in this order",
	  ALL, 23, 30, 42, 20,
	  "07 07 08 us 44 0c 0d 01 us now 83 0b 04 h1 dst 86 03 07 000000",
	  "h2" },
	{ "all but the timestamp leave no gap",
	  ALL, 23, 0, 42, 20, "07 07 08 us 83 0b 04 h1 dst 86 03 07 000000",
	  "h2" },
	{ "the second of two record routes, if IP says so",
	  ALL, 53, 0, 0, 0, "07 07 08 h9 00" },

	/* Not believed: the bytes count, and not what IP took them for */
	{ "they may have changed places",
	  "44 08 05 00 00000000 07 07 04 00000000 00", 20, 28, 0, 0,
	  "07 07 08 us 44 08 09 00 now 00" },
	{ "a place taken by what is not returned", "94 04 0000 99 04 0000",
	  20, 0, 24, 0, "" },
	{ "a place taken by a source route",
	  "83 07 08 h1 00", 20, 0, 0, 0, "83 07 04 dst 00", "h1" },

	/* Nothing else is looked at */
	{ "in front of a fault", FAULT, 20, 0, 0, 0, "07 07 08 us 00" },
	{ "behind a fault", FAULT, 0, 29, 0, 0, "44 08 09 00 now" },
	{ "on both sides of a fault", FAULT, 20, 29, 0, 0,
	  "07 07 08 us 44 08 09 00 now 00" },
	{ "behind the end of the list", "00 07 07 04 00000000", 21, 0, 0, 0,
	  "07 07 08 us 00" },
	{ "an option that is malformed, but not named",
	  "07 07 04 00000000 44 08 04 00 00000000 00", 20, 0, 0, 0,
	  "07 07 08 us 00" },

	/* Where there is just room */
	{ "an option that ends where the header does",
	  "01 07 07 04 00000000", 21, 0, 0, 0, "07 07 08 us 00" },
	{ "the last two bytes of the longest header",
	  NOOP16 NOOP16 "010101010101 86 02", 0, 0, 0, 58, "86 02 0000" },
	{ "forty bytes, all of them one option",
	  "44 28 05 00 00000000 " ZERO16 ZERO16, 0, 20, 0, 0,
	  "44 28 09 00 now " ZERO16 ZERO16 },
	{ "lengths that add up to all there is",
	  "07 07 04 00000000 86 05 000000", 20, 0, 0, 27,
	  "07 07 08 us 86 05 000000" },
	{ "options inside each other, but no longer than all there is",
	  "07 0b 04 44 08 05 00 00000000 01010101 01010101 00", 20, 23, 0, 0,
	  "07 0b 08 us 00000000 44 08 09 00 now 00" },
	{ "options inside each other, just as long as all there is",
	  "07 0b 04 44 09 0a 00 00000000 00 01010101 01010101", 20, 23, 0, 0,
	  "07 0b 08 us 00000000 44 09 0a 00 00000000 00" },
};

static const struct known_row wrong_rows[] = {
	/* The place */
	{ "record route where there are no options", "", 20 },
	{ "timestamp where there are no options", "", 0, 20 },
	{ "source route where there are no options", "", 0, 0, 20 },
	{ "CIPSO where there are no options", "", 0, 0, 0, 20 },
	{ "at the first byte of the IP header", ALL, 1 },
	{ "timestamp at the last byte of the IP header", ALL, 0, 19 },
	{ "source route in the IP header", ALL, 0, 0, 16 },
	{ "CIPSO in the IP header", ALL, 0, 0, 0, 19 },
	{ "right behind the end", "07 07 04 00000000 00", 28 },
	{ "timestamp right behind the end", "07 07 04 00000000 00", 0, 28 },
	{ "behind the end of the longest header", ALL, 60 },
	{ "as far behind it as can be", ALL, 0, 0, 255 },
	{ "at the last byte, which cannot have a length",
	  "01010101 01010107", 27 },
	{ "a good one and one behind the end",
	  "07 07 04 00000000 00", 20, 0, 0, 28 },
	{ "one in the header and a good one",
	  "44 08 05 00 00000000", 19, 20 },

	/* What is there */
	{ "a length past the end", "01010101 0708 0400 0000 00", 24 },
	{ "a length past the end of what is not returned",
	  "01010101 9905 0000", 24 },
	{ "length 0", "07 00 04 00000000 00", 20 },
	{ "length 1", "07 01 04 00000000 00", 20 },
	{ "a pointer into the head", "07 07 03 00000000 00", 20 },
	{ "RFC 791: some room, but not enough", "07 08 08 h1 00", 20 },
	{ "a timestamp without room for its flags", "44 03 05 00", 0, 20 },
	{ "the end of the list in its place", "00000000 00000000", 20 },

	/* Twice */
	{ "one that is taken for two", "07 07 04 00000000 00", 20, 20 },
	{ "RFC 791: record route twice",
	  "07 07 04 00000000 07 07 04 00000000 0000", 20, 27 },
	{ "RFC 1122 3.2.1.8: loose and strict source route",
	  "83 07 08 h1 89 07 08 h1 0000", 0, 20, 27 },

	/* Too long together */
	{ "inside each other, a byte longer than all there is",
	  "07 0b 04 44 0a 0b 00 00000000 0000 01010101 010101", 20, 23 },
	{ "inside each other, of forty bytes one is the tail of the other",
	  "86 28 07 25 04 000000 " ZERO16 ZERO16, 22, 0, 0, 20 },
	{ "what is not returned counts as well",
	  "99 08 07 06 08 0000 00", 22, 20 },
};

static void known_desc(const struct known_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(known, known_rows, known_desc);
KUNIT_ARRAY_PARAM(wrong, wrong_rows, known_desc);

/* Whatever else IP keeps has no say, so it is made of @others. */
static void name(struct ip_options *known, u8 others, u8 rr, u8 ts, u8 srr,
		 u8 cipso)
{
	memset(known, others, sizeof(*known));
	known->rr = rr;
	known->ts = ts;
	known->srr = srr;
	known->cipso = cipso;
}

static void known_echo(struct kunit *test)
{
	const struct known_row *row = test->param_value;
	unsigned int len, out_len;
	struct icmp4_echo_run run;
	struct ip_options known;
	u8 in[40], out[40];
	__be32 hop = 0;

	icmp4_echo_init(test, &run);
	run.known = &known;
	name(&known, 0xff, row->rr, row->ts, row->srr, row->cipso);
	len = icmp4_bytes(test, in, sizeof(in), row->in);
	KUNIT_EXPECT_EQ(test, len % 4, 0);

	icmp4_echo_run(test, &run, in, len);
	KUNIT_ASSERT_EQ(test, run.err, 0);
	icmp4_echo_edge(test, &run, in, len);
	icmp4_echo_assert_sound(test, &run, in, len);
	icmp4_bytes(test, (u8 *)&hop, sizeof(hop), row->hop);
	KUNIT_EXPECT_EQ(test, ntohl(run.to->info.faddr), ntohl(hop));

	icmp4_echo_finish(test, &run);
	out_len = icmp4_bytes(test, out, sizeof(out), row->out);
	KUNIT_ASSERT_EQ(test, run.to->info.optlen, out_len);
	KUNIT_EXPECT_TRUE_MSG(test, !memcmp(run.to->data, out, out_len),
			      "got %*ph, not %*ph", (int)out_len,
			      run.to->data, (int)out_len, out);
}

static void known_wrong(struct kunit *test)
{
	const struct known_row *row = test->param_value;
	struct icmp4_echo_run run;
	struct ip_options known;
	unsigned int len;
	u8 in[40];

	icmp4_echo_init(test, &run);
	run.known = &known;
	name(&known, 0xff, row->rr, row->ts, row->srr, row->cipso);
	len = icmp4_bytes(test, in, sizeof(in), row->in);
	icmp4_echo_run(test, &run, in, len);
	KUNIT_ASSERT_EQ(test, run.err, -EINVAL);
	icmp4_echo_edge(test, &run, in, len);
}

/* Not to name an option is as good as not to have it: what is returned of some
 * is what is returned where no operation stands in the others' place.
 */
static void expect_as_without(struct kunit *test, struct icmp4_echo_run *runs,
			      const u8 *in, unsigned int len, const u8 *at,
			      unsigned int named)
{
	struct icmp4_echo_run *with = &runs[0], *without = &runs[1];
	struct ip_options known;
	unsigned int i;
	u8 fewer[40];

	memcpy(fewer, in, len);
	for (i = 0; i < 4; i++)
		if (!(named & BIT(i)))
			memset(fewer + at[i] - 20, 1, in[at[i] - 20 + 1]);
	name(&known, 0, named & BIT(0) ? at[0] : 0, named & BIT(1) ? at[1] : 0,
	     named & BIT(2) ? at[2] : 0, named & BIT(3) ? at[3] : 0);

	with->known = &known;
	icmp4_echo_run(test, with, in, len);
	icmp4_echo_run(test, without, fewer, len);
	KUNIT_ASSERT_EQ(test, with->err, 0);
	KUNIT_ASSERT_EQ(test, without->err, 0);
	KUNIT_ASSERT_EQ(test, with->asked, without->asked);
	KUNIT_ASSERT_TRUE_MSG(test, !memcmp(with->to, without->to,
					    sizeof(*with->to)),
			      "%*ph, named %#x", (int)len, in, named);
}

static void known_subsets(struct kunit *test)
{
	static const char * const parts[] = {
		"01 07 07 04 00000000",
		"44 0c 05 03 us 00000000 01",
		"89 0b 0c h1 h2",
		"01 86 06 00000001",
	};
	/* How far behind its beginning a part's option is. */
	static const u8 ahead[] = { 1, 0, 0, 1 };
	unsigned int n, len, i, part, named;
	struct icmp4_echo_run runs[2];
	u8 in[40], at[4];

	icmp4_echo_init(test, &runs[0]);
	icmp4_echo_init(test, &runs[1]);
	for (n = 0; n < 4 * 4 * 4 * 4; n++) {
		/* Digits of n in base 4, all different. */
		if ((BIT(n & 3) | BIT(n >> 2 & 3) | BIT(n >> 4 & 3) |
		     BIT(n >> 6 & 3)) != 15)
			continue;
		for (i = 0, len = 0; i < 4; i++) {
			part = n >> 2 * i & 3;
			at[part] = 20 + len + ahead[part];
			len += icmp4_bytes(test, in + len, sizeof(in) - len,
					   parts[part]);
		}
		for (named = 0; named < 16; named++)
			expect_as_without(test, runs, in, len, at, named);
	}
}

/* Bytes and places as they come, the latter mostly where something is. */
static unsigned int make_packet(u64 *state, u8 *from, u8 *at)
{
	static const u8 types[] = { 7, 68, 131, 137, 134, 153 };
	unsigned int len = icmp4_random(state) % 11 * 4, i, start;

	for (i = 0; i < len; i++)
		from[i] = icmp4_random(state) % 16;
	for (i = 0; i < 4; i++) {
		at[i] = 0;
		if (icmp4_random(state) % 4 == 0)
			continue;
		at[i] = icmp4_random(state);
		if (!len || icmp4_random(state) % 64 == 0)
			continue;
		start = icmp4_random(state) % len;
		at[i] = 20 + start;
		from[start] = types[icmp4_random(state) % ARRAY_SIZE(types)];
	}
	return len;
}

/* May these be returned at all, as far as places and lengths go? */
static bool could_be(const u8 *from, unsigned int len, const u8 *at)
{
	unsigned int i, sum = 0;
	int start;

	for (i = 0; i < 4; i++) {
		if (!at[i])
			continue;
		start = at[i] - 20;
		if (start < 0 || start + 1 >= (int)len ||
		    from[start + 1] < 2 || start + from[start + 1] > (int)len)
			return false;
		sum += from[start + 1];
	}
	return sum <= len;
}

static void known_fuzz(struct kunit *test)
{
	unsigned int i, len, good = 0, returned = 0;
	struct icmp4_echo_run run;
	struct ip_options known;
	u64 state = 1812;
	u8 from[40], at[4];

	icmp4_echo_init(test, &run);
	run.known = &known;
	for (i = 0; i < ROUNDS; i++) {
		len = make_packet(&state, from, at);
		name(&known, icmp4_random(&state), at[0], at[1], at[2], at[3]);
		icmp4_echo_run(test, &run, from, len);
		icmp4_echo_edge(test, &run, from, len);
		if (i % 1024 == 0)
			cond_resched();
		if (run.err) {
			KUNIT_ASSERT_EQ(test, run.err, -EINVAL);
			continue;
		}
		KUNIT_ASSERT_TRUE_MSG(test, could_be(from, len, at),
				      "round %u: %*ph", i, (int)len, from);
		icmp4_echo_assert_sound(test, &run, from, len);
		good++;
		returned += run.to->info.optlen != 0;
		icmp4_echo_finish(test, &run);
	}
	kunit_info(test, "good %u, returned %u", good, returned);
	KUNIT_EXPECT_GT(test, good, ROUNDS / 100);
	KUNIT_EXPECT_GT(test, returned, ROUNDS / 100);
}

static struct kunit_case options_known_cases[] = {
	KUNIT_CASE_PARAM(known_echo, known_gen_params),
	KUNIT_CASE_PARAM(known_wrong, wrong_gen_params),
	KUNIT_CASE(known_subsets),
	KUNIT_CASE(known_fuzz),
	{}
};

static struct kunit_suite options_known_suite = {
	.name = "icmp4_options_known",
	.init = icmp4_bytes_init,
	.exit = icmp4_bytes_exit,
	.test_cases = options_known_cases,
};

kunit_test_suite(options_known_suite);
