/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_DROP_H
#define ICMP4_DROP_H

#include <linux/skbuff.h>
#include <linux/types.h>

#include "net.h"

/**
 * enum icmp4_drop - why a message went no further, or was never made
 * @ICMP4_OK: it did not stop: go on, or it has left or been delivered
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
 * @ICMP4_DROP_NO_SOCKET: an echo or PROBE reply that nobody asked for
 * @ICMP4_DROP_ECHO_IGNORED: icmp_echo_ignore_all is set
 * @ICMP4_DROP_TIMESTAMP_OFF: icmp_tstamprepl is 0
 * @ICMP4_DROP_MASK_OFF: icmp_maskrepl is not set (RFC 1122 3.2.2.9)
 * @ICMP4_DROP_MASK_UNKNOWN: the receiving interface has no address, so no mask
 * @ICMP4_DROP_MASK_AMBIGUOUS: a router's interface has several masks, and who asks has
 *	no address (RFC 1812 4.3.3.9)
 * @ICMP4_DROP_PROBE_OFF: icmp_echo_enable_probe is not set (RFC 8335 4)
 * @ICMP4_DROP_PROBE_REMOTE: a PROBE for an interface of another node (L bit
 *	clear), which only a proxy would answer
 * @ICMP4_DROP_PROBE_IPV6: a PROBE by IPv6 address on a host without IPv6
 * @ICMP4_DROP_IN_NOMEM: no memory to look at it in one piece
 * @ICMP4_DROP_QUOTE_HEADER: the IP header that an error quotes is none
 * @ICMP4_DROP_QUOTE_SHORT: an error quotes less than the IP header and 8 bytes
 *	(RFC 792)
 * @ICMP4_DROP_QUOTE_RAW: an error about protocol 255, which nobody can have sent
 * @ICMP4_DROP_CODE: a code that its type does not have, or that is no host's to
 *	act on
 * @ICMP4_DROP_PMTU: an MTU that ip_no_pmtu_disc says not to believe
 * @ICMP4_DROP_BOGUS: an error about a broadcast, while
 *	icmp_ignore_bogus_error_responses is off
 * @ICMP4_DROP_REDIRECT: icmp_drop_redirect is set
 * @ICMP4_DROP_QUENCH: source quench, on which nobody acts (RFC 6633)
 * @ICMP4_DROP_REQUESTER: no reply may go to the address that asked
 *	(0.0.0.0, broadcast, multicast)
 * @ICMP4_DROP_OPTIONS: the request's IP options cannot be answered
 * @ICMP4_DROP_NO_ROUTE: no route leads back
 * @ICMP4_DROP_BUSY: this CPU is already sending an ICMP message
 * @ICMP4_DROP_SNDBUF: the control socket's send buffer is full: the device
 *	does not drain as fast as requests come
 * @ICMP4_DROP_NOMEM: no memory for a buffer of our own
 * @ICMP4_DROP_TOO_BIG: the reply would exceed 65535 bytes
 * @ICMP4_DROP_LIMIT_CLASS: no reply or error: icmp_icmplim
 * @ICMP4_DROP_LIMIT_TYPE: no reply or error: the rate of its type, icmp_rates
 * @ICMP4_DROP_LIMIT_HOST: no reply or error: icmp_ratelimit
 * @ICMP4_DROP_LIMIT_GLOBAL: no reply or error: icmp_msgs_per_sec
 * @ICMP4_DROP_ERR_HEADER: no error: the offending packet's IP header is not
 *	where it could be read
 * @ICMP4_DROP_ERR_FRAME: no error: its frame was not for this host alone
 * @ICMP4_DROP_ERR_BROADCAST: no error: it went to a broadcast or multicast
 *	address
 * @ICMP4_DROP_ERR_FRAGMENT: no error: it is not the first fragment
 * @ICMP4_DROP_ERR_ICMP: no error: it is an ICMP error, or of an unknown type
 * @ICMP4_DROP_ERR_SOURCE: no error: its source is not a single host, or the way
 *	there is a broadcast
 * @ICMP4_DROP_ERR_BUSY: no error: this CPU is already sending an ICMP message
 * @ICMP4_DROP_ERR_OPTIONS: no error: its IP options cannot be returned
 * @ICMP4_DROP_ERR_NO_ROUTE: no error: no route leads to its source
 * @ICMP4_DROP_ERR_NO_ROOM: no error: the path to its source has no room for
 *	what an error has to quote
 * @ICMP4_DROP_ERR_NOMEM: no error: no memory, or the control socket's send
 *	buffer is full
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
	ICMP4_DROP_NO_SOCKET,
	ICMP4_DROP_ECHO_IGNORED,
	ICMP4_DROP_TIMESTAMP_OFF,
	ICMP4_DROP_MASK_OFF,
	ICMP4_DROP_MASK_UNKNOWN,
	ICMP4_DROP_MASK_AMBIGUOUS,
	ICMP4_DROP_PROBE_OFF,
	ICMP4_DROP_PROBE_REMOTE,
	ICMP4_DROP_PROBE_IPV6,
	ICMP4_DROP_IN_NOMEM,
	ICMP4_DROP_QUOTE_HEADER,
	ICMP4_DROP_QUOTE_SHORT,
	ICMP4_DROP_QUOTE_RAW,
	ICMP4_DROP_CODE,
	ICMP4_DROP_PMTU,
	ICMP4_DROP_BOGUS,
	ICMP4_DROP_REDIRECT,
	ICMP4_DROP_QUENCH,
	ICMP4_DROP_REQUESTER,
	ICMP4_DROP_OPTIONS,
	ICMP4_DROP_NO_ROUTE,
	ICMP4_DROP_BUSY,
	ICMP4_DROP_SNDBUF,
	ICMP4_DROP_NOMEM,
	ICMP4_DROP_TOO_BIG,
	ICMP4_DROP_LIMIT_CLASS,
	ICMP4_DROP_LIMIT_TYPE,
	ICMP4_DROP_LIMIT_HOST,
	ICMP4_DROP_LIMIT_GLOBAL,
	ICMP4_DROP_ERR_HEADER,
	ICMP4_DROP_ERR_FRAME,
	ICMP4_DROP_ERR_BROADCAST,
	ICMP4_DROP_ERR_FRAGMENT,
	ICMP4_DROP_ERR_ICMP,
	ICMP4_DROP_ERR_SOURCE,
	ICMP4_DROP_ERR_BUSY,
	ICMP4_DROP_ERR_OPTIONS,
	ICMP4_DROP_ERR_NO_ROUTE,
	ICMP4_DROP_ERR_NO_ROOM,
	ICMP4_DROP_ERR_NOMEM,
	ICMP4_DROPS
};

/**
 * struct icmp4_drop_info - everything that follows from a drop
 * @name: the counter's name in /proc/net/icmp4/stat
 * @reason: the kernel drop reason; SKB_NOT_DROPPED_YET where the built-in
 *	ICMP calls the message handled, and so do we, and for errors not made:
 *	what becomes of the offending packet is not theirs to say
 * @csum_errors: counts in Icmp InCsumErrors
 * @in_errors: counts in Icmp InErrors
 * @out_errors: counts in Icmp OutErrors
 * @limit_global: counts in Icmp OutRateLimitGlobal
 * @limit_host: counts in Icmp OutRateLimitHost
 */
struct icmp4_drop_info {
	const char *name;
	enum skb_drop_reason reason;
	bool csum_errors;
	bool in_errors;
	bool out_errors;
	bool limit_global;
	bool limit_host;
};

extern const struct icmp4_drop_info icmp4_drop_infos[ICMP4_DROPS];

void icmp4_drop(struct icmp4_net *in, struct sk_buff *skb, u8 type,
		enum icmp4_drop why);
void icmp4_refuse(struct icmp4_net *in, const struct sk_buff *skb, u8 type,
		  u8 code, enum icmp4_drop why);

#endif
