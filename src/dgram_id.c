// SPDX-License-Identifier: GPL-2.0
/* Who has which identifier: a table by number for each namespace, so that nobody's
 * number is harder to find for others having many.
 */

#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/xarray.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>

#include "dgram.h"

static struct icmp4_dgram *dgram_id_next(const struct icmp4_dgram *dgram,
					 const struct xarray *ids)
{
	return rcu_dereference_protected(dgram->next,
					 lockdep_is_held(&ids->xa_lock));
}

/* Would the kernel's table refuse an identifier, for a socket older than the module? Nobody
 * can look into it, but the socket can ask for a place there, and leave it at once. On one
 * processor, or the count of those sockets would be too low for a moment. One at a time, so
 * that nobody meets another one who asks.
 */
static bool dgram_id_is_older(struct sock *sk, u16 id)
{
	struct proto *kernel = icmp4_dgram_kernel();
	bool refused;

	migrate_disable();
	refused = kernel->get_port(sk, id);
	if (!refused)
		kernel->unhash(sk);
	migrate_enable();
	return refused;
}

/* Does one have it, whether he would share it or not? */
static bool dgram_id_is_taken(const struct icmp4_net *in, struct sock *sk,
			      u16 id)
{
	unsigned char reuse = sk->sk_reuse;
	bool taken;

	if (likely(!icmp4_dgram_older(in)))
		return false;
	sk->sk_reuse = SK_NO_REUSE;
	taken = dgram_id_is_older(sk, id);
	sk->sk_reuse = reuse;
	return taken;
}

/* The next one that is free in our table, or an errno. Until the caller has said so, nobody
 * else comes to have it as well.
 */
static int dgram_id_reserve(struct icmp4_net *in, struct icmp4_dgram *dgram)
{
	u32 id;
	int err;

	RCU_INIT_POINTER(dgram->next, NULL);
	dgram->previous = NULL;
	err = xa_alloc_cyclic(&in->ids, &id, dgram, XA_LIMIT(1, U16_MAX),
			      &in->id_next, GFP_KERNEL_ACCOUNT);
	if (err == -EBUSY)
		return -EADDRINUSE;
	return err < 0 ? err : id;
}

/* As with the kernel's: the next one that is free, never 0. */
static int dgram_id_take_any(struct icmp4_net *in, struct icmp4_dgram *dgram)
{
	struct sock *sk = dgram->sk;
	unsigned int tries;
	int id;

	for (tries = 0; tries < U16_MAX; tries++) {
		id = dgram_id_reserve(in, dgram);
		if (id < 0)
			return id;
		if (!dgram_id_is_taken(in, sk, id)) {
			WRITE_ONCE(inet_sk(sk)->inet_num, id);
			return 0;
		}
		xa_erase(&in->ids, id);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return -EADDRINUSE;
}

/* SO_REUSEADDR, which these sockets have unless they switch it off, lets others share an
 * identifier.
 */
static bool dgram_id_may_share(const struct xarray *ids,
			       const struct icmp4_dgram *first,
			       const struct icmp4_dgram *dgram)
{
	const struct icmp4_dgram *other;

	for (other = first; other; other = dgram_id_next(other, ids))
		if (!other->sk->sk_reuse || !dgram->sk->sk_reuse)
			return false;
	return true;
}

/* In front of those who have it, so who came last is found first. Nobody else comes to have
 * it meanwhile, but they may go.
 */
static int dgram_id_insert(struct icmp4_net *in, struct icmp4_dgram *dgram,
			   u16 id)
{
	struct icmp4_dgram *first;
	int err;

	xa_lock(&in->ids);
	first = xa_load(&in->ids, id);
	dgram->previous = NULL;
	rcu_assign_pointer(dgram->next, first);
	if (first) {
		first->previous = dgram;
		/* A place that is in use needs no memory. */
		err = xa_err(__xa_store(&in->ids, id, dgram, GFP_ATOMIC));
	} else {
		err = __xa_insert(&in->ids, id, dgram, GFP_KERNEL_ACCOUNT);
	}
	if (!err)
		WRITE_ONCE(inet_sk(dgram->sk)->inet_num, id);
	xa_unlock(&in->ids);
	return err;
}

static int dgram_id_take_this(struct icmp4_net *in, struct icmp4_dgram *dgram,
			      u16 id)
{
	bool allowed;

	xa_lock(&in->ids);
	allowed = dgram_id_may_share(&in->ids, xa_load(&in->ids, id), dgram);
	xa_unlock(&in->ids);
	if (!allowed)
		return -EADDRINUSE;
	if (unlikely(icmp4_dgram_older(in)) && dgram_id_is_older(dgram->sk, id))
		return -EADDRINUSE;
	return dgram_id_insert(in, dgram, id);
}

/**
 * icmp4_dgram_id_take() - give a socket an identifier
 * @in: its namespace
 * @dgram: the socket, which has none
 * @id: the one it asks for, host order; 0 for any
 *
 * Return: 0; -EADDRINUSE if somebody has it who does not share, or all are taken;
 *	-ENOMEM; -EINTR.
 * Context: process with the socket locked, sleeps.
 */
int icmp4_dgram_id_take(struct icmp4_net *in, struct icmp4_dgram *dgram, u16 id)
{
	int err;

	mutex_lock(&in->ids_lock);
	err = id ? dgram_id_take_this(in, dgram, id) :
		   dgram_id_take_any(in, dgram);
	mutex_unlock(&in->ids_lock);
	return err;
}

/**
 * icmp4_dgram_id_drop() - take it away again
 * @in: the namespace
 * @dgram: the socket, which may have none
 *
 * Context: process.
 */
void icmp4_dgram_id_drop(struct icmp4_net *in, struct icmp4_dgram *dgram)
{
	struct inet_sock *inet = inet_sk(dgram->sk);
	struct icmp4_dgram *next;

	xa_lock(&in->ids);
	if (!inet->inet_num)
		goto out;
	next = dgram_id_next(dgram, &in->ids);
	if (next)
		next->previous = dgram->previous;
	if (dgram->previous)
		rcu_assign_pointer(dgram->previous->next, next);
	else if (next)
		__xa_store(&in->ids, inet->inet_num, next, GFP_ATOMIC);
	else
		__xa_erase(&in->ids, inet->inet_num);
	WRITE_ONCE(inet->inet_num, 0);
	inet->inet_sport = 0;
out:
	xa_unlock(&in->ids);
}

/* The address that an error or a reply came to is the socket's own. */
static bool dgram_id_matches(const struct sock *sk, const struct sk_buff *skb,
			     u16 id)
{
	__be32 local = READ_ONCE(inet_sk(sk)->inet_rcv_saddr);
	int bound = READ_ONCE(sk->sk_bound_dev_if);

	return READ_ONCE(inet_sk(sk)->inet_num) == id &&
	       (!local || local == ip_hdr(skb)->daddr) &&
	       (!bound || bound == inet_iif(skb) || bound == inet_sdif(skb));
}

/**
 * icmp4_dgram_id_find() - whose identifier is it?
 * @in: the namespace a message came to
 * @skb: the message, its IP header at the network header
 * @id: the identifier that it has or quotes, host order
 *
 * Return: the socket, valid as long as the caller is on the RCU read side; NULL if it
 *	is nobody's.
 * Context: softirq, RCU read side.
 */
struct sock *icmp4_dgram_id_find(const struct icmp4_net *in,
				 const struct sk_buff *skb, u16 id)
{
	struct icmp4_dgram *dgram;

	dgram = xa_load((struct xarray *)&in->ids, id);
	for (; dgram; dgram = rcu_dereference(dgram->next))
		if (dgram_id_matches(dgram->sk, skb, id))
			return dgram->sk;
	return NULL;
}

/**
 * icmp4_dgram_id_init() - the table of a new namespace
 * @in: the namespace
 */
void icmp4_dgram_id_init(struct icmp4_net *in)
{
	mutex_init(&in->ids_lock);
	xa_init_flags(&in->ids, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	in->id_next = get_random_u32() & U16_MAX;
}

/**
 * icmp4_dgram_id_uninit() - of one that ends
 * @in: the namespace, in which no socket is open
 */
void icmp4_dgram_id_uninit(struct icmp4_net *in)
{
	xa_destroy(&in->ids);
}
