// SPDX-License-Identifier: GPL-2.0
/* Who is answered by an error: RFC 1122 3.2.2 and RFC 1812 4.3.2.7, a row each,
 * then all of it against the rules told in sets.
 */

#include <linux/if_packet.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "rules.h"

#define IN(type, set)	(!!memchr(set, type, sizeof(set)))

/* All in host order. */
#define REQ		0xc0000201	/* 192.0.2.1, the offender */
#define MF		0x2000
#define DF		0x4000
#define RESERVED	0x8000

struct error_row {
	const char *desc;
	u32 saddr;
	u16 frag_off;
	u8 pkt_type;
	bool broadcast;
	bool wire;
	bool icmp;
	u8 type;
	enum icmp4_drop want;
};

#define WIRE		.wire = true
#define ICMP(_type)	.icmp = true, .type = (_type)
#define DROP(_why)	.want = ICMP4_DROP_ERR_##_why

static const struct error_row error_rows[] = {
	/* What is answered */
	{ "RFC 1122 3.2.2: an ordinary packet from the wire",
	  .saddr = REQ, WIRE },
	{ "an ordinary packet of this host's own", .saddr = REQ },

	/* The frame */
	{ "RFC 1122 3.2.2: a link-layer broadcast",
	  .saddr = REQ, WIRE, .pkt_type = PACKET_BROADCAST, DROP(FRAME) },
	{ "RFC 1122 3.2.2: a link-layer multicast",
	  .saddr = REQ, WIRE, .pkt_type = PACKET_MULTICAST, DROP(FRAME) },
	{ "a frame for somebody else",
	  .saddr = REQ, WIRE, .pkt_type = PACKET_OTHERHOST, DROP(FRAME) },
	{ "a frame on its way out",
	  .saddr = REQ, WIRE, .pkt_type = PACKET_OUTGOING, DROP(FRAME) },
	{ "a frame looped back",
	  .saddr = REQ, .pkt_type = PACKET_LOOPBACK, DROP(FRAME) },

	/* The destination */
	{ "RFC 1122 3.2.2: to an IP broadcast or multicast address",
	  .saddr = REQ, WIRE, .broadcast = true, DROP(BROADCAST) },
	{ "RFC 1122 3.2.2: this host's own, too",
	  .saddr = REQ, .broadcast = true, DROP(BROADCAST) },

	/* Fragments */
	{ "RFC 1122 3.2.2: the second fragment, 8 bytes on",
	  .saddr = REQ, WIRE, .frag_off = MF | 1, DROP(FRAGMENT) },
	{ "RFC 1122 3.2.2: the last fragment",
	  .saddr = REQ, WIRE, .frag_off = 185, DROP(FRAGMENT) },
	{ "RFC 1122 3.2.2: a fragment 32768 bytes on",
	  .saddr = REQ, WIRE, .frag_off = 0x1000, DROP(FRAGMENT) },
	{ "RFC 1122 3.2.2: a fragment as far on as there can be one",
	  .saddr = REQ, WIRE, .frag_off = 0x1fff, DROP(FRAGMENT) },
	{ "RFC 1122 3.2.2: the first fragment is answered",
	  .saddr = REQ, WIRE, .frag_off = MF },
	{ "a packet not to be fragmented is answered",
	  .saddr = REQ, WIRE, .frag_off = DF },
	{ "whatever the reserved bit says",
	  .saddr = REQ, WIRE, .frag_off = RESERVED | DF | MF },
	{ "RFC 1122 3.2.2: a later fragment is not, whatever they say",
	  .saddr = REQ, WIRE, .frag_off = RESERVED | DF | MF | 1,
	  DROP(FRAGMENT) },

	/* ICMP */
	{ "RFC 1812 4.3.2.7: about an echo request",
	  .saddr = REQ, WIRE, ICMP(8) },
	{ "about an echo reply", .saddr = REQ, WIRE, ICMP(0) },
	{ "about a timestamp request", .saddr = REQ, WIRE, ICMP(13) },
	{ "about a mask reply", .saddr = REQ, WIRE, ICMP(18) },
	{ "RFC 1122 3.2.2: about destination unreachable",
	  .saddr = REQ, WIRE, ICMP(3), DROP(ICMP) },
	{ "RFC 1122 3.2.2: about source quench",
	  .saddr = REQ, WIRE, ICMP(4), DROP(ICMP) },
	{ "RFC 1122 3.2.2: about a redirect",
	  .saddr = REQ, WIRE, ICMP(5), DROP(ICMP) },
	{ "RFC 1122 3.2.2: about time exceeded",
	  .saddr = REQ, WIRE, ICMP(11), DROP(ICMP) },
	{ "RFC 1122 3.2.2: about a parameter problem",
	  .saddr = REQ, WIRE, ICMP(12), DROP(ICMP) },
	{ "RFC 1122 3.2.2: this host's own errors, too",
	  .saddr = REQ, ICMP(3), DROP(ICMP) },
	{ "about a router advertisement, as ever",
	  .saddr = REQ, WIRE, ICMP(9), DROP(ICMP) },
	{ "about PROBE, as ever",
	  .saddr = REQ, WIRE, ICMP(42), DROP(ICMP) },
	{ "about a PROBE's reply, as ever",
	  .saddr = REQ, WIRE, ICMP(43), DROP(ICMP) },
	{ "about the first type after those of old",
	  .saddr = REQ, WIRE, ICMP(19), DROP(ICMP) },
	{ "about Photuris, an error above 18",
	  .saddr = REQ, WIRE, ICMP(40), DROP(ICMP) },
	{ "about an unknown type that may be an error",
	  .saddr = REQ, WIRE, ICMP(1), DROP(ICMP) },
	{ "about a type that cannot be read",
	  .saddr = REQ, WIRE, ICMP(ICMP4_NO_TYPE), DROP(ICMP) },
	{ "what would be an error's type is none outside of ICMP",
	  .saddr = REQ, WIRE, .type = 3 },

	/* The source */
	{ "RFC 1122 3.2.2: from 0.0.0.0",
	  .saddr = 0x00000000, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 0.0.0.0, by this host",
	  .saddr = 0x00000000, DROP(SOURCE) },
	{ "from 0.0.0.1, since Linux 5.3 a host like others",
	  .saddr = 0x00000001, WIRE },
	{ "from 0.255.255.255, another one",
	  .saddr = 0x00ffffff, WIRE },
	{ "from 126.255.255.255, before loopback",
	  .saddr = 0x7effffff, WIRE },
	{ "RFC 1122 3.2.2: from 127.0.0.1, by a wire",
	  .saddr = 0x7f000001, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 127.0.0.0, by a wire",
	  .saddr = 0x7f000000, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 127.255.255.255, by a wire",
	  .saddr = 0x7fffffff, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.1.3 (g): from 127.0.0.1, by no wire",
	  .saddr = 0x7f000001 },
	{ "RFC 1122 3.2.1.3 (g): from 127.255.255.255, by no wire",
	  .saddr = 0x7fffffff },
	{ "from 128.0.0.0, behind loopback",
	  .saddr = 0x80000000, WIRE },
	{ "from 223.255.255.255, before multicast",
	  .saddr = 0xdfffffff, WIRE },
	{ "RFC 1122 3.2.2: from 224.0.0.0, multicast",
	  .saddr = 0xe0000000, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 224.0.0.1, by no wire",
	  .saddr = 0xe0000001, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 239.255.255.255, multicast",
	  .saddr = 0xefffffff, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 240.0.0.0, class E",
	  .saddr = 0xf0000000, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 240.0.0.1, by no wire",
	  .saddr = 0xf0000001, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 248.0.0.1, in the middle of class E",
	  .saddr = 0xf8000001, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 255.255.255.255, the limited broadcast",
	  .saddr = 0xffffffff, WIRE, DROP(SOURCE) },
	{ "RFC 1122 3.2.2: from 255.255.255.255, by no wire",
	  .saddr = 0xffffffff, DROP(SOURCE) },
	{ "from 10.255.255.255, of which the route has to tell",
	  .saddr = 0x0affffff, WIRE },
	{ "from 169.254.0.1, a host on this link",
	  .saddr = 0xa9fe0001, WIRE },
};

static void error_desc(const struct error_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(error, error_rows, error_desc);

static enum icmp4_drop judge(const struct error_row *row)
{
	struct icmp4_offending packet = {
		.saddr = htonl(row->saddr),
		.frag_off = htons(row->frag_off),
		.pkt_type = row->pkt_type,
		.broadcast = row->broadcast,
		.wire = row->wire,
		.icmp = row->icmp,
		.type = row->type,
	};

	return icmp4_rule_error(&packet);
}

static void rules_error_row(struct kunit *test)
{
	const struct error_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, judge(row), row->want);
}

/* A packet that breaks several rules is counted where it breaks the first. */
static void rules_error_order(struct kunit *test)
{
	static const enum icmp4_drop order[] = {
		ICMP4_DROP_ERR_FRAME,
		ICMP4_DROP_ERR_BROADCAST,
		ICMP4_DROP_ERR_FRAGMENT,
		ICMP4_DROP_ERR_ICMP,
		ICMP4_DROP_ERR_SOURCE,
	};
	unsigned int broken, first;

	for (broken = 0; broken < BIT(ARRAY_SIZE(order)); broken++) {
		struct error_row row = {
			.saddr = broken & BIT(4) ? 0xe0000001 : REQ,
			.frag_off = broken & BIT(2) ? 1 : 0,
			.pkt_type = broken & BIT(0) ? PACKET_MULTICAST :
						      PACKET_HOST,
			.broadcast = broken & BIT(1),
			.wire = true,
			.icmp = true,
			.type = broken & BIT(3) ? 11 : 8,
		};

		for (first = 0; first < ARRAY_SIZE(order); first++)
			if (broken & BIT(first))
				break;
		KUNIT_EXPECT_EQ_MSG(test, judge(&row),
				    broken ? order[first] : ICMP4_OK,
				    "broken rules %#x", broken);
	}
}

static const u8 answered_about[] = { 0, 8, 13, 14, 15, 16, 17, 18 };

static void rules_error_types(struct kunit *test)
{
	struct error_row row = { .saddr = REQ, .wire = true };
	enum icmp4_drop want;
	unsigned int type;

	for (type = 0; type < 256; type++) {
		row.type = type;
		want = IN(type, answered_about) ? ICMP4_OK :
						  ICMP4_DROP_ERR_ICMP;
		row.icmp = true;
		KUNIT_EXPECT_EQ_MSG(test, judge(&row), want, "type %u", type);
		row.icmp = false;
		KUNIT_EXPECT_EQ_MSG(test, judge(&row), ICMP4_OK,
				    "type %u, but no ICMP", type);
	}
}

static void rules_error_frames(struct kunit *test)
{
	struct error_row row = { .saddr = REQ, .wire = true };
	unsigned int frame;

	for (frame = 0; frame < 256; frame++) {
		row.pkt_type = frame;
		KUNIT_EXPECT_EQ_MSG(test, judge(&row),
				    frame ? ICMP4_DROP_ERR_FRAME : ICMP4_OK,
				    "packet type %u", frame);
	}
}

/* 13 bits are the offset, three are not. */
static void rules_error_fragments(struct kunit *test)
{
	struct error_row row = { .saddr = REQ, .wire = true };
	unsigned int frag_off;

	for (frag_off = 0; frag_off < 65536; frag_off++) {
		row.frag_off = frag_off;
		KUNIT_ASSERT_EQ_MSG(test, judge(&row),
				    frag_off % 8192 ? ICMP4_DROP_ERR_FRAGMENT :
						      ICMP4_OK,
				    "flags and offset %#x", frag_off);
	}
}

/* The first byte decides, and what follows it of 0.0.0.0 alone. */
static void rules_error_sources(struct kunit *test)
{
	static const u32 rests[] = {
		0, 1, 0xff, 0xff00, 0x10000, 0x7f0000, 0x800000, 0xe00001,
		0xf00000, 0xfffffe, 0xffffff,
	};
	struct error_row row = {};
	unsigned int first, i;
	bool one_host;

	for (first = 0; first < 256; first++) {
		for (i = 0; i < 2 * ARRAY_SIZE(rests); i++) {
			row.saddr = first << 24 | rests[i / 2];
			row.wire = i % 2;
			one_host = row.saddr && first <= 223 &&
				   !(first == 127 && row.wire);
			KUNIT_ASSERT_EQ_MSG(test, judge(&row),
					    one_host ? ICMP4_OK :
						       ICMP4_DROP_ERR_SOURCE,
					    "source %08x, wire %u", row.saddr,
					    row.wire);
		}
	}
}

static struct kunit_case rules_error_cases[] = {
	KUNIT_CASE_PARAM(rules_error_row, error_gen_params),
	KUNIT_CASE(rules_error_order),
	KUNIT_CASE(rules_error_types),
	KUNIT_CASE(rules_error_frames),
	KUNIT_CASE(rules_error_fragments),
	KUNIT_CASE(rules_error_sources),
	{}
};

static struct kunit_suite rules_error_suite = {
	.name = "icmp4_rules_error",
	.test_cases = rules_error_cases,
};

kunit_test_suite(rules_error_suite);
