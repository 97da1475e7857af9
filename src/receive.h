/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RECEIVE_H
#define ICMP4_RECEIVE_H

#include <linux/skbuff.h>

int icmp4_receive(struct sk_buff *skb);

#endif
