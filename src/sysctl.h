/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SYSCTL_H
#define ICMP4_SYSCTL_H

#include <net/net_namespace.h>

#include "net.h"

/**
 * icmp4_extension_mask() - icmp_errors_extension_mask of a namespace
 * @in: the namespace
 *
 * Return: the kernel's own knob where it has one, else the module's.
 */
static inline u8 icmp4_extension_mask(const struct icmp4_net *in)
{
#ifdef ICMP4_ADDS_ERRORS_EXTENSION_MASK
	return READ_ONCE(in->knobs.errors_extension_mask);
#else
	return READ_ONCE(in->net->ipv4.sysctl_icmp_errors_extension_mask);
#endif
}

int icmp4_sysctl_init(struct icmp4_net *in);
void icmp4_sysctl_uninit(struct icmp4_net *in);

#endif
