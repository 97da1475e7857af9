/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ERROR_OUT_H
#define ICMP4_ERROR_OUT_H

#include <linux/skbuff.h>
#include <net/ip.h>

void icmp4_error_send(struct sk_buff *skb, int type, int code, __be32 info,
		      const struct inet_skb_parm *parm);

#endif
