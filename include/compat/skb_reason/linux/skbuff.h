/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.10 a drop did not say by which socket. */
#include_next <linux/skbuff.h>

#ifndef ICMP4_COMPAT_SKB_REASON_H
#define ICMP4_COMPAT_SKB_REASON_H

#define sk_skb_reason_drop(sk, skb, reason)	kfree_skb_reason(skb, reason)

#endif
