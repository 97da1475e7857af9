/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_LIMIT_H
#define ICMP4_LIMIT_H

#include "bucket.h"
#include "drop.h"
#include "net.h"

/**
 * struct icmp4_limit - a message that limits have a say in
 * @masked: icmp_ratemask names its type
 * @tag: bucket of its destination; 0 if icmp_ratelimit is off
 * @rate: what that grants
 */
struct icmp4_limit {
	bool masked;
	u64 tag;
	struct icmp4_rate rate;
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
