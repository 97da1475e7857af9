/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.7 a buffer's device alone told the namespace. */
#include_next <net/xfrm.h>

#ifndef ICMP4_COMPAT_DECODE_SESSION_H
#define ICMP4_COMPAT_DECODE_SESSION_H

#define xfrm_decode_session_reverse(net, skb, fl, family)	\
	((void)(net), xfrm_decode_session_reverse(skb, fl, family))

#endif
