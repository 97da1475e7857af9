/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ERROR_RAW_H
#define ICMP4_ERROR_RAW_H

#include <linux/skbuff.h>

void icmp4_error_raw(struct sk_buff *skb, u32 info);

#endif
