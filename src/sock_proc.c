// SPDX-License-Identifier: GPL-2.0
/* /proc/net/icmp4/raw and dgram: the sockets that the module delivers to. */

#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/user_namespace.h>
#include <net/inet_sock.h>

#include "dgram.h"
#include "raw.h"
#include "sock_proc.h"

/**
 * struct sock_kind - a file
 * @name: of it
 * @list: where in &struct icmp4_net the sockets are
 * @head: heads of the columns that other kinds do not have
 * @sk: the socket of an entry
 * @show: those columns of it
 */
struct sock_kind {
	const char *name;
	size_t list;
	const char *head;
	struct sock *(*sk)(struct hlist_node *entry);
	void (*show)(struct seq_file *seq, struct hlist_node *entry);
};

static struct sock *raw_sk_of(struct hlist_node *entry)
{
	return hlist_entry(entry, struct icmp4_raw, node)->sk;
}

static void raw_show(struct seq_file *seq, struct hlist_node *entry)
{
	struct icmp4_raw *raw = hlist_entry(entry, struct icmp4_raw, node);

	seq_printf(seq, " %8lu ", atomic_long_read(&raw->filtered));
	if (bitmap_empty(raw->mask.hidden, ICMP4_FILTER_TYPES))
		seq_putc(seq, '-');
	else
		seq_printf(seq, "%*pbl", ICMP4_FILTER_TYPES, raw->mask.hidden);
}

static struct sock *dgram_sk_of(struct hlist_node *entry)
{
	return hlist_entry(entry, struct icmp4_dgram, node)->sk;
}

static void dgram_show(struct seq_file *seq, struct hlist_node *entry)
{
	struct icmp4_dgram *dgram = hlist_entry(entry, struct icmp4_dgram,
						node);

	if (dgram->darwin)
		seq_printf(seq, " %5s darwin", "-");
	else
		seq_printf(seq, " %5u linux",
			   READ_ONCE(inet_sk(dgram->sk)->inet_num));
}

static const struct sock_kind sock_kinds[] = {
	{
		.name = "raw",
		.list = offsetof(struct icmp4_net, raws),
		.head = " filtered hidden",
		.sk = raw_sk_of,
		.show = raw_show,
	}, {
		.name = "dgram",
		.list = offsetof(struct icmp4_net, dgrams),
		.head = "    id way",
		.sk = dgram_sk_of,
		.show = dgram_show,
	},
};

static const struct sock_kind *sock_kind(struct seq_file *seq)
{
	return pde_data(file_inode(seq->file));
}

static struct hlist_head *sock_list(struct seq_file *seq)
{
	return (void *)icmp4_net(seq_file_net(seq)) + sock_kind(seq)->list;
}

static void *sock_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return seq_hlist_start_head_rcu(sock_list(seq), *pos);
}

static void *sock_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return seq_hlist_next_rcu(v, sock_list(seq), pos);
}

static void sock_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	rcu_read_unlock();
}

static const char *sock_device(struct net *net, int ifindex)
{
	const struct net_device *dev;

	if (!ifindex)
		return "-";
	dev = dev_get_by_index_rcu(net, ifindex);
	return dev ? dev->name : "gone";
}

/* What all kinds have. */
static void sock_show_common(struct seq_file *seq, struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct net *net = seq_file_net(seq);
	kuid_t uid = sock_net_uid(net, sk);

	seq_printf(seq, "%-15pI4 %-15pI4 %-15s %10u %10llu %8d %8d",
		   &inet->inet_rcv_saddr, &inet->inet_daddr,
		   sock_device(net, READ_ONCE(sk->sk_bound_dev_if)),
		   from_kuid_munged(seq_user_ns(seq), uid),
		   (u64)sock_i_ino(sk), sk_rmem_alloc_get(sk),
		   sk_drops_read(sk));
}

static int sock_show(struct seq_file *seq, void *v)
{
	const struct sock_kind *kind = sock_kind(seq);

	if (v == SEQ_START_TOKEN) {
		seq_printf(seq, "%-15s %-15s %-15s %10s %10s %8s %8s%s",
			   "local", "remote", "device", "uid", "inode",
			   "rx_queue", "drops", kind->head);
	} else {
		sock_show_common(seq, kind->sk(v));
		kind->show(seq, v);
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations sock_ops = {
	.start = sock_start,
	.next = sock_next,
	.stop = sock_stop,
	.show = sock_show,
};

/**
 * icmp4_sock_proc_init() - the files in a new namespace
 * @net: the namespace
 * @dir: its /proc/net/icmp4; what is in it goes with it
 *
 * Return: 0 or -ENOMEM.
 * Context: process.
 */
int icmp4_sock_proc_init(struct net *net, struct proc_dir_entry *dir)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sock_kinds); i++)
		if (!proc_create_net_data(sock_kinds[i].name, 0444, dir,
					  &sock_ops,
					  sizeof(struct seq_net_private),
					  (void *)&sock_kinds[i]))
			return -ENOMEM;
	return 0;
}
