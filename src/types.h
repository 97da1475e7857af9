/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_TYPES_H
#define ICMP4_TYPES_H

#include <linux/types.h>

/* What stands for the type of a message too short to have one. */
#define ICMP4_NO_TYPE		255

/* Statistics have a row for each of the types 0 to 43 that has a name, and one
 * more that all the others share.
 */
#define ICMP4_ROW_OTHER		44
#define ICMP4_ROWS		45

/**
 * enum icmp4_class - what kind of message a type is
 * @ICMP4_CLASS_UNKNOWN: no meaning assigned, or none that is still known
 * @ICMP4_CLASS_ERROR: reports a problem with a packet it quotes; must never
 *	be answered by an error (RFC 1122 3.2.2)
 * @ICMP4_CLASS_REQUEST: asks for a reply
 * @ICMP4_CLASS_REPLY: answers a request
 * @ICMP4_CLASS_NOTE: tells something and awaits no answer
 */
enum icmp4_class {
	ICMP4_CLASS_UNKNOWN,
	ICMP4_CLASS_ERROR,
	ICMP4_CLASS_REQUEST,
	ICMP4_CLASS_REPLY,
	ICMP4_CLASS_NOTE,
};

/**
 * enum icmp4_handler - who looks after a type
 * @ICMP4_BY_NOBODY: nobody knows it, and to receive it is an error
 * @ICMP4_BY_RAW: it asks nothing of a host; raw sockets have seen it
 * @ICMP4_BY_PING: handed to the datagram socket that asked; while there are some that
 *	are older than the module, the handler that was there before it may get it,
 *	untouched and uncounted
 * @ICMP4_BY_DGRAM: handed to the datagram socket that asked, or as ICMP4_BY_RAW
 * @ICMP4_BY_ERROR: handed to those who may have sent what it quotes
 * @ICMP4_BY_ECHO: answered by an echo reply
 * @ICMP4_BY_TIMESTAMP: answered by a timestamp reply
 * @ICMP4_BY_MASK: answered by an address mask reply, if icmp_maskrepl says so
 * @ICMP4_BY_MASK_REPLY: examined, then as ICMP4_BY_DGRAM
 * @ICMP4_BY_PROBE: answered by an extended echo reply
 */
enum icmp4_handler {
	ICMP4_BY_NOBODY,
	ICMP4_BY_RAW,
	ICMP4_BY_PING,
	ICMP4_BY_DGRAM,
	ICMP4_BY_ERROR,
	ICMP4_BY_ECHO,
	ICMP4_BY_TIMESTAMP,
	ICMP4_BY_MASK,
	ICMP4_BY_MASK_REPLY,
	ICMP4_BY_PROBE,
};

/**
 * struct icmp4_type - what is known of an ICMP type
 * @name: FreeBSD's abbreviation, as icmp(4) and pf.conf(5) use it; NULL for a
 *	type without one
 * @class: an &enum icmp4_class
 * @handler: an &enum icmp4_handler
 * @min_len: shortest valid message, bytes from the ICMP header on
 * @broadcast: may come to a broadcast or multicast address
 * @sent: this host sends it of its own accord, so a rate of it means something
 * @reply: the type that answers it, for an &ICMP4_CLASS_REQUEST
 */
struct icmp4_type {
	const char *name;
	u8 class;
	u8 handler;
	u8 min_len;
	bool broadcast;
	bool sent;
	u8 reply;
};

extern const struct icmp4_type icmp4_types[256];

const char *icmp4_type_name(u8 type);
const char *icmp4_code_name(u8 type, u8 code);

/**
 * icmp4_type_row() - the row of a per-type statistic that a type counts in
 * @type: any ICMP type
 *
 * Return: the type itself, or ICMP4_ROW_OTHER for one without a name.
 */
static inline unsigned int icmp4_type_row(u8 type)
{
	return icmp4_types[type].name ? type : ICMP4_ROW_OTHER;
}

#endif
