/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_MEMBERSHIP_H
#define ICMP4_MEMBERSHIP_H

#include <linux/skbuff.h>
#include <net/sock.h>

bool icmp4_membership_allows(const struct sock *sk, const struct sk_buff *skb);

#endif
