// SPDX-License-Identifier: GPL-2.0
/* Who is listened to, against the built-in ICMP's order told in sets of types. */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "rules.h"

#define IN(type, set)	(!!memchr(set, type, sizeof(set)))

struct rule_row {
	const char *desc;
	u8 type;
	unsigned int len;
	bool broadcast;
	bool ignore;
	enum icmp4_drop want;
};

/* Where a message came to, and whether icmp_echo_ignore_broadcasts is set. */
#define UNICAST		.broadcast = false, .ignore = true
#define BROADCAST	.broadcast = true, .ignore = false
#define IGNORED		.broadcast = true, .ignore = true

static const struct rule_row rule_rows[] = {
	{ "RFC 1122 3.2.2.6: an echo request is answered",
	  8, 64, UNICAST, ICMP4_OK },
	{ "RFC 792: an echo request needs no data",
	  8, 8, UNICAST, ICMP4_OK },
	{ "an echo request may be as long as a datagram",
	  8, 65515, UNICAST, ICMP4_OK },
	{ "RFC 1122 3.2.2.6: a broadcast echo request may be answered",
	  8, 64, BROADCAST, ICMP4_OK },
	{ "RFC 1122 3.2.2.6: a broadcast echo request may be discarded",
	  8, 64, IGNORED, ICMP4_DROP_BCAST_ECHO },
	{ "RFC 1122 3.2.2.8: a timestamp request is answered",
	  13, 20, UNICAST, ICMP4_OK },
	{ "RFC 792: a timestamp request has three timestamps",
	  13, 19, UNICAST, ICMP4_DROP_LENGTH },
	{ "what follows the timestamps does no harm",
	  13, 21, UNICAST, ICMP4_OK },
	{ "RFC 1122 3.2.2.8: a broadcast timestamp request may be answered",
	  13, 20, BROADCAST, ICMP4_OK },
	{ "RFC 1122 3.2.2.8: a broadcast timestamp request may be discarded",
	  13, 20, IGNORED, ICMP4_DROP_BCAST_ECHO },
	{ "the broadcast rule comes before the length",
	  13, 8, IGNORED, ICMP4_DROP_BCAST_ECHO },
	{ "a short broadcast timestamp request is too short all the same",
	  13, 8, BROADCAST, ICMP4_DROP_LENGTH },
	{ "RFC 8335 4: a PROBE is answered",
	  42, 24, UNICAST, ICMP4_OK },
	{ "RFC 8335 4: a PROBE without a query is answered, as malformed",
	  42, 8, UNICAST, ICMP4_OK },
	{ "RFC 8335 4: a PROBE to many is not",
	  42, 24, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "RFC 8335 4: whatever the knob of other echoes says",
	  42, 24, IGNORED, ICMP4_DROP_BCAST_TYPE },
	{ "RFC 950: a mask request may be answered",
	  17, 12, UNICAST, ICMP4_OK },
	{ "RFC 950: a mask request may come by broadcast",
	  17, 12, BROADCAST, ICMP4_OK },
	{ "FreeBSD icmp(4): the knob of broadcasts is not about masks",
	  17, 12, IGNORED, ICMP4_OK },
	{ "RFC 950: a mask reply may come by broadcast",
	  18, 12, IGNORED, ICMP4_OK },
	{ "RFC 950: a mask request has room for the mask; a shorter one is no error",
	  17, 11, UNICAST, ICMP4_DROP_NO_ACTION },
	{ "nor is it by broadcast",
	  17, 8, IGNORED, ICMP4_DROP_NO_ACTION },
	{ "RFC 1122 3.2.2.7: an information request is not answered",
	  15, 8, UNICAST, ICMP4_DROP_NO_ACTION },
	{ "a broadcast information request is an error",
	  15, 8, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "a timestamp reply is for raw sockets",
	  14, 20, UNICAST, ICMP4_OK },
	{ "a timestamp reply that is too short is nobody's, and no error",
	  14, 19, UNICAST, ICMP4_DROP_NO_ACTION },
	{ "a router advertisement is for raw sockets",
	  9, 16, UNICAST, ICMP4_DROP_NO_ACTION },
	{ "a multicast router advertisement is an error, as ever",
	  9, 16, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "types 1, 2 and 7 are discarded silently",
	  7, 8, UNICAST, ICMP4_DROP_NO_ACTION },
	{ "RFC 1122 3.2.2: a type without a meaning is discarded",
	  19, 8, UNICAST, ICMP4_DROP_UNKNOWN },
	{ "so is one that has a name and nobody to act on it",
	  30, 20, UNICAST, ICMP4_DROP_UNKNOWN },
	{ "and the last of all",
	  255, 8, UNICAST, ICMP4_DROP_UNKNOWN },
	{ "the broadcast rule comes before the unknown type",
	  255, 8, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "an echo reply goes on",
	  0, 8, UNICAST, ICMP4_OK },
	{ "an echo reply by broadcast does not",
	  0, 8, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "an extended echo reply goes on",
	  43, 8, UNICAST, ICMP4_OK },
	{ "an extended echo reply by broadcast does not, since 7.3",
	  43, 8, BROADCAST, ICMP4_DROP_BCAST_TYPE },
	{ "RFC 792: an error quotes a header and 8 bytes",
	  3, 36, UNICAST, ICMP4_OK },
	{ "RFC 792: less is no error",
	  3, 35, UNICAST, ICMP4_DROP_LENGTH },
	{ "an error never comes by broadcast",
	  11, 36, BROADCAST, ICMP4_DROP_BCAST_TYPE },
};

static void rule_desc(const struct rule_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rule, rule_rows, rule_desc);

static void rules_row(struct kunit *test)
{
	const struct rule_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, icmp4_rule_receive(&icmp4_types[row->type],
						 row->len, row->broadcast,
						 row->ignore), row->want);
}

static const u8 answered[] = { 8, 13, 42 };
static const u8 for_sockets[] = { 0, 3, 4, 5, 11, 12, 43 };
static const u8 discarded[] = { 1, 2, 6, 7, 9, 10, 15, 16 };
static const u8 discarded_if_short[] = { 14, 17, 18 };
static const u8 may_be_broadcast[] = { 8, 13, 17, 18 };
static const u8 obeys_the_knob[] = { 8, 13 };
static const u8 quotes_a_packet[] = { 3, 4, 5, 11, 12 };

static unsigned int shortest(u8 type)
{
	if (IN(type, quotes_a_packet))
		return 36;
	return type == 13 || type == 14 ? 20 : type == 17 || type == 18 ? 12 : 8;
}

static enum icmp4_drop oracle(u8 type, unsigned int len, bool broadcast,
			      bool ignore)
{
	bool acted_on = IN(type, answered) || IN(type, for_sockets);

	if (broadcast && !IN(type, may_be_broadcast))
		return ICMP4_DROP_BCAST_TYPE;
	if (broadcast && ignore && IN(type, obeys_the_knob))
		return ICMP4_DROP_BCAST_ECHO;
	if (IN(type, discarded))
		return ICMP4_DROP_NO_ACTION;
	if (IN(type, discarded_if_short))
		return len < shortest(type) ? ICMP4_DROP_NO_ACTION : ICMP4_OK;
	if (!acted_on)
		return ICMP4_DROP_UNKNOWN;
	return len < shortest(type) ? ICMP4_DROP_LENGTH : ICMP4_OK;
}

static void rules_exhaustive(struct kunit *test)
{
	unsigned int type, len, way;

	for (type = 0; type < 256; type++)
		for (way = 0; way < 4; way++)
			for (len = 8; len <= 40; len++)
				KUNIT_ASSERT_EQ_MSG(test,
						    icmp4_rule_receive(&icmp4_types[type],
								       len, way & 1, way & 2),
						    oracle(type, len, way & 1, way & 2),
						    "type %u len %u broadcast %u ignore %u",
						    type, len, way & 1, way >> 1);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(rules_row, rule_gen_params),
	KUNIT_CASE(rules_exhaustive),
	{}
};

static struct kunit_suite rules_suite = {
	.name = "icmp4_rules",
	.test_cases = rules_cases,
};

kunit_test_suite(rules_suite);
