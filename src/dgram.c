// SPDX-License-Identifier: GPL-2.0
/* Datagram ICMP sockets: they open, bind, send and close, the way of Linux's. What they
 * do as the kernel's is done by the kernel's own operations.
 */

#include <linux/icmp.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/checksum.h>
#include <net/inet_sock.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/tcp_states.h>

#include "ctl.h"
#include "darwin.h"
#include "dgram.h"
#include "dgram_rules.h"

/* What the kernel's datagram sockets do, and what ours do. */
static struct proto *icmp4_dgram_kernel_prot __read_mostly;
static struct proto icmp4_dgram_prot __read_mostly;

/**
 * icmp4_dgram_kernel() - what the kernel's datagram ICMP sockets do
 *
 * Return: their operations; NULL as long as they are not the module's business.
 */
struct proto *icmp4_dgram_kernel(void)
{
	return icmp4_dgram_kernel_prot;
}

/**
 * icmp4_dgram_older() - may a namespace have datagram sockets of the kernel's?
 * @in: the namespace
 *
 * Those that were open when the module came; what the kernel opens for itself; and, where
 * there are any, for a moment who asks for an identifier, see dgram_id.c.
 *
 * Return: whether it may.
 */
bool icmp4_dgram_older(const struct icmp4_net *in)
{
	return !icmp4_dgram_kernel_prot ||
	       sock_prot_inuse_get(in->net, icmp4_dgram_kernel_prot);
}

/* Its identifier is anybody's again: it is being closed, or was disconnected. */
static void icmp4_dgram_unhash(struct sock *sk)
{
	struct icmp4_dgram *dgram = sk->sk_user_data;

	icmp4_dgram_id_drop(icmp4_net(sock_net(sk)), dgram);
}

static int icmp4_dgram_get_port(struct sock *sk, unsigned short id)
{
	struct icmp4_dgram *dgram = sk->sk_user_data;

	return icmp4_dgram_id_take(icmp4_net(sock_net(sk)), dgram, id);
}

/**
 * icmp4_dgram_bind_to() - may a socket have an address?
 * @sk: the socket
 * @addr: the address, network order
 * @any: also one that is not this host's, if the socket or the namespace allows that
 *	(IP_FREEBIND, IP_TRANSPARENT, ip_nonlocal_bind)
 *
 * Return: 0 or -EADDRNOTAVAIL.
 * Context: process.
 */
int icmp4_dgram_bind_to(struct sock *sk, __be32 addr, bool any)
{
	struct net *net = sock_net(sk);
	unsigned int type;
	u32 table;

	if (!addr)
		return 0;
	table = l3mdev_fib_table_by_index(net, READ_ONCE(sk->sk_bound_dev_if));
	type = inet_addr_type_table(net, addr, table ?: RT_TABLE_LOCAL);
	if (type == RTN_LOCAL)
		return 0;
	/* A group or a broadcast is nobody's. */
	if (type == RTN_MULTICAST || type == RTN_BROADCAST || !any ||
	    !inet_can_nonlocal_bind(net, inet_sk(sk)))
		return -EADDRNOTAVAIL;
	return 0;
}

static int icmp4_dgram_bind(struct sock *sk, struct sockaddr_unsized *uaddr,
			    int addr_len)
{
	const struct sockaddr_in *addr = (struct sockaddr_in *)uaddr;
	struct inet_sock *inet = inet_sk(sk);
	int err;

	if (addr_len < sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET &&
	    !(addr->sin_family == AF_UNSPEC && !addr->sin_addr.s_addr))
		return -EAFNOSUPPORT;
	err = icmp4_dgram_bind_to(sk, addr->sin_addr.s_addr, true);
	if (err)
		return err;

	lock_sock(sk);
	err = -EINVAL;
	if (inet->inet_num)
		goto out;
	err = icmp4_dgram_get_port(sk, ntohs(addr->sin_port));
	if (err)
		goto out;
	inet->inet_saddr = addr->sin_addr.s_addr;
	WRITE_ONCE(inet->inet_rcv_saddr, inet->inet_saddr);
	if (inet->inet_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (addr->sin_port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(inet->inet_num);
	WRITE_ONCE(inet->inet_daddr, 0);
	inet->inet_dport = 0;
	sk_dst_reset(sk);
out:
	release_sock(sk);
	return err;
}

/**
 * icmp4_dgram_send() - send a message as a raw socket does
 * @sk: the socket
 * @msg: destination, options and control messages; unchanged, since who gets -EAGAIN
 *	may try again with it
 * @data: the message, in the kernel's memory
 * @len: its length, bytes
 *
 * The kernel's raw sockets need nothing of a socket that ours have not.
 *
 * Return: @len or a negative errno.
 * Context: process, sleeps.
 */
int icmp4_dgram_send(struct sock *sk, const struct msghdr *msg, void *data,
		     size_t len)
{
	struct msghdr own = *msg;
	struct kvec vec = {
		.iov_base = data,
		.iov_len = len,
	};

	/* It would wait for more. */
	own.msg_flags &= ~MSG_MORE;
	iov_iter_kvec(&own.msg_iter, ITER_SOURCE, &vec, 1, len);
	return icmp4_ctl_prot()->sendmsg(sk, &own, len);
}

/* As the kernel's datagram sockets, and unlike its raw ones: who sends waits for room, and
 * is told of an error that came, and of the end.
 */
static int icmp4_dgram_wait(struct sock *sk, const struct msghdr *msg)
{
	struct sk_buff *skb;
	int err;

	skb = sock_alloc_send_pskb(sk, 0, 0, msg->msg_flags & MSG_DONTWAIT,
				   &err, 0);
	if (!skb)
		return err;
	consume_skb(skb);
	return 0;
}

/**
 * icmp4_dgram_check_name() - is a destination an address?
 * @msg: what is to be sent
 *
 * Return: 0 if it is or there is none; -EINVAL if it is too short; -EAFNOSUPPORT.
 */
int icmp4_dgram_check_name(const struct msghdr *msg)
{
	const struct sockaddr_in *to = msg->msg_name;

	if (to && msg->msg_namelen < sizeof(*to))
		return -EINVAL;
	if (to && to->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	return 0;
}

/* The addresses are judged as the kernel's datagram sockets do. */
static int icmp4_dgram_send_copied(struct sock *sk, const struct msghdr *msg,
				   void *data, size_t len)
{
	struct icmphdr *icmph = data;
	int err;

	if (!icmp4_dgram_valid(ICMP4_DGRAM_LINUX, icmph, len))
		return -EINVAL;
	err = icmp4_dgram_check_name(msg);
	if (err)
		return err;
	if (!msg->msg_name && READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	err = icmp4_dgram_wait(sk, msg);
	if (err)
		return err;

	icmph->un.echo.id = inet_sk(sk)->inet_sport;
	icmph->checksum = 0;
	icmph->checksum = ip_compute_csum(data, len);
	return icmp4_dgram_send(sk, msg, data, len);
}

/* What the kernel's datagram sockets refuse to send: a request that has one length, and
 * this is it.
 */
static int icmp4_dgram_send_fixed(struct sock *sk, struct msghdr *msg,
				  size_t len)
{
	u8 data[ICMP4_DGRAM_FIXED_MAX] __aligned(4);
	int err;

	if (!copy_from_iter_full(data, len, &msg->msg_iter))
		return -EFAULT;
	err = icmp4_dgram_send_copied(sk, msg, data, len);
	if (err < 0)
		iov_iter_revert(&msg->msg_iter, len);
	return err;
}

static int icmp4_dgram_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	size_t seen;
	u8 type = 0;

	seen = copy_from_iter(&type, sizeof(type), &msg->msg_iter);
	iov_iter_revert(&msg->msg_iter, seen);
	/* Of any other length, or urgent, the kernel refuses it for the right reason. */
	if (len && len == icmp4_dgram_fixed(type) &&
	    !(msg->msg_flags & MSG_OOB))
		return icmp4_dgram_send_fixed(sk, msg, len);
	return icmp4_dgram_kernel_prot->sendmsg(sk, msg, len);
}

static void icmp4_dgram_link(struct icmp4_dgram *dgram)
{
	struct icmp4_net *in = icmp4_net(sock_net(dgram->sk));

	spin_lock(&in->dgrams_lock);
	hlist_add_head_rcu(&dgram->node, &in->dgrams);
	if (dgram->darwin)
		hlist_add_head_rcu(&dgram->darwin_node, &in->darwins);
	spin_unlock(&in->dgrams_lock);
}

static void icmp4_dgram_unlink(struct icmp4_dgram *dgram)
{
	struct icmp4_net *in = icmp4_net(sock_net(dgram->sk));

	spin_lock(&in->dgrams_lock);
	hlist_del_rcu(&dgram->node);
	if (dgram->darwin)
		hlist_del_rcu(&dgram->darwin_node);
	spin_unlock(&in->dgrams_lock);
}

/* The last thing that the module does for a socket, as icmp4_raw_destroy(). */
static void icmp4_dgram_destroy(struct sock *sk)
{
	struct icmp4_dgram *dgram = sk->sk_user_data;

	if (!dgram->darwin)
		icmp4_dgram_id_drop(icmp4_net(sock_net(sk)), dgram);
	icmp4_dgram_unlink(dgram);
	WRITE_ONCE(sk->sk_prot, icmp4_dgram_kernel_prot);
	rcu_assign_sk_user_data(sk, NULL);
	kfree_rcu(dgram, rcu);
	/* Nothing below may sleep, see icmp4_detach_dgram(). */
	module_put(THIS_MODULE);
}

/**
 * icmp4_dgram_init() - learn what datagram sockets do
 * @kernel: the operations of the kernel's; ours are the same but for a few
 *
 * Context: process; before the first icmp4_dgram_open().
 */
void icmp4_dgram_init(struct proto *kernel)
{
	icmp4_dgram_kernel_prot = kernel;
	icmp4_dgram_prot = *kernel;
	icmp4_dgram_prot.destroy = icmp4_dgram_destroy;
	icmp4_dgram_prot.unhash = icmp4_dgram_unhash;
	icmp4_dgram_prot.put_port = icmp4_dgram_unhash;
	icmp4_dgram_prot.get_port = icmp4_dgram_get_port;
	icmp4_dgram_prot.bind = icmp4_dgram_bind;
	icmp4_dgram_prot.sendmsg = icmp4_dgram_sendmsg;
	icmp4_darwin_init(kernel, icmp4_dgram_destroy);
}

/**
 * icmp4_dgram_open() - make a datagram ICMP socket the module's
 * @sk: the socket, about to be opened by who may
 *
 * The caller holds a reference to the module, which from now on is the socket's.
 *
 * Return: 0 or -ENOMEM.
 * Context: process, may sleep.
 */
int icmp4_dgram_open(struct sock *sk)
{
	struct icmp4_net *in = icmp4_net(sock_net(sk));
	struct icmp4_dgram *dgram;

	dgram = kzalloc(sizeof(*dgram), GFP_KERNEL_ACCOUNT);
	if (!dgram) {
		/* Nothing below may sleep, see icmp4_detach_dgram(). */
		module_put(THIS_MODULE);
		return -ENOMEM;
	}
	dgram->sk = sk;
	rcu_assign_sk_user_data(sk, dgram);
	/* Readers hold no reference. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	if (READ_ONCE(in->knobs.dgram_darwin))
		icmp4_darwin_open(in, dgram);
	else
		WRITE_ONCE(sk->sk_prot, &icmp4_dgram_prot);
	icmp4_dgram_link(dgram);
	return 0;
}
