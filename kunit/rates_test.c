// SPDX-License-Identifier: GPL-2.0
/* Rates of types as text: what is taken and what it means, what is not, and that
 * what is printed is what was set.
 */

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bytes.h"
#include "rates.h"

#define ROOM	256

/* This host sends these and no others. */
static const u8 sent[] = { 0, 3, 5, 11, 12, 14, 18, 43 };

#define ALL_AT_MOST							\
	"echorep:86400000:65535 unreach:86400000:65535 "		\
	"redir:86400000:65535 timex:86400000:65535 "			\
	"paramprob:86400000:65535 timerep:86400000:65535 "		\
	"maskrep:86400000:65535 extechorep:86400000:65535"

#define LEAST_ERRORS	"unreach:1:1 redir:1:1 timex:1:1 paramprob:1:1"

struct take_row {
	const char *desc;
	const char *before;
	const char *text;
	const char *want;
};

static const struct take_row take_rows[] = {
	{ "an interval: six at once", "", "unreach:1000", "unreach:1000:6" },
	{ "an interval and a burst", "", "timex:100:20", "timex:100:20" },
	{ "several, in the order of types",
	  "", "timex:1 unreach:2:3 echorep:4",
	  "echorep:4:6 unreach:2:3 timex:1:6" },
	{ "the least", "", "redir:1:1", "redir:1:1" },
	{ "the most", "", "redir:86400000:65535", "redir:86400000:65535" },
	{ "all of them at their most", "", ALL_AT_MOST, ALL_AT_MOST },
	{ "all of them at their least, in the other order", ALL_AT_MOST,
	  "extechorep:1:1 maskrep:1:1 timerep:1:1 " LEAST_ERRORS " echorep:1:1",
	  "echorep:1:1 " LEAST_ERRORS " timerep:1:1 maskrep:1:1 extechorep:1:1" },
	{ "leading zeros are decimal", "", "unreach:0010:0010",
	  "unreach:10:10" },
	{ "any number of leading zeros", "",
	  "unreach:000000000000000000000000086400000:000000000065535",
	  "unreach:86400000:65535" },
	{ "a newline at the end, as from echo", "", "unreach:5\n",
	  "unreach:5:6" },
	{ "tabs and newlines for blanks", "", "unreach:5\ttimex:6\nredir:7",
	  "unreach:5:6 redir:7:6 timex:6:6" },
	{ "any white space, and any amount of it", "",
	  " \t\n\v\f\r unreach:5 \r\n\f\v timex:6\n ",
	  "unreach:5:6 timex:6:6" },
	{ "no text changes nothing", "unreach:5 timex:6:7", "",
	  "unreach:5:6 timex:6:7" },
	{ "nor does white space", "unreach:5 timex:6:7", " \t\n ",
	  "unreach:5:6 timex:6:7" },
	{ "what is not named stays", "unreach:5 timex:6:7", "redir:8",
	  "unreach:5:6 redir:8:6 timex:6:7" },
	{ "what is named changes", "unreach:5 timex:6:7", "timex:8:9",
	  "unreach:5:6 timex:8:9" },
	{ "a burst is six again unless given", "timex:6:7", "timex:8",
	  "timex:8:6" },
	{ "0 removes a rate", "unreach:5 timex:6:7", "timex:0",
	  "unreach:5:6" },
	{ "0 removes it whatever the burst", "timex:6:7", "timex:0:9", "" },
	{ "any 0 does", "timex:6:7", "timex:0000", "" },
	{ "0 removes the last one", "unreach:5", "unreach:0", "" },
	{ "0 removes what is not there", "timex:6:7", "unreach:0",
	  "timex:6:7" },
	{ "one removed, another one set", "unreach:5", "unreach:0 timex:8",
	  "timex:8:6" },
	{ "the first type is one, too", "", "echorep:5", "echorep:5:6" },
	{ "so is the last", "", "extechorep:5", "extechorep:5:6" },
};

static void take_desc(const struct take_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(take, take_rows, take_desc);

struct refuse_row {
	const char *desc;
	const char *text;
	size_t len;
};

#define ROW(_desc, _text) {						\
	.desc = (_desc),						\
	.text = (_text),						\
	.len = sizeof(_text) - 1,					\
}

static const struct refuse_row refuse_rows[] = {
	ROW("a name alone", "unreach"),
	ROW("no interval", "unreach:"),
	ROW("no burst", "unreach:5:"),
	ROW("no interval, but a burst", "unreach::6"),
	ROW("neither", "unreach::"),
	ROW("no name", ":5"),
	ROW("no name, but a burst", ":5:6"),
	ROW("a colon", ":"),
	ROW("two colons", "::"),
	ROW("a third colon", "unreach:5:6:"),
	ROW("a third number", "unreach:5:6:7"),
	ROW("nothing between two colons", "unreach:5::6"),
	ROW("a number alone", "5"),
	ROW("a negative interval", "unreach:-1"),
	ROW("a negative zero", "unreach:-0"),
	ROW("a negative burst", "unreach:5:-1"),
	ROW("a plus sign", "unreach:+5"),
	ROW("a plus sign in front of a burst", "unreach:5:+6"),
	ROW("more than a day", "unreach:86400001"),
	ROW("ten times a day", "unreach:864000000"),
	ROW("2^32", "unreach:4294967296"),
	ROW("2^32 + 1", "unreach:4294967297"),
	ROW("2^63", "unreach:9223372036854775808"),
	ROW("2^64", "unreach:18446744073709551616"),
	ROW("2^64 + 1", "unreach:18446744073709551617"),
	ROW("2^128 + 1", "unreach:340282366920938463463374607431768211457"),
	ROW("a burst of 0", "unreach:5:0"),
	ROW("a burst of many 0s", "unreach:5:000"),
	ROW("a burst of 0 even where a rate is removed", "unreach:0:0"),
	ROW("a burst of 2^16", "unreach:5:65536"),
	ROW("a burst of 2^16 + 1", "unreach:5:65537"),
	ROW("a burst of 2^32 + 6", "unreach:5:4294967302"),
	ROW("a burst of 2^64 + 6", "unreach:5:18446744073709551622"),
	ROW("a large burst even where a rate is removed", "unreach:0:65536"),
	ROW("hexadecimal", "unreach:0x10"),
	ROW("hexadecimal digits", "unreach:1f"),
	ROW("a fraction", "unreach:1.5"),
	ROW("an exponent", "unreach:1e3"),
	ROW("a unit", "unreach:1000ms"),
	ROW("a word after a number", "unreach:5x"),
	ROW("a word after a burst", "unreach:5:6x"),
	ROW("a word after a blank", "unreach:5 x"),
	ROW("a number after a blank", "unreach:5 6"),
	ROW("a blank in front of a colon", "unreach :5"),
	ROW("a blank after a colon", "unreach: 5"),
	ROW("a blank in front of a burst", "unreach:5: 6"),
	ROW("a tab after a colon", "unreach:\t5"),
	ROW("a newline within", "unreach:\n5"),
	ROW("an equals sign", "unreach=5"),
	ROW("a comma between", "unreach:5,timex:6"),
	ROW("a semicolon between", "unreach:5;timex:6"),
	ROW("a comment", "unreach:5 # often"),
	ROW("quotes", "\"unreach:5\""),
	ROW("a name nobody knows", "bogus:5"),
	ROW("the name of all that have none", "other:5"),
	ROW("the host's rule is no type", "host:5"),
	ROW("a number for a name", "3:5"),
	ROW("a name cut short", "unreac:5"),
	ROW("a name cut to a letter", "u:5"),
	ROW("a longer name", "unreachx:5"),
	ROW("two names in one", "unreachtimex:5"),
	ROW("upper case", "UNREACH:5"),
	ROW("a capital letter", "Unreach:5"),
	ROW("a code's name", "port-unr:5"),
	ROW("a type that is only received", "echoreq:5"),
	ROW("RFC 6633: a type that is no longer sent", "squench:5"),
	ROW("timestamp requests", "timereq:5"),
	ROW("extended echo requests", "extechoreq:5"),
	ROW("mask requests", "maskreq:5"),
	ROW("not sent, so not removed either", "squench:0"),
	ROW("a name twice", "unreach:5 unreach:6"),
	ROW("a name twice, the same", "unreach:5 unreach:5"),
	ROW("a name twice, with another in between",
	    "unreach:5 timex:6 unreach:7"),
	ROW("removed and set", "unreach:0 unreach:5"),
	ROW("set and removed", "unreach:5 unreach:0"),
	ROW("wrong after much that is right",
	    "echorep:1 unreach:2 redir:3 timex:4 bogus:5"),
	ROW("wrong in front of what is right", "bogus:5 unreach:2"),
	ROW("a NUL at the end", "unreach:5\0"),
	ROW("a NUL after a blank", "unreach:5 \0"),
	ROW("a NUL between", "unreach:5\0timex:6"),
	ROW("a NUL at the beginning", "\0unreach:5"),
	ROW("a NUL in a name", "unreach\0:5"),
	ROW("a NUL in a number", "unreach:5\0006"),
	ROW("a NUL alone", "\0"),
	ROW("a letter beyond ASCII", "unr\303\251ach:5"),
	ROW("digits beyond ASCII", "unreach:\331\245"),
	ROW("a byte with its top bit set", "unreach:\265"),
};

static void refuse_desc(const struct refuse_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refuse, refuse_rows, refuse_desc);

static int parse(struct icmp4_rates *rates, const char *text)
{
	return icmp4_rates_parse(rates, text, strlen(text));
}

static bool same_rates(const struct icmp4_rates *a,
		       const struct icmp4_rates *b)
{
	return !memcmp(a->interval, b->interval, sizeof(a->interval)) &&
	       !memcmp(a->burst, b->burst, sizeof(a->burst));
}

/* What would mean something else if it were read. */
static const char * const followers[] = {
	"0", "9", ":", ":7", "x", " ", " bogus", "\n", "\t paramprob:99",
};

/* Whatever follows a text is none of its business, and at the very end of a page
 * there is nothing to follow it.
 */
static void expect_bounded(struct kunit *test, const struct icmp4_rates *before,
			   const char *text, size_t len)
{
	struct icmp4_rates rates, want = *before;
	char room[ROOM];
	unsigned int i;
	int err;

	KUNIT_ASSERT_LT(test, len + 20, sizeof(room));
	memcpy(room, text, len);
	room[len] = '\0';
	err = icmp4_rates_parse(&want, room, len);
	for (i = 0; i < ARRAY_SIZE(followers); i++) {
		strscpy(room + len, followers[i], sizeof(room) - len);
		rates = *before;
		KUNIT_ASSERT_EQ_MSG(test, icmp4_rates_parse(&rates, room, len),
				    err, "in front of \"%s\"", followers[i]);
		KUNIT_ASSERT_TRUE_MSG(test, same_rates(&rates, &want),
				      "in front of \"%s\"", followers[i]);
	}
	rates = *before;
	text = (const char *)icmp4_edge(test, text, len);
	KUNIT_EXPECT_EQ(test, icmp4_rates_parse(&rates, text, len), err);
	KUNIT_EXPECT_TRUE(test, same_rates(&rates, &want));
}

static void rates_take(struct kunit *test)
{
	const struct take_row *row = test->param_value;
	struct icmp4_rates rates = {}, before;
	char text[ICMP4_RATES_TEXT];
	unsigned int type;
	size_t len;

	KUNIT_ASSERT_EQ(test, parse(&rates, row->before), 0);
	before = rates;
	KUNIT_EXPECT_EQ(test, parse(&rates, row->text), 0);
	len = icmp4_rates_print(&rates, text, sizeof(text));
	KUNIT_EXPECT_STREQ(test, text, row->want);
	KUNIT_EXPECT_EQ(test, len, strlen(row->want));
	KUNIT_EXPECT_EQ(test, icmp4_rates_any(&rates), !!*row->want);
	for (type = 0; type < ICMP4_RATES_TYPES; type++)
		KUNIT_EXPECT_EQ_MSG(test, !rates.burst[type],
				    !rates.interval[type], "type %u", type);
	expect_bounded(test, &before, row->text, strlen(row->text));
}

static void rates_refuse(struct kunit *test)
{
	const struct refuse_row *row = test->param_value;
	struct icmp4_rates none = {}, rates = {}, all = {};

	KUNIT_EXPECT_EQ(test, icmp4_rates_parse(&rates, row->text, row->len),
			-EINVAL);
	KUNIT_ASSERT_EQ(test, parse(&all, ALL_AT_MOST), 0);
	rates = all;
	KUNIT_EXPECT_EQ(test, icmp4_rates_parse(&rates, row->text, row->len),
			-EINVAL);
	expect_bounded(test, &none, row->text, row->len);
	expect_bounded(test, &all, row->text, row->len);
}

/* A name is taken if this host sends what it names. */
static void rates_names(struct kunit *test)
{
	unsigned int type, i;
	char text[32];

	for (type = 0; type < 256; type++) {
		struct icmp4_rates rates = {};
		bool want = memchr(sent, type, sizeof(sent));

		snprintf(text, sizeof(text), "%s:5:7", icmp4_type_name(type));
		KUNIT_EXPECT_EQ_MSG(test, parse(&rates, text),
				    want ? 0 : -EINVAL, "type %u", type);
		for (i = 0; i < ICMP4_RATES_TYPES; i++) {
			KUNIT_ASSERT_EQ(test, rates.interval[i],
					want && i == type ? 5 : 0);
			KUNIT_ASSERT_EQ(test, rates.burst[i],
					want && i == type ? 7 : 0);
		}
	}
}

/* Of all bytes only digits and white space may follow a number. */
static void rates_bytes(struct kunit *test)
{
	char text[] = "unreach:5?";
	unsigned int byte;

	for (byte = 0; byte < 256; byte++) {
		struct icmp4_rates rates = {};
		bool is_digit = byte >= '0' && byte <= '9';

		text[sizeof(text) - 2] = byte;
		KUNIT_EXPECT_EQ_MSG(test,
				    icmp4_rates_parse(&rates, text,
						      sizeof(text) - 1),
				    is_digit || isspace(byte) ? 0 : -EINVAL,
				    "byte %u", byte);
		if (is_digit)
			KUNIT_EXPECT_EQ(test, rates.interval[3],
					50 + byte - '0');
	}
}

/* Each number up to where it ends, and just beyond. */
static void rates_numbers(struct kunit *test)
{
	static const u32 edges[] = {
		1, 9, 10, 99, 100, 255, 256, 65535, 65536, 65537, 99999,
		1000000, 86399999, 86400000, 86400001, 4294967295U,
	};
	char text[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		struct icmp4_rates rates = {};

		snprintf(text, sizeof(text), "timex:%u", edges[i]);
		KUNIT_EXPECT_EQ_MSG(test, parse(&rates, text),
				    edges[i] <= 86400000 ? 0 : -EINVAL,
				    "%s", text);
		if (edges[i] <= 86400000)
			KUNIT_EXPECT_EQ(test, rates.interval[11], edges[i]);
		snprintf(text, sizeof(text), "timex:5:%u", edges[i]);
		KUNIT_EXPECT_EQ_MSG(test, parse(&rates, text),
				    edges[i] <= 65535 ? 0 : -EINVAL,
				    "%s", text);
		if (edges[i] <= 65535)
			KUNIT_EXPECT_EQ(test, rates.burst[11], edges[i]);
	}
}

/* Some, none or all of them; mostly short numbers, but the longest as well. */
static void random_rates(struct icmp4_rates *rates, u64 *state)
{
	u32 interval, burst;
	unsigned int i;

	memset(rates, 0, sizeof(*rates));
	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		interval = icmp4_random(state) >> icmp4_random(state) % 31;
		burst = icmp4_random(state) >> (15 + icmp4_random(state) % 16);
		if (icmp4_random(state) % 3 == 0)
			continue;
		rates->interval[sent[i]] = clamp(interval, 1U, 86400000U);
		rates->burst[sent[i]] = clamp(burst, 1U, 65535U);
	}
}

static void rates_round_trip(struct kunit *test)
{
	struct icmp4_rates rates, back;
	char text[ICMP4_RATES_TEXT];
	u64 state = 792;
	unsigned int i;
	size_t len;

	for (i = 0; i < 20000; i++) {
		random_rates(&rates, &state);
		len = icmp4_rates_print(&rates, text, sizeof(text));
		KUNIT_ASSERT_EQ(test, len, strlen(text));
		KUNIT_ASSERT_EQ(test, icmp4_rates_any(&rates), len > 0);
		memset(&back, 0, sizeof(back));
		KUNIT_ASSERT_EQ_MSG(test, parse(&back, text), 0, "%s", text);
		KUNIT_ASSERT_TRUE_MSG(test, same_rates(&rates, &back), "%s",
				      text);
	}
}

/* There is room for all of them at their most. */
static void rates_room(struct kunit *test)
{
	size_t need = strlen(ALL_AT_MOST) + 1, size;
	char text[ICMP4_RATES_TEXT], small[ROOM + 1];
	struct icmp4_rates rates = {};

	KUNIT_EXPECT_LE(test, need, ICMP4_RATES_TEXT);
	KUNIT_ASSERT_EQ(test, parse(&rates, ALL_AT_MOST), 0);
	KUNIT_EXPECT_EQ(test, icmp4_rates_print(&rates, text, sizeof(text)),
			need - 1);
	KUNIT_EXPECT_STREQ(test, text, ALL_AT_MOST);

	/* Where there is not, as much as fits, ended all the same. */
	for (size = 1; size <= need; size++) {
		memset(small, '#', sizeof(small));
		KUNIT_ASSERT_EQ(test, icmp4_rates_print(&rates, small, size),
				size - 1);
		KUNIT_ASSERT_EQ(test, strlen(small), size - 1);
		KUNIT_ASSERT_EQ(test, memcmp(small, text, size - 1), 0);
		KUNIT_ASSERT_EQ(test, small[size], '#');
	}
}

static void rates_any(struct kunit *test)
{
	struct icmp4_rates rates = {};
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, icmp4_rates_any(&rates));
	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		memset(&rates, 0, sizeof(rates));
		rates.interval[sent[i]] = 1;
		rates.burst[sent[i]] = 1;
		KUNIT_EXPECT_TRUE_MSG(test, icmp4_rates_any(&rates), "type %u",
				      sent[i]);
	}
}

static struct kunit_case rates_cases[] = {
	KUNIT_CASE_PARAM(rates_take, take_gen_params),
	KUNIT_CASE_PARAM(rates_refuse, refuse_gen_params),
	KUNIT_CASE(rates_names),
	KUNIT_CASE(rates_bytes),
	KUNIT_CASE(rates_numbers),
	KUNIT_CASE(rates_round_trip),
	KUNIT_CASE(rates_room),
	KUNIT_CASE(rates_any),
	{}
};

static struct kunit_suite rates_suite = {
	.name = "icmp4_rates",
	.init = icmp4_bytes_init,
	.exit = icmp4_bytes_exit,
	.test_cases = rates_cases,
};

kunit_test_suite(rates_suite);
