// SPDX-License-Identifier: GPL-2.0
/* The table of messages against a list of its own, written from FreeBSD's
 * icmp(4) of 2007 (names, numbers, codes), the RFCs (lengths, what answers
 * what) and the built-in ICMP (who acts on what, what may be broadcast).
 */

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "types.h"

#define NO_REPLY	0

struct type_row {
	u8 type;
	const char *name;
	u8 class;
	u8 handler;
	u8 min_len;
	u8 reply;
	const char *desc;
};

#define ROW(_type, _name, _class, _handler, _len, _reply, _desc) {	\
	.type = (_type),						\
	.name = (_name),						\
	.class = ICMP4_CLASS_##_class,					\
	.handler = ICMP4_BY_##_handler,					\
	.min_len = (_len),						\
	.reply = (_reply),						\
	.desc = (_desc),						\
}

static const struct type_row types[] = {
	ROW(0, "echorep", REPLY, PING, 8, NO_REPLY,
	    "RFC 792; ping sockets await it"),
	ROW(3, "unreach", ERROR, ERROR, 36, NO_REPLY,
	    "RFC 792, quotes a header and 8 bytes"),
	ROW(4, "squench", ERROR, ERROR, 36, NO_REPLY,
	    "RFC 792, quotes a header and 8 bytes"),
	ROW(5, "redir", ERROR, ERROR, 36, NO_REPLY,
	    "RFC 792, quotes a header and 8 bytes"),
	ROW(6, "althost", NOTE, RAW, 8, NO_REPLY,
	    "discarded by the built-in ICMP"),
	ROW(8, "echoreq", REQUEST, ECHO, 8, 0,
	    "RFC 792, RFC 1122 3.2.2.6 must answer"),
	ROW(9, "routeradv", NOTE, RAW, 8, NO_REPLY,
	    "RFC 1256, 8 or more"),
	ROW(10, "routersol", NOTE, RAW, 8, NO_REPLY,
	    "RFC 1256, 8 or more"),
	ROW(11, "timex", ERROR, ERROR, 36, NO_REPLY,
	    "RFC 792, quotes a header and 8 bytes"),
	ROW(12, "paramprob", ERROR, ERROR, 36, NO_REPLY,
	    "RFC 792, quotes a header and 8 bytes"),
	ROW(13, "timereq", REQUEST, TIMESTAMP, 20, 14,
	    "RFC 792, three timestamps; RFC 1122 3.2.2.8"),
	ROW(14, "timerep", REPLY, DGRAM, 20, NO_REPLY,
	    "RFC 792, three timestamps"),
	ROW(15, "inforeq", REQUEST, RAW, 8, 16,
	    "RFC 792; RFC 1122 3.2.2.7 should not answer"),
	ROW(16, "inforep", REPLY, RAW, 8, NO_REPLY,
	    "RFC 792"),
	ROW(17, "maskreq", REQUEST, MASK, 12, 18,
	    "RFC 950, a mask; RFC 1122 3.2.2.9 must not answer unasked"),
	ROW(18, "maskrep", REPLY, MASK_REPLY, 12, NO_REPLY,
	    "RFC 950, a mask"),
	ROW(30, "trace", NOTE, NOBODY, 20, NO_REPLY,
	    "RFC 1393, hop counts, speed and MTU"),
	ROW(31, "dataconv", ERROR, NOBODY, 36, NO_REPLY,
	    "RFC 1475, a pointer and the datagram"),
	ROW(32, "mobredir", NOTE, NOBODY, 8, NO_REPLY,
	    "known by name only"),
	ROW(33, "ipv6-where", REQUEST, NOBODY, 8, 34,
	    "known by name only"),
	ROW(34, "ipv6-here", REPLY, NOBODY, 8, NO_REPLY,
	    "known by name only"),
	ROW(35, "mobregreq", REQUEST, NOBODY, 8, 36,
	    "known by name only"),
	ROW(36, "mobregrep", REPLY, NOBODY, 8, NO_REPLY,
	    "known by name only"),
	ROW(39, "skip", NOTE, NOBODY, 8, NO_REPLY,
	    "known by name only"),
	ROW(40, "photuris", ERROR, NOBODY, 36, NO_REPLY,
	    "RFC 2521 2, a pointer, the offending headers and 8 bytes"),
	ROW(41, "seamoby", NOTE, NOBODY, 8, NO_REPLY,
	    "RFC 4065, a subtype"),
	ROW(42, "extechoreq", REQUEST, PROBE, 8, 43,
	    "RFC 8335 2; may be answered malformed, so 8 bytes do"),
	ROW(43, "extechorep", REPLY, PING, 8, NO_REPLY,
	    "RFC 8335 3; ping sockets await it"),
};

/* Without a name, yet discarded by the built-in ICMP without an error. */
static const u8 nameless_discarded[] = { 1, 2, 7 };

/* What the built-in ICMP lets pass if it came by broadcast or multicast. */
static const u8 may_be_broadcast[] = { 8, 13, 17, 18 };

/* What leaves a host of its own accord: answers and errors. RFC 6633 keeps source
 * quenches from being sent.
 */
static const u8 is_sent[] = { 0, 3, 5, 11, 12, 14, 18, 43 };

struct code_row {
	u8 type;
	u8 code;
	const char *name;
	const char *desc;
};

static const struct code_row codes[] = {
	{ 3, 0, "net-unr", "network unreachable" },
	{ 3, 1, "host-unr", "host unreachable" },
	{ 3, 2, "proto-unr", "protocol unreachable" },
	{ 3, 3, "port-unr", "port unreachable" },
	{ 3, 4, "needfrag", "fragmentation needed but DF bit set" },
	{ 3, 5, "srcfail", "source routing failed" },
	{ 3, 6, "net-unk", "network unknown" },
	{ 3, 7, "host-unk", "host unknown" },
	{ 3, 8, "isolate", "host isolated" },
	{ 3, 9, "net-prohib", "network administratively prohibited" },
	{ 3, 10, "host-prohib", "host administratively prohibited" },
	{ 3, 11, "net-tos", "invalid TOS for network" },
	{ 3, 12, "host-tos", "invalid TOS for host" },
	{ 3, 13, "filter-prohib", "prohibited access" },
	{ 3, 14, "host-preced", "precedence violation" },
	{ 3, 15, "cutoff-preced", "precedence cutoff" },
	{ 5, 0, "redir-net", "shorter route for network" },
	{ 5, 1, "redir-host", "shorter route for host" },
	{ 5, 2, "redir-tos-net", "shorter route for TOS and network" },
	{ 5, 3, "redir-tos-host", "shorter route for TOS and host" },
	{ 9, 0, "normal-adv", "normal advertisement" },
	{ 9, 16, "common-adv", "selective advertisement" },
	{ 11, 0, "transit", "time exceeded in transit" },
	{ 11, 1, "reassemb", "time exceeded in reassembly" },
	{ 12, 0, "badhead", "invalid option pointer" },
	{ 12, 1, "optmiss", "missing option" },
	{ 12, 2, "badlen", "invalid length" },
	{ 40, 1, "unknown-ind", "unknown security index" },
	{ 40, 2, "auth-fail", "authentication failed" },
	{ 40, 3, "decrypt-fail", "decryption failed" },
	{ 43, 0, "no-error", "RFC 8335 3, no error" },
	{ 43, 1, "mal-query", "RFC 8335 3, malformed query" },
	{ 43, 2, "no-if", "RFC 8335 3, no such interface" },
	{ 43, 3, "no-entry", "RFC 8335 3, no such table entry" },
	{ 43, 4, "mult-ifs", "RFC 8335 3, multiple interfaces" },
};

static void type_desc(const struct type_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "type %u %s: %s", row->type,
		 row->name, row->desc);
}

static void code_desc(const struct code_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "code %u/%u %s: %s", row->type,
		 row->code, row->name, row->desc);
}

KUNIT_ARRAY_PARAM(type, types, type_desc);
KUNIT_ARRAY_PARAM(code, codes, code_desc);

static const struct type_row *find_type(u8 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

static const struct code_row *find_code(u8 type, u8 code)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].type == type && codes[i].code == code)
			return &codes[i];
	return NULL;
}

static void types_by_number(struct kunit *test)
{
	const struct type_row *row = test->param_value;
	const struct icmp4_type *type = &icmp4_types[row->type];

	KUNIT_EXPECT_STREQ(test, icmp4_type_name(row->type), row->name);
	KUNIT_EXPECT_PTR_EQ(test, icmp4_type_name(row->type), type->name);
	KUNIT_EXPECT_EQ(test, type->class, row->class);
	KUNIT_EXPECT_EQ(test, type->handler, row->handler);
	KUNIT_EXPECT_EQ(test, type->min_len, row->min_len);
	KUNIT_EXPECT_EQ(test, type->reply, row->reply);
}

static void types_by_name(struct kunit *test)
{
	const struct type_row *row = test->param_value;
	unsigned int type, found = 0;

	for (type = 0; type < 256; type++) {
		if (strcmp(icmp4_type_name(type), row->name))
			continue;
		found++;
		KUNIT_EXPECT_EQ(test, type, row->type);
	}
	KUNIT_EXPECT_EQ(test, found, 1);
}

static void types_without_a_name(struct kunit *test)
{
	const struct icmp4_type *row;
	unsigned int type;
	u8 handler;

	for (type = 0; type < 256; type++) {
		if (find_type(type))
			continue;
		row = &icmp4_types[type];
		handler = memchr(nameless_discarded, type,
				 sizeof(nameless_discarded)) ?
			  ICMP4_BY_RAW : ICMP4_BY_NOBODY;
		KUNIT_EXPECT_STREQ_MSG(test, icmp4_type_name(type), "other",
				       "type %u", type);
		KUNIT_EXPECT_TRUE_MSG(test, !row->name, "type %u", type);
		KUNIT_EXPECT_EQ_MSG(test, row->class, ICMP4_CLASS_UNKNOWN,
				    "type %u", type);
		KUNIT_EXPECT_EQ_MSG(test, row->handler, handler, "type %u", type);
		KUNIT_EXPECT_LE_MSG(test, row->min_len, 8, "type %u", type);
		KUNIT_EXPECT_EQ_MSG(test, row->reply, 0, "type %u", type);
	}
}

static void types_by_broadcast(struct kunit *test)
{
	unsigned int type;

	for (type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ_MSG(test, icmp4_types[type].broadcast,
				    !!memchr(may_be_broadcast, type,
					     sizeof(may_be_broadcast)),
				    "type %u", type);
}

static void types_sent(struct kunit *test)
{
	unsigned int type;

	for (type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ_MSG(test, icmp4_types[type].sent,
				    !!memchr(is_sent, type, sizeof(is_sent)),
				    "type %u", type);
}

/* What answers a request is a reply, and nothing else is answered. */
static void types_request_and_reply(struct kunit *test)
{
	const struct icmp4_type *row;
	unsigned int type;

	for (type = 0; type < 256; type++) {
		row = &icmp4_types[type];
		if (row->class == ICMP4_CLASS_REQUEST)
			KUNIT_EXPECT_EQ_MSG(test, icmp4_types[row->reply].class,
					    ICMP4_CLASS_REPLY, "type %u", type);
		else
			KUNIT_EXPECT_EQ_MSG(test, row->reply, 0, "type %u", type);
	}
}

/* Fields of traces and tables have room for 15 characters and take no blanks. */
static void expect_fits(struct kunit *test, const char *name)
{
	const char *c;

	KUNIT_EXPECT_LE_MSG(test, strlen(name), 15, "%s", name);
	for (c = name; *c; c++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      islower(*c) || isdigit(*c) || *c == '-',
				      "%s", name);
}

static void types_names_fit(struct kunit *test)
{
	unsigned int type, code;

	for (type = 0; type < 256; type++) {
		expect_fits(test, icmp4_type_name(type));
		for (code = 0; code < 256; code++)
			expect_fits(test, icmp4_code_name(type, code));
	}
}

/* A named type has a row of its own below the row of the others. */
static void types_rows(struct kunit *test)
{
	unsigned int type, want;

	KUNIT_EXPECT_EQ(test, ICMP4_ROW_OTHER, 44);
	KUNIT_EXPECT_EQ(test, ICMP4_ROWS, 45);
	for (type = 0; type < 256; type++) {
		want = find_type(type) ? type : 44;
		KUNIT_EXPECT_EQ_MSG(test, icmp4_type_row(type), want,
				    "type %u", type);
	}
}

static void codes_by_number(struct kunit *test)
{
	const struct code_row *row = test->param_value;

	KUNIT_EXPECT_STREQ(test, icmp4_code_name(row->type, row->code),
			   row->name);
}

static void codes_by_name(struct kunit *test)
{
	unsigned int type, code, i, found[ARRAY_SIZE(codes)] = {};
	const char *name;

	for (type = 0; type < 256; type++) {
		for (code = 0; code < 256; code++) {
			name = icmp4_code_name(type, code);
			for (i = 0; i < ARRAY_SIZE(codes); i++) {
				if (strcmp(name, codes[i].name))
					continue;
				found[i]++;
				KUNIT_EXPECT_EQ_MSG(test, type, codes[i].type,
						    "%s", name);
				KUNIT_EXPECT_EQ_MSG(test, code, codes[i].code,
						    "%s", name);
			}
		}
	}
	for (i = 0; i < ARRAY_SIZE(codes); i++)
		KUNIT_EXPECT_EQ_MSG(test, found[i], 1, "%s", codes[i].name);
}

static void codes_without_a_name(struct kunit *test)
{
	unsigned int type, code;

	for (type = 0; type < 256; type++) {
		for (code = 0; code < 256; code++) {
			if (find_code(type, code))
				continue;
			KUNIT_EXPECT_STREQ_MSG(test,
					       icmp4_code_name(type, code), "",
					       "%u/%u", type, code);
		}
	}
}

static struct kunit_case types_cases[] = {
	KUNIT_CASE_PARAM(types_by_number, type_gen_params),
	KUNIT_CASE_PARAM(types_by_name, type_gen_params),
	KUNIT_CASE(types_without_a_name),
	KUNIT_CASE(types_by_broadcast),
	KUNIT_CASE(types_sent),
	KUNIT_CASE(types_request_and_reply),
	KUNIT_CASE(types_names_fit),
	KUNIT_CASE(types_rows),
	KUNIT_CASE_PARAM(codes_by_number, code_gen_params),
	KUNIT_CASE(codes_by_name),
	KUNIT_CASE(codes_without_a_name),
	{}
};

static struct kunit_suite types_suite = {
	.name = "icmp4_types",
	.test_cases = types_cases,
};

kunit_test_suite(types_suite);
