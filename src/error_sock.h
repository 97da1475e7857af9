/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ERROR_SOCK_H
#define ICMP4_ERROR_SOCK_H

#include <linux/icmp.h>
#include <linux/skbuff.h>
#include <net/sock.h>

/**
 * icmp4_error_needs_frag() - does an error tell a path MTU?
 * @icmph: its header
 *
 * Return: whether it is "fragmentation needed" (RFC 1191).
 */
static inline bool icmp4_error_needs_frag(const struct icmphdr *icmph)
{
	return icmph->type == ICMP_DEST_UNREACH &&
	       icmph->code == ICMP_FRAG_NEEDED;
}

void icmp4_error_raw(struct sk_buff *skb, u32 info);
void icmp4_error_dgram(struct sock *sk, struct sk_buff *skb, u32 info);

#endif
