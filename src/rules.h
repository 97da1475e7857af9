/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_RULES_H
#define ICMP4_RULES_H

#include <linux/types.h>

#include "drop.h"
#include "types.h"

/**
 * struct icmp4_offending - what tells whether a packet may be answered by an
 *	error
 * @saddr: its source, network order
 * @frag_off: flags and offset of its IP header, network order
 * @pkt_type: how its frame was addressed (PACKET_HOST: to this host alone)
 * @broadcast: its destination is a broadcast or multicast IP address
 * @wire: it came by a device, and not the loopback one
 * @icmp: it is an ICMP message
 * @type: of this message; ICMP4_NO_TYPE if that cannot be read
 */
struct icmp4_offending {
	__be32 saddr;
	__be16 frag_off;
	u8 pkt_type;
	bool broadcast;
	bool wire;
	bool icmp;
	u8 type;
};

/* What of the transport's header an error has to quote (RFC 792). */
#define ICMP4_QUOTED_TRANSPORT	8

/**
 * struct icmp4_quoted - what tells whether a received error may be believed
 * @type: its ICMP type
 * @code: its code
 * @len: bytes from the quoted IP header on, at least 20
 * @ihl: length of that header, in words
 * @protocol: in that header
 * @pmtu_disc: ip_no_pmtu_disc
 * @strict: the transport looks whether an error about it can be true
 * @bogus: the quoted packet went to a broadcast, and
 *	icmp_ignore_bogus_error_responses is off
 */
struct icmp4_quoted {
	u8 type;
	u8 code;
	unsigned int len;
	u8 ihl;
	u8 protocol;
	u8 pmtu_disc;
	bool strict;
	bool bogus;
};

enum icmp4_drop icmp4_rule_receive(const struct icmp4_type *type,
				   unsigned int len, bool broadcast,
				   bool ignore_broadcasts);
bool icmp4_rule_believes_mtu(u8 pmtu_disc);
enum icmp4_drop icmp4_rule_quoted(const struct icmp4_quoted *quoted);
enum icmp4_drop icmp4_rule_error(const struct icmp4_offending *packet);

#endif
