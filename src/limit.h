/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_LIMIT_H
#define ICMP4_LIMIT_H

#include <linux/icmp.h>
#include <linux/netdevice.h>

#include "bucket.h"
#include "drop.h"
#include "net.h"
#include "owner.h"
#include "window.h"

/* The module parameter limit_buckets: whole sets of them. */
#define ICMP4_LIMIT_BUCKETS_MAX	16777216

/**
 * struct icmp4_limit - a message that limits have a say in
 * @now: when they were looked at, ns
 * @set: where its bucket is or will be; NULL if no rate applies
 * @tag: whose bucket, by type or by destination
 * @rate: what that grants
 * @window: the window of its class; NULL if there is none
 * @type: ICMP type of the message
 * @rule: the &struct icmp4_owner rule that the bucket is of
 * @masked: icmp_ratemask names its type
 * @none: no limit has a say after all, and nothing else is filled in
 */
struct icmp4_limit {
	u64 now;
	struct icmp4_bucket_set *set;
	u64 tag;
	struct icmp4_rate rate;
	struct icmp4_window *window;
	u8 type;
	u8 rule;
	bool masked;
	bool none;
};

enum icmp4_drop icmp4_limit_look_slow(struct icmp4_net *in,
				      struct icmp4_limit *limit, u8 type,
				      u8 code, bool loopback, __be32 daddr,
				      const struct net_device *dev);
enum icmp4_drop icmp4_limit_charge_slow(struct icmp4_net *in,
					const struct icmp4_limit *limit,
					bool loopback);

/* With the knobs as they are by default no limit is about replies: they shall not
 * pay for that there could be one.
 */
static inline bool icmp4_limit_masks(const struct icmp4_net *in, u8 type)
{
	return type <= NR_ICMP_TYPES &&
	       READ_ONCE(in->net->ipv4.sysctl_icmp_ratemask) & BIT(type);
}

/**
 * icmp4_limit_look() - would the limits let a message go?
 * @in: the namespace that sends it
 * @limit: filled in, for icmp4_limit_charge()
 * @type: ICMP type of the message
 * @code: its code
 * @loopback: what it is about, or answers, came by the loopback device
 * @daddr: whom to charge, network order: where it goes next, of a reply who asked
 * @dev: the device whose L3 domain that is in
 *
 * Charges nothing.
 *
 * Return: ICMP4_OK, or the limit that is exceeded.
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
static inline enum icmp4_drop
icmp4_limit_look(struct icmp4_net *in, struct icmp4_limit *limit, u8 type,
		 u8 code, bool loopback, __be32 daddr,
		 const struct net_device *dev)
{
	limit->none = !icmp4_limit_masks(in, type) &&
		      !rcu_access_pointer(in->rates) &&
		      !READ_ONCE(in->knobs.icmplim_output);
	if (likely(limit->none))
		return ICMP4_OK;
	return icmp4_limit_look_slow(in, limit, type, code, loopback, daddr,
				     dev);
}

/**
 * icmp4_limit_charge() - charge a message that is about to leave
 * @in: the namespace that sends it
 * @limit: from icmp4_limit_look()
 * @loopback: it leaves by the loopback device
 *
 * Return: ICMP4_OK; the limit that is exceeded meanwhile, and nothing was
 *	charged.
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
static inline enum icmp4_drop
icmp4_limit_charge(struct icmp4_net *in, const struct icmp4_limit *limit,
		   bool loopback)
{
	if (likely(limit->none))
		return ICMP4_OK;
	return icmp4_limit_charge_slow(in, limit, loopback);
}

unsigned int icmp4_limit_credit(const struct net *net);
bool icmp4_limit_owns(const struct icmp4_net *in,
		      const struct icmp4_owner *owner);
bool icmp4_limit_rate(const struct icmp4_net *in, u8 rule,
		      struct icmp4_rate *rate);
bool icmp4_limit_window_rate(const struct icmp4_net *in,
			     struct icmp4_window_rate *rate);
u8 icmp4_limit_class_type(enum icmp4_limit_class class);
const struct icmp4_bucket *icmp4_limit_bucket(unsigned int index);
unsigned int icmp4_limit_size(void);

int icmp4_limit_net_init(struct icmp4_net *in);
void icmp4_limit_net_uninit(struct icmp4_net *in);
int icmp4_limit_init(void);
void icmp4_limit_uninit(void);

#endif
