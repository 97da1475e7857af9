/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_DROP_H
#define ICMP4_DROP_H

#include <linux/skbuff.h>
#include <linux/types.h>

#include "net.h"

/**
 * enum icmp4_drop - why a message went no further
 * @ICMP4_OK: it did not stop: go on, or it has left as a reply
 * @ICMP4_DROP_POLICY: IPsec policy forbids it
 * @ICMP4_DROP_UNREADABLE: its bytes are in a device's memory, out of reach
 * @ICMP4_DROP_CSUM: the ICMP checksum is wrong (RFC 792)
 * @ICMP4_DROP_SHORT: shorter than the 8 bytes every message has
 * @ICMP4_DROP_BCAST_ECHO: echo or timestamp request to a broadcast or
 *	multicast address while icmp_echo_ignore_broadcasts is set
 *	(RFC 1122 3.2.2.6, 3.2.2.8)
 * @ICMP4_DROP_BCAST_TYPE: a type that must never come by broadcast or
 *	multicast
 * @ICMP4_DROP_UNKNOWN: a type without a meaning (RFC 1122 3.2.2: silently
 *	discarded)
 * @ICMP4_DROP_LENGTH: shorter than its type demands
 * @ICMP4_DROP_NO_ACTION: a known type that asks nothing of a host; raw
 *	sockets have seen it
 * @ICMP4_DROP_ECHO_IGNORED: icmp_echo_ignore_all is set
 * @ICMP4_DROP_PROBE_OFF: icmp_echo_enable_probe is not set (RFC 8335 4)
 * @ICMP4_DROP_PROBE_REMOTE: a PROBE for an interface of another node (L bit
 *	clear), which only a proxy would answer
 * @ICMP4_DROP_PROBE_IPV6: a PROBE by IPv6 address on a host without IPv6
 * @ICMP4_DROP_REQUESTER: no reply may go to the address that asked
 *	(0/8, broadcast, multicast)
 * @ICMP4_DROP_OPTIONS: the request's IP options cannot be answered
 * @ICMP4_DROP_NO_ROUTE: no route leads back
 * @ICMP4_DROP_BUSY: this CPU is already sending an ICMP message
 * @ICMP4_DROP_SNDBUF: the control socket's send buffer is full: the device
 *	does not drain as fast as requests come
 * @ICMP4_DROP_NOMEM: no memory for a buffer of our own
 * @ICMP4_DROP_TOO_BIG: the reply would exceed 65535 bytes
 * @ICMP4_DROPS: how many there are
 */
enum icmp4_drop {
	ICMP4_OK,
	ICMP4_DROP_POLICY,
	ICMP4_DROP_UNREADABLE,
	ICMP4_DROP_CSUM,
	ICMP4_DROP_SHORT,
	ICMP4_DROP_BCAST_ECHO,
	ICMP4_DROP_BCAST_TYPE,
	ICMP4_DROP_UNKNOWN,
	ICMP4_DROP_LENGTH,
	ICMP4_DROP_NO_ACTION,
	ICMP4_DROP_ECHO_IGNORED,
	ICMP4_DROP_PROBE_OFF,
	ICMP4_DROP_PROBE_REMOTE,
	ICMP4_DROP_PROBE_IPV6,
	ICMP4_DROP_REQUESTER,
	ICMP4_DROP_OPTIONS,
	ICMP4_DROP_NO_ROUTE,
	ICMP4_DROP_BUSY,
	ICMP4_DROP_SNDBUF,
	ICMP4_DROP_NOMEM,
	ICMP4_DROP_TOO_BIG,
	ICMP4_DROPS
};

/**
 * struct icmp4_drop_info - everything that follows from a drop
 * @name: the counter's name in /proc/net/icmp4/stat
 * @reason: the kernel drop reason; SKB_NOT_DROPPED_YET where the built-in
 *	ICMP calls the message handled, and so do we
 * @csum_errors: counts in Icmp InCsumErrors
 * @in_errors: counts in Icmp InErrors
 * @out_errors: counts in Icmp OutErrors
 */
struct icmp4_drop_info {
	const char *name;
	enum skb_drop_reason reason;
	bool csum_errors;
	bool in_errors;
	bool out_errors;
};

extern const struct icmp4_drop_info icmp4_drop_infos[ICMP4_DROPS];

void icmp4_drop(struct icmp4_net *in, struct sk_buff *skb, u8 type,
		enum icmp4_drop why);

#endif
