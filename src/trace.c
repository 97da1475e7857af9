// SPDX-License-Identifier: GPL-2.0
/* The one place where the tracepoints of trace.h become code, and where the
 * kernel's own tracepoint of errors, icmp:icmp_send, is made to fire: whoever
 * watches it goes on seeing them.
 */

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

typedef void (*icmp4_trace_probe)(void *data, const struct sk_buff *skb,
				  int type, int code);

/* NULL in a kernel that has no such tracepoint. */
static struct tracepoint *icmp4_trace_sent __read_mostly;

#ifdef CONFIG_TRACEPOINTS
static void icmp4_trace_look(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "icmp_send"))
		icmp4_trace_sent = tp;
}
#endif

/**
 * icmp4_trace_init() - look for the kernel's tracepoint of errors
 *
 * Context: process, sleeps.
 */
void icmp4_trace_init(void)
{
#ifdef CONFIG_TRACEPOINTS
	for_each_kernel_tracepoint(icmp4_trace_look, NULL);
#endif
}

/**
 * icmp4_trace_kernel() - fire the kernel's tracepoint of errors
 * @skb: the offending packet
 * @type: ICMP type of the error
 * @code: its code
 *
 * Calls whoever is attached to it, as the tracepoint itself would: it is not
 * exported, but what is attached stands in its table.
 *
 * Context: softirq, or process with bottom halves off; RCU read side.
 */
void icmp4_trace_kernel(const struct sk_buff *skb, u8 type, u8 code)
{
	const struct tracepoint_func *it;
	struct srcu_ctr __percpu *scp;

	if (likely(!icmp4_trace_sent ||
		   !rcu_access_pointer(icmp4_trace_sent->funcs)))
		return;
	scp = srcu_read_lock_fast_notrace(&tracepoint_srcu);
	it = rcu_dereference_raw(icmp4_trace_sent->funcs);
	for (; it && it->func; it++)
		((icmp4_trace_probe)it->func)(it->data, skb, type, code);
	srcu_read_unlock_fast_notrace(&tracepoint_srcu, scp);
}
