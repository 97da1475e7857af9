// SPDX-License-Identifier: GPL-2.0
/* Options of datagram sockets of Darwin's way: those of its icmp(4) and of today's, and
 * no others. What Linux has is the kernel's.
 */

#include <linux/in.h>
#include <linux/sockptr.h>
#include <net/inet_sock.h>
#include <net/ip.h>

#include "darwin.h"
#include "icmp4.h"

/**
 * enum darwin_option - who looks after an option
 * @DARWIN_NONE: it is none
 * @DARWIN_KERNEL: the kernel
 * @DARWIN_OWN: the module; an int
 * @DARWIN_GROUPS: the kernel, after the module
 */
enum darwin_option {
	DARWIN_NONE,
	DARWIN_KERNEL,
	DARWIN_OWN,
	DARWIN_GROUPS,
};

static enum darwin_option darwin_option(int level, int optname)
{
	if (level != SOL_IP)
		return DARWIN_NONE;
	switch (optname) {
	case IP_OPTIONS:
	case IP_TOS:
	case IP_TTL:
	case IP_RECVOPTS:
	case IP_RETOPTS:
	case IP_MULTICAST_TTL:
	case IP_MULTICAST_LOOP:
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
	case IP_IPSEC_POLICY:
		return DARWIN_KERNEL;
	case IP_MULTICAST_IF:
		return DARWIN_GROUPS;
	case IP_HDRINCL:
	case IP_RECVTTL:
	case IP_RECVDSTADDR:
	case IP_RECVIF:
	case IP_STRIPHDR:
	case IP_BOUND_IF:
	case IP_PORTRANGE:
	case IP_MULTICAST_VIF:
		return DARWIN_OWN;
	}
	return DARWIN_NONE;
}

/* 0 to bind to none, as on Darwin. */
static int darwin_bind_to_device(struct sock *sk, int ifindex)
{
	struct net_device *dev = NULL;

	if (ifindex < 0)
		return -EINVAL;
	if (ifindex) {
		dev = dev_get_by_index(sock_net(sk), ifindex);
		if (!dev)
			return -ENXIO;
		dev_put(dev);
	}
	return sock_bindtoindex(sk, ifindex, false);
}

/* With an interface's index the kernel takes any address, and with IP_HDRINCL that would
 * be the source of what is sent to groups.
 */
static int darwin_set_multicast_if(struct sock *sk, sockptr_t optval,
				   unsigned int optlen)
{
	struct ip_mreqn mreq;

	optlen = min_t(unsigned int, optlen, sizeof(mreq));
	if (copy_from_sockptr(&mreq, optval, optlen))
		return -EFAULT;
	if (optlen == sizeof(mreq) &&
	    icmp4_dgram_bind_to(sk, mreq.imr_address.s_addr, false))
		return -EADDRNOTAVAIL;
	return icmp4_dgram_kernel()->setsockopt(sk, SOL_IP, IP_MULTICAST_IF,
						KERNEL_SOCKPTR(&mreq), optlen);
}

/* No options are none at all. The kernel keeps a list without any, and would refuse an IP
 * header for it.
 */
static int darwin_clear_options(struct sock *sk)
{
	struct ip_options_rcu *old;

	lock_sock(sk);
	old = rcu_replace_pointer(inet_sk(sk)->inet_opt, NULL,
				  lockdep_sock_is_held(sk));
	release_sock(sk);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static int darwin_set(struct sock *sk, int optname, int value)
{
	struct icmp4_dgram *dgram = sk->sk_user_data;

	switch (optname) {
	case IP_HDRINCL:
		inet_assign_bit(HDRINCL, sk, value);
		return 0;
	case IP_RECVTTL:
		WRITE_ONCE(dgram->recvttl, value);
		return 0;
	case IP_RECVDSTADDR:
		WRITE_ONCE(dgram->recvdstaddr, value);
		return 0;
	case IP_RECVIF:
		WRITE_ONCE(dgram->recvif, value);
		return 0;
	case IP_STRIPHDR:
		WRITE_ONCE(dgram->strip, value);
		return 0;
	case IP_BOUND_IF:
		return darwin_bind_to_device(sk, value);
	case IP_PORTRANGE:
		if (value < IP_PORTRANGE_DEFAULT || value > IP_PORTRANGE_LOW)
			return -EINVAL;
		WRITE_ONCE(dgram->portrange, value);
		return 0;
	}
	/* IP_MULTICAST_VIF: multicast is not routed by virtual interfaces here. */
	return -EOPNOTSUPP;
}

/* Before the socket's lock, which who sends takes, too. */
static int darwin_set_own(struct sock *sk, int optname, int value)
{
	struct icmp4_dgram *dgram = sk->sk_user_data;
	int err;

	err = down_write_killable(&dgram->header);
	if (err)
		return err;
	lock_sock(sk);
	err = darwin_set(sk, optname, value);
	release_sock(sk);
	up_write(&dgram->header);
	return err;
}

static int darwin_get(struct sock *sk, int optname)
{
	const struct icmp4_dgram *dgram = sk->sk_user_data;

	switch (optname) {
	case IP_HDRINCL:
		return inet_test_bit(HDRINCL, sk);
	case IP_RECVTTL:
		return READ_ONCE(dgram->recvttl);
	case IP_RECVDSTADDR:
		return READ_ONCE(dgram->recvdstaddr);
	case IP_RECVIF:
		return READ_ONCE(dgram->recvif);
	case IP_STRIPHDR:
		return READ_ONCE(dgram->strip);
	case IP_BOUND_IF:
		return READ_ONCE(sk->sk_bound_dev_if);
	case IP_PORTRANGE:
		return READ_ONCE(dgram->portrange);
	}
	return -EOPNOTSUPP;
}

/**
 * icmp4_darwin_setsockopt() - change an option of a socket
 * @sk: the socket
 * @level: SOL_IP or nothing that it knows
 * @optname: a name of in.h or icmp4.h
 * @optval: the value
 * @optlen: its length, bytes
 *
 * Return: 0 or a negative errno; -EINVAL for all that is not in the page's list.
 * Context: process, sleeps.
 */
int icmp4_darwin_setsockopt(struct sock *sk, int level, int optname,
			    sockptr_t optval, unsigned int optlen)
{
	int value;

	switch (darwin_option(level, optname)) {
	case DARWIN_NONE:
		break;
	case DARWIN_KERNEL:
		if (optname == IP_OPTIONS && !optlen)
			return darwin_clear_options(sk);
		return icmp4_dgram_kernel()->setsockopt(sk, level, optname,
							optval, optlen);
	case DARWIN_GROUPS:
		return darwin_set_multicast_if(sk, optval, optlen);
	case DARWIN_OWN:
		if (optlen < sizeof(value))
			return -EINVAL;
		if (copy_from_sockptr(&value, optval, sizeof(value)))
			return -EFAULT;
		return darwin_set_own(sk, optname, value);
	}
	return -EINVAL;
}

/**
 * icmp4_darwin_getsockopt() - ask for an option of a socket
 * @sk: the socket
 * @level: SOL_IP or nothing that it knows
 * @optname: a name of in.h or icmp4.h
 * @optval: where the value goes
 * @optlen: bytes there, and afterwards bytes of the value
 *
 * Return: 0 or a negative errno; -EINVAL for all that is not in the page's list.
 * Context: process, sleeps.
 */
int icmp4_darwin_getsockopt(struct sock *sk, int level, int optname,
			    char __user *optval, int __user *optlen)
{
	int value, len;

	switch (darwin_option(level, optname)) {
	case DARWIN_NONE:
		break;
	case DARWIN_KERNEL:
	case DARWIN_GROUPS:
		return icmp4_dgram_kernel()->getsockopt(sk, level, optname,
							optval, optlen);
	case DARWIN_OWN:
		if (get_user(len, optlen))
			return -EFAULT;
		if (len < 0)
			return -EINVAL;
		value = darwin_get(sk, optname);
		if (value < 0)
			return value;
		len = min_t(int, len, sizeof(value));
		if (put_user(len, optlen) || copy_to_user(optval, &value, len))
			return -EFAULT;
		return 0;
	}
	return -EINVAL;
}
