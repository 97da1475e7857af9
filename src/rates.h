/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RATES_H
#define ICMP4_RATES_H

#include <linux/types.h>

#include "types.h"

/* Types above have no rate. */
#define ICMP4_RATES_TYPES	44
#define ICMP4_RATES_BURST	6
#define ICMP4_RATES_BURST_MAX	65535
/* A day. */
#define ICMP4_RATES_MS_MAX	86400000
/* Room for all of them as text. */
#define ICMP4_RATES_TEXT	512

/**
 * struct icmp4_rates - how often messages of a type may go to a destination
 * @rcu: for kfree_rcu()
 * @interval: between two, in ms; 0 for types without a rate
 * @burst: at once
 */
struct icmp4_rates {
	struct rcu_head rcu;
	u32 interval[ICMP4_RATES_TYPES];
	u16 burst[ICMP4_RATES_TYPES];
};

void icmp4_rates_set(struct icmp4_rates *rates, u8 type, u32 interval,
		     u16 burst);
int icmp4_rates_parse(struct icmp4_rates *rates, const char *text, size_t len);
size_t icmp4_rates_print(const struct icmp4_rates *rates, char *to,
			 size_t size);
bool icmp4_rates_any(const struct icmp4_rates *rates);

#endif
