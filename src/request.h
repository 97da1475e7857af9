/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_REQUEST_H
#define ICMP4_REQUEST_H

#include "drop.h"

enum icmp4_drop icmp4_request_echo(struct net *net, struct sk_buff *skb);
enum icmp4_drop icmp4_request_timestamp(struct net *net, struct sk_buff *skb);
enum icmp4_drop icmp4_request_probe(struct net *net, struct sk_buff *skb);

#endif
