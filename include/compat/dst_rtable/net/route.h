/* SPDX-License-Identifier: GPL-2.0 */
/* 6.10 gave the cast a name. */
#include_next <net/route.h>

#ifndef ICMP4_COMPAT_DST_RTABLE_H
#define ICMP4_COMPAT_DST_RTABLE_H

#define dst_rtable(ptr)	container_of(ptr, struct rtable, dst)

#endif
