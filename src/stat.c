// SPDX-License-Identifier: GPL-2.0
/* The module's own counters, and /proc/net/icmp4 which shows them. */

#include <linux/icmp.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/icmp.h>

#include "limit_proc.h"
#include "sock_proc.h"
#include "stat.h"

static const char * const icmp4_event_names[ICMP4_EVENTS] = {
	[ICMP4_EVENT_TAKEN] = "InTaken",
	[ICMP4_EVENT_PASSED] = "InPassed",
	[ICMP4_EVENT_DELIVERED] = "InDelivered",
	[ICMP4_EVENT_REPLY] = "OutReplies",
	[ICMP4_EVENT_COPIED] = "OutCopied",
	[ICMP4_EVENT_DISCARDED] = "OutDiscarded",
	[ICMP4_EVENT_RAISED] = "ErrRaised",
	[ICMP4_EVENT_ERROR] = "ErrSent",
	[ICMP4_EVENT_EXTENDED] = "ErrExtended",
	[ICMP4_EVENT_EVICTED] = "LimitEvicted",
	[ICMP4_EVENT_ANSWER] = "InAnswers",
	[ICMP4_EVENT_REFUSED] = "InRefused",
	[ICMP4_EVENT_RAW_FILTERED] = "RawFiltered",
	[ICMP4_EVENT_RAW_COPY + ICMP4_COPY_DELIVERED] = "RawDelivered",
	[ICMP4_EVENT_RAW_COPY + ICMP4_COPY_FULL] = "RawFull",
	[ICMP4_EVENT_RAW_COPY + ICMP4_COPY_POLICY] = "RawPolicy",
	[ICMP4_EVENT_RAW_COPY + ICMP4_COPY_REFUSED] = "RawRefused",
	[ICMP4_EVENT_RAW_COPY + ICMP4_COPY_NOMEM] = "RawNoMemory",
	[ICMP4_EVENT_DARWIN_COPY + ICMP4_COPY_DELIVERED] = "DarwinDelivered",
	[ICMP4_EVENT_DARWIN_COPY + ICMP4_COPY_FULL] = "DarwinFull",
	[ICMP4_EVENT_DARWIN_COPY + ICMP4_COPY_POLICY] = "DarwinPolicy",
	[ICMP4_EVENT_DARWIN_COPY + ICMP4_COPY_REFUSED] = "DarwinRefused",
	[ICMP4_EVENT_DARWIN_COPY + ICMP4_COPY_NOMEM] = "DarwinNoMemory",
};

static unsigned long icmp4_stat_fold(const struct icmp4_net *in,
				     unsigned int index)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(in->stats, cpu)->mibs[index]);
	return sum;
}

/* The two-line form of /proc/net/snmp, which nstat and its kin read. */
static int icmp4_stat_show(struct seq_file *seq, void *v)
{
	const struct icmp4_net *in = icmp4_net(seq_file_single_net(seq));
	unsigned int i;

	seq_puts(seq, "Icmp4:");
	for (i = 0; i < ICMP4_EVENTS; i++)
		seq_printf(seq, " %s", icmp4_event_names[i]);
	for (i = ICMP4_OK + 1; i < ICMP4_DROPS; i++)
		seq_printf(seq, " %s", icmp4_drop_infos[i].name);

	seq_puts(seq, "\nIcmp4:");
	for (i = 0; i < ICMP4_EVENTS; i++)
		seq_printf(seq, " %lu", icmp4_stat_fold(in, i));
	for (i = ICMP4_OK + 1; i < ICMP4_DROPS; i++)
		seq_printf(seq, " %lu",
			   icmp4_stat_fold(in, ICMP4_MIB_DROP + i));
	seq_putc(seq, '\n');
	return 0;
}

/* In and out are the kernel's own IcmpMsg counters: one truth, two views. */
static void icmp4_types_sum(const struct net *net, unsigned int row,
			    unsigned long *in, unsigned long *out)
{
	const atomic_long_t *mibs = net->mib.icmpmsg_statistics->mibs;
	unsigned int type;

	*in = 0;
	*out = 0;
	for (type = 0; type < 256; type++) {
		if (icmp4_type_row(type) != row)
			continue;
		*in += atomic_long_read(mibs + type);
		*out += atomic_long_read(mibs + (type | 0x100));
	}
}

static int icmp4_types_show(struct seq_file *seq, void *v)
{
	const struct net *net = seq_file_single_net(seq);
	const struct icmp4_net *own = icmp4_net(net);
	unsigned long in, out;
	unsigned int row;

	seq_printf(seq, "%4s %-10s %12s %12s %12s %12s\n",
		   "type", "name", "in", "out", "dropped", "limited");
	for (row = 0; row < ICMP4_ROWS; row++) {
		if (row == ICMP4_ROW_OTHER)
			seq_puts(seq, "   -");
		else if (icmp4_type_row(row) == row)
			seq_printf(seq, "%4u", row);
		else
			continue;
		icmp4_types_sum(net, row, &in, &out);
		seq_printf(seq, " %-10s %12lu %12lu %12lu %12lu\n",
			   icmp4_type_name(row), in, out,
			   icmp4_stat_fold(own, ICMP4_MIB_TYPE + row),
			   icmp4_stat_fold(own, ICMP4_MIB_LIMIT + row));
	}
	return 0;
}

/**
 * icmp4_stat_init() - counters and /proc/net/icmp4 for a new namespace
 * @in: the namespace
 *
 * Return: 0 or -ENOMEM with nothing left behind.
 * Context: process.
 */
int icmp4_stat_init(struct icmp4_net *in)
{
	struct net *net = in->net;
	struct proc_dir_entry *dir;

	in->stats = alloc_percpu(struct icmp4_mib);
	if (!in->stats)
		goto err_alloc;

	dir = proc_net_mkdir(net, "icmp4", net->proc_net);
	if (!dir)
		goto err_dir;
	if (!proc_create_net_single("stat", 0444, dir, icmp4_stat_show, NULL) ||
	    !proc_create_net_single("types", 0444, dir, icmp4_types_show,
				    NULL) ||
	    icmp4_limit_proc_init(net, dir) ||
	    icmp4_sock_proc_init(net, dir))
		goto err_file;
	return 0;

err_file:
	remove_proc_subtree("icmp4", net->proc_net);
err_dir:
	free_percpu(in->stats);
err_alloc:
	return -ENOMEM;
}

/**
 * icmp4_stat_uninit() - undo icmp4_stat_init()
 * @in: the namespace, in which no message is on its way any more
 *
 * Context: process; waits for readers of the files.
 */
void icmp4_stat_uninit(struct icmp4_net *in)
{
	remove_proc_subtree("icmp4", in->net->proc_net);
	free_percpu(in->stats);
}
