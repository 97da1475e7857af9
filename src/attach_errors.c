// SPDX-License-Identifier: GPL-2.0
/* Where the kernel comes to have an error sent: __icmp_send(). Everything that
 * finds fault with a packet calls it, so its entry is redirected to our function
 * by ftrace, as live patching does it. A call meets either function and none
 * meets neither.
 */

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <net/icmp.h>

#include "attach.h"
#include "error_out.h"

#if defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) || \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)

/* Shadow headers of kernels that call with other arguments have a front. */
#ifdef ICMP_SEND_FRONT
ICMP_SEND_FRONT(icmp4_error_front, icmp4_error_send)
#else
#define icmp4_error_front	icmp4_error_send
#endif

static void notrace icmp4_redirect(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs,
					    (unsigned long)icmp4_error_front);
}

/* Permanent: whoever switches ftrace off is refused, not we. */
static struct ftrace_ops icmp4_ops = {
	.func = icmp4_redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
		 FTRACE_OPS_FL_SAVE_REGS |
#endif
		 FTRACE_OPS_FL_RECURSION,
};

/**
 * icmp4_attach_errors() - have errors sent by this module
 *
 * Return: 0; -EBUSY if somebody else redirects the function (a live patch) or
 *	ftrace is off; -EOPNOTSUPP if the kernel cannot redirect.
 * Context: process, sleeps.
 */
int icmp4_attach_errors(void)
{
	char name[] = "__icmp_send";
	int err;

	err = ftrace_set_filter(&icmp4_ops, name, strlen(name), 1);
	if (!err)
		err = register_ftrace_function(&icmp4_ops);
	if (err)
		ftrace_free_filter(&icmp4_ops);
	return err;
}

/**
 * icmp4_detach_errors() - have the kernel send them again
 *
 * Tasks that were preempted on their way may still be sending one, and softirqs.
 *
 * Context: process, sleeps.
 */
void icmp4_detach_errors(void)
{
	unregister_ftrace_function(&icmp4_ops);
	ftrace_free_filter(&icmp4_ops);
}

#else

int icmp4_attach_errors(void)
{
	return -EOPNOTSUPP;
}

void icmp4_detach_errors(void)
{
}

#endif
