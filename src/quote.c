// SPDX-License-Identifier: GPL-2.0
/* How much of the offending packet an error quotes. */

#include <linux/minmax.h>

#include "quote.h"

/* Ports, or what stands in their place, are in the first 8 bytes (RFC 792). */
#define QUOTE_LEAST	8
/* What every host can receive (RFC 1122 3.3.2). */
#define MESSAGE_MAX	576

/**
 * icmp4_quote_room() - bytes an error has behind its ICMP header
 * @quote: all but @quote->there, hlen and transport
 *
 * The message keeps to 576 bytes, unless more is asked for than fits there, and
 * always to the path MTU, since errors should not be fragmented.
 *
 * Return: the room; 0 if there is none at all.
 */
unsigned int icmp4_quote_room(const struct icmp4_quote *quote)
{
	unsigned int max = quote->mtu;

	if (quote->quotelen <= ICMP4_QUOTELEN)
		max = min_t(unsigned int, max, MESSAGE_MAX);
	return max > quote->head ? max - quote->head : 0;
}

/**
 * icmp4_quote_len() - bytes of the offending packet to quote
 * @quote: what it depends on
 *
 * RFC 1122 3.2.2: the IP header and 8 bytes at least; RFC 1812 4.3.2.3: as much
 * as possible; FreeBSD's icmp(4): quotelen, and the whole header of TCP. Where
 * the path has no room for the least, whoever gets the error could not tell what
 * it is about: there is none.
 *
 * Return: the length from the IP header on; 0 to send no error.
 */
unsigned int icmp4_quote_len(const struct icmp4_quote *quote)
{
	unsigned int room = icmp4_quote_room(quote);
	unsigned int least, want;

	least = min(quote->there, quote->hlen + QUOTE_LEAST);
	if (room < least)
		return 0;
	want = max3(quote->quotelen, quote->transport, 0U + QUOTE_LEAST);
	return min3(quote->there, quote->hlen + want, room);
}
