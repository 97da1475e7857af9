/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_MASK_H
#define ICMP4_MASK_H

#include <linux/icmp.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "drop.h"
#include "net.h"

/**
 * struct icmp4_mask_message - an address mask request or reply (RFC 950)
 * @icmph: the ICMP header, with identifier and sequence number
 * @mask: the mask, network order
 */
struct icmp4_mask_message {
	struct icmphdr icmph;
	__be32 mask;
};

/**
 * struct icmp4_mask_answer - what to answer to an address mask request
 * @mask: the mask, network order
 * @link: where a requester can be reached who has no address yet, network order
 */
struct icmp4_mask_answer {
	__be32 mask;
	__be32 link;
};

enum icmp4_drop icmp4_mask_answer(const struct icmp4_net *in,
				  const struct sk_buff *skb,
				  struct icmp4_mask_answer *answer);
void icmp4_mask_examine(const struct icmp4_net *in, const struct sk_buff *skb);

#endif
