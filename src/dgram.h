/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_DGRAM_H
#define ICMP4_DGRAM_H

#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "drop.h"
#include "net.h"

/**
 * struct icmp4_dgram - what the module keeps of a datagram ICMP socket
 * @node: in &struct icmp4_net dgrams
 * @sk: the socket, valid as long as this is
 * @next: who else has the identifier, see dgram_id.c
 * @previous: whose @next it is, if anybody's
 * @darwin: it behaves as Darwin's; what follows is for those alone
 * @strip: IP_STRIPHDR
 * @recvttl: IP_RECVTTL
 * @recvif: IP_RECVIF
 * @recvdstaddr: IP_RECVDSTADDR
 * @portrange: IP_PORTRANGE, which is remembered
 * @header: IP_HDRINCL changes while nobody sends: who looks at a message and the kernel,
 *	which sends it, see the same
 * @maxdgram: longest message that it may send, bytes, unless SO_SNDBUF says
 * @darwin_node: in &struct icmp4_net darwins
 * @rcu: to be freed by
 *
 * It is the socket's sk_user_data, and lives until the socket is closed.
 */
struct icmp4_dgram {
	struct hlist_node node;
	struct sock *sk;
	struct icmp4_dgram __rcu *next;
	struct icmp4_dgram *previous;
	bool darwin;
	bool strip;
	bool recvttl;
	bool recvif;
	bool recvdstaddr;
	u8 portrange;
	struct rw_semaphore header;
	unsigned int maxdgram;
	struct hlist_node darwin_node;
	struct rcu_head rcu;
};

/* How they come and go. */
void icmp4_dgram_init(struct proto *kernel);
int icmp4_dgram_open(struct sock *sk);
struct proto *icmp4_dgram_kernel(void);
bool icmp4_dgram_older(const struct icmp4_net *in);
int icmp4_dgram_check_name(const struct msghdr *msg);
int icmp4_dgram_send(struct sock *sk, const struct msghdr *msg, void *data,
		     size_t len);
int icmp4_dgram_bind_to(struct sock *sk, __be32 addr, bool any);

/* Who has which identifier. */
void icmp4_dgram_id_init(struct icmp4_net *in);
void icmp4_dgram_id_uninit(struct icmp4_net *in);
int icmp4_dgram_id_take(struct icmp4_net *in, struct icmp4_dgram *dgram, u16 id);
void icmp4_dgram_id_drop(struct icmp4_net *in, struct icmp4_dgram *dgram);
struct sock *icmp4_dgram_id_find(const struct icmp4_net *in,
				 const struct sk_buff *skb, u16 id);

/* What they receive. */
bool icmp4_dgram_leaves(const struct icmp4_net *in, const struct sk_buff *skb);
enum icmp4_drop icmp4_dgram_receive(struct icmp4_net *in, struct sk_buff *skb,
				    enum icmp4_drop nobody);

#endif
