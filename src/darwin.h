/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_DARWIN_H
#define ICMP4_DARWIN_H

#include <net/sock.h>

#include "dgram.h"
#include "net.h"

/* The longest message that a socket can be allowed to send, bytes. Somewhat above it the
 * kernel may put all of a message that is not a raw socket's into pages, and then takes for
 * its type, which it counts, what was in memory before.
 */
#define ICMP4_DARWIN_LONGEST	15000

void icmp4_darwin_init(struct proto *kernel, void (*destroy)(struct sock *sk));
void icmp4_darwin_open(struct icmp4_net *in, struct icmp4_dgram *dgram);
int icmp4_darwin_setsockopt(struct sock *sk, int level, int optname,
			    sockptr_t optval, unsigned int optlen);
int icmp4_darwin_getsockopt(struct sock *sk, int level, int optname,
			    char __user *optval, int __user *optlen);
int icmp4_darwin_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			 int flags);

void icmp4_darwin_deliver(const struct icmp4_net *in, struct sk_buff *skb);

/**
 * icmp4_darwin_forget_errors() - empty a socket's queue of errors and time stamps
 * @sk: the socket, which has IP_RECVERR, see icmp4_darwin_open()
 *
 * Nobody can read it, and what waits there takes the place of messages.
 */
static inline void icmp4_darwin_forget_errors(struct sock *sk)
{
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		skb_queue_purge(&sk->sk_error_queue);
}

/**
 * icmp4_darwin_listens() - are there sockets of Darwin's way?
 * @in: the namespace
 *
 * Return: whether there are, which is rare.
 * Context: RCU read side.
 */
static inline bool icmp4_darwin_listens(const struct icmp4_net *in)
{
	return unlikely(!hlist_empty(&in->darwins));
}

#endif
