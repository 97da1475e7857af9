// SPDX-License-Identifier: GPL-2.0
/* The extension behind an error's quotation (RFC 4884): one object, that says by
 * which interface the offending packet came (RFC 5837).
 */

#include <linux/icmp.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

#include "extension.h"

#define CLASS_INTERFACE	2
#define ROLE_INCOMING	(0 << 6)
#define HAS_INDEX	0x08
#define HAS_ADDRESS	0x04
#define HAS_NAME	0x02
#define HAS_MTU		0x01

/* The name's length byte counts itself and the padding. */
#define NAME_LEN	(1 + IFNAMSIZ + 3)

static u8 *put_be32(u8 *to, u32 value)
{
	put_unaligned_be32(value, to);
	return to + 4;
}

/* Address family, two reserved bytes, the address. */
static u8 *put_address(u8 *to, __be32 addr)
{
	put_unaligned_be16(ICMP_AFI_IP, to);
	put_unaligned_be16(0, to + 2);
	memcpy(to + 4, &addr, sizeof(addr));
	return to + 8;
}

static u8 *put_name(u8 *to, const char *name)
{
	memset(to, 0, NAME_LEN);
	to[0] = NAME_LEN;
	memcpy(to + 1, name, IFNAMSIZ);
	return to + NAME_LEN;
}

/**
 * icmp4_extension_allowed() - do errors of this type have room for one?
 * @type: ICMP type
 *
 * RFC 4884 3: those with a length field, in what once was unused.
 *
 * Return: true for destination unreachable, time exceeded, parameter problem.
 */
bool icmp4_extension_allowed(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/**
 * icmp4_extension_write() - write an extension with its checksum
 * @to: room for %ICMP4_EXTENSION_MAX bytes
 * @iif: the interface the offending packet came by
 *
 * Index, address, name, MTU, in RFC 5837 4.1's order; what is not known is left
 * out.
 *
 * Return: how many bytes it is.
 */
unsigned int icmp4_extension_write(u8 *to, const struct icmp4_interface *iif)
{
	u8 *obj = to + 4, *end = obj + 4, has = HAS_INDEX;
	__sum16 csum;

	end = put_be32(end, iif->index);
	if (iif->known && iif->addr) {
		end = put_address(end, iif->addr);
		has |= HAS_ADDRESS;
	}
	if (iif->known) {
		end = put_name(end, iif->name);
		end = put_be32(end, iif->mtu);
		has |= HAS_NAME | HAS_MTU;
	}
	put_unaligned_be16(end - obj, obj);
	obj[2] = CLASS_INTERFACE;
	obj[3] = ROLE_INCOMING | has;

	put_be32(to, ICMP4_EXTENSION_VERSION << 28);
	csum = ip_compute_csum(to, end - to);
	memcpy(to + 2, &csum, sizeof(csum));
	return end - to;
}
