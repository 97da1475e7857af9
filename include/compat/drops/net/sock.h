/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.17 the drops of a socket were counted in one place. */
#include_next <net/sock.h>

#ifndef ICMP4_COMPAT_DROPS_H
#define ICMP4_COMPAT_DROPS_H

static inline void sk_drops_inc(struct sock *sk)
{
	atomic_inc(&sk->sk_drops);
}

static inline int sk_drops_read(const struct sock *sk)
{
	return atomic_read(&sk->sk_drops);
}

#endif
