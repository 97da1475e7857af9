/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_OWNER_H
#define ICMP4_OWNER_H

#include <linux/types.h>

/* What limits a destination as a whole; below it, the types that have a limit of
 * their own.
 */
#define ICMP4_OWNER_HOST	62
#define ICMP4_OWNER_RULE_BITS	6
#define ICMP4_OWNER_L3_BITS	10
#define ICMP4_OWNER_NET_BITS	16

/* Set in the numbers of namespaces that anybody may make. */
#define ICMP4_OWNER_ANYBODY	(1U << (ICMP4_OWNER_NET_BITS - 1))

/**
 * struct icmp4_owner - who a bucket of the table belongs to
 * @daddr: the destination, network order
 * @net: number of the namespace, %ICMP4_OWNER_NET_BITS
 * @l3: L3 domain within it, %ICMP4_OWNER_L3_BITS, see icmp4_owner_l3()
 * @rule: an ICMP type from 0 to 61, or %ICMP4_OWNER_HOST
 */
struct icmp4_owner {
	__be32 daddr;
	u16 net;
	u16 l3;
	u8 rule;
};

/**
 * icmp4_owner_l3() - an L3 domain as an owner has it
 * @ifindex: of the L3 master device; 0 for none
 *
 * Of more than 1023 such devices some share their limits.
 *
 * Return: 0 for none, else 1 to 1023.
 */
static inline u16 icmp4_owner_l3(unsigned int ifindex)
{
	return ifindex ? ifindex % ((1U << ICMP4_OWNER_L3_BITS) - 1) + 1 : 0;
}

/**
 * icmp4_owner_tag() - an owner as the one word that marks his bucket
 * @owner: the owner
 *
 * Return: the word, another one for each owner, and never 0.
 */
static inline u64 icmp4_owner_tag(const struct icmp4_owner *owner)
{
	u32 net = owner->net;

	net = net << ICMP4_OWNER_L3_BITS | owner->l3;
	return (u64)(__force u32)owner->daddr << 32 |
	       (u64)net << ICMP4_OWNER_RULE_BITS | (owner->rule + 1U);
}

/**
 * icmp4_owner_net() - the namespace of an owner
 * @tag: from icmp4_owner_tag()
 *
 * Return: his &struct icmp4_owner net.
 */
static inline u16 icmp4_owner_net(u64 tag)
{
	return (u32)tag >> (ICMP4_OWNER_RULE_BITS + ICMP4_OWNER_L3_BITS);
}

/**
 * icmp4_owner_group() - who has to share buckets with an owner
 * @tag: from icmp4_owner_tag()
 *
 * Return: his namespace; namespaces that anybody may make are one group, for it is
 *	easy to make many.
 */
static inline u16 icmp4_owner_group(u64 tag)
{
	u16 net = icmp4_owner_net(tag);

	return net & ICMP4_OWNER_ANYBODY ? ICMP4_OWNER_ANYBODY : net;
}

/**
 * icmp4_owner_of() - the owner that a word stands for
 * @tag: from icmp4_owner_tag()
 *
 * Return: the owner.
 */
static inline struct icmp4_owner icmp4_owner_of(u64 tag)
{
	return (struct icmp4_owner){
		.daddr = (__force __be32)(u32)(tag >> 32),
		.net = icmp4_owner_net(tag),
		.l3 = ((u32)tag >> ICMP4_OWNER_RULE_BITS) &
		      ((1U << ICMP4_OWNER_L3_BITS) - 1),
		.rule = (tag & ((1U << ICMP4_OWNER_RULE_BITS) - 1)) - 1,
	};
}

#endif
