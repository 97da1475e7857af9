/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.18 who sends an error is handed the options of the offending packet
 * instead of all that IP keeps of it. They lie in the packet's control block, and
 * then the rest does so, too, or they are the caller's own and there is no rest.
 */
#include_next <net/icmp.h>

#ifndef ICMP4_COMPAT_PARM_H
#define ICMP4_COMPAT_PARM_H

#include <linux/string.h>

static inline const struct inet_skb_parm *
icmp_send_parm(const struct sk_buff *skb, const struct ip_options *opt,
	       struct inet_skb_parm *own)
{
	if (opt == &IPCB(skb)->opt)
		return IPCB(skb);
	memset(own, 0, sizeof(*own));
	own->opt = *opt;
	return own;
}

/* A function with this kernel's arguments in front of one with the newest's. */
#define ICMP_SEND_FRONT(front, fn)					\
static void front(struct sk_buff *skb, int type, int code, __be32 info,\
		  const struct ip_options *opt)				\
{									\
	struct inet_skb_parm own;					\
									\
	fn(skb, type, code, info, icmp_send_parm(skb, opt, &own));	\
}

#endif
