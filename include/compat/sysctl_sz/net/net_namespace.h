/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.5 a table of sysctls ended in an empty row instead of having a size. */
#include_next <net/net_namespace.h>

#ifndef ICMP4_COMPAT_SYSCTL_SZ_H
#define ICMP4_COMPAT_SYSCTL_SZ_H

#define register_net_sysctl_sz(net, path, table, size)	\
	((void)(size), register_net_sysctl(net, path, table))

#endif
