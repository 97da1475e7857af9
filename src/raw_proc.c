// SPDX-License-Identifier: GPL-2.0
/* /proc/net/icmp4/raw: the raw sockets that the module delivers to, and what their
 * filters hide.
 */

#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/user_namespace.h>
#include <net/inet_sock.h>

#include "raw.h"
#include "raw_proc.h"

static struct hlist_head *raw_list(struct seq_file *seq)
{
	return &icmp4_net(seq_file_net(seq))->raws;
}

static void *raw_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return seq_hlist_start_head_rcu(raw_list(seq), *pos);
}

static void *raw_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_hlist_next_rcu(v, raw_list(seq), pos);
}

static void raw_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static const char *raw_device(struct net *net, int ifindex)
{
	const struct net_device *dev;

	if (!ifindex)
		return "-";
	dev = dev_get_by_index_rcu(net, ifindex);
	return dev ? dev->name : "gone";
}

static void raw_show_socket(struct seq_file *seq, const struct icmp4_raw *raw)
{
	struct net *net = seq_file_net(seq);
	const struct inet_sock *inet = inet_sk(raw->sk);
	struct sock *sk = raw->sk;

	seq_printf(seq, "%-15pI4 %-15pI4 %-15s %10u %10llu %8d %8d %8lu ",
		   &inet->inet_rcv_saddr, &inet->inet_daddr,
		   raw_device(net, READ_ONCE(sk->sk_bound_dev_if)),
		   from_kuid_munged(seq_user_ns(seq), sock_net_uid(net, sk)),
		   (u64)sock_i_ino(sk), sk_rmem_alloc_get(sk),
		   sk_drops_read(sk), atomic_long_read(&raw->filtered));
	if (bitmap_empty(raw->mask.hidden, ICMP4_FILTER_TYPES))
		seq_puts(seq, "-\n");
	else
		seq_printf(seq, "%*pbl\n", ICMP4_FILTER_TYPES,
			   raw->mask.hidden);
}

static int raw_show(struct seq_file *seq, void *v)
{
	if (v == SEQ_START_TOKEN)
		seq_printf(seq, "%-15s %-15s %-15s %10s %10s %8s %8s %8s %s\n",
			   "local", "remote", "device", "uid", "inode",
			   "rx_queue", "drops", "filtered", "hidden");
	else
		raw_show_socket(seq, hlist_entry(v, struct icmp4_raw, node));
	return 0;
}

static const struct seq_operations raw_ops = {
	.start = raw_start,
	.next = raw_next,
	.stop = raw_stop,
	.show = raw_show,
};

/**
 * icmp4_raw_proc_init() - the file in a new namespace
 * @net: the namespace
 * @dir: its /proc/net/icmp4; what is in it goes with it
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_raw_proc_init(struct net *net, struct proc_dir_entry *dir)
{
	if (!proc_create_net("raw", 0444, dir, &raw_ops,
			     sizeof(struct seq_net_private)))
		return -ENOMEM;
	return 0;
}
