// SPDX-License-Identifier: GPL-2.0
/* How many replies and errors may leave. All limits that apply have to agree, and
 * nothing is charged unless they do:
 *
 *   class        icmp_icmplim a second                        window.c
 *   type         the rate that icmp_rates has for it,         bucket.c
 *   or else
 *   destination  one in icmp_ratelimit                        bucket.c
 *   global       icmp_msgs_per_sec in all, by the kernel's own fields, which
 *                ICMPv6 shares
 *
 * What is refused is refused before a route is looked for; what is charged is
 * charged when it is certain to leave. Never limited are 3/4, or path MTU discovery
 * would fail, and what came or goes by loopback.
 */

#include <linux/icmp.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/user_namespace.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>

#include "limit.h"
#include "rates.h"
#include "stat.h"

#define LIMIT_BUCKETS		65536
/* Newcomers to different sets rarely meet at one of these. */
#define LIMIT_LOCKS		64
/* Namespaces have numbers, those that anybody may make from the middle on; when
 * there are no more of a kind, the others share the last.
 */
#define LIMIT_NETS		ICMP4_OWNER_ANYBODY
#define LIMIT_NET_SHARED	(LIMIT_NETS - 1)

/**
 * struct icmp4_limit_lock - a lock that shares its cache line with no other
 * @lock: of some sets
 */
struct icmp4_limit_lock {
	/* Held while a bucket changes hands. */
	spinlock_t lock;
} ____cacheline_aligned_in_smp;

static unsigned int limit_buckets = LIMIT_BUCKETS;
module_param(limit_buckets, uint, 0444);
MODULE_PARM_DESC(limit_buckets, "destinations that can be limited at a time (default 65536)");

static struct icmp4_bucket_set *icmp4_limit_sets __read_mostly;
static siphash_key_t icmp4_limit_key __read_mostly;
static struct icmp4_limit_lock icmp4_limit_locks[LIMIT_LOCKS];
static DEFINE_IDA(icmp4_limit_nets);

static const u8 icmp4_limit_types[ICMP4_LIMIT_CLASSES] = {
	[ICMP4_LIMIT_UNREACH] = ICMP_DEST_UNREACH,
	[ICMP4_LIMIT_ECHO] = ICMP_ECHOREPLY,
	[ICMP4_LIMIT_TIMESTAMP] = ICMP_TIMESTAMPREPLY,
};

static enum icmp4_limit_class icmp4_limit_class(u8 type, u8 code)
{
	enum icmp4_limit_class class;

	if (type == ICMP_DEST_UNREACH && code != ICMP_PORT_UNREACH)
		return ICMP4_LIMIT_CLASSES;
	for (class = 0; class < ICMP4_LIMIT_CLASSES; class++)
		if (icmp4_limit_types[class] == type)
			break;
	return class;
}

static u64 icmp4_limit_ms(u64 ns)
{
	return div_u64(ns, NSEC_PER_MSEC);
}

/* What the global credit has earned since it was last paid out: in steps of 20 ms at
 * least, for a second at most.
 */
static u32 icmp4_limit_earned(const struct net *net, u32 now, u32 stamp)
{
	u32 passed = min_t(u32, now - stamp, HZ);

	if (passed < HZ / 50)
		return 0;
	return div_u64((u64)READ_ONCE(net->ipv4.sysctl_icmp_msgs_per_sec) *
		       passed, HZ);
}

/* Is there global credit, or is some due? */
static bool icmp4_limit_global(struct net *net)
{
	u32 now = jiffies, stamp, earned;
	int burst, credit, sum;

	if (atomic_read(&net->ipv4.icmp_global_credit) > 0)
		return true;
	stamp = READ_ONCE(net->ipv4.icmp_global_stamp);
	earned = icmp4_limit_earned(net, now, stamp);
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

/**
 * icmp4_limit_credit() - how many messages the global credit would pay
 * @net: a namespace
 *
 * Return: 0 to icmp_msgs_burst.
 */
unsigned int icmp4_limit_credit(const struct net *net)
{
	s64 credit = atomic_read(&net->ipv4.icmp_global_credit);

	if (credit <= 0)
		credit += icmp4_limit_earned(net, jiffies,
					     READ_ONCE(net->ipv4.icmp_global_stamp));
	return clamp_t(s64, credit, 0,
		       READ_ONCE(net->ipv4.sysctl_icmp_msgs_burst));
}

static struct icmp4_bucket_set *icmp4_limit_set(u64 tag)
{
	u32 hash = siphash_1u64(tag, &icmp4_limit_key);

	return icmp4_limit_sets +
	       reciprocal_scale(hash, limit_buckets / ICMP4_BUCKET_WAYS);
}

static spinlock_t *icmp4_limit_lock(const struct icmp4_bucket_set *set)
{
	return &icmp4_limit_locks[(set - icmp4_limit_sets) % LIMIT_LOCKS].lock;
}

/* A rate of the type itself. */
static bool icmp4_limit_rate_type(const struct icmp4_net *in, u8 type,
				  struct icmp4_rate *rate)
{
	const struct icmp4_rates *rates = rcu_dereference(in->rates);

	if (likely(!rates) || type >= ICMP4_RATES_TYPES ||
	    !rates->interval[type])
		return false;
	rate->interval = (s64)rates->interval[type] * NSEC_PER_MSEC;
	rate->burst = rates->burst[type];
	return true;
}

static bool icmp4_limit_rate_host(const struct icmp4_net *in,
				  struct icmp4_rate *rate)
{
	rate->interval =
		(s64)READ_ONCE(in->net->ipv4.sysctl_icmp_ratelimit) *
		(s64)(NSEC_PER_SEC / HZ);
	rate->burst = ICMP4_RATES_BURST;
	return rate->interval;
}

/**
 * icmp4_limit_rate() - what a rule grants now
 * @in: the namespace
 * @rule: an ICMP type, or %ICMP4_OWNER_HOST
 * @rate: filled in
 *
 * Return: whether there is such a rate.
 * Context: RCU read side.
 */
bool icmp4_limit_rate(const struct icmp4_net *in, u8 rule,
		      struct icmp4_rate *rate)
{
	return rule == ICMP4_OWNER_HOST ? icmp4_limit_rate_host(in, rate) :
					  icmp4_limit_rate_type(in, rule, rate);
}

/**
 * icmp4_limit_window_rate() - what a window of icmp_icmplim lets through
 * @in: the namespace
 * @rate: filled in
 *
 * Return: whether there is such a limit.
 */
bool icmp4_limit_window_rate(const struct icmp4_net *in,
			     struct icmp4_window_rate *rate)
{
	if (likely(!READ_ONCE(in->knobs.icmplim_output)))
		return false;
	rate->limit = READ_ONCE(in->knobs.icmplim);
	rate->jitter = READ_ONCE(in->knobs.icmplim_jitter);
	rate->key = &icmp4_limit_key;
	return rate->limit;
}

/* Here ends what a limit refuses, whoever asked. */
static enum icmp4_drop icmp4_limit_refuse(const struct icmp4_net *in,
					  const struct icmp4_limit *limit,
					  enum icmp4_drop why)
{
	icmp4_stat_limited(in, limit->type);
	return why;
}

static enum icmp4_drop icmp4_limit_why(const struct icmp4_limit *limit)
{
	return limit->rule == ICMP4_OWNER_HOST ? ICMP4_DROP_LIMIT_HOST :
						 ICMP4_DROP_LIMIT_TYPE;
}

static bool icmp4_limit_class_allows(struct icmp4_net *in,
				     struct icmp4_limit *limit, u8 code)
{
	enum icmp4_limit_class class;
	struct icmp4_window_rate rate;

	limit->window = NULL;
	if (likely(!icmp4_limit_window_rate(in, &rate)))
		return true;
	class = icmp4_limit_class(limit->type, code);
	if (class == ICMP4_LIMIT_CLASSES)
		return true;
	limit->window = &in->windows[class];
	return icmp4_window_allows(limit->window,
				   icmp4_limit_ms(ktime_get_ns()), &rate);
}

static bool icmp4_limit_bucket_allows(struct icmp4_net *in,
				      struct icmp4_limit *limit,
				      const struct net_device *dev,
				      __be32 daddr)
{
	struct icmp4_owner owner = {
		.daddr = daddr,
		.net = in->number,
		.l3 = icmp4_owner_l3(l3mdev_master_ifindex_rcu(dev)),
	};

	limit->set = NULL;
	if (unlikely(icmp4_limit_rate_type(in, limit->type, &limit->rate)))
		limit->rule = limit->type;
	else if (limit->masked && icmp4_limit_rate_host(in, &limit->rate))
		limit->rule = ICMP4_OWNER_HOST;
	else
		return true;
	/* As with the built-in: a rate below zero is never met. */
	if (unlikely(limit->rate.interval < 0))
		return false;

	owner.rule = limit->rule;
	limit->tag = icmp4_owner_tag(&owner);
	limit->set = icmp4_limit_set(limit->tag);
	limit->now = ktime_get_ns();
	return icmp4_bucket_allows(limit->set, limit->tag, limit->now,
				   &limit->rate);
}

/**
 * icmp4_limit_look_slow() - icmp4_limit_look(), where a limit may have a say
 * @in: the namespace that sends the message
 * @limit: filled in
 * @type: ICMP type of the message
 * @code: its code
 * @loopback: what it is about, or answers, came by the loopback device
 * @daddr: whom to charge, network order: where it goes next, of a reply who asked
 * @dev: the device whose L3 domain that is in
 *
 * Return: ICMP4_OK, or the limit that is exceeded.
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
enum icmp4_drop icmp4_limit_look_slow(struct icmp4_net *in,
				      struct icmp4_limit *limit, u8 type,
				      u8 code, bool loopback, __be32 daddr,
				      const struct net_device *dev)
{
	limit->none = loopback ||
		      (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED);
	if (limit->none)
		return ICMP4_OK;

	limit->type = type;
	limit->masked = icmp4_limit_masks(in, type);
	if (unlikely(!icmp4_limit_class_allows(in, limit, code)))
		return icmp4_limit_refuse(in, limit, ICMP4_DROP_LIMIT_CLASS);
	if (limit->masked && !icmp4_limit_global(in->net))
		return icmp4_limit_refuse(in, limit, ICMP4_DROP_LIMIT_GLOBAL);
	if (!icmp4_limit_bucket_allows(in, limit, dev, daddr))
		return icmp4_limit_refuse(in, limit, icmp4_limit_why(limit));
	return ICMP4_OK;
}

/* A second message may have been quicker since they were looked at. */
static enum icmp4_drop icmp4_limit_pay(struct icmp4_net *in,
				       const struct icmp4_limit *limit)
{
	struct icmp4_window_rate rate;
	bool counted = false, evicted;
	u64 now_ms = 0;

	if (unlikely(limit->window) && icmp4_limit_window_rate(in, &rate)) {
		now_ms = icmp4_limit_ms(ktime_get_ns());
		counted = icmp4_window_charge(limit->window, now_ms, &rate);
		if (!counted)
			return ICMP4_DROP_LIMIT_CLASS;
	}
	if (!limit->set)
		return ICMP4_OK;
	if (!icmp4_bucket_charge(limit->set, icmp4_limit_lock(limit->set),
				 limit->tag, limit->now, &limit->rate,
				 &evicted)) {
		if (counted)
			icmp4_window_refund(limit->window, now_ms);
		return icmp4_limit_why(limit);
	}
	if (unlikely(evicted))
		icmp4_stat_event(in, ICMP4_EVENT_EVICTED);
	return ICMP4_OK;
}

/**
 * icmp4_limit_charge_slow() - icmp4_limit_charge(), where a limit may have a say
 * @in: the namespace that sends the message
 * @limit: from icmp4_limit_look_slow()
 * @loopback: it leaves by the loopback device
 *
 * The global credit pays 0 to 2 tokens at random, so that nobody can tell from
 * the errors he gets whether somebody else got some (CVE-2020-25705).
 *
 * Return: ICMP4_OK; the limit that is exceeded meanwhile, and nothing was
 *	charged.
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
enum icmp4_drop icmp4_limit_charge_slow(struct icmp4_net *in,
					const struct icmp4_limit *limit,
					bool loopback)
{
	enum icmp4_drop why;
	u32 credit;

	if (!loopback) {
		why = icmp4_limit_pay(in, limit);
		if (unlikely(why))
			return icmp4_limit_refuse(in, limit, why);
	}
	if (limit->masked) {
		credit = get_random_u32_below(3);
		if (credit)
			atomic_sub(credit, &in->net->ipv4.icmp_global_credit);
	}
	return ICMP4_OK;
}

/**
 * icmp4_limit_class_type() - the type of messages that a class is of
 * @class: a class
 *
 * Return: an ICMP type.
 */
u8 icmp4_limit_class_type(enum icmp4_limit_class class)
{
	return icmp4_limit_types[class];
}

/**
 * icmp4_limit_size() - how many buckets there are
 *
 * Return: their number.
 */
unsigned int icmp4_limit_size(void)
{
	return limit_buckets;
}

/**
 * icmp4_limit_bucket() - one of the buckets, to look at
 * @index: below icmp4_limit_size()
 *
 * Return: the bucket; it changes meanwhile.
 */
const struct icmp4_bucket *icmp4_limit_bucket(unsigned int index)
{
	return &icmp4_limit_sets[index / ICMP4_BUCKET_WAYS]
			.ways[index % ICMP4_BUCKET_WAYS];
}

/**
 * icmp4_limit_owns() - is a bucket this namespace's alone?
 * @in: the namespace
 * @owner: whose the bucket is
 *
 * Return: true if it is, and may be shown there.
 */
bool icmp4_limit_owns(const struct icmp4_net *in,
		      const struct icmp4_owner *owner)
{
	return owner->net == in->number &&
	       owner->net % LIMIT_NETS != LIMIT_NET_SHARED;
}

/**
 * icmp4_limit_net_init() - a number for a new namespace
 * @in: the namespace
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_limit_net_init(struct icmp4_net *in)
{
	bool anybody = in->net->user_ns != &init_user_ns;
	unsigned int first = anybody ? ICMP4_OWNER_ANYBODY : 0;
	int number;

	number = ida_alloc_range(&icmp4_limit_nets, first,
				 first + LIMIT_NET_SHARED - 1, GFP_KERNEL);
	if (number == -ENOSPC)
		number = first + LIMIT_NET_SHARED;
	if (number < 0)
		return number;
	in->number = number;
	return 0;
}

/**
 * icmp4_limit_net_uninit() - forget what destinations owe a namespace
 * @in: the namespace, in which no message is on its way any more
 *
 * Debts can be made to last for days, and would be in the way of others.
 *
 * Context: process, sleeps.
 */
void icmp4_limit_net_uninit(struct icmp4_net *in)
{
	unsigned int i;

	if (in->number % LIMIT_NETS == LIMIT_NET_SHARED)
		return;
	for (i = 0; i < limit_buckets / ICMP4_BUCKET_WAYS; i++) {
		icmp4_bucket_forget(&icmp4_limit_sets[i],
				    icmp4_limit_lock(&icmp4_limit_sets[i]),
				    in->number);
		if (i % LIMIT_LOCKS == 0)
			cond_resched();
	}
	ida_free(&icmp4_limit_nets, in->number);
}

/**
 * icmp4_limit_init() - room for the buckets
 *
 * Return: 0; -EINVAL for a number of buckets that cannot be; -ENOMEM.
 * Context: process.
 */
int icmp4_limit_init(void)
{
	unsigned int i;

	if (!limit_buckets || limit_buckets % ICMP4_BUCKET_WAYS ||
	    limit_buckets > ICMP4_LIMIT_BUCKETS_MAX)
		return -EINVAL;
	get_random_bytes(&icmp4_limit_key, sizeof(icmp4_limit_key));
	for (i = 0; i < LIMIT_LOCKS; i++)
		spin_lock_init(&icmp4_limit_locks[i].lock);
	icmp4_limit_sets = kvcalloc(limit_buckets / ICMP4_BUCKET_WAYS,
				    sizeof(*icmp4_limit_sets), GFP_KERNEL);
	return icmp4_limit_sets ? 0 : -ENOMEM;
}

/**
 * icmp4_limit_uninit() - give it back
 *
 * Context: process; nobody sends any more.
 */
void icmp4_limit_uninit(void)
{
	kvfree(icmp4_limit_sets);
	ida_destroy(&icmp4_limit_nets);
}
