/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_EXTENSION_H
#define ICMP4_EXTENSION_H

#include <linux/if.h>
#include <linux/types.h>

/* The quotation in front of an extension, padded (RFC 4884 4); what the length
 * field counts it in.
 */
#define ICMP4_EXTENSION_QUOTE	128
#define ICMP4_EXTENSION_WORD	4
#define ICMP4_EXTENSION_VERSION	2

/* Extension header; object header, index, address, name and MTU. */
#define ICMP4_EXTENSION_MAX	(4 + 4 + 4 + 8 + 20 + 4)

/* Bits of icmp_errors_extension_mask. */
#define ICMP4_EXTENSION_IIF	0x01

/**
 * struct icmp4_interface - what an error tells of an interface (RFC 5837 4)
 * @index: as SNMP and ip(8) number it
 * @known: it still exists, and the others are filled in
 * @addr: an address it has, network order; 0 for none
 * @name: padded with zeros
 * @mtu: in bytes
 */
struct icmp4_interface {
	u32 index;
	bool known;
	__be32 addr;
	char name[IFNAMSIZ];
	u32 mtu;
};

bool icmp4_extension_allowed(u8 type);
unsigned int icmp4_extension_write(u8 *to, const struct icmp4_interface *iif);

#endif
