// SPDX-License-Identifier: GPL-2.0
/* The knobs that the module adds below /proc/sys/net/ipv4, of each namespace; which
 * ones is in knob_defs.h. What the kernel has is the kernel's, and read where it keeps
 * it.
 */

#include <linux/compiler.h>
#include <linux/ctype.h>
#include <linux/icmp.h>
#include <linux/inet.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <linux/sysctl.h>

#include "darwin.h"
#include "quote.h"
#include "rates.h"
#include "sysctl.h"

/* The legacy files count in hundredths of a second, whatever HZ is. */
#define KNOB_TICK_MS		10

/* Up to 6.10 a handler might have written to its table. */
#ifndef ICMP4_CTL_TABLE
#define ICMP4_CTL_TABLE		const struct ctl_table
#endif

/**
 * struct icmp4_access - a read or a write of a knob, as a proc_handler gets it
 * @write: it is a write, of something, from the beginning, and of less than a page
 * @buffer: what is written, with room for one byte more; or where to
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
 * @offset: of its value in &struct icmp4_net or, for a knob of the kernel's, in
 *	&struct netns_ipv4
 * @type: the ICMP type it is about, if it is about one
 * @initial: value in a new namespace, of numbers that are in &struct icmp4_net
 * @min: least value
 * @max: greatest one
 */
struct icmp4_knob {
	const char *name;
	int (*access)(struct icmp4_net *in, const struct icmp4_knob *knob,
		      struct icmp4_access *access);
	unsigned int offset;
	u8 type;
	int initial;
	int min;
	int max;
};

/* Writers of rates wait for each other; who reads them is a packet. */
static DEFINE_MUTEX(icmp4_rates_lock);

/* The kernel takes a number and leaves what follows to another write: half of what
 * was meant.
 */
static int icmp4_knob_number(const struct icmp4_knob *knob,
			     struct icmp4_access *access, int *value)
{
	struct ctl_table table = {
		.procname = knob->name,
		.data = value,
		.maxlen = sizeof(*value),
		.mode = 0644,
		.extra1 = (void *)&knob->min,
		.extra2 = (void *)&knob->max,
	};
	size_t len = *access->len;
	int err;

	err = proc_dointvec_minmax(&table, access->write, access->buffer,
				   access->len, access->pos);
	if (!err && access->write && *access->len != len)
		err = -EINVAL;
	return err;
}

static int icmp4_knob_text_read(struct icmp4_access *access, char *text)
{
	struct ctl_table table = {
		.data = text,
		.maxlen = strlen(text) + 1,
	};

	return proc_dostring(&table, 0, access->buffer, access->len,
			     access->pos);
}

/* The text written, without what surrounds it; NULL if there is a NUL in it. */
static char *icmp4_knob_text_written(struct icmp4_access *access)
{
	char *text = access->buffer;

	if (memchr(text, '\0', *access->len))
		return NULL;
	text[*access->len] = '\0';
	return strim(text);
}

static void *icmp4_knob_value(struct icmp4_net *in,
			      const struct icmp4_knob *knob)
{
	return (void *)in + knob->offset;
}

static int icmp4_knob_integer(struct icmp4_net *in,
			      const struct icmp4_knob *knob,
			      struct icmp4_access *access)
{
	int *value = icmp4_knob_value(in, knob);
	int number = READ_ONCE(*value);
	int err;

	err = icmp4_knob_number(knob, access, &number);
	if (!err && access->write)
		WRITE_ONCE(*value, number);
	return err;
}

/* One state with two names: the kernel's and its opposite. */
static int icmp4_knob_inverse(struct icmp4_net *in,
			      const struct icmp4_knob *knob,
			      struct icmp4_access *access)
{
	u8 *value = (u8 *)&in->net->ipv4 + knob->offset;
	int number = !READ_ONCE(*value);
	int err;

	err = icmp4_knob_number(knob, access, &number);
	if (!err && access->write)
		WRITE_ONCE(*value, !number);
	return err;
}

static int icmp4_knob_mask_parse(const char *text, u32 *mask)
{
	const char *end;
	__be32 dotted;

	if (!isdigit(*text))
		return -EINVAL;
	if (!strchr(text, '.'))
		return kstrtou32(text, 0, mask);
	if (!in4_pton(text, -1, (u8 *)&dotted, -1, &end) || *end)
		return -EINVAL;
	*mask = ntohl(dotted);
	return 0;
}

/* Written as a number or as an address; shown so that one sees what it masks. */
static int icmp4_knob_mask(struct icmp4_net *in, const struct icmp4_knob *knob,
			   struct icmp4_access *access)
{
	u32 *value = icmp4_knob_value(in, knob);
	u32 mask = READ_ONCE(*value);
	char text[16], *written;

	if (!access->write) {
		scnprintf(text, sizeof(text), mask ? "0x%08x" : "%u", mask);
		return icmp4_knob_text_read(access, text);
	}
	written = icmp4_knob_text_written(access);
	if (!written || icmp4_knob_mask_parse(written, &mask))
		return -EINVAL;
	WRITE_ONCE(*value, mask);
	*access->pos += *access->len;
	return 0;
}

static int icmp4_knob_interface_read(struct icmp4_ifname __rcu **value,
				     struct icmp4_access *access)
{
	const struct icmp4_ifname *ifname;
	char name[IFNAMSIZ] = "";

	rcu_read_lock();
	ifname = rcu_dereference(*value);
	if (ifname)
		strscpy(name, ifname->name, sizeof(name));
	rcu_read_unlock();
	return icmp4_knob_text_read(access, name);
}

/* A name that an interface could have, now or some day; none to have none. */
static int icmp4_knob_interface(struct icmp4_net *in,
				const struct icmp4_knob *knob,
				struct icmp4_access *access)
{
	struct icmp4_ifname __rcu **value = icmp4_knob_value(in, knob);
	struct icmp4_ifname *old, *new = NULL;
	const char *name;

	if (!access->write)
		return icmp4_knob_interface_read(value, access);
	name = icmp4_knob_text_written(access);
	if (!name || (*name && !dev_valid_name(name)))
		return -EINVAL;
	if (*name) {
		new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
		strscpy(new->name, name, sizeof(new->name));
	}
	old = unrcu_pointer(xchg(value, RCU_INITIALIZER(new)));
	kfree_rcu(old, rcu);
	*access->pos += *access->len;
	return 0;
}

/* A copy of the rates to change; with it begins what ends by icmp4_rates_end(). All or
 * nothing: a packet sees the rates as they were, or as they will be.
 */
static struct icmp4_rates *icmp4_rates_begin(struct icmp4_net *in)
{
	const struct icmp4_rates *rates;
	struct icmp4_rates *new;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	mutex_lock(&icmp4_rates_lock);
	rates = rcu_dereference_protected(in->rates,
					  lockdep_is_held(&icmp4_rates_lock));
	if (rates)
		*new = *rates;
	return new;
}

static void icmp4_rates_end(struct icmp4_net *in, struct icmp4_rates *new,
			    bool changed)
{
	bool kept = changed && icmp4_rates_any(new);
	struct icmp4_rates *old = NULL;

	if (changed)
		old = rcu_replace_pointer(in->rates, kept ? new : NULL,
					  lockdep_is_held(&icmp4_rates_lock));
	mutex_unlock(&icmp4_rates_lock);
	kfree_rcu(old, rcu);
	if (!kept)
		kfree(new);
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

static int icmp4_knob_ticks_read(struct icmp4_net *in,
				 const struct icmp4_knob *knob,
				 struct icmp4_access *access)
{
	struct icmp4_rates rates;
	int ticks;

	icmp4_rates_copy(in, &rates);
	ticks = DIV_ROUND_UP(rates.interval[knob->type], KNOB_TICK_MS);
	return icmp4_knob_number(knob, access, &ticks);
}

/* The rate of one type as Linux 2.2 had it: the interval in hundredths of a second,
 * 0 for none. The burst stays as it is, and a value that is there already changes
 * nothing: who restores all knobs, in the order of their names, gets what he saved.
 */
static int icmp4_knob_ticks(struct icmp4_net *in, const struct icmp4_knob *knob,
			    struct icmp4_access *access)
{
	struct icmp4_rates *rates;
	int old, ticks, err;

	if (!access->write)
		return icmp4_knob_ticks_read(in, knob, access);
	rates = icmp4_rates_begin(in);
	if (!rates)
		return -ENOMEM;
	old = DIV_ROUND_UP(rates->interval[knob->type], KNOB_TICK_MS);
	ticks = old;
	err = icmp4_knob_number(knob, access, &ticks);
	if (!err && ticks != old)
		icmp4_rates_set(rates, knob->type, ticks * KNOB_TICK_MS,
				rates->burst[knob->type] ?: ICMP4_RATES_BURST);
	icmp4_rates_end(in, rates, !err && ticks != old);
	return err;
}

static int icmp4_knob_rates_read(struct icmp4_net *in,
				 struct icmp4_access *access)
{
	struct icmp4_rates rates;
	char *text;
	int err;

	text = kmalloc(ICMP4_RATES_TEXT, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	icmp4_rates_copy(in, &rates);
	icmp4_rates_print(&rates, text, ICMP4_RATES_TEXT);
	err = icmp4_knob_text_read(access, text);
	kfree(text);
	return err;
}

static int icmp4_knob_rates(struct icmp4_net *in, const struct icmp4_knob *knob,
			    struct icmp4_access *access)
{
	struct icmp4_rates *rates;
	int err;

	if (!access->write)
		return icmp4_knob_rates_read(in, access);
	rates = icmp4_rates_begin(in);
	if (!rates)
		return -ENOMEM;
	err = icmp4_rates_parse(rates, access->buffer, *access->len);
	icmp4_rates_end(in, rates, !err);
	if (!err)
		*access->pos += *access->len;
	return err;
}

#define KNOB_integer(_member, _initial, _min, _max)			\
	.access = icmp4_knob_integer,					\
	.offset = offsetof(struct icmp4_net, knobs._member),		\
	.initial = (_initial), .min = (_min), .max = (_max)
#define KNOB_boolean	KNOB_integer
#define KNOB_inverse(_member, _initial, _min, _max)			\
	.access = icmp4_knob_inverse,					\
	.offset = offsetof(struct netns_ipv4, _member),			\
	.min = (_min), .max = (_max)
#define KNOB_ticks(_type, _initial, _min, _max)				\
	.access = icmp4_knob_ticks, .type = (_type),			\
	.min = (_min), .max = (_max)
#define KNOB_mask(_member, _initial, _min, _max)			\
	.access = icmp4_knob_mask,					\
	.offset = offsetof(struct icmp4_net, knobs._member)
#define KNOB_interface(_member, _initial, _min, _max)			\
	.access = icmp4_knob_interface,					\
	.offset = offsetof(struct icmp4_net, _member)
#define KNOB_rates(_none, _initial, _min, _max)				\
	.access = icmp4_knob_rates

static const struct icmp4_knob icmp4_knobs[] = {
#define ICMP4_KNOB(_name, _kind, _arg, _initial, _min, _max, _what)	\
	{ .name = #_name, KNOB_##_kind(_arg, _initial, _min, _max) },
#include "knob_defs.h"
#undef ICMP4_KNOB
};

/* What a row says and its kind does not heed has to be what the kind takes for granted. */
#define GRANTS_integer(_member, _initial, _min, _max)			\
	__same_type(typeof_member(struct icmp4_knobs, _member), int)
#define GRANTS_boolean	GRANTS_integer
#define GRANTS_inverse(_member, _initial, _min, _max)			\
	(__same_type(typeof_member(struct netns_ipv4, _member), u8) &&	\
	 (_initial) == 0)
#define GRANTS_ticks(_type, _initial, _min, _max)			\
	((_initial) == 0 && (_max) == ICMP4_RATES_MS_MAX / KNOB_TICK_MS)
#define GRANTS_mask(_member, _initial, _min, _max)			\
	(__same_type(typeof_member(struct icmp4_knobs, _member), u32) && \
	 (_initial) == 0 && (_min) == 0 && (_max) == U32_MAX)
#define GRANTS_interface(...)	true
#define GRANTS_rates(...)	true

static const int icmp4_knob_grants[] __maybe_unused = {
#define ICMP4_KNOB(_name, _kind, _arg, _initial, _min, _max, _what)	\
	BUILD_BUG_ON_ZERO(!GRANTS_##_kind(_arg, _initial, _min, _max)),
#include "knob_defs.h"
#undef ICMP4_KNOB
};

/* The same for those who have but the file of the module: "modinfo -F knob". */
static const char icmp4_knob_info[] __used __section(".modinfo") __aligned(1) =
#define ICMP4_KNOB(_name, _kind, _arg, _initial, _min, _max, _what)	\
	"knob=" #_name ":" #_kind ":" __stringify(_initial) ":"		\
	__stringify(_min) ":" __stringify(_max) ":" _what "\0"
#include "knob_defs.h"
#undef ICMP4_KNOB
	;

/* Half a value would be another one, so one write is one value. (Of a page the kernel's
 * parser of numbers does not see the last byte.)
 */
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

	if (write && !*len)
		return 0;
	if (write && (*pos || *len >= PAGE_SIZE))
		return -EINVAL;
	return knob->access(table->data, knob, &access);
}

static void icmp4_knobs_default(struct icmp4_net *in)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(icmp4_knobs); i++)
		if (icmp4_knobs[i].access == icmp4_knob_integer)
			*(int *)icmp4_knob_value(in, &icmp4_knobs[i]) =
				icmp4_knobs[i].initial;
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

	icmp4_knobs_default(in);

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
	struct icmp4_rates *rates;
	struct icmp4_ifname *ifname;

	unregister_net_sysctl_table(in->sysctl);
	kfree(in->sysctl_table);
	rates = unrcu_pointer(xchg(&in->rates, NULL));
	kfree_rcu(rates, rcu);
	ifname = unrcu_pointer(xchg(&in->reply_src, NULL));
	kfree_rcu(ifname, rcu);
}
