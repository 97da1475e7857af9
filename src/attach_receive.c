// SPDX-License-Identifier: GPL-2.0
/* Where IP hands us what comes in: the ICMP slot of the kernel's table of
 * protocols. (inet_del_protocol() would leave the slot empty for a while, and the
 * host answer "protocol unreachable".)
 */

#include <linux/errno.h>
#include <linux/in.h>
#include <linux/netdevice.h>
#include <net/protocol.h>

#include "attach.h"
#include "error_in.h"
#include "receive.h"
#include "slot.h"

static const struct net_protocol *icmp4_saved_protocol __read_mostly;

static const struct net_protocol icmp4_protocol = {
	.handler = icmp4_receive,
	.err_handler = icmp4_error_own,
	.no_policy = 1,
};

static void **icmp4_receive_slot(void)
{
	return (void **)&inet_protos[IPPROTO_ICMP];
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
 * Context: process, sleeps.
 */
int icmp4_attach_receive(void)
{
	const struct net_protocol *old = READ_ONCE(*icmp4_receive_slot());

	if (!old || !old->handler || !old->err_handler)
		return -ENOENT;
	icmp4_saved_protocol = old;
	return icmp4_slot_take(icmp4_receive_slot(), (void *)old,
			       (void *)&icmp4_protocol);
}

/**
 * icmp4_detach_receive() - give the slot back
 *
 * Softirqs may still be looking after a message.
 *
 * Context: process, sleeps.
 */
void icmp4_detach_receive(void)
{
	icmp4_slot_give_back(icmp4_receive_slot(), (void *)&icmp4_protocol,
			     (void *)icmp4_saved_protocol, "ICMP");
}
