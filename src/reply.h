/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_REPLY_H
#define ICMP4_REPLY_H

#include "drop.h"

enum icmp4_drop icmp4_reply_own(struct icmp4_net *in, struct sk_buff *skb);
enum icmp4_drop icmp4_reply(struct icmp4_net *in, struct sk_buff *skb);

#endif
