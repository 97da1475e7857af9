/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ERROR_SOCK_H
#define ICMP4_ERROR_SOCK_H

#include <linux/skbuff.h>
#include <net/sock.h>

void icmp4_error_raw(struct sk_buff *skb, u32 info);
void icmp4_error_dgram(struct sock *sk, struct sk_buff *skb, u32 info);

#endif
