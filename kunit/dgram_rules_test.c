// SPDX-License-Identifier: GPL-2.0
/* What a datagram socket may send, against the page told once more: every type with every
 * code and length, and headers that are wrong in one thing alone.
 */

#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <kunit/test.h>

#include "dgram_rules.h"

#define LONGEST		64
#define ECHO		8
#define TIMESTAMP	13
#define MASKREQ		17
#define PROBE		42

/* Lengths that a message may have, from and to; none for what may not be sent. */
static const struct {
	u8 type;
	size_t from;
	size_t to;
	bool darwin;
} sendable[] = {
	{ ECHO, 8, LONGEST, true },
	{ TIMESTAMP, 20, 20, true },
	{ MASKREQ, 12, 12, true },
	{ PROBE, 8, LONGEST, false },
};

static bool wanted(enum icmp4_dgram_way way, unsigned int type,
		   unsigned int code, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sendable); i++)
		if (sendable[i].type == type)
			return !code && len >= sendable[i].from &&
			       len <= sendable[i].to &&
			       (sendable[i].darwin ||
				way == ICMP4_DGRAM_LINUX);
	return false;
}

static void dgram_valid(struct kunit *test)
{
	unsigned int way, type, code, count = 0;
	struct icmphdr icmph = {};
	size_t len;
	bool got;

	for (way = ICMP4_DGRAM_LINUX; way <= ICMP4_DGRAM_DARWIN; way++) {
		for (type = 0; type < 256; type++) {
			for (code = 0; code < 256; code++) {
				icmph.type = type;
				icmph.code = code;
				for (len = 0; len <= LONGEST; len++) {
					got = icmp4_dgram_valid(way, &icmph,
								len);
					count += got;
					KUNIT_ASSERT_EQ(test, got,
							wanted(way, type, code,
							       len));
				}
			}
		}
	}
	/* Of each way 57 echo requests and two others; 57 PROBEs. */
	KUNIT_EXPECT_EQ(test, count, 2 * (57 + 2) + 57);
}

/* What is too short is not looked at. */
static void dgram_short(struct kunit *test)
{
	size_t len;

	for (len = 0; len < sizeof(struct icmphdr); len++)
		KUNIT_EXPECT_FALSE(test, icmp4_dgram_valid(ICMP4_DGRAM_DARWIN,
							   NULL, len));
	for (len = 0; len < sizeof(struct iphdr); len++)
		KUNIT_EXPECT_FALSE(test, icmp4_dgram_header_valid(NULL, len));
}

static void dgram_asks(struct kunit *test)
{
	unsigned int type, code;

	for (type = 0; type < 256; type++) {
		for (code = 0; code < 256; code++) {
			KUNIT_ASSERT_EQ(test,
					icmp4_dgram_asks(ICMP4_DGRAM_DARWIN,
							 type, code),
					!code && (type == ECHO ||
						  type == TIMESTAMP ||
						  type == MASKREQ));
			KUNIT_ASSERT_EQ(test,
					icmp4_dgram_asks(ICMP4_DGRAM_LINUX,
							 type, code),
					!code && (type == ECHO ||
						  type == TIMESTAMP ||
						  type == MASKREQ ||
						  type == PROBE));
		}
	}
}

static void dgram_fixed(struct kunit *test)
{
	unsigned int type;
	size_t want;

	for (type = 0; type < 256; type++) {
		want = type == TIMESTAMP ? 20 : type == MASKREQ ? 12 : 0;
		KUNIT_EXPECT_EQ(test, icmp4_dgram_fixed(type), want);
		KUNIT_EXPECT_LE(test, want, (size_t)ICMP4_DGRAM_FIXED_MAX);
	}
}

/* A header of so many words that may be sent, with 8 bytes behind it. */
static struct iphdr header(unsigned int ihl)
{
	struct iphdr iph;

	/* Of all that the page does not mention any value will do. */
	memset(&iph, 0xa5, sizeof(iph));
	iph.version = 4;
	iph.ihl = ihl;
	iph.tot_len = htons(ihl * 4 + 8);
	iph.id = 0;
	iph.frag_off = 0;
	iph.protocol = IPPROTO_ICMP;
	return iph;
}

static void dgram_header_length(struct kunit *test)
{
	struct iphdr iph;
	unsigned int ihl;
	size_t len;

	for (ihl = 0; ihl < 16; ihl++) {
		for (len = 20; len <= 100; len++) {
			iph = header(ihl);
			iph.tot_len = htons(len);
			KUNIT_EXPECT_EQ_MSG(test,
					    icmp4_dgram_header_valid(&iph, len),
					    ihl >= 5 && ihl <= 10 &&
					    len >= ihl * 4 + 8,
					    "ihl %u, %zu bytes", ihl, len);
		}
	}
}

/* Network order, and all of it. */
static void dgram_header_total(struct kunit *test)
{
	struct iphdr iph = header(5);
	unsigned int total;

	for (total = 0; total <= U16_MAX; total++) {
		iph.tot_len = htons(total);
		KUNIT_ASSERT_EQ(test, icmp4_dgram_header_valid(&iph, 28),
				total == 28);
		KUNIT_ASSERT_EQ(test, icmp4_dgram_header_valid(&iph, total),
				total >= 28);
	}
	/* 16 bits of what is longer than IP may be are no length. */
	iph.tot_len = htons(28);
	KUNIT_EXPECT_FALSE(test, icmp4_dgram_header_valid(&iph, 65536 + 28));
}

static void dgram_header_fields(struct kunit *test)
{
	struct iphdr iph;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		iph = header(5);
		iph.version = i;
		KUNIT_EXPECT_EQ(test, icmp4_dgram_header_valid(&iph, 28),
				i == 4);
		iph = header(5);
		iph.id = htons(1U << i);
		KUNIT_EXPECT_FALSE(test, icmp4_dgram_header_valid(&iph, 28));
		iph = header(5);
		iph.frag_off = htons(1U << i);
		KUNIT_EXPECT_FALSE(test, icmp4_dgram_header_valid(&iph, 28));
	}
	for (i = 0; i < 256; i++) {
		iph = header(5);
		iph.protocol = i;
		KUNIT_EXPECT_EQ_MSG(test, icmp4_dgram_header_valid(&iph, 28),
				    i == 0 || i == 1, "protocol %u", i);
		/* And what is not looked at. */
		iph = header(5);
		iph.tos = i;
		iph.ttl = i;
		iph.check = htons(i * 257);
		iph.saddr = htonl(i * 0x01010101);
		iph.daddr = htonl(~i);
		KUNIT_EXPECT_TRUE(test, icmp4_dgram_header_valid(&iph, 28));
	}
}

static struct kunit_case dgram_rules_cases[] = {
	KUNIT_CASE(dgram_valid),
	KUNIT_CASE(dgram_short),
	KUNIT_CASE(dgram_asks),
	KUNIT_CASE(dgram_fixed),
	KUNIT_CASE(dgram_header_length),
	KUNIT_CASE(dgram_header_total),
	KUNIT_CASE(dgram_header_fields),
	{}
};

static struct kunit_suite dgram_rules_suite = {
	.name = "icmp4_dgram_rules",
	.test_cases = dgram_rules_cases,
};

kunit_test_suite(dgram_rules_suite);
