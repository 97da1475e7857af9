/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.11 every buffer's bytes are the host's to read. From 6.12 on they may
 * lie in the memory of a device, and skb_frags_readable() tells.
 */
#include_next <linux/skbuff.h>

#ifndef ICMP4_COMPAT_UNREADABLE_H
#define ICMP4_COMPAT_UNREADABLE_H

static inline bool skb_frags_readable(const struct sk_buff *skb)
{
	return true;
}

#endif
