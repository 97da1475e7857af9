// SPDX-License-Identifier: GPL-2.0
/* The query in an extended echo request (RFC 8335 2.1): an extension structure
 * (RFC 4884 7) with one interface identification object.
 */

#include <linux/icmp.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "probe.h"

/* Extension header, object header: the latter's length covers itself. */
#define EXT_HEAD	4
#define OBJ_HEAD	4
/* Address family, address length, one reserved byte. */
#define ADDR_HEAD	4

static enum icmp4_probe_by parse_address(struct icmp4_probe *probe,
					 const u8 *ident, unsigned int len)
{
	if (len < ADDR_HEAD || len != ADDR_HEAD + ident[2])
		return ICMP4_PROBE_MALFORMED;
	len -= ADDR_HEAD;
	switch (get_unaligned_be16(ident)) {
	case ICMP_AFI_IP:
		if (len != sizeof(probe->ipv4))
			break;
		memcpy(&probe->ipv4, ident + ADDR_HEAD, len);
		return ICMP4_PROBE_IPV4;
	case ICMP_AFI_IP6:
		if (len != sizeof(probe->ipv6))
			break;
		memcpy(&probe->ipv6, ident + ADDR_HEAD, len);
		return ICMP4_PROBE_IPV6;
	}
	return ICMP4_PROBE_MALFORMED;
}

static enum icmp4_probe_by parse_ident(struct icmp4_probe *probe, u8 ctype,
				       const u8 *ident, unsigned int len)
{
	switch (ctype) {
	case ICMP_EXT_ECHO_CTYPE_NAME:
		if (len >= IFNAMSIZ)
			break;
		memset(probe->name, 0, sizeof(probe->name));
		memcpy(probe->name, ident, len);
		return ICMP4_PROBE_NAME;
	case ICMP_EXT_ECHO_CTYPE_INDEX:
		if (len != sizeof(u32))
			break;
		probe->index = get_unaligned_be32(ident);
		return ICMP4_PROBE_INDEX;
	case ICMP_EXT_ECHO_CTYPE_ADDR:
		return parse_address(probe, ident, len);
	}
	return ICMP4_PROBE_MALFORMED;
}

/**
 * icmp4_probe_parse() - read the query of an extended echo request
 * @probe: filled in
 * @data: what follows the request's 8-byte header
 * @len: bytes readable at @data; %ICMP4_PROBE_LEN of a longer request suffice
 *
 * As the newest kernel reads it: the extension's version and checksum and the
 * object's class are not looked at.
 */
void icmp4_probe_parse(struct icmp4_probe *probe, const u8 *data,
		       unsigned int len)
{
	const u8 *obj = data + EXT_HEAD;
	unsigned int obj_len;

	probe->by = ICMP4_PROBE_MALFORMED;
	if (len < EXT_HEAD + OBJ_HEAD)
		return;
	obj_len = get_unaligned_be16(obj);
	if (obj_len <= OBJ_HEAD || obj_len > len - EXT_HEAD)
		return;
	probe->by = parse_ident(probe, obj[3], obj + OBJ_HEAD,
				obj_len - OBJ_HEAD);
}
