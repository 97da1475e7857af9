// SPDX-License-Identifier: GPL-2.0
/* How many errors may leave: at most icmp_msgs_per_sec in all, by the kernel's own
 * fields, which ICMPv6 shares, and one in icmp_ratelimit to each destination.
 * What is refused is refused before a route is looked for; what is charged is
 * charged when it is certain to leave.
 */

#include <linux/icmp.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/net_namespace.h>

#include "limit.h"

#define LIMIT_BUCKETS	65536
#define LIMIT_SETS	(LIMIT_BUCKETS / ICMP4_BUCKET_WAYS)
#define LIMIT_BURST	6

static struct icmp4_bucket *icmp4_limit_buckets __read_mostly;
static siphash_key_t icmp4_limit_key __read_mostly;

/* Fragmentation needed is never limited, or path MTU discovery would fail. */
static bool icmp4_limit_is_masked(const struct net *net, u8 type, u8 code)
{
	if (type > NR_ICMP_TYPES)
		return false;
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		return false;
	return READ_ONCE(net->ipv4.sysctl_icmp_ratemask) & BIT(type);
}

/* Is there global credit, or is some due? It is earned in steps of 20 ms at
 * least, for a second at most.
 */
static bool icmp4_limit_global(struct net *net)
{
	u32 now = jiffies, stamp, passed, earned;
	int burst, credit, sum;

	if (atomic_read(&net->ipv4.icmp_global_credit) > 0)
		return true;
	stamp = READ_ONCE(net->ipv4.icmp_global_stamp);
	passed = min_t(u32, now - stamp, HZ);
	if (passed < HZ / 50)
		return false;
	earned = div_u64((u64)READ_ONCE(net->ipv4.sysctl_icmp_msgs_per_sec) *
			 passed, HZ);
	if (!earned)
		return false;
	/* Whoever wins the stamp pays out, others take from it. */
	if (cmpxchg(&net->ipv4.icmp_global_stamp, stamp, now) != stamp)
		return true;
	burst = READ_ONCE(net->ipv4.sysctl_icmp_msgs_burst);
	credit = atomic_read(&net->ipv4.icmp_global_credit);
	do {
		sum = min_t(s64, (s64)credit + earned, burst);
	} while (!atomic_try_cmpxchg(&net->ipv4.icmp_global_credit, &credit,
				     sum));
	return true;
}

static s64 icmp4_limit_interval(const struct net *net)
{
	return (s64)READ_ONCE(net->ipv4.sysctl_icmp_ratelimit) *
	       (s64)(NSEC_PER_SEC / HZ);
}

static u64 icmp4_limit_tag(const struct net *net, __be32 daddr, int l3)
{
	return siphash_2u64((unsigned long)net,
			    (u64)(__force u32)daddr << 32 | (u32)l3,
			    &icmp4_limit_key) ?: 1;
}

static struct icmp4_bucket *icmp4_limit_set(u64 tag)
{
	return icmp4_limit_buckets + (tag % LIMIT_SETS) * ICMP4_BUCKET_WAYS;
}

/**
 * icmp4_limit_look() - would the limits let a message go?
 * @in: the namespace that sends it
 * @limit: filled in, for icmp4_limit_charge()
 * @type: ICMP type of the message
 * @code: its code
 * @loopback: what it is about came by the loopback device
 * @daddr: where it goes next, network order
 * @l3: index of the L3 master device it stays in; 0 for none
 *
 * Charges nothing.
 *
 * Return: ICMP4_OK, or the limit that is exceeded.
 * Context: softirq, or process with bottom halves off.
 */
enum icmp4_drop icmp4_limit_look(struct icmp4_net *in,
				 struct icmp4_limit *limit, u8 type, u8 code,
				 bool loopback, __be32 daddr, int l3)
{
	limit->masked = !loopback && icmp4_limit_is_masked(in->net, type, code);
	if (!limit->masked)
		return ICMP4_OK;
	if (!icmp4_limit_global(in->net))
		return ICMP4_DROP_ERR_LIMIT_GLOBAL;

	limit->tag = 0;
	limit->rate.burst = LIMIT_BURST;
	limit->rate.interval = icmp4_limit_interval(in->net);
	if (!limit->rate.interval)
		return ICMP4_OK;
	/* As with the built-in: a rate below zero is never met. */
	if (limit->rate.interval < 0)
		return ICMP4_DROP_ERR_LIMIT_HOST;
	limit->tag = icmp4_limit_tag(in->net, daddr, l3);
	if (!icmp4_bucket_allows(icmp4_limit_set(limit->tag), limit->tag,
				 ktime_get_ns(), &limit->rate))
		return ICMP4_DROP_ERR_LIMIT_HOST;
	return ICMP4_OK;
}

/**
 * icmp4_limit_charge() - charge a message that is about to leave
 * @in: the namespace that sends it
 * @limit: from icmp4_limit_look()
 * @loopback: it leaves by the loopback device
 *
 * The global credit pays 0 to 2 tokens at random, so that nobody can tell from
 * the errors he gets whether somebody else got some (CVE-2020-25705).
 *
 * Return: ICMP4_OK; the limit that is exceeded meanwhile, and nothing was
 *	charged.
 * Context: softirq, or process with bottom halves off.
 */
enum icmp4_drop icmp4_limit_charge(struct icmp4_net *in,
				   const struct icmp4_limit *limit,
				   bool loopback)
{
	if (!limit->masked)
		return ICMP4_OK;
	if (limit->tag && !loopback &&
	    !icmp4_bucket_charge(icmp4_limit_set(limit->tag), limit->tag,
				 ktime_get_ns(), &limit->rate))
		return ICMP4_DROP_ERR_LIMIT_HOST;
	atomic_sub(get_random_u32_below(3), &in->net->ipv4.icmp_global_credit);
	return ICMP4_OK;
}

/**
 * icmp4_limit_init() - room for the buckets
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_limit_init(void)
{
	get_random_bytes(&icmp4_limit_key, sizeof(icmp4_limit_key));
	icmp4_limit_buckets = kvcalloc(LIMIT_BUCKETS,
				       sizeof(*icmp4_limit_buckets), GFP_KERNEL);
	return icmp4_limit_buckets ? 0 : -ENOMEM;
}

/**
 * icmp4_limit_uninit() - give it back
 *
 * Context: process; nobody sends any more.
 */
void icmp4_limit_uninit(void)
{
	kvfree(icmp4_limit_buckets);
}
