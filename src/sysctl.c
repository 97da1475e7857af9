// SPDX-License-Identifier: GPL-2.0
/* The knobs that the module adds below /proc/sys/net/ipv4, of each namespace. What
 * the kernel has is the kernel's, and read where it keeps it.
 */

#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/sysctl.h>
#include <net/ip.h>

#include "extension.h"
#include "quote.h"
#include "sysctl.h"

/**
 * struct icmp4_knob - a row of the table of knobs
 * @name: of the file
 * @offset: of its value in &struct icmp4_knobs
 * @size: of that, in bytes
 * @handler: reads and writes it; refuses what is out of range with EINVAL
 * @min: least value
 * @max: greatest one
 */
struct icmp4_knob {
	const char *name;
	unsigned int offset;
	unsigned int size;
	proc_handler *handler;
	int min;
	int max;
};

static struct icmp4_knob icmp4_knobs[] = {
#ifdef ICMP4_ADDS_ERRORS_EXTENSION_MASK
	{
		.name = "icmp_errors_extension_mask",
		.offset = offsetof(struct icmp4_knobs, errors_extension_mask),
		.size = sizeof(u8),
		.handler = proc_dou8vec_minmax,
		.max = ICMP4_EXTENSION_IIF,
	},
#endif
	{
		.name = "icmp_quotelen",
		.offset = offsetof(struct icmp4_knobs, quotelen),
		.size = sizeof(int),
		.handler = proc_dointvec_minmax,
		.max = IP_MAX_MTU,
	},
};

/**
 * icmp4_sysctl_init() - add the knobs to a new namespace
 * @in: the namespace
 *
 * Return: 0 or -ENOMEM with nothing left behind.
 * Context: process.
 */
int icmp4_sysctl_init(struct icmp4_net *in)
{
	struct ctl_table *table;
	unsigned int i;

	in->knobs.quotelen = ICMP4_QUOTELEN;

	/* One row more than there are: kernels without a size look for it. */
	table = kcalloc(ARRAY_SIZE(icmp4_knobs) + 1, sizeof(*table),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(icmp4_knobs); i++) {
		table[i].procname = icmp4_knobs[i].name;
		table[i].data = (char *)&in->knobs + icmp4_knobs[i].offset;
		table[i].maxlen = icmp4_knobs[i].size;
		table[i].mode = 0644;
		table[i].proc_handler = icmp4_knobs[i].handler;
		table[i].extra1 = &icmp4_knobs[i].min;
		table[i].extra2 = &icmp4_knobs[i].max;
	}
	in->sysctl = register_net_sysctl_sz(in->net, "net/ipv4", table,
					    ARRAY_SIZE(icmp4_knobs));
	if (!in->sysctl && IS_ENABLED(CONFIG_SYSCTL)) {
		kfree(table);
		return -ENOMEM;
	}
	in->sysctl_table = table;
	return 0;
}

/**
 * icmp4_sysctl_uninit() - take them away
 * @in: the namespace
 *
 * Context: process; waits for readers and writers of the files.
 */
void icmp4_sysctl_uninit(struct icmp4_net *in)
{
	unregister_net_sysctl_table(in->sysctl);
	kfree(in->sysctl_table);
}
