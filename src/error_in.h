/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ERROR_IN_H
#define ICMP4_ERROR_IN_H

#include "drop.h"

enum icmp4_drop icmp4_error_in(struct icmp4_net *in, struct sk_buff *skb);
int icmp4_error_own(struct sk_buff *skb, u32 info);

#endif
