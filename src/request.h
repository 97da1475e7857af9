/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_REQUEST_H
#define ICMP4_REQUEST_H

#include "drop.h"

enum icmp4_drop icmp4_request_echo(struct icmp4_net *in, struct sk_buff *skb);
enum icmp4_drop icmp4_request_timestamp(struct icmp4_net *in, struct sk_buff *skb);
enum icmp4_drop icmp4_request_mask(struct icmp4_net *in, struct sk_buff *skb);
enum icmp4_drop icmp4_request_probe(struct icmp4_net *in, struct sk_buff *skb);

#endif
