/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_QUOTE_H
#define ICMP4_QUOTE_H

#include <linux/types.h>

/* What a message of 576 bytes has room for behind its own headers, 20 and 8 of
 * them (RFC 1812 4.3.2.3): asked for that, it is as full as can be.
 */
#define ICMP4_QUOTELEN	548

/**
 * struct icmp4_quote - what the length of a quotation depends on; in bytes
 * @there: of the offending packet, from its IP header on
 * @hlen: of its IP header
 * @transport: of the header behind that, if all of it has to be quoted; else 0
 * @quotelen: wanted behind the IP header (icmp_quotelen)
 * @head: of the error, in front of the quotation: IP header and ICMP header
 * @mtu: that fit into one packet on the way of the error
 */
struct icmp4_quote {
	unsigned int there;
	unsigned int hlen;
	unsigned int transport;
	unsigned int quotelen;
	unsigned int head;
	unsigned int mtu;
};

unsigned int icmp4_quote_room(const struct icmp4_quote *quote);
unsigned int icmp4_quote_len(const struct icmp4_quote *quote);

#endif
