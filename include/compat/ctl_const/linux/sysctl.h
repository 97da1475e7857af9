/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.10 the handler of a sysctl got its table to write to. */
#include_next <linux/sysctl.h>

#ifndef ICMP4_COMPAT_CTL_CONST_H
#define ICMP4_COMPAT_CTL_CONST_H

#define ICMP4_CTL_TABLE	struct ctl_table

#endif
