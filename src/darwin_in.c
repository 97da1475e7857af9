// SPDX-License-Identifier: GPL-2.0
/* What datagram sockets of Darwin's way receive: all that the host does not answer. */

#include <net/ip.h>
#include <net/raw.h>

#include "copy.h"
#include "darwin.h"
#include "icmp4.h"
#include "stat.h"

/**
 * icmp4_darwin_deliver() - give a message to the sockets of Darwin's way
 * @in: the namespace it came to
 * @skb: the message, verified, data at its ICMP header
 *
 * Context: softirq, RCU read side.
 */
void icmp4_darwin_deliver(const struct icmp4_net *in, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	int dif = inet_iif(skb), sdif = inet_sdif(skb);
	struct icmp4_dgram *dgram;
	enum icmp4_copy copy;

	hlist_for_each_entry_rcu(dgram, &in->darwins, darwin_node) {
		if (!raw_v4_match(in->net, dgram->sk, IPPROTO_ICMP, iph->saddr,
				  iph->daddr, dif, sdif))
			continue;
		copy = icmp4_copy_full(dgram->sk) ? ICMP4_COPY_FULL :
		       icmp4_copy_give(dgram->sk, skb, !READ_ONCE(dgram->strip));
		icmp4_stat_copy(in, ICMP4_EVENT_DARWIN_COPY, copy);
	}
}

/* sockaddr_dl(4) as the BSDs have it, for IP_RECVIF. */
static void icmp4_darwin_put_device(struct msghdr *msg, struct sock *sk,
				    const struct sk_buff *skb)
{
	struct sockaddr_dl device = {
		.sdl_len = sizeof(device),
		.sdl_family = ICMP4_AF_LINK,
		.sdl_index = skb->skb_iif,
	};
	const struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock_net(sk), skb->skb_iif);
	if (dev) {
		device.sdl_nlen = strlen(dev->name);
		memcpy(device.sdl_data, dev->name, device.sdl_nlen);
	}
	rcu_read_unlock();
	put_cmsg(msg, SOL_IP, IP_RECVIF, sizeof(device), &device);
}

static void icmp4_darwin_put_cmsgs(struct msghdr *msg, struct sock *sk,
				   struct sk_buff *skb)
{
	const struct icmp4_dgram *dgram = sk->sk_user_data;
	const struct iphdr *iph = ip_hdr(skb);

	sock_recv_cmsgs(msg, sk, skb);
	if (READ_ONCE(dgram->recvdstaddr))
		put_cmsg(msg, SOL_IP, IP_RECVDSTADDR, sizeof(iph->daddr),
			 (void *)&iph->daddr);
	if (READ_ONCE(dgram->recvif))
		icmp4_darwin_put_device(msg, sk, skb);
	if (READ_ONCE(dgram->recvttl))
		put_cmsg(msg, SOL_IP, IP_RECVTTL, sizeof(iph->ttl),
			 (void *)&iph->ttl);
	/* IP_RECVOPTS and IP_RETOPTS are the same on Linux. */
	ip_cmsg_recv(msg, skb);
}

/**
 * icmp4_darwin_recvmsg() - read what a socket received
 * @sk: the socket
 * @msg: where to
 * @len: bytes there
 * @flags: of recvmsg(2)
 *
 * Return: bytes read, or with MSG_TRUNC those that there were; or a negative errno.
 * Context: process, sleeps.
 */
int icmp4_darwin_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			 int flags)
{
	struct sockaddr_in *from = msg->msg_name;
	struct sk_buff *skb;
	size_t copied;
	int err;

	if (flags & (MSG_OOB | MSG_ERRQUEUE))
		return -EOPNOTSUPP;
	icmp4_darwin_forget_errors(sk);
	skb = skb_recv_datagram(sk, flags, &err);
	if (!skb)
		return err;
	copied = min_t(size_t, len, skb->len);
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err)
		goto out;
	if (from) {
		memset(from, 0, sizeof(*from));
		from->sin_family = AF_INET;
		from->sin_addr.s_addr = ip_hdr(skb)->saddr;
		msg->msg_namelen = sizeof(*from);
	}
	icmp4_darwin_put_cmsgs(msg, sk, skb);
	err = flags & MSG_TRUNC ? skb->len : copied;
out:
	skb_free_datagram(sk, skb);
	return err;
}
