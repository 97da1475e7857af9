/* SPDX-License-Identifier: GPL-2.0 */
/* Up to 6.18 there is no icmp_errors_extension_mask: the module adds it. */
#include_next <net/netns/ipv4.h>

#ifndef ICMP4_COMPAT_EXTENSION_MASK_H
#define ICMP4_COMPAT_EXTENSION_MASK_H

#define ICMP4_ADDS_ERRORS_EXTENSION_MASK

#endif
