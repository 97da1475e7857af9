// SPDX-License-Identifier: GPL-2.0
/* The knobs that the module adds below /proc/sys/net/ipv4, of each namespace. What
 * the kernel has is the kernel's, and read where it keeps it.
 */

#include <linux/icmp.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/sysctl.h>
#include <net/ip.h>

#include "darwin.h"
#include "extension.h"
#include "quote.h"
#include "rates.h"
#include "sysctl.h"

#define KNOB_ICMPLIM		200
#define KNOB_ICMPLIM_MAX	10000000
#define KNOB_JITTER		16
#define KNOB_JITTER_MAX		1000000
/* Darwin's; the least message there is */
#define KNOB_RAW		8192
#define KNOB_MAXDGRAM_MIN	8
/* As much as Linux lets any socket have at most (rmem_max), if nobody changed that, which
 * holds as well.
 */
#define KNOB_RECVSPACE_MAX	212992
/* The legacy files count in hundredths of a second, whatever HZ is. */
#define KNOB_TICK_MS		10

/* Up to 6.10 a handler might have written to its table. */
#ifndef ICMP4_CTL_TABLE
#define ICMP4_CTL_TABLE		const struct ctl_table
#endif

/**
 * struct icmp4_access - a read or a write of a knob, as a proc_handler gets it
 * @write: it is a write
 * @buffer: what is written, or where to; ends with a NUL when written
 * @len: bytes there, and afterwards bytes done
 * @pos: position in the file
 */
struct icmp4_access {
	int write;
	void *buffer;
	size_t *len;
	loff_t *pos;
};

/**
 * struct icmp4_knob - a row of the table of knobs
 * @name: of the file
 * @access: reads and writes it; what is out of range is refused with -EINVAL and
 *	changes nothing
 * @offset: of its value in &struct icmp4_knobs, if it has one there
 * @type: the ICMP type it is about, if it is about one
 * @min: least value
 * @max: greatest one
 */
struct icmp4_knob {
	const char *name;
	int (*access)(struct icmp4_net *in, const struct icmp4_knob *knob,
		      struct icmp4_access *access);
	unsigned int offset;
	u8 type;
	int min;
	int max;
};

/* Writers of rates wait for each other; who reads them is a packet. */
static DEFINE_MUTEX(icmp4_rates_lock);

static int icmp4_knob_number(proc_handler *handler, void *data, size_t size,
			     const struct icmp4_knob *knob,
			     struct icmp4_access *access)
{
	struct ctl_table table = {
		.procname = knob->name,
		.data = data,
		.maxlen = size,
		.mode = 0644,
		.extra1 = (void *)&knob->min,
		.extra2 = (void *)&knob->max,
	};

	return handler(&table, access->write, access->buffer, access->len,
		       access->pos);
}

static void *icmp4_knob_value(struct icmp4_net *in,
			      const struct icmp4_knob *knob)
{
	return (char *)&in->knobs + knob->offset;
}

static int icmp4_knob_int(struct icmp4_net *in, const struct icmp4_knob *knob,
			  struct icmp4_access *access)
{
	return icmp4_knob_number(proc_dointvec_minmax,
				 icmp4_knob_value(in, knob), sizeof(int), knob,
				 access);
}

static int icmp4_knob_u8(struct icmp4_net *in, const struct icmp4_knob *knob,
			 struct icmp4_access *access)
{
	return icmp4_knob_number(proc_dou8vec_minmax,
				 icmp4_knob_value(in, knob), sizeof(u8), knob,
				 access);
}

/* All or nothing: a packet sees the rates as they were, or as they will be. */
static int icmp4_rates_change(struct icmp4_net *in, const char *text,
			      size_t len)
{
	struct icmp4_rates *old, *new;
	int err;

	if (len > PAGE_SIZE)
		return -EINVAL;
	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	mutex_lock(&icmp4_rates_lock);
	old = rcu_dereference_protected(in->rates,
					lockdep_is_held(&icmp4_rates_lock));
	if (old)
		*new = *old;
	err = icmp4_rates_parse(new, text, len);
	if (err || !icmp4_rates_any(new)) {
		kfree(new);
		new = NULL;
	}
	if (!err) {
		rcu_assign_pointer(in->rates, new);
		if (old)
			kfree_rcu(old, rcu);
	}
	mutex_unlock(&icmp4_rates_lock);
	return err;
}

static void icmp4_rates_copy(struct icmp4_net *in, struct icmp4_rates *to)
{
	const struct icmp4_rates *rates;

	memset(to, 0, sizeof(*to));
	rcu_read_lock();
	rates = rcu_dereference(in->rates);
	if (rates)
		*to = *rates;
	rcu_read_unlock();
}

/* The rate of one type as Linux 2.2 had it: the interval in hundredths of a second,
 * 0 for none. The burst stays as it is, and a value that is there already changes
 * nothing: who restores all knobs, in the order of their names, gets what he saved.
 */
static int icmp4_knob_rate(struct icmp4_net *in, const struct icmp4_knob *knob,
			   struct icmp4_access *access)
{
	struct icmp4_rates rates;
	int old, ticks, err;
	char text[48];

	icmp4_rates_copy(in, &rates);
	old = DIV_ROUND_UP(rates.interval[knob->type], KNOB_TICK_MS);
	ticks = old;
	err = icmp4_knob_number(proc_dointvec_minmax, &ticks, sizeof(ticks),
				knob, access);
	if (err || ticks == old)
		return err;
	return icmp4_rates_change(in, text,
				  scnprintf(text, sizeof(text), "%s:%u:%u",
					    icmp4_type_name(knob->type),
					    ticks * KNOB_TICK_MS,
					    rates.burst[knob->type] ?:
					    ICMP4_RATES_BURST));
}

static int icmp4_knob_rates_read(struct icmp4_net *in,
				 struct icmp4_access *access)
{
	struct icmp4_rates rates;
	struct ctl_table table = {
		.maxlen = ICMP4_RATES_TEXT,
	};
	int err;

	table.data = kmalloc(ICMP4_RATES_TEXT, GFP_KERNEL);
	if (!table.data)
		return -ENOMEM;
	icmp4_rates_copy(in, &rates);
	icmp4_rates_print(&rates, table.data, ICMP4_RATES_TEXT);
	err = proc_dostring(&table, 0, access->buffer, access->len,
			    access->pos);
	kfree(table.data);
	return err;
}

static int icmp4_knob_rates(struct icmp4_net *in, const struct icmp4_knob *knob,
			    struct icmp4_access *access)
{
	int err;

	if (!access->write)
		return icmp4_knob_rates_read(in, access);
	/* Half a list would be another one. */
	if (*access->pos)
		return -EINVAL;
	err = icmp4_rates_change(in, access->buffer, *access->len);
	if (!err)
		*access->pos += *access->len;
	return err;
}

#define KNOB(_name, _access, _member)				\
	.name = (_name), .access = icmp4_knob_##_access,	\
	.offset = offsetof(struct icmp4_knobs, _member)
#define KNOB_RATE(_name, _type)					\
	.name = (_name), .access = icmp4_knob_rate, .type = (_type),	\
	.max = ICMP4_RATES_MS_MAX / KNOB_TICK_MS

static const struct icmp4_knob icmp4_knobs[] = {
	{ KNOB_RATE("icmp_destunreach_rate", ICMP_DEST_UNREACH) },
	{ KNOB("icmp_drop_redirect", u8, drop_redirect), .max = 1 },
	{ KNOB("icmp_dgram_darwin", u8, dgram_darwin), .max = 1 },
	{ KNOB_RATE("icmp_echoreply_rate", ICMP_ECHOREPLY) },
#ifdef ICMP4_ADDS_ERRORS_EXTENSION_MASK
	{ KNOB("icmp_errors_extension_mask", u8, errors_extension_mask),
	  .max = ICMP4_EXTENSION_IIF },
#endif
	{ KNOB("icmp_icmplim", int, icmplim), .max = KNOB_ICMPLIM_MAX },
	{ KNOB("icmp_icmplim_jitter", int, icmplim_jitter),
	  .max = KNOB_JITTER_MAX },
	{ KNOB("icmp_icmplim_output", u8, icmplim_output), .max = 1 },
	{ KNOB("icmp_log_redirect", u8, log_redirect), .max = 1 },
	{ KNOB_RATE("icmp_paramprob_rate", ICMP_PARAMETERPROB) },
	{ KNOB("icmp_quotelen", int, quotelen), .max = IP_MAX_MTU },
	{ .name = "icmp_rates", .access = icmp4_knob_rates },
	{ KNOB_RATE("icmp_timeexceed_rate", ICMP_TIME_EXCEEDED) },
	{ KNOB("raw_maxdgram", int, raw_maxdgram), .min = KNOB_MAXDGRAM_MIN,
	  .max = ICMP4_DARWIN_LONGEST },
	{ KNOB("raw_recvspace", int, raw_recvspace), .min = 1,
	  .max = KNOB_RECVSPACE_MAX },
};

static int icmp4_knob_handler(ICMP4_CTL_TABLE *table, int write, void *buffer,
			      size_t *len, loff_t *pos)
{
	const struct icmp4_knob *knob = table->extra1;
	struct icmp4_access access = {
		.write = write,
		.buffer = buffer,
		.len = len,
		.pos = pos,
	};

	return knob->access(table->data, knob, &access);
}

static void icmp4_knobs_default(struct icmp4_knobs *knobs)
{
	knobs->quotelen = ICMP4_QUOTELEN;
	knobs->icmplim = KNOB_ICMPLIM;
	knobs->icmplim_jitter = KNOB_JITTER;
	knobs->raw_maxdgram = KNOB_RAW;
	knobs->raw_recvspace = KNOB_RAW;
}

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

	icmp4_knobs_default(&in->knobs);

	/* One row more than there are: kernels without a size look for it. */
	table = kcalloc(ARRAY_SIZE(icmp4_knobs) + 1, sizeof(*table),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(icmp4_knobs); i++) {
		table[i].procname = icmp4_knobs[i].name;
		table[i].data = in;
		table[i].mode = 0644;
		table[i].proc_handler = icmp4_knob_handler;
		table[i].extra1 = (void *)&icmp4_knobs[i];
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
 * @in: the namespace, in which no message is on its way any more
 *
 * Context: process; waits for readers and writers of the files.
 */
void icmp4_sysctl_uninit(struct icmp4_net *in)
{
	struct icmp4_rates *old;

	unregister_net_sysctl_table(in->sysctl);
	kfree(in->sysctl_table);
	old = rcu_dereference_protected(in->rates, true);
	RCU_INIT_POINTER(in->rates, NULL);
	if (old)
		kfree_rcu(old, rcu);
}
