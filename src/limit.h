/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_LIMIT_H
#define ICMP4_LIMIT_H

#include "drop.h"
#include "net.h"

/**
 * struct icmp4_limit - a message that limits have a say in
 * @masked: icmp_ratemask names its type
 * @tag: bucket of its destination; valid if @host
 * @host: icmp_ratelimit holds
 */
struct icmp4_limit {
	bool masked;
	bool host;
	u64 tag;
};

enum icmp4_drop icmp4_limit_look(struct icmp4_net *in,
				 struct icmp4_limit *limit, u8 type, u8 code,
				 bool loopback, __be32 daddr, int l3);
enum icmp4_drop icmp4_limit_charge(struct icmp4_net *in,
				   const struct icmp4_limit *limit,
				   bool loopback);

int icmp4_limit_init(void);
void icmp4_limit_uninit(void);

#endif
