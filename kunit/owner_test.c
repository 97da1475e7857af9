// SPDX-License-Identifier: GPL-2.0
/* Owners and the words that mark their buckets. */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <kunit/test.h>

#include "owner.h"
#include "types.h"

static const u32 addresses[] = {
	0, 1, 0xc0000201, 0xc6336401, 0x7fffffff, 0x80000000, 0xffffffff,
};

static const struct {
	u16 net;
	u16 l3;
} domains[] = {
	{ 0, 0 }, { 0, 1 }, { 1, 0 }, { 0x3f, 0x40 }, { 0x40, 0x3f },
	{ 0x7fff, 0 }, { 0x8000, 0x155 }, { 0xaa55, 0x200 }, { 0, 0x3ff },
	{ 0xffff, 0x3fe }, { 0xffff, 0x3ff },
};

/* Whoever comes back is who went in, so no two of them share a word; 0 would be
 * nobody's.
 */
static void owner_round_trip(struct kunit *test)
{
	struct icmp4_owner owner, back;
	unsigned int rule, i, j;
	u64 tag;

	for (rule = 0; rule <= ICMP4_OWNER_HOST; rule++) {
		for (i = 0; i < ARRAY_SIZE(addresses); i++) {
			for (j = 0; j < ARRAY_SIZE(domains); j++) {
				owner.daddr = htonl(addresses[i]);
				owner.net = domains[j].net;
				owner.l3 = domains[j].l3;
				owner.rule = rule;
				tag = icmp4_owner_tag(&owner);
				KUNIT_ASSERT_NE(test, tag, 0);
				KUNIT_ASSERT_EQ(test, icmp4_owner_net(tag),
						owner.net);
				back = icmp4_owner_of(tag);
				KUNIT_ASSERT_TRUE(test,
						  back.daddr == owner.daddr);
				KUNIT_ASSERT_EQ(test, back.net, owner.net);
				KUNIT_ASSERT_EQ(test, back.l3, owner.l3);
				KUNIT_ASSERT_EQ(test, back.rule, owner.rule);
			}
		}
	}
}

/* Each bit of an owner is one of the word. */
static void owner_bits(struct kunit *test)
{
	const struct icmp4_owner none = {};
	struct icmp4_owner owner;
	u64 all = 0, differs;
	unsigned int i;

	for (i = 0; i < 58; i++) {
		owner = none;
		if (i < 32)
			owner.daddr = htonl(1U << i);
		else if (i < 48)
			owner.net = 1U << (i - 32);
		else
			owner.l3 = 1U << (i - 48);
		differs = icmp4_owner_tag(&owner) ^ icmp4_owner_tag(&none);
		KUNIT_EXPECT_EQ_MSG(test, hweight64(differs), 1, "bit %u", i);
		KUNIT_EXPECT_EQ_MSG(test, all & differs, 0, "bit %u", i);
		all |= differs;
	}
	KUNIT_EXPECT_EQ(test, hweight64(all), 58);
}

/* No L3 domain is like none, and the first 1023 are all different. */
static void owner_l3(struct kunit *test)
{
	unsigned int ifindex;

	KUNIT_EXPECT_EQ(test, icmp4_owner_l3(0), 0);
	for (ifindex = 1; ifindex < 5000; ifindex++) {
		KUNIT_ASSERT_GE(test, icmp4_owner_l3(ifindex), 1);
		KUNIT_ASSERT_LT(test, icmp4_owner_l3(ifindex), 1024);
		KUNIT_ASSERT_NE(test, icmp4_owner_l3(ifindex),
				icmp4_owner_l3(ifindex + 1));
		KUNIT_ASSERT_EQ(test, icmp4_owner_l3(ifindex),
				icmp4_owner_l3(ifindex + 1023));
	}
	KUNIT_EXPECT_NE(test, icmp4_owner_l3(INT_MAX), 0);
}

/* Who has to share: each namespace for itself, but those that anybody may make. */
static void owner_group(struct kunit *test)
{
	struct icmp4_owner owner = {};
	unsigned int net;

	for (net = 0; net <= U16_MAX; net++) {
		owner.net = net;
		KUNIT_ASSERT_EQ(test,
				icmp4_owner_group(icmp4_owner_tag(&owner)),
				min(net, ICMP4_OWNER_ANYBODY));
	}
}

/* The host's own rule is no type's, whatever may be limited by type. */
static void owner_rules(struct kunit *test)
{
	unsigned int type;

	for (type = 0; type < 256; type++)
		if (icmp4_types[type].sent)
			KUNIT_EXPECT_LT_MSG(test, type, ICMP4_OWNER_HOST,
					    "type %u", type);
}

static struct kunit_case owner_cases[] = {
	KUNIT_CASE(owner_round_trip),
	KUNIT_CASE(owner_bits),
	KUNIT_CASE(owner_l3),
	KUNIT_CASE(owner_group),
	KUNIT_CASE(owner_rules),
	{}
};

static struct kunit_suite owner_suite = {
	.name = "icmp4_owner",
	.test_cases = owner_cases,
};

kunit_test_suite(owner_suite);
