/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RAW_H
#define ICMP4_RAW_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <net/sock.h>

#include "filter.h"
#include "net.h"

/**
 * struct icmp4_raw - what the module keeps of a raw ICMP socket
 * @node: in &struct icmp4_net raws
 * @sk: the socket, valid as long as this is
 * @mask: what its ICMP_FILTER hides
 * @filtered: how many messages that were
 * @rcu: to be freed by
 *
 * It is the socket's sk_user_data, and lives until the socket is closed.
 */
struct icmp4_raw {
	struct hlist_node node;
	struct sock *sk;
	struct icmp4_filter_mask mask;
	atomic_long_t filtered;
	struct rcu_head rcu;
};

void icmp4_raw_init(struct proto *kernel);
int icmp4_raw_open(struct sock *sk);

void icmp4_raw_deliver_all(const struct icmp4_net *in, struct sk_buff *skb);

/**
 * icmp4_raw_deliver() - give a message to the raw sockets that want it
 * @in: the namespace it came to
 * @skb: the message, data at its ICMP header; not verified, and not touched
 *
 * Context: softirq, RCU read side.
 */
static inline void icmp4_raw_deliver(const struct icmp4_net *in,
				     struct sk_buff *skb)
{
	if (unlikely(!hlist_empty(&in->raws)))
		icmp4_raw_deliver_all(in, skb);
}

#endif
