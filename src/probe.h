/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_PROBE_H
#define ICMP4_PROBE_H

#include <linux/if.h>
#include <linux/in6.h>
#include <linux/types.h>

#include "drop.h"

/* The longest query: two headers and an IPv6 address with its own. */
#define ICMP4_PROBE_LEN	(4 + 4 + 4 + 16)

/**
 * enum icmp4_probe_by - how a PROBE names the interface it asks about
 * @ICMP4_PROBE_MALFORMED: in no valid way
 * @ICMP4_PROBE_NAME: by name
 * @ICMP4_PROBE_INDEX: by index
 * @ICMP4_PROBE_IPV4: by an IPv4 address it has
 * @ICMP4_PROBE_IPV6: by an IPv6 address it has
 */
enum icmp4_probe_by {
	ICMP4_PROBE_MALFORMED,
	ICMP4_PROBE_NAME,
	ICMP4_PROBE_INDEX,
	ICMP4_PROBE_IPV4,
	ICMP4_PROBE_IPV6,
};

/**
 * struct icmp4_probe - the query of an extended echo request
 * @by: which of the others is meant
 * @name: zero-terminated
 * @index: host order
 * @ipv4: network order
 * @ipv6: network order
 */
struct icmp4_probe {
	enum icmp4_probe_by by;
	union {
		char name[IFNAMSIZ];
		u32 index;
		__be32 ipv4;
		struct in6_addr ipv6;
	};
};

void icmp4_probe_parse(struct icmp4_probe *probe, const u8 *data,
		       unsigned int len);

#endif
