// SPDX-License-Identifier: GPL-2.0
/* A pointer of the kernel's that changes hands in one atomic step: whoever follows it
 * comes to the old one or to the new one, and nobody to neither.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/netdevice.h>
#include <linux/printk.h>

#include "slot.h"

/**
 * icmp4_slot_take() - take a place over
 * @slot: where the pointer is
 * @old: what is there, which the caller has saved where @mine finds it
 * @mine: what shall be there
 *
 * Return: 0; -EBUSY if the place changed hands meanwhile.
 * Context: process, sleeps.
 */
int icmp4_slot_take(void **slot, void *old, void *mine)
{
	/* Whoever finds us in the place shall find the old one with us. */
	synchronize_net();
	return cmpxchg(slot, old, mine) == old ? 0 : -EBUSY;
}

/**
 * icmp4_slot_give_back() - put back what was there
 * @slot: where the pointer is
 * @mine: what icmp4_slot_take() put there
 * @old: what was there before
 * @what: it is good for, in a message
 *
 * A module that took the place after us still calls us: wait until it has gone,
 * however long that takes. Afterwards no one comes who was not on his way already.
 *
 * Context: process, sleeps.
 */
void icmp4_slot_give_back(void **slot, void *mine, void *old, const char *what)
{
	bool told = false;

	while (cmpxchg(slot, mine, old) != mine) {
		if (!told)
			pr_warn("another module handles %s on top of this one: waiting for it to be unloaded\n",
				what);
		told = true;
		msleep(100);
	}
}
