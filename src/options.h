/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_OPTIONS_H
#define ICMP4_OPTIONS_H

#include <linux/ip.h>
#include <net/inet_sock.h>

/**
 * struct icmp4_options - the IP options of a packet being made
 * @data: the options as they go on the wire, padded to a multiple of 4
 * @info: where in the IP header the kernel finds which of them, as the output
 *	path wants it in the packet's control block. @info.optlen is how much of
 *	@data is in use, in bytes; @info.faddr the first hop of a source route
 *
 * @info ends in a flexible array that is not used, so it stays last.
 */
struct icmp4_options {
	u8 data[MAX_IPOPTLEN];
	struct ip_options info;
};

int icmp4_options_echo(struct icmp4_options *to, const u8 *from,
		       unsigned int len, const struct ip_options *known,
		       __be32 saddr,
		       bool (*ours)(const void *ctx, __be32 addr),
		       const void *ctx);
void icmp4_options_finish(struct icmp4_options *to, __be32 saddr,
			  __be32 daddr, __be32 time);

#endif
