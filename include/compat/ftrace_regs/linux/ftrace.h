/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.2 the name was another. */
#include_next <linux/ftrace.h>

#ifndef ICMP4_COMPAT_FTRACE_REGS_H
#define ICMP4_COMPAT_FTRACE_REGS_H

#define ftrace_regs_set_instruction_pointer(fregs, ip)	\
	ftrace_instruction_pointer_set(fregs, ip)

#endif
