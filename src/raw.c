// SPDX-License-Identifier: GPL-2.0
/* Raw ICMP sockets: they open, take options and close. All else that they do is the
 * kernel's, whose table has them, too, so that who lists, counts or kills raw sockets
 * finds them: but in a place where it does not look when it delivers ICMP.
 */

#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <net/inet_sock.h>
#include <net/raw.h>

#include "raw.h"

/* What the kernel's raw sockets do, and what ours do. */
static struct proto *icmp4_raw_kernel __read_mostly;
static struct proto icmp4_raw_prot __read_mostly;

/* Where the kernel delivers neither ICMP nor what a host is busy with. The table has
 * 256 places, and 252 protocols go to others.
 */
static struct hlist_head *icmp4_raw_place(const struct net *net)
{
	u32 icmp = raw_hashfunc(net, IPPROTO_ICMP);
	u32 tcp = raw_hashfunc(net, IPPROTO_TCP);
	u32 udp = raw_hashfunc(net, IPPROTO_UDP);
	u32 place, protocol = IPPROTO_RAW;

	do {
		place = raw_hashfunc(net, protocol++);
	} while (place == icmp || place == tcp || place == udp);
	return &raw_v4_hashinfo.ht[place];
}

static void icmp4_raw_link(struct icmp4_raw *raw)
{
	struct sock *sk = raw->sk;
	struct net *net = sock_net(sk);

	/* Readers hold no reference. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	spin_lock(&raw_v4_hashinfo.lock);
	sk_add_node_rcu(sk, icmp4_raw_place(net));
	hlist_add_head_rcu(&raw->node, &icmp4_net(net)->raws);
	spin_unlock(&raw_v4_hashinfo.lock);
	sock_prot_inuse_add(net, sk->sk_prot, 1);
}

static void icmp4_raw_unlink(struct icmp4_raw *raw)
{
	spin_lock(&raw_v4_hashinfo.lock);
	hlist_del_init_rcu(&raw->node);
	spin_unlock(&raw_v4_hashinfo.lock);
}

/* Nothing is delivered any more: it is being closed, killed or disconnected. (The
 * kernel's raw sockets, too, are deaf from a connect() to AF_UNSPEC on.) The killer
 * may be late.
 */
static void icmp4_raw_unhash(struct sock *sk)
{
	struct icmp4_raw *raw;

	rcu_read_lock();
	raw = rcu_dereference_sk_user_data(sk);
	if (raw)
		icmp4_raw_unlink(raw);
	rcu_read_unlock();
	icmp4_raw_kernel->unhash(sk);
}

/* The last thing that the module does for a socket. What is left of it is the
 * kernel's: it may outlive the module, in a queue or until a grace period ends.
 */
static void icmp4_raw_destroy(struct sock *sk)
{
	struct icmp4_raw *raw = sk->sk_user_data;

	icmp4_raw_kernel->destroy(sk);
	icmp4_raw_unlink(raw);
	WRITE_ONCE(sk->sk_prot, icmp4_raw_kernel);
	rcu_assign_sk_user_data(sk, NULL);
	kfree_rcu(raw, rcu);
	/* Nothing below may sleep, see icmp4_detach_raw(). */
	module_put(THIS_MODULE);
}

static int icmp4_raw_set_filter(struct sock *sk, sockptr_t optval,
				unsigned int optlen)
{
	struct icmp4_raw *raw = sk->sk_user_data;
	struct icmp4_filter filter;

	/* Less than all is read as the kernel does: bytes behind its own are not. */
	optlen = min_t(unsigned int, optlen, optlen < sizeof(filter) ?
		       sizeof(struct icmp_filter) : sizeof(filter));
	if (copy_from_sockptr(&filter, optval, optlen))
		return -EFAULT;
	lock_sock(sk);
	icmp4_filter_set(&raw->mask, &filter, optlen);
	release_sock(sk);
	return 0;
}

static int icmp4_raw_get_filter(struct sock *sk, char __user *optval,
				int __user *optlen)
{
	struct icmp4_raw *raw = sk->sk_user_data;
	struct icmp4_filter filter;
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	lock_sock(sk);
	len = icmp4_filter_get(&raw->mask, &filter, len);
	release_sock(sk);
	if (put_user(len, optlen) || copy_to_user(optval, &filter, len))
		return -EFAULT;
	return 0;
}

static int icmp4_raw_setsockopt(struct sock *sk, int level, int optname,
				sockptr_t optval, unsigned int optlen)
{
	if (level == SOL_RAW && optname == ICMP_FILTER)
		return icmp4_raw_set_filter(sk, optval, optlen);
	return icmp4_raw_kernel->setsockopt(sk, level, optname, optval, optlen);
}

static int icmp4_raw_getsockopt(struct sock *sk, int level, int optname,
				char __user *optval, int __user *optlen)
{
	if (level == SOL_RAW && optname == ICMP_FILTER)
		return icmp4_raw_get_filter(sk, optval, optlen);
	return icmp4_raw_kernel->getsockopt(sk, level, optname, optval, optlen);
}

/**
 * icmp4_raw_init() - learn what raw sockets do
 * @kernel: the operations of the kernel's; ours are the same but for a few
 *
 * Context: process; before the first icmp4_raw_open().
 */
void icmp4_raw_init(struct proto *kernel)
{
	icmp4_raw_kernel = kernel;
	icmp4_raw_prot = *kernel;
	icmp4_raw_prot.unhash = icmp4_raw_unhash;
	icmp4_raw_prot.destroy = icmp4_raw_destroy;
	icmp4_raw_prot.setsockopt = icmp4_raw_setsockopt;
	icmp4_raw_prot.getsockopt = icmp4_raw_getsockopt;
}

/**
 * icmp4_raw_open() - make a raw ICMP socket the module's
 * @sk: the socket, about to be opened: of the kernel's kind, not yet in its table
 *
 * The caller holds a reference to the module, which from now on is the socket's.
 *
 * Return: 0 or -ENOMEM.
 * Context: process, may sleep.
 */
int icmp4_raw_open(struct sock *sk)
{
	struct icmp4_raw *raw = kzalloc(sizeof(*raw), GFP_KERNEL_ACCOUNT);

	if (!raw) {
		/* Nothing below may sleep, see icmp4_detach_raw(). */
		module_put(THIS_MODULE);
		return -ENOMEM;
	}
	raw->sk = sk;
	rcu_assign_sk_user_data(sk, raw);
	WRITE_ONCE(sk->sk_prot, &icmp4_raw_prot);
	icmp4_raw_link(raw);
	return 0;
}
