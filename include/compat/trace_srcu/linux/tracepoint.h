/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.19 who calls what is attached to a tracepoint keeps it by not being
 * preempted; later by SRCU.
 */
#include_next <linux/tracepoint.h>

#ifndef ICMP4_COMPAT_TRACE_SRCU_H
#define ICMP4_COMPAT_TRACE_SRCU_H

#include <linux/preempt.h>

struct srcu_ctr;

#define srcu_read_lock_fast_notrace(ssp)	({			\
	preempt_disable_notrace();					\
	(struct srcu_ctr __percpu *)NULL;				\
})

#define srcu_read_unlock_fast_notrace(ssp, scp)	do {			\
	(void)(scp);							\
	preempt_enable_notrace();					\
} while (0)

#endif
