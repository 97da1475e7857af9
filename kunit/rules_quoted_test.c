// SPDX-License-Identifier: GPL-2.0
/* Who may be told of a received error: RFC 1122 3.2.2 and ip_no_pmtu_disc, a row each,
 * then all of it against the rules told in sets.
 */

#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "rules.h"

#define UNREACH		3
#define QUENCH		4
#define REDIRECT	5
#define TIMEX		11
#define PARAM		12
#define NEEDFRAG	4

struct quoted_row {
	const char *desc;
	struct icmp4_quoted quoted;
	enum icmp4_drop want;
};

/* A header without options and 8 bytes of UDP. */
#define ERROR(_type, _code)					\
	.quoted.type = (_type), .quoted.code = (_code),		\
	.quoted.len = 28, .quoted.ihl = 5, .quoted.protocol = IPPROTO_UDP
#define DROP(_why)	.want = ICMP4_DROP_##_why

static const struct quoted_row quoted_rows[] = {
	/* What is told */
	{ "RFC 1122 3.2.2.1: network unreachable", ERROR(UNREACH, 0) },
	{ "RFC 1122 3.2.2.1: port unreachable", ERROR(UNREACH, 3) },
	{ "RFC 1191 3: fragmentation needed", ERROR(UNREACH, NEEDFRAG) },
	{ "RFC 1812 5.2.7.1: the last code, precedence cutoff",
	  ERROR(UNREACH, 15) },
	{ "RFC 1122 3.2.2.2: redirect for a network", ERROR(REDIRECT, 0) },
	{ "RFC 1122 3.2.2.2: redirect for a host", ERROR(REDIRECT, 1) },
	{ "RFC 1122 3.2.2.2: the last code, TOS and host",
	  ERROR(REDIRECT, 3) },
	{ "RFC 1122 3.2.2.4: time to live exceeded", ERROR(TIMEX, 0) },
	{ "RFC 1122 3.2.2.5: parameter problem", ERROR(PARAM, 0) },
	{ "required option missing", ERROR(PARAM, 1) },
	{ "a code of parameter problem yet to come", ERROR(PARAM, 255) },
	{ "a code of time exceeded yet to come", ERROR(TIMEX, 2) },

	/* The quoted header */
	{ "a header of 16 bytes",
	  ERROR(UNREACH, 3), .quoted.ihl = 4, DROP(QUOTE_HEADER) },
	{ "no header at all",
	  ERROR(UNREACH, 3), .quoted.ihl = 0, DROP(QUOTE_HEADER) },
	{ "a redirect about a header of 16 bytes",
	  ERROR(REDIRECT, 1), .quoted.ihl = 4, DROP(QUOTE_HEADER) },
	{ "a header with all the options there can be",
	  ERROR(UNREACH, 3), .quoted.ihl = 15, .quoted.len = 68 },

	/* Codes */
	{ "the first code that unreachable does not have",
	  ERROR(UNREACH, 16), DROP(CODE) },
	{ "one that looks like fragmentation needed",
	  ERROR(UNREACH, 16 + NEEDFRAG), DROP(CODE) },
	{ "the first code that redirects do not have",
	  ERROR(REDIRECT, 4), DROP(CODE) },
	{ "one that looks like redirect for a host",
	  ERROR(REDIRECT, 9), DROP(CODE) },
	{ "reassembly time exceeded: who sent it cannot help it",
	  ERROR(TIMEX, 1), DROP(CODE) },

	/* The path MTU */
	{ "ip_no_pmtu_disc 1: told, though not believed",
	  ERROR(UNREACH, NEEDFRAG), .quoted.pmtu_disc = 1 },
	{ "ip_no_pmtu_disc 2: nobody hears of it",
	  ERROR(UNREACH, NEEDFRAG), .quoted.pmtu_disc = 2, DROP(PMTU) },
	{ "ip_no_pmtu_disc 2: not even who makes sure",
	  ERROR(UNREACH, NEEDFRAG), .quoted.pmtu_disc = 2,
	  .quoted.strict = true, DROP(PMTU) },
	{ "ip_no_pmtu_disc 3: who does not make sure hears nothing",
	  ERROR(UNREACH, NEEDFRAG), .quoted.pmtu_disc = 3, DROP(PMTU) },
	{ "ip_no_pmtu_disc 3: who does is told",
	  ERROR(UNREACH, NEEDFRAG), .quoted.pmtu_disc = 3,
	  .quoted.strict = true },
	{ "ip_no_pmtu_disc 2 is about no other code",
	  ERROR(UNREACH, 3), .quoted.pmtu_disc = 2 },
	{ "ip_no_pmtu_disc 2 is about no other type",
	  ERROR(TIMEX, NEEDFRAG), .quoted.pmtu_disc = 2 },

	/* Broadcasts */
	{ "RFC 1122 3.2.2: about a broadcast",
	  ERROR(UNREACH, 3), .quoted.bogus = true, DROP(BOGUS) },
	{ "source quench about a broadcast",
	  ERROR(QUENCH, 0), .quoted.bogus = true, DROP(BOGUS) },

	/* The transport */
	{ "RFC 792: 7 bytes behind the header",
	  ERROR(UNREACH, 3), .quoted.len = 27, DROP(QUOTE_SHORT) },
	{ "RFC 792: no byte behind the header",
	  ERROR(UNREACH, 3), .quoted.len = 20, DROP(QUOTE_SHORT) },
	{ "RFC 792: 7 bytes behind all the options there can be",
	  ERROR(UNREACH, 3), .quoted.ihl = 15, .quoted.len = 67,
	  DROP(QUOTE_SHORT) },
	{ "RFC 792: less than the options there are said to be",
	  ERROR(UNREACH, 3), .quoted.ihl = 15, DROP(QUOTE_SHORT) },
	{ "RFC 1812 4.3.2.3: as much as there is room for",
	  ERROR(UNREACH, 3), .quoted.len = 65507 },
	{ "a protocol that nobody handles is told to raw sockets",
	  ERROR(UNREACH, 2), .quoted.protocol = 253 },
	{ "about ICMP: who pings is told",
	  ERROR(UNREACH, 1), .quoted.protocol = IPPROTO_ICMP },
	{ "about the protocol that nobody can have sent",
	  ERROR(UNREACH, 2), .quoted.protocol = IPPROTO_RAW,
	  DROP(QUOTE_RAW) },

	/* Source quench */
	{ "RFC 6633 3: source quench",
	  ERROR(QUENCH, 0), DROP(QUENCH) },
	{ "RFC 6633 3: whatever its code",
	  ERROR(QUENCH, 255), DROP(QUENCH) },
};

static void quoted_desc(const struct quoted_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(quoted, quoted_rows, quoted_desc);

static void rules_quoted_row(struct kunit *test)
{
	const struct quoted_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, icmp4_rule_quoted(&row->quoted), row->want);
}

/* An error with several faults is counted by the first. What only this module
 * minds comes last.
 */
static void rules_quoted_order(struct kunit *test)
{
	static const struct {
		u8 type, good, bad;
		enum icmp4_drop before, after;
	} types[] = {
		{ UNREACH, 3, 16, ICMP4_DROP_CODE, ICMP4_OK },
		{ UNREACH, 3, NEEDFRAG, ICMP4_DROP_PMTU, ICMP4_OK },
		{ TIMEX, 0, 1, ICMP4_DROP_CODE, ICMP4_OK },
		{ PARAM, 0, 0, ICMP4_OK, ICMP4_OK },
		{ REDIRECT, 1, 4, ICMP4_OK, ICMP4_DROP_CODE },
		{ QUENCH, 0, 0, ICMP4_OK, ICMP4_DROP_QUENCH },
	};
	unsigned int broken, i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (broken = 0; broken < BIT(6); broken++) {
			const struct icmp4_quoted quoted = {
				.type = types[i].type,
				.code = broken & BIT(1) || broken & BIT(5) ?
					types[i].bad : types[i].good,
				.ihl = broken & BIT(0) ? 4 : 6,
				.bogus = broken & BIT(2),
				.len = broken & BIT(3) ? 31 : 32,
				.protocol = broken & BIT(4) ? IPPROTO_RAW :
							      IPPROTO_UDP,
				.pmtu_disc = 2,
			};
			bool coded = quoted.code == types[i].bad;
			const enum icmp4_drop faults[] = {
				broken & BIT(0) ? ICMP4_DROP_QUOTE_HEADER : 0,
				coded ? types[i].before : 0,
				broken & BIT(2) ? ICMP4_DROP_BOGUS : 0,
				broken & BIT(3) ? ICMP4_DROP_QUOTE_SHORT : 0,
				broken & BIT(4) ? ICMP4_DROP_QUOTE_RAW : 0,
				coded ? types[i].after : 0,
			};
			enum icmp4_drop want = ICMP4_OK;

			for (j = 0; !want && j < ARRAY_SIZE(faults); j++)
				want = faults[j];
			KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_quoted(&quoted),
					    want, "type %u, broken rules %#x",
					    types[i].type, broken);
		}
	}
}

static enum icmp4_drop want_of_code(unsigned int type, unsigned int code)
{
	switch (type) {
	case UNREACH:
		return code <= 15 ? ICMP4_OK : ICMP4_DROP_CODE;
	case QUENCH:
		return ICMP4_DROP_QUENCH;
	case REDIRECT:
		return code <= 3 ? ICMP4_OK : ICMP4_DROP_CODE;
	case TIMEX:
		return code == 1 ? ICMP4_DROP_CODE : ICMP4_OK;
	}
	return ICMP4_OK;
}

static const u8 error_types[] = { UNREACH, QUENCH, REDIRECT, TIMEX, PARAM };

static void rules_quoted_codes(struct kunit *test)
{
	struct icmp4_quoted quoted = {
		.len = 28, .ihl = 5, .protocol = IPPROTO_TCP,
	};
	unsigned int i, code;

	for (i = 0; i < ARRAY_SIZE(error_types); i++) {
		for (code = 0; code < 256; code++) {
			quoted.type = error_types[i];
			quoted.code = code;
			KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_quoted(&quoted),
					    want_of_code(quoted.type, code),
					    "type %u, code %u", quoted.type,
					    code);
		}
	}
}

/* The header's length against what there is, from 20 bytes on. */
static void rules_quoted_lengths(struct kunit *test)
{
	struct icmp4_quoted quoted = {
		.type = UNREACH, .code = 3, .protocol = IPPROTO_TCP,
	};
	enum icmp4_drop want;
	unsigned int ihl, len;

	for (ihl = 0; ihl < 16; ihl++) {
		for (len = 20; len < 100; len++) {
			quoted.ihl = ihl;
			quoted.len = len;
			want = ICMP4_OK;
			if (ihl < 5)
				want = ICMP4_DROP_QUOTE_HEADER;
			else if (len - 8 < ihl * 4)
				want = ICMP4_DROP_QUOTE_SHORT;
			KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_quoted(&quoted),
					    want, "%u words, %u bytes", ihl,
					    len);
		}
	}
}

static void rules_quoted_protocols(struct kunit *test)
{
	struct icmp4_quoted quoted = {
		.type = UNREACH, .code = 2, .len = 28, .ihl = 5,
	};
	unsigned int protocol;

	for (protocol = 0; protocol < 256; protocol++) {
		quoted.protocol = protocol;
		KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_quoted(&quoted),
				    protocol == 255 ? ICMP4_DROP_QUOTE_RAW :
						      ICMP4_OK,
				    "protocol %u", protocol);
	}
}

/* Every value of ip_no_pmtu_disc: who is told at all, and who the MTU. */
static void rules_quoted_pmtu_disc(struct kunit *test)
{
	struct icmp4_quoted quoted = {
		.type = UNREACH, .code = NEEDFRAG, .len = 28, .ihl = 5,
		.protocol = IPPROTO_TCP,
	};
	unsigned int value, strict;
	bool told;

	for (value = 0; value < 256; value++) {
		quoted.pmtu_disc = value;
		for (strict = 0; strict < 2; strict++) {
			quoted.strict = strict;
			told = value != 2 && (value != 3 || strict);
			KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_quoted(&quoted),
					    told ? ICMP4_OK : ICMP4_DROP_PMTU,
					    "value %u, strict %u", value,
					    strict);
		}
		KUNIT_EXPECT_EQ_MSG(test, icmp4_rule_believes_mtu(value),
				    !value || value == 3, "value %u", value);
	}
}

static struct kunit_case rules_quoted_cases[] = {
	KUNIT_CASE_PARAM(rules_quoted_row, quoted_gen_params),
	KUNIT_CASE(rules_quoted_order),
	KUNIT_CASE(rules_quoted_codes),
	KUNIT_CASE(rules_quoted_lengths),
	KUNIT_CASE(rules_quoted_protocols),
	KUNIT_CASE(rules_quoted_pmtu_disc),
	{}
};

static struct kunit_suite rules_quoted_suite = {
	.name = "icmp4_rules_quoted",
	.test_cases = rules_quoted_cases,
};

kunit_test_suite(rules_quoted_suite);
