// SPDX-License-Identifier: GPL-2.0
/* IP options of a reply or an error, made from those of the packet that it is
 * about (RFC 1122 3.2.2.6, RFC 1812 4.3.2.6: record route and timestamp are
 * updated and returned untruncated, a source route is returned reversed). The
 * bytes are read afresh, since a firewall may have changed them after the kernel
 * looked.
 */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "options.h"

/* Offsets in an option: type, length, 1-based pointer, timestamp's flags. */
enum { LEN = 1, PTR = 2, FLAGS = 3 };

/* Length of what precedes the list of a record or source route, and of a
 * timestamp; the pointer's least value is one more.
 */
#define ROUTE_HEAD	3
#define STAMP_HEAD	4

/* The packet's options of the kinds that go back; NULL if absent. */
struct found {
	const u8 *rr;
	const u8 *ts;
	const u8 *srr;
	const u8 *cipso;
};

/* Does the rest of an option have room for @bytes more at its pointer? */
static bool has_room(const u8 *opt, unsigned int bytes)
{
	return opt[PTR] - 1U + bytes <= opt[LEN];
}

static bool is_full(const u8 *opt)
{
	return opt[PTR] > opt[LEN];
}

static const u8 **slot_of(struct found *found, u8 type, unsigned int *head)
{
	*head = ROUTE_HEAD;
	switch (type) {
	case IPOPT_RR:
		return &found->rr;
	case IPOPT_LSRR:
	case IPOPT_SSRR:
		return &found->srr;
	case IPOPT_TIMESTAMP:
		*head = STAMP_HEAD;
		return &found->ts;
	case IPOPT_CIPSO:
		*head = 2;
		return &found->cipso;
	}
	return NULL;
}

/* An option that can be read: of its kind, inside the header, and once only. */
static int find_option(struct found *found, const u8 *opt, unsigned int len)
{
	unsigned int head;
	const u8 **slot;

	if (len < 2 || opt[LEN] < 2 || opt[LEN] > len)
		return -EINVAL;
	slot = slot_of(found, *opt, &head);
	if (!slot)
		return 0;
	if (*slot || opt[LEN] < head)
		return -EINVAL;
	if (head > 2 && opt[PTR] <= head)
		return -EINVAL;
	*slot = opt;
	return 0;
}

static int find_options(struct found *found, const u8 *from, unsigned int len)
{
	unsigned int at = 0;
	int err;

	while (at < len && from[at] != IPOPT_END) {
		if (from[at] == IPOPT_NOOP) {
			at++;
			continue;
		}
		err = find_option(found, from + at, len - at);
		if (err)
			return err;
		at += from[at + LEN];
	}
	return 0;
}

/* Where IP found them, which need not be all: it stops at a fault, and what an
 * error is about then is that fault.
 */
static int find_known(struct found *found, const struct ip_options *known,
		      const u8 *from, unsigned int len)
{
	const u8 at[] = { known->rr, known->ts, known->srr, known->cipso };
	unsigned int i, start, sum = 0;
	int err;

	for (i = 0; i < sizeof(at); i++) {
		if (!at[i])
			continue;
		start = at[i] - sizeof(struct iphdr);
		if (at[i] < sizeof(struct iphdr) || start >= len)
			return -EINVAL;
		err = find_option(found, from + start, len - start);
		if (err)
			return err;
		sum += from[start + LEN];
	}
	/* Lengths that changed meanwhile may overlap. */
	return sum <= len ? 0 : -EINVAL;
}

/* Copy an option to the end of the reply's; returns where it landed. */
static u8 *append(struct icmp4_options *to, const u8 *opt, unsigned int len,
		  u8 *offset)
{
	u8 *start = to->data + to->info.optlen;

	*offset = sizeof(struct iphdr) + to->info.optlen;
	memcpy(start, opt, len);
	to->info.optlen += len;
	return start;
}

static u8 *option_at(struct icmp4_options *to, u8 offset)
{
	return to->data + (offset - sizeof(struct iphdr));
}

/* The entry is filled in by icmp4_options_finish(), once a route is known. */
static int echo_rr(struct icmp4_options *to, const u8 *opt)
{
	u8 *rr = append(to, opt, opt[LEN], &to->info.rr);

	if (is_full(rr))
		return 0;
	if (!has_room(rr, 4))
		return -EINVAL;
	rr[PTR] += 4;
	to->info.rr_needaddr = 1;
	return 0;
}

static int echo_ts(struct icmp4_options *to, const u8 *opt,
		   bool (*ours)(const void *ctx, __be32 addr), const void *ctx)
{
	u8 *ts = append(to, opt, opt[LEN], &to->info.ts);
	__be32 addr;

	if (is_full(ts))
		return 0;
	switch (ts[FLAGS] & 0xf) {
	case IPOPT_TS_TSONLY:
		if (!has_room(ts, 4))
			return -EINVAL;
		ts[PTR] += 4;
		to->info.ts_needtime = 1;
		break;
	case IPOPT_TS_TSANDADDR:
		if (!has_room(ts, 8))
			return -EINVAL;
		ts[PTR] += 8;
		to->info.ts_needaddr = 1;
		to->info.ts_needtime = 1;
		break;
	case IPOPT_TS_PRESPEC:
		/* Half an entry is nobody's, and the kernel lets it be. */
		if (!has_room(ts, 4))
			return -EINVAL;
		if (!has_room(ts, 8))
			break;
		memcpy(&addr, ts + ts[PTR] - 1, sizeof(addr));
		if (!ours(ctx, addr))
			break;
		ts[PTR] += 8;
		to->info.ts_needtime = 1;
		break;
	}
	return 0;
}

/* The hops recorded so far, last first: the last is where the reply goes next,
 * the others are its route, and the requester takes the place after them. A
 * requester that also recorded itself is not visited twice (RFC 1122 3.2.1.8).
 */
static void echo_srr(struct icmp4_options *to, const u8 *opt, __be32 saddr)
{
	const u8 *hops = opt + ROUTE_HEAD;
	unsigned int recorded, n, i;
	u8 *srr;

	recorded = (min(opt[PTR] - 1U, 0U + opt[LEN]) - ROUTE_HEAD) / 4;
	n = recorded;
	if (n && !memcmp(hops, &saddr, 4))
		n--;
	if (!n)
		return;

	memcpy(&to->info.faddr, hops + 4 * (recorded - 1), 4);
	srr = append(to, opt, ROUTE_HEAD + 4 * n, &to->info.srr);
	srr[LEN] = ROUTE_HEAD + 4 * n;
	srr[PTR] = ROUTE_HEAD + 1;
	for (i = 0; i < n - 1; i++)
		memcpy(srr + ROUTE_HEAD + 4 * i, hops + 4 * (recorded - 2 - i),
		       4);
	to->info.is_strictroute = *opt == IPOPT_SSRR;
}

/**
 * icmp4_options_echo() - options for the reply to a packet
 * @to: filled in; what only the route can tell is left to
 *	icmp4_options_finish()
 * @from: the packet's options
 * @len: their length in bytes, at most 40
 * @known: which of them to look at and where they are in the IP header; NULL
 *	for all there are
 * @saddr: source of the packet, network order
 * @ours: tells whether an address (network order) is one that reaches this
 *	host
 * @ctx: handed to @ours
 *
 * Record route, timestamp, reversed source route and CIPSO, in this order and
 * padded with end-of-list; all others are left out. Never longer than the
 * packet's.
 *
 * Return: 0; -EINVAL if the packet's options are malformed.
 */
int icmp4_options_echo(struct icmp4_options *to, const u8 *from,
		       unsigned int len, const struct ip_options *known,
		       __be32 saddr,
		       bool (*ours)(const void *ctx, __be32 addr),
		       const void *ctx)
{
	struct found found = {};
	int err;

	memset(to, 0, sizeof(*to));
	err = known ? find_known(&found, known, from, len) :
		      find_options(&found, from, len);
	if (err)
		return err;

	if (found.rr) {
		err = echo_rr(to, found.rr);
		if (err)
			return err;
	}
	if (found.ts) {
		err = echo_ts(to, found.ts, ours, ctx);
		if (err)
			return err;
	}
	if (found.srr)
		echo_srr(to, found.srr, saddr);
	if (found.cipso)
		append(to, found.cipso, found.cipso[LEN], &to->info.cipso);
	to->info.optlen = ALIGN(to->info.optlen, 4);
	return 0;
}

/**
 * icmp4_options_finish() - fill in what the route told
 * @to: from icmp4_options_echo()
 * @saddr: source address of the reply, network order
 * @daddr: its final destination, network order
 * @time: icmp4_timestamp() of now
 */
void icmp4_options_finish(struct icmp4_options *to, __be32 saddr,
			  __be32 daddr, __be32 time)
{
	u8 *opt;

	if (to->info.srr) {
		opt = option_at(to, to->info.srr);
		memcpy(opt + opt[LEN] - 4, &daddr, 4);
	}
	if (to->info.rr_needaddr) {
		opt = option_at(to, to->info.rr);
		memcpy(opt + opt[PTR] - 5, &saddr, 4);
	}
	if (to->info.ts_needaddr) {
		opt = option_at(to, to->info.ts);
		memcpy(opt + opt[PTR] - 9, &saddr, 4);
	}
	if (to->info.ts_needtime) {
		opt = option_at(to, to->info.ts);
		memcpy(opt + opt[PTR] - 5, &time, 4);
	}
}
