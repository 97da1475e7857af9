// SPDX-License-Identifier: GPL-2.0
/* Where a raw socket enters the kernel's table: the operation of raw sockets that does
 * so is ours while the module is in, and a raw ICMP socket that a program opens then
 * becomes the module's. All other raw sockets go on to the kernel's at once, and so do
 * those that it opens for itself, which receive nothing or nobody could close.
 */

#include <linux/errno.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "attach.h"
#include "ctl.h"
#include "raw.h"
#include "slot.h"

static int (*icmp4_saved_hash)(struct sock *sk) __read_mostly;

static void **icmp4_raw_slot(void)
{
	return (void **)&icmp4_ctl_prot()->hash;
}

/* Only a reference to the module keeps it here: before that is held, nothing may
 * sleep. Without one the module is coming or going, and the socket is the kernel's.
 */
static int icmp4_raw_hash(struct sock *sk)
{
	if (inet_sk(sk)->inet_num == IPPROTO_ICMP && sk->sk_net_refcnt &&
	    icmp4_pin())
		return icmp4_raw_open(sk);
	return icmp4_saved_hash(sk);
}

/**
 * icmp4_attach_raw() - have the raw ICMP sockets that are opened from now on
 *
 * Return: 0; -EBUSY if the operation changed hands meanwhile.
 * Context: process, sleeps.
 */
int icmp4_attach_raw(void)
{
	void *old = READ_ONCE(*icmp4_raw_slot());

	icmp4_raw_init(icmp4_ctl_prot());
	icmp4_saved_hash = old;
	return icmp4_slot_take(icmp4_raw_slot(), old, icmp4_raw_hash);
}

/**
 * icmp4_detach_raw() - leave the raw sockets to the kernel again
 *
 * The module's are closed, or it could not be unloaded. Tasks may still be in the
 * functions that opened or closed one, having no reference to the module or none any
 * more, and do not sleep there.
 *
 * Context: process, sleeps.
 */
void icmp4_detach_raw(void)
{
	icmp4_slot_give_back(icmp4_raw_slot(), icmp4_raw_hash, icmp4_saved_hash,
			     "raw sockets");
}
