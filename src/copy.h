/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_COPY_H
#define ICMP4_COPY_H

#include <linux/skbuff.h>
#include <net/sock.h>

/**
 * enum icmp4_copy - what became of a socket's copy of a message
 * @ICMP4_COPY_DELIVERED: it waits to be read
 * @ICMP4_COPY_FULL: none was made, for the receive buffer is full
 * @ICMP4_COPY_POLICY: IPsec policy forbids it
 * @ICMP4_COPY_REFUSED: the socket's BPF program or its buffer refused it
 * @ICMP4_COPY_NOMEM: there was no memory for it
 * @ICMP4_COPY_UNWANTED: none was made, for the socket does not want the group
 */
enum icmp4_copy {
	ICMP4_COPY_DELIVERED,
	ICMP4_COPY_FULL,
	ICMP4_COPY_POLICY,
	ICMP4_COPY_REFUSED,
	ICMP4_COPY_NOMEM,
	ICMP4_COPY_UNWANTED,
};

/* How many of these are counted. */
#define ICMP4_COPIES	5

bool icmp4_copy_full(struct sock *sk);
enum icmp4_copy icmp4_copy_give(struct sock *sk, struct sk_buff *skb,
				bool header);

#endif
