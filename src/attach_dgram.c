// SPDX-License-Identifier: GPL-2.0
/* Where a datagram ICMP socket comes to be: the operation by which the kernel asks whether
 * somebody may open one is ours while the module is in, and one that a program then opens
 * becomes the module's.
 */

#include <linux/errno.h>
#include <linux/in.h>
#include <linux/rculist.h>
#include <net/protocol.h>
#include <net/sock.h>

#include "attach.h"
#include "dgram.h"
#include "slot.h"

static int (*icmp4_saved_init)(struct sock *sk) __read_mostly;
static struct proto *icmp4_dgram_found __read_mostly;

/* The kernel's operations are in a list that only an entry of one's own leads to. No
 * socket can have the protocol of that entry. The list is a ring with a head, which is no
 * entry, but what is looked for comes before it.
 */
static struct proto *icmp4_dgram_find(void)
{
	static struct inet_protosw own = {
		.type = SOCK_DGRAM,
		.protocol = IPPROTO_MAX,
	};
	const struct inet_protosw *entry;
	struct proto *found = NULL;

	inet_register_protosw(&own);
	rcu_read_lock();
	list_for_each_entry_rcu(entry, &own.list, list) {
		if (entry->type != SOCK_DGRAM)
			break;
		if (entry->protocol == IPPROTO_ICMP) {
			found = entry->prot;
			break;
		}
	}
	rcu_read_unlock();
	inet_unregister_protosw(&own);
	return found;
}

static void **icmp4_dgram_slot(void)
{
	return (void **)&icmp4_dgram_found->init;
}

/* As icmp4_raw_hash(): before a reference is held nothing may sleep, and the kernel's
 * operation does not.
 */
static int icmp4_dgram_hook(struct sock *sk)
{
	int err = icmp4_saved_init(sk);

	if (err || !sk->sk_net_refcnt || !icmp4_pin())
		return err;
	return icmp4_dgram_open(sk);
}

/**
 * icmp4_attach_dgram() - have the datagram ICMP sockets that are opened from now on
 *
 * Return: 0; -ENOENT if the kernel has none; -EBUSY if the operation changed hands
 *	meanwhile.
 * Context: process, sleeps.
 */
int icmp4_attach_dgram(void)
{
	void *old;

	icmp4_dgram_found = icmp4_dgram_find();
	if (!icmp4_dgram_found || !icmp4_dgram_found->init)
		return -ENOENT;
	old = READ_ONCE(*icmp4_dgram_slot());
	icmp4_dgram_init(icmp4_dgram_found);
	icmp4_saved_init = old;
	return icmp4_slot_take(icmp4_dgram_slot(), old, icmp4_dgram_hook);
}

/**
 * icmp4_detach_dgram() - leave them to the kernel again
 *
 * As icmp4_detach_raw().
 *
 * Context: process, sleeps.
 */
void icmp4_detach_dgram(void)
{
	icmp4_slot_give_back(icmp4_dgram_slot(), icmp4_dgram_hook,
			     icmp4_saved_init, "datagram sockets");
}
