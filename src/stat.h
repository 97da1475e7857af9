/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_STAT_H
#define ICMP4_STAT_H

#include <net/snmp.h>

#include "copy.h"
#include "drop.h"
#include "net.h"
#include "types.h"

/**
 * enum icmp4_event - what is counted besides drops
 * @ICMP4_EVENT_TAKEN: messages this module looked after itself
 * @ICMP4_EVENT_PASSED: messages left to the saved handler
 * @ICMP4_EVENT_DELIVERED: received errors handed to sockets and transports
 * @ICMP4_EVENT_REPLY: replies handed to IP
 * @ICMP4_EVENT_COPIED: replies whose buffer had other users and was copied
 * @ICMP4_EVENT_DISCARDED: replies and errors that netfilter, a queue or the
 *	lack of memory stopped on their way out
 * @ICMP4_EVENT_RAISED: errors that something in the kernel asked for
 * @ICMP4_EVENT_ERROR: errors handed to IP
 * @ICMP4_EVENT_EXTENDED: of these, those with an RFC 4884 extension
 * @ICMP4_EVENT_EVICTED: debts forgotten to have a bucket for somebody else, see
 *	limit.h
 * @ICMP4_EVENT_ANSWER: replies that a datagram socket asked for, and got
 * @ICMP4_EVENT_REFUSED: it did not get them: its BPF program or the buffer refused
 * @ICMP4_EVENT_RAW_FILTERED: copies of messages that raw sockets did not get, for
 *	their ICMP_FILTER hides the type
 * @ICMP4_EVENT_RAW_COPY: first of what becomes of raw sockets' copies, in the order of
 *	&enum icmp4_copy
 * @ICMP4_EVENT_RAW_LAST: last of it
 * @ICMP4_EVENT_DARWIN_COPY: the same of datagram sockets of Darwin's way
 * @ICMP4_EVENT_DARWIN_LAST: last of it
 * @ICMP4_EVENTS: how many there are
 */
enum icmp4_event {
	ICMP4_EVENT_TAKEN,
	ICMP4_EVENT_PASSED,
	ICMP4_EVENT_DELIVERED,
	ICMP4_EVENT_REPLY,
	ICMP4_EVENT_COPIED,
	ICMP4_EVENT_DISCARDED,
	ICMP4_EVENT_RAISED,
	ICMP4_EVENT_ERROR,
	ICMP4_EVENT_EXTENDED,
	ICMP4_EVENT_EVICTED,
	ICMP4_EVENT_ANSWER,
	ICMP4_EVENT_REFUSED,
	ICMP4_EVENT_RAW_FILTERED,
	ICMP4_EVENT_RAW_COPY,
	ICMP4_EVENT_RAW_LAST = ICMP4_EVENT_RAW_COPY + ICMP4_COPIES - 1,
	ICMP4_EVENT_DARWIN_COPY,
	ICMP4_EVENT_DARWIN_LAST = ICMP4_EVENT_DARWIN_COPY + ICMP4_COPIES - 1,
	ICMP4_EVENTS
};

/**
 * struct icmp4_mib - the counters of one CPU in one namespace
 * @mibs: events, then drops by reason, then by row of the type table drops, and
 *	what limits refused
 *
 * The member's name is what the kernel's SNMP macros expect.
 */
struct icmp4_mib {
#define ICMP4_MIB_DROP	ICMP4_EVENTS
#define ICMP4_MIB_TYPE	(ICMP4_MIB_DROP + ICMP4_DROPS)
#define ICMP4_MIB_LIMIT	(ICMP4_MIB_TYPE + ICMP4_ROWS)
#define ICMP4_MIB_MAX	(ICMP4_MIB_LIMIT + ICMP4_ROWS)
	unsigned long mibs[ICMP4_MIB_MAX];
};

/**
 * icmp4_stat_event() - count an event
 * @in: the namespace it happened in
 * @event: what happened
 *
 * Context: softirq, or process with bottom halves off.
 */
static inline void icmp4_stat_event(const struct icmp4_net *in,
				    enum icmp4_event event)
{
	__SNMP_INC_STATS(in->stats, event);
}

/**
 * icmp4_stat_copy() - count what became of a socket's copy of a message
 * @in: the namespace the message came to
 * @kind: ICMP4_EVENT_RAW_COPY or ICMP4_EVENT_DARWIN_COPY
 * @copy: what became of it; what was not wanted does not count
 *
 * Context: softirq, or process with bottom halves off.
 */
static inline void icmp4_stat_copy(const struct icmp4_net *in,
				   enum icmp4_event kind, enum icmp4_copy copy)
{
	if (copy != ICMP4_COPY_UNWANTED)
		icmp4_stat_event(in, kind + (unsigned int)copy);
}

/**
 * icmp4_stat_drop() - count a drop, by reason and by type
 * @in: the namespace it happened in
 * @type: ICMP type of the message, received or not sent
 * @why: the reason
 *
 * Context: softirq, or process with bottom halves off.
 */
static inline void icmp4_stat_drop(const struct icmp4_net *in, u8 type,
				   enum icmp4_drop why)
{
	__SNMP_INC_STATS(in->stats, ICMP4_MIB_DROP + why);
	__SNMP_INC_STATS(in->stats, ICMP4_MIB_TYPE + icmp4_type_row(type));
}

/**
 * icmp4_stat_limited() - count a message that a limit refuses
 * @in: the namespace that would have sent it
 * @type: its ICMP type
 *
 * Context: softirq, or process with bottom halves off.
 */
static inline void icmp4_stat_limited(const struct icmp4_net *in, u8 type)
{
	__SNMP_INC_STATS(in->stats, ICMP4_MIB_LIMIT + icmp4_type_row(type));
}

int icmp4_stat_init(struct icmp4_net *in);
void icmp4_stat_uninit(struct icmp4_net *in);

#endif
