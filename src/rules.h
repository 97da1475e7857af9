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

enum icmp4_drop icmp4_rule_receive(const struct icmp4_type *type,
				   unsigned int len, bool broadcast,
				   bool ignore_broadcasts);
enum icmp4_drop icmp4_rule_error(const struct icmp4_offending *packet);

#endif
