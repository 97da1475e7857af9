// SPDX-License-Identifier: GPL-2.0
/* Where IP hands us what comes in: the ICMP slot of the kernel's table of
 * protocols. It changes hands in one atomic step, so that every packet meets
 * either handler and none meets neither. (inet_del_protocol() would leave the
 * slot empty for a while, and the host answer "protocol unreachable".)
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/printk.h>
#include <net/protocol.h>

#include "attach.h"
#include "error_in.h"
#include "receive.h"

static const struct net_protocol *icmp4_saved_protocol __read_mostly;

static const struct net_protocol icmp4_protocol = {
	.handler = icmp4_receive,
	.err_handler = icmp4_error_own,
	.no_policy = 1,
};

static const struct net_protocol **icmp4_slot(void)
{
	return (const struct net_protocol **)&inet_protos[IPPROTO_ICMP];
}

/**
 * icmp4_saved() - the protocol that was there before this module
 *
 * Return: never NULL while a message can reach us.
 */
const struct net_protocol *icmp4_saved(void)
{
	return icmp4_saved_protocol;
}

/**
 * icmp4_attach_receive() - take the ICMP slot over
 *
 * Return: 0; -ENOENT if nobody handles ICMP; -EBUSY if the slot changed hands
 *	meanwhile.
 * Context: process.
 */
int icmp4_attach_receive(void)
{
	const struct net_protocol *old = READ_ONCE(*icmp4_slot());

	if (!old || !old->handler || !old->err_handler)
		return -ENOENT;
	icmp4_saved_protocol = old;
	/* Whoever finds us in the slot shall find the old one with us. */
	synchronize_net();
	if (cmpxchg(icmp4_slot(), old, &icmp4_protocol) != old)
		return -EBUSY;
	return 0;
}

/**
 * icmp4_detach_receive() - give the slot back
 *
 * A module that took the slot after us still calls us: wait until it has gone,
 * however long that takes. After the return no message reaches this module.
 *
 * Context: process, sleeps.
 */
void icmp4_detach_receive(void)
{
	bool told = false;

	while (cmpxchg(icmp4_slot(), &icmp4_protocol, icmp4_saved_protocol) !=
	       &icmp4_protocol) {
		if (!told)
			pr_warn("another module handles ICMP on top of this one: waiting for it to be unloaded\n");
		told = true;
		msleep(100);
	}
	synchronize_net();
}
