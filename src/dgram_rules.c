// SPDX-License-Identifier: GPL-2.0
/* What a datagram socket may send: requests, and nothing that could pass for a router's
 * or somebody else's.
 */

#include <linux/in.h>
#include <linux/kernel.h>

#include "dgram_rules.h"

/**
 * icmp4_dgram_fixed() - the one length that a message has
 * @type: ICMP type
 *
 * Return: bytes from the ICMP header on; 0 if any will do.
 */
size_t icmp4_dgram_fixed(u8 type)
{
	switch (type) {
	case ICMP_TIMESTAMP:
		return 20;
	case ICMP_ADDRESS:
		return 12;
	}
	return 0;
}

/**
 * icmp4_dgram_asks() - is it a request that a socket may send?
 * @way: whose socket
 * @type: ICMP type
 * @code: its code
 *
 * Darwin's icmp(4); Linux's sockets send PROBEs as well.
 *
 * Return: whether it is.
 */
bool icmp4_dgram_asks(enum icmp4_dgram_way way, u8 type, u8 code)
{
	if (code)
		return false;
	switch (type) {
	case ICMP_ECHO:
	case ICMP_TIMESTAMP:
	case ICMP_ADDRESS:
		return true;
	case ICMP_EXT_ECHO:
		return way == ICMP4_DGRAM_LINUX;
	}
	return false;
}

/**
 * icmp4_dgram_valid() - may a socket send a message?
 * @way: whose socket
 * @icmph: its header, if it is as long as one
 * @len: length of the message from there on, bytes
 *
 * Return: whether it may.
 */
bool icmp4_dgram_valid(enum icmp4_dgram_way way, const struct icmphdr *icmph,
		       size_t len)
{
	size_t fixed;

	if (len < sizeof(*icmph) ||
	    !icmp4_dgram_asks(way, icmph->type, icmph->code))
		return false;
	fixed = icmp4_dgram_fixed(icmph->type);
	return !fixed || len == fixed;
}

/**
 * icmp4_dgram_header_valid() - may a socket send a message with this IP header?
 * @iph: what it wrote, if it is as long as one
 * @len: bytes written, header and message
 *
 * IP_HDRINCL in Darwin's icmp(4), but for the source address: the system chooses
 * identification and fragment offset; the protocol is ICMP, or 0, which the page has by
 * mistake. Lengths are in network order, as on Linux.
 *
 * Return: whether it may.
 */
bool icmp4_dgram_header_valid(const struct iphdr *iph, size_t len)
{
	return len >= sizeof(*iph) && iph->version == 4 && iph->ihl >= 5 &&
	       iph->ihl <= ICMP4_DGRAM_IHL_MAX &&
	       len >= iph->ihl * 4 + sizeof(struct icmphdr) &&
	       ntohs(iph->tot_len) == len && !iph->id && !iph->frag_off &&
	       (iph->protocol == IPPROTO_ICMP || iph->protocol == IPPROTO_IP);
}
