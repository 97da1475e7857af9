// SPDX-License-Identifier: GPL-2.0
/* What datagram sockets receive: the reply to what they asked, found by its
 * identifier.
 */

#include <linux/icmp.h>
#include <net/ip.h>

#include "dgram.h"
#include "stat.h"
#include "types.h"

/* Identifier of a message, host order; 0, which is nobody's, if it has none. */
static u16 icmp4_dgram_id(const struct sk_buff *skb)
{
	const struct icmphdr *icmph;
	struct icmphdr room;

	icmph = skb_header_pointer(skb, 0, sizeof(room), &room);
	return icmph ? ntohs(icmph->un.echo.id) : 0;
}

/**
 * icmp4_dgram_leaves() - is a reply for a socket that the module does not know?
 * @in: the namespace it came to
 * @skb: the reply, data at its ICMP header; not verified
 *
 * Sockets that were open when the module came are the kernel's, and while there are any
 * a reply that is for none of the module's may be for them.
 *
 * Return: whether it may.
 * Context: softirq, RCU read side.
 */
bool icmp4_dgram_leaves(const struct icmp4_net *in, const struct sk_buff *skb)
{
	u16 id = icmp4_dgram_id(skb);

	return !(id && icmp4_dgram_id_find(in, skb, id)) &&
	       icmp4_dgram_older(in);
}

/**
 * icmp4_dgram_receive() - hand a reply to who asked
 * @in: the namespace it came to
 * @skb: the reply, verified, data at its ICMP header, which is linear
 * @nobody: what it is if nobody asked
 *
 * The kernel's datagram sockets charge it to the buffer, have BPF look at it and tell
 * whoever waits.
 *
 * Return: ICMP4_OK if @skb is gone, else @nobody.
 * Context: softirq, RCU read side.
 */
enum icmp4_drop icmp4_dgram_receive(struct icmp4_net *in, struct sk_buff *skb,
				    enum icmp4_drop nobody)
{
	u16 id = ntohs(icmp_hdr(skb)->un.echo.id);
	struct sock *sk = id ? icmp4_dgram_id_find(in, skb, id) : NULL;

	if (!sk)
		return nobody;
	nf_reset_ct(skb);
	icmp4_stat_event(in, icmp4_dgram_kernel()->backlog_rcv(sk, skb) ?
			     ICMP4_EVENT_REFUSED : ICMP4_EVENT_ANSWER);
	return ICMP4_OK;
}
