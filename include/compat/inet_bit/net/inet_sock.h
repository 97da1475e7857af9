/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.5 the flags of a socket were bit fields. */
#include_next <net/inet_sock.h>

#ifndef ICMP4_COMPAT_INET_BIT_H
#define ICMP4_COMPAT_INET_BIT_H

#define ICMP4_INET_RECVERR		recverr
#define ICMP4_INET_RECVERR_RFC4884	recverr_rfc4884
#define ICMP4_INET_HDRINCL		hdrincl
#define ICMP4_INET_MC_ALL		mc_all

#define inet_test_bit(nr, sk)	(!!inet_sk(sk)->ICMP4_INET_##nr)
#define inet_set_bit(nr, sk)	(inet_sk(sk)->ICMP4_INET_##nr = 1)
#define inet_assign_bit(nr, sk, val)	\
	(inet_sk(sk)->ICMP4_INET_##nr = !!(val))

#endif
