// SPDX-License-Identifier: GPL-2.0
/* /proc/net/icmp4/limits: whom the limits hold back now.
 *
 * The first rows tell of the namespace as a whole, and each of the others of a
 * bucket in debt. The table is walked without a lock while it is used: a row is what
 * its bucket was when it was looked at. There are no more rows than buckets.
 */

#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/slab.h>
#include <net/l3mdev.h>

#include "limit.h"
#include "limit_proc.h"
#include "types.h"

/* Positions in the file: a heading, the credit, the classes, the buckets. */
#define LIMIT_POS_HEAD		0
#define LIMIT_POS_GLOBAL	1
#define LIMIT_POS_CLASS		2
#define LIMIT_POS_BUCKET	(LIMIT_POS_CLASS + ICMP4_LIMIT_CLASSES)
/* Buckets between two looks at whether somebody else should have the CPU. */
#define LIMIT_STRIDE		1024

/**
 * struct icmp4_limit_master - an L3 master device of the namespace
 * @l3: icmp4_owner_l3() of what is below it
 * @name: its name
 */
struct icmp4_limit_master {
	u16 l3;
	char name[IFNAMSIZ];
};

/**
 * struct icmp4_limit_row - a bucket in debt
 * @owner: whose it is
 * @domain: name of the L3 master device he is below
 * @left: tokens it has
 * @wait: until it has one, in ns
 */
struct icmp4_limit_row {
	struct icmp4_owner owner;
	const char *domain;
	unsigned int left;
	s64 wait;
};

/**
 * struct icmp4_limit_iter - a read of the file
 * @net: what seq_file_net() expects
 * @masters: L3 master devices when the read began
 * @count: how many
 * @row: the row that is shown next, if it is of a bucket
 */
struct icmp4_limit_iter {
	struct seq_net_private net;
	struct icmp4_limit_master *masters;
	unsigned int count;
	struct icmp4_limit_row row;
};

static struct icmp4_net *limit_net(struct seq_file *seq)
{
	return icmp4_net(seq_file_net(seq));
}

/* Returns how many there are; notes as many as there is room for. */
static unsigned int limit_masters(struct net *net,
				  struct icmp4_limit_master *to,
				  unsigned int room)
{
	struct net_device *dev;
	unsigned int n = 0;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		if (!netif_is_l3_master(dev))
			continue;
		if (n < room) {
			to[n].l3 = icmp4_owner_l3(dev->ifindex);
			strscpy(to[n].name, dev->name, sizeof(to[n].name));
		}
		n++;
	}
	rcu_read_unlock();
	return n;
}

/* A device that comes meanwhile is not yet known. */
static int limit_learn_masters(struct icmp4_limit_iter *iter, struct net *net)
{
	unsigned int n = limit_masters(net, NULL, 0);

	iter->count = 0;
	iter->masters = NULL;
	if (!n)
		return 0;
	iter->masters = kvcalloc(n, sizeof(*iter->masters), GFP_KERNEL);
	if (!iter->masters)
		return -ENOMEM;
	iter->count = min(n, limit_masters(net, iter->masters, n));
	return 0;
}

/* The name of an L3 domain; the device may have gone. */
static const char *limit_domain(const struct icmp4_limit_iter *iter, u16 l3)
{
	unsigned int i;

	if (!l3)
		return "-";
	for (i = 0; i < iter->count; i++)
		if (iter->masters[i].l3 == l3)
			return iter->masters[i].name;
	return "?";
}

/* Is this bucket in debt, and of this namespace? */
static bool limit_row(const struct icmp4_net *in, struct icmp4_limit_iter *iter,
		      const struct icmp4_bucket *bucket)
{
	u64 tag = atomic64_read(&bucket->tag);
	s64 full_at = atomic64_read_acquire(&bucket->full_at);
	struct icmp4_limit_row *row = &iter->row;
	s64 now = ktime_get_ns();
	struct icmp4_rate rate;
	bool limited;

	if (full_at <= now || full_at == ICMP4_BUCKET_TAKEN)
		return false;
	/* Whose debt it is can have changed in between. */
	if ((u64)atomic64_read(&bucket->tag) != tag)
		return false;
	row->owner = icmp4_owner_of(tag);
	if (!icmp4_limit_owns(in, &row->owner))
		return false;
	row->domain = limit_domain(iter, row->owner.l3);
	rcu_read_lock();
	limited = icmp4_limit_rate(in, row->owner.rule, &rate);
	rcu_read_unlock();
	if (!limited || rate.interval <= 0)
		return false;
	row->left = icmp4_bucket_left(full_at, now, &rate);
	row->wait = icmp4_bucket_wait(full_at, now, &rate);
	return true;
}

/* The position of the first row from @pos on; negative behind the last one. */
static loff_t limit_find(struct seq_file *seq, loff_t pos)
{
	const struct icmp4_net *in = limit_net(seq);
	struct icmp4_window_rate rate;
	unsigned int index;

	if (pos < LIMIT_POS_CLASS)
		return pos;
	if (pos < LIMIT_POS_BUCKET && icmp4_limit_window_rate(in, &rate))
		return pos;
	for (index = max_t(loff_t, pos, LIMIT_POS_BUCKET) - LIMIT_POS_BUCKET;
	     index < icmp4_limit_size(); index++) {
		if (limit_row(in, seq->private, icmp4_limit_bucket(index)))
			return index + LIMIT_POS_BUCKET;
		if (index % LIMIT_STRIDE)
			continue;
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	return -1;
}

/* The position, as what is shown; a row is found again by it. */
static void *limit_seek(struct seq_file *seq, loff_t *pos, loff_t from)
{
	loff_t found;

	if (from >= LIMIT_POS_BUCKET + (loff_t)icmp4_limit_size())
		return NULL;
	found = limit_find(seq, from);
	if (found < 0)
		return NULL;
	*pos = found;
	return pos;
}

static void *limit_start(struct seq_file *seq, loff_t *pos)
{
	int err = limit_learn_masters(seq->private, seq_file_net(seq));

	return err ? ERR_PTR(err) : limit_seek(seq, pos, *pos);
}

static void *limit_next(struct seq_file *seq, void *v, loff_t *pos)
{
	void *found = limit_seek(seq, pos, *pos + 1);

	/* Where the next read goes on: behind the last one. */
	if (!found)
		*pos = LIMIT_POS_BUCKET + (loff_t)icmp4_limit_size();
	return found;
}

static void limit_stop(struct seq_file *seq, void *v)
{
	struct icmp4_limit_iter *iter = seq->private;

	kvfree(iter->masters);
	iter->masters = NULL;
}

static void limit_show_global(struct seq_file *seq, const struct net *net)
{
	unsigned int left = icmp4_limit_credit(net);

	/* Who gets the next of it depends on who comes first. */
	seq_printf(seq, "%-7s %-10s %-15s %-15s %6u %8s\n", "global", "-", "-",
		   "-", left, left ? "0" : "-");
}

static void limit_show_class(struct seq_file *seq, struct icmp4_net *in,
			     enum icmp4_limit_class class)
{
	struct icmp4_window_view view;
	struct icmp4_window_rate rate;

	if (!icmp4_limit_window_rate(in, &rate))
		return;
	icmp4_window_look(&in->windows[class],
			  div_u64(ktime_get_ns(), NSEC_PER_MSEC), &rate, &view);
	seq_printf(seq, "%-7s %-10s %-15s %-15s %6u %8u\n", "class",
		   icmp4_type_name(icmp4_limit_class_type(class)), "-", "-",
		   view.left, view.left ? 0 : view.wait);
}

static void limit_show_bucket(struct seq_file *seq,
			      const struct icmp4_limit_row *row)
{
	bool host = row->owner.rule == ICMP4_OWNER_HOST;

	seq_printf(seq, "%-7s %-10s %-15pI4 %-15s %6u %8llu\n",
		   host ? "host" : "type",
		   host ? "-" : icmp4_type_name(row->owner.rule),
		   &row->owner.daddr, row->domain, row->left,
		   DIV_ROUND_UP_ULL(row->wait, NSEC_PER_MSEC));
}

static int limit_show(struct seq_file *seq, void *v)
{
	const struct icmp4_limit_iter *iter = seq->private;
	struct icmp4_net *in = limit_net(seq);
	loff_t pos = *(loff_t *)v;

	if (pos == LIMIT_POS_HEAD)
		seq_printf(seq, "%-7s %-10s %-15s %-15s %6s %8s\n", "limit",
			   "type", "destination", "domain", "left", "next_ms");
	else if (pos == LIMIT_POS_GLOBAL)
		limit_show_global(seq, in->net);
	else if (pos < LIMIT_POS_BUCKET)
		limit_show_class(seq, in, pos - LIMIT_POS_CLASS);
	else
		limit_show_bucket(seq, &iter->row);
	return 0;
}

static const struct seq_operations limit_ops = {
	.start = limit_start,
	.next = limit_next,
	.stop = limit_stop,
	.show = limit_show,
};

/**
 * icmp4_limit_proc_init() - the file in a new namespace
 * @net: the namespace
 * @dir: its /proc/net/icmp4; what is in it goes with it
 *
 * Root alone may read whom this host talks to.
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_limit_proc_init(struct net *net, struct proc_dir_entry *dir)
{
	if (!proc_create_net("limits", 0440, dir, &limit_ops,
			     sizeof(struct icmp4_limit_iter)))
		return -ENOMEM;
	return 0;
}
