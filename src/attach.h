/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_ATTACH_H
#define ICMP4_ATTACH_H

#include <linux/module.h>
#include <net/protocol.h>

const struct net_protocol *icmp4_saved(void);

int icmp4_attach_receive(void);
void icmp4_detach_receive(void);

int icmp4_attach_errors(void);
void icmp4_detach_errors(void);

int icmp4_attach_raw(void);
void icmp4_detach_raw(void);

int icmp4_attach_dgram(void);
void icmp4_detach_dgram(void);

/**
 * icmp4_pin() - keep the module loaded
 *
 * While it is being loaded it may still have to go, and nobody could wait.
 *
 * Return: whether it stays, until a module_put().
 */
static inline bool icmp4_pin(void)
{
	return READ_ONCE(THIS_MODULE->state) == MODULE_STATE_LIVE &&
	       try_module_get(THIS_MODULE);
}

#endif
