// SPDX-License-Identifier: GPL-2.0
/* Datagram ICMP sockets the way of Darwin's icmp(4): they open, bind, connect and send.
 * Each sees what comes to its addresses, and writes its messages itself, within what the
 * page allows.
 */

#include <linux/icmp.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/tcp_states.h>

#include "ctl.h"
#include "darwin.h"
#include "dgram_rules.h"

#define IP_OPTIONS_MAX	40

/* What the kernel has to know of a header that a program wrote, to look for a route and
 * for IPsec policies. The control messages of the program are not for it: they could name
 * another source.
 */
struct icmp4_darwin_control {
	struct cmsghdr protocol_head;
	u8 protocol[CMSG_ALIGN(sizeof(int))];
	struct cmsghdr source_head;
	u8 source[CMSG_ALIGN(sizeof(struct in_pktinfo))];
};

static struct proto icmp4_darwin_prot __read_mostly;

static struct icmp4_dgram *icmp4_darwin(const struct sock *sk)
{
	return sk->sk_user_data;
}

static int icmp4_darwin_bind(struct sock *sk, struct sockaddr_unsized *uaddr,
			     int addr_len)
{
	const struct sockaddr_in *addr = (struct sockaddr_in *)uaddr;
	int err;

	if (addr_len < sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	err = icmp4_dgram_bind_to(sk, addr->sin_addr.s_addr, false);
	if (err)
		return err;
	return icmp4_ctl_prot()->bind(sk, uaddr, addr_len);
}

static int icmp4_darwin_connect(struct sock *sk, struct sockaddr_unsized *uaddr,
				int addr_len)
{
	if (sk->sk_state == TCP_ESTABLISHED)
		return -EISCONN;
	return icmp4_dgram_kernel()->connect(sk, uaddr, addr_len);
}

/* Having no identifier it has none to lose. */
static void icmp4_darwin_unhash(struct sock *sk)
{
}

/* The socket's send buffer is the longest message. SO_SNDBUF doubles what it gets. */
static size_t icmp4_darwin_longest(const struct sock *sk)
{
	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return min(READ_ONCE(sk->sk_sndbuf) / 2, ICMP4_DARWIN_LONGEST);
	return icmp4_darwin(sk)->maxdgram;
}

static int icmp4_darwin_check_name(const struct sock *sk,
				   const struct msghdr *msg)
{
	bool connected = sk->sk_state == TCP_ESTABLISHED;

	if (msg->msg_name && connected)
		return -EISCONN;
	if (!msg->msg_name && !connected)
		return -ENOTCONN;
	return icmp4_dgram_check_name(msg);
}

/* IP_HDRINCL: the header is the program's, but for what the system fills in. Where it goes is
 * in the header, too.
 */
static int icmp4_darwin_check_header(struct sock *sk, struct msghdr *msg,
				     struct iphdr *iph, size_t len,
				     struct sockaddr_in *to)
{
	union {
		struct ip_options opt;
		u8 room[sizeof(struct ip_options) + IP_OPTIONS_MAX];
	} options;
	__be32 source;
	int err;

	if (!icmp4_dgram_header_valid(iph, len))
		return -EINVAL;
	source = iph->saddr ?: inet_sk(sk)->inet_saddr;
	/* The host may have lost it since it was set. */
	if (!source && ipv4_is_multicast(iph->daddr))
		source = READ_ONCE(inet_sk(sk)->mc_addr);
	/* What is not this host's would be somebody else's. */
	if (icmp4_dgram_bind_to(sk, source, false))
		return -EINVAL;

	/* As IP would have them from IP_OPTIONS. */
	memset(&options, 0, sizeof(options));
	options.opt.optlen = iph->ihl * 4 - sizeof(*iph);
	memcpy(options.opt.__data, iph + 1, options.opt.optlen);
	err = ip_options_compile(sock_net(sk), &options.opt, NULL);
	if (err)
		return -EINVAL;

	iph->saddr = source;
	iph->protocol = IPPROTO_ICMP;
	to->sin_family = AF_INET;
	to->sin_addr.s_addr = iph->daddr;
	msg->msg_name = to;
	msg->msg_namelen = sizeof(*to);
	return 0;
}

static int icmp4_darwin_check(struct sock *sk, struct msghdr *msg, void *data,
			      size_t len, struct sockaddr_in *to)
{
	size_t header = 0;
	int err;

	if (inet_test_bit(HDRINCL, sk)) {
		err = icmp4_darwin_check_header(sk, msg, data, len, to);
		if (err)
			return err;
		header = ((struct iphdr *)data)->ihl * 4;
	}
	if (!icmp4_dgram_valid(ICMP4_DGRAM_DARWIN, data + header, len - header))
		return -EINVAL;
	return 0;
}

static void icmp4_darwin_tell(struct msghdr *msg, const struct iphdr *iph,
			      struct icmp4_darwin_control *control)
{
	struct in_pktinfo source = {
		.ipi_spec_dst.s_addr = iph->saddr,
	};
	int protocol = iph->protocol;

	control->protocol_head.cmsg_level = SOL_IP;
	control->protocol_head.cmsg_type = IP_PROTOCOL;
	control->protocol_head.cmsg_len = CMSG_LEN(sizeof(protocol));
	memcpy(control->protocol, &protocol, sizeof(protocol));
	control->source_head.cmsg_level = SOL_IP;
	control->source_head.cmsg_type = IP_PKTINFO;
	control->source_head.cmsg_len = CMSG_LEN(sizeof(source));
	memcpy(control->source, &source, sizeof(source));
	msg->msg_control = control;
	msg->msg_control_is_user = false;
	msg->msg_controllen = sizeof(*control);
}

static int icmp4_darwin_send(struct sock *sk, const struct msghdr *msg, void *data,
			     size_t len)
{
	struct icmp4_darwin_control control = { };
	struct sockaddr_in to = { };
	struct msghdr own = *msg;
	int err;

	err = icmp4_darwin_check(sk, &own, data, len, &to);
	if (err)
		return err;
	own.msg_control = NULL;
	own.msg_controllen = 0;
	if (inet_test_bit(HDRINCL, sk))
		icmp4_darwin_tell(&own, data, &control);
	err = icmp4_dgram_send(sk, &own, data, len);
	icmp4_darwin_forget_errors(sk);
	return err;
}

/* Who changes IP_HDRINCL may be waiting for who waits for room. */
static int icmp4_darwin_enter(struct sock *sk, bool now)
{
	struct rw_semaphore *header = &icmp4_darwin(sk)->header;

	if (now)
		return down_read_trylock(header) ? 0 : -EAGAIN;
	return down_read_killable(header);
}

static int icmp4_darwin_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	void *data;
	int err;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = icmp4_darwin_check_name(sk, msg);
	if (err)
		return err;
	if (len > icmp4_darwin_longest(sk))
		return -EMSGSIZE;
	if (len < sizeof(struct icmphdr))
		return -EINVAL;
	data = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOBUFS;
	err = -EFAULT;
	if (!copy_from_iter_full(data, len, &msg->msg_iter))
		goto out;
	err = icmp4_darwin_enter(sk, msg->msg_flags & MSG_DONTWAIT);
	if (!err) {
		err = icmp4_darwin_send(sk, msg, data, len);
		up_read(&icmp4_darwin(sk)->header);
	}
	if (err < 0)
		iov_iter_revert(&msg->msg_iter, len);
out:
	kvfree(data);
	return err;
}

/* Old kernels ask for the length of the address by an argument more. */
#ifdef PROTO_RECVMSG_ADDR_LEN
static int icmp4_darwin_recvmsg_front(struct sock *sk, struct msghdr *msg,
				      size_t len, int flags, int *addr_len)
{
	int err = icmp4_darwin_recvmsg(sk, msg, len, flags);

	if (err >= 0)
		*addr_len = msg->msg_namelen;
	return err;
}
#else
#define icmp4_darwin_recvmsg_front	icmp4_darwin_recvmsg
#endif

/**
 * icmp4_darwin_init() - learn what datagram sockets do
 * @kernel: the operations of the kernel's; those of Darwin's way are the same but for a
 *	few
 * @destroy: how one ends
 *
 * Context: process; before the first icmp4_darwin_open().
 */
void icmp4_darwin_init(struct proto *kernel, void (*destroy)(struct sock *sk))
{
	icmp4_darwin_prot = *kernel;
	icmp4_darwin_prot.destroy = destroy;
	icmp4_darwin_prot.unhash = icmp4_darwin_unhash;
	icmp4_darwin_prot.put_port = icmp4_darwin_unhash;
	icmp4_darwin_prot.bind = icmp4_darwin_bind;
	icmp4_darwin_prot.connect = icmp4_darwin_connect;
	icmp4_darwin_prot.sendmsg = icmp4_darwin_sendmsg;
	icmp4_darwin_prot.recvmsg = icmp4_darwin_recvmsg_front;
	icmp4_darwin_prot.setsockopt = icmp4_darwin_setsockopt;
	icmp4_darwin_prot.getsockopt = icmp4_darwin_getsockopt;
}

/**
 * icmp4_darwin_open() - give a socket Darwin's way
 * @in: its namespace
 * @dgram: the socket, which nobody knows yet
 *
 * Context: process.
 */
void icmp4_darwin_open(struct icmp4_net *in, struct icmp4_dgram *dgram)
{
	int recvspace = min_t(int, READ_ONCE(in->knobs.raw_recvspace),
			      READ_ONCE(sysctl_rmem_max));
	struct sock *sk = dgram->sk;

	dgram->darwin = true;
	init_rwsem(&dgram->header);
	dgram->maxdgram = READ_ONCE(in->knobs.raw_maxdgram);
	WRITE_ONCE(sk->sk_prot, &icmp4_darwin_prot);
	/* It matches as a raw socket does, by the protocol instead of an identifier. */
	inet_sk(sk)->inet_num = IPPROTO_ICMP;
	/* A full queue is an error (ENOBUFS) to those alone who ask for errors. */
	inet_set_bit(RECVERR, sk);
	WRITE_ONCE(sk->sk_sndbuf,
		   max_t(int, 2 * dgram->maxdgram, SOCK_MIN_SNDBUF));
	WRITE_ONCE(sk->sk_rcvbuf, max_t(int, 2 * recvspace, SOCK_MIN_RCVBUF));
}
