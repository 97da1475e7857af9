/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_KUNIT_ORDERS_H
#define ICMP4_KUNIT_ORDERS_H

#include <linux/types.h>
#include <kunit/test.h>

/* How many act at once. */
#define ORDERS_ACTORS	3

int icmp4_orders_init(struct kunit *test);
void icmp4_orders_exit(struct kunit *test);

void icmp4_orders_begin(unsigned int actors, void (*act)(unsigned int actor));
void icmp4_orders_run(struct kunit *test);
bool icmp4_orders_next(void);
const char *icmp4_orders_trace(void);

void icmp4_orders_point(void);
void icmp4_orders_lock(void);
bool icmp4_orders_unlock(void);
bool icmp4_orders_locked(void);

#endif
