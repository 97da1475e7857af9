// SPDX-License-Identifier: GPL-2.0
/* Control sockets: the kernel sockets, one per CPU, that own what we send.
 * Firewalls match on them, queues push back through them, and a message that
 * is sent while another is being sent finds its CPU's socket taken.
 */

#include <linux/percpu.h>
#include <linux/workqueue.h>
#include <net/inet_common.h>
#include <net/inet_sock.h>

#include "ctl.h"

/* Four times what the kernel grants its own, two messages of the largest size:
 * what we send is in buffers that a device received into, and those are larger
 * than they need be.
 */
#define SNDBUF	(8 * SKB_TRUESIZE(64 * 1024))

/**
 * struct icmp4_ctl - what a CPU sends by
 * @sk: its control socket
 * @busy: it is sending now
 */
struct icmp4_ctl {
	struct sock *sk;
	bool busy;
};

static DEFINE_PER_CPU(struct icmp4_ctl, icmp4_ctl);

/**
 * icmp4_ctl_lock() - take this CPU's control socket for a namespace
 * @net: the namespace that sends
 *
 * Return: the socket, to be given back by icmp4_ctl_unlock(); NULL if this CPU
 *	is already sending, as when an output path raises another message.
 * Context: softirq, or process with bottom halves off.
 */
struct sock *icmp4_ctl_lock(struct net *net)
{
	struct sock *sk = this_cpu_read(icmp4_ctl.sk);

	if (unlikely(this_cpu_xchg(icmp4_ctl.busy, true)))
		return NULL;
	sock_net_set(sk, net);
	return sk;
}

/**
 * icmp4_ctl_unlock() - give a control socket back
 * @sk: from icmp4_ctl_lock() on this CPU
 *
 * The socket must not keep a pointer to a namespace that may go.
 */
void icmp4_ctl_unlock(struct sock *sk)
{
	sock_net_set(sk, &init_net);
	this_cpu_write(icmp4_ctl.busy, false);
}

/**
 * icmp4_ctl_full() - does the send buffer refuse another message?
 * @sk: from icmp4_ctl_lock()
 *
 * Return: true while as much as the buffer holds waits in queues.
 */
bool icmp4_ctl_full(const struct sock *sk)
{
	return refcount_read(&sk->sk_wmem_alloc) >= READ_ONCE(sk->sk_sndbuf);
}

/**
 * icmp4_ctl_prot() - what the kernel's raw sockets do
 *
 * Return: the operations that all of them share, while there are control sockets.
 */
struct proto *icmp4_ctl_prot(void)
{
	return per_cpu(icmp4_ctl.sk, cpumask_first(cpu_possible_mask))->sk_prot;
}

/**
 * icmp4_ctl_uninit() - close the control sockets
 *
 * Messages still queued in devices keep their socket alive until they go.
 *
 * Context: process; nobody sends any more.
 */
void icmp4_ctl_uninit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sock *sk = per_cpu(icmp4_ctl.sk, cpu);

		if (sk)
			inet_ctl_sock_destroy(sk);
		per_cpu(icmp4_ctl.sk, cpu) = NULL;
	}
}

static int icmp4_ctl_open_all(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sock *sk;
		int err;

		err = inet_ctl_sock_create(&sk, PF_INET, SOCK_RAW,
					   IPPROTO_ICMP, &init_net);
		if (err) {
			icmp4_ctl_uninit();
			return err;
		}
		/* No writer sleeps on it, so freeing need not wake anyone. */
		sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
		sk->sk_sndbuf = SNDBUF;
		inet_sk(sk)->pmtudisc = IP_PMTUDISC_DONT;
		per_cpu(icmp4_ctl.sk, cpu) = sk;
	}
	return 0;
}

struct icmp4_ctl_work {
	struct work_struct work;
	int err;
};

static void icmp4_ctl_open_work(struct work_struct *work)
{
	container_of(work, struct icmp4_ctl_work, work)->err =
		icmp4_ctl_open_all();
}

/**
 * icmp4_ctl_init() - open a control socket for every CPU
 *
 * A socket belongs to the control groups and the security label of the task
 * that opens it, and these are the host's: a kernel thread opens them, not
 * whoever loads the module.
 *
 * Return: 0, or a negative errno with nothing left behind.
 * Context: process, sleeps.
 */
int icmp4_ctl_init(void)
{
	struct icmp4_ctl_work open;

	INIT_WORK_ONSTACK(&open.work, icmp4_ctl_open_work);
	schedule_work(&open.work);
	flush_work(&open.work);
	destroy_work_on_stack(&open.work);
	return open.err;
}
