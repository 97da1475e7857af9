// SPDX-License-Identifier: GPL-2.0
/* The table of messages: every type and code of FreeBSD's icmp(4), IANA's 41 to
 * 43, and who looks after each. Types above 18 that nobody handles are errors to
 * the kernel's counters even where they have a name, so they are here, too.
 */

#include <linux/icmp.h>
#include <linux/kernel.h>

#include "types.h"

/* An error quotes the offending IP header and 8 bytes after it (RFC 792). */
#define ERROR_LEN	(8 + 20 + 8)

#define NAMED(_name, _class, _min) \
	.name = (_name), .class = ICMP4_CLASS_##_class, .min_len = (_min)

const struct icmp4_type icmp4_types[256] = {
	[0] = { NAMED("echorep", REPLY, 8), .handler = ICMP4_BY_PING,
		.sent = true },
	[1] = { .min_len = 8, .handler = ICMP4_BY_RAW },
	[2] = { .min_len = 8, .handler = ICMP4_BY_RAW },
	[3] = { NAMED("unreach", ERROR, ERROR_LEN), .handler = ICMP4_BY_ERROR,
		.sent = true },
	[4] = { NAMED("squench", ERROR, ERROR_LEN), .handler = ICMP4_BY_ERROR },
	[5] = { NAMED("redir", ERROR, ERROR_LEN), .handler = ICMP4_BY_ERROR,
		.sent = true },
	[6] = { NAMED("althost", NOTE, 8), .handler = ICMP4_BY_RAW },
	[7] = { .min_len = 8, .handler = ICMP4_BY_RAW },
	[8] = { NAMED("echoreq", REQUEST, 8), .handler = ICMP4_BY_ECHO,
		.broadcast = true, .reply = ICMP_ECHOREPLY },
	[9] = { NAMED("routeradv", NOTE, 8), .handler = ICMP4_BY_RAW },
	[10] = { NAMED("routersol", NOTE, 8), .handler = ICMP4_BY_RAW },
	[11] = { NAMED("timex", ERROR, ERROR_LEN), .handler = ICMP4_BY_ERROR,
		 .sent = true },
	[12] = { NAMED("paramprob", ERROR, ERROR_LEN),
		 .handler = ICMP4_BY_ERROR, .sent = true },
	[13] = { NAMED("timereq", REQUEST, 20), .handler = ICMP4_BY_TIMESTAMP,
		 .broadcast = true, .reply = ICMP_TIMESTAMPREPLY },
	[14] = { NAMED("timerep", REPLY, 20), .handler = ICMP4_BY_DGRAM,
		 .sent = true },
	[15] = { NAMED("inforeq", REQUEST, 8), .handler = ICMP4_BY_RAW,
		 .reply = ICMP_INFO_REPLY },
	[16] = { NAMED("inforep", REPLY, 8), .handler = ICMP4_BY_RAW },
	[17] = { NAMED("maskreq", REQUEST, 12), .handler = ICMP4_BY_MASK,
		 .broadcast = true, .reply = ICMP_ADDRESSREPLY },
	[18] = { NAMED("maskrep", REPLY, 12), .handler = ICMP4_BY_MASK_REPLY,
		 .broadcast = true, .sent = true },
	[30] = { NAMED("trace", NOTE, 20) },
	[31] = { NAMED("dataconv", ERROR, ERROR_LEN) },
	[32] = { NAMED("mobredir", NOTE, 8) },
	[33] = { NAMED("ipv6-where", REQUEST, 8), .reply = 34 },
	[34] = { NAMED("ipv6-here", REPLY, 8) },
	[35] = { NAMED("mobregreq", REQUEST, 8), .reply = 36 },
	[36] = { NAMED("mobregrep", REPLY, 8) },
	[39] = { NAMED("skip", NOTE, 8) },
	[40] = { NAMED("photuris", ERROR, ERROR_LEN) },
	[41] = { NAMED("seamoby", NOTE, 8) },
	[42] = { NAMED("extechoreq", REQUEST, 8), .handler = ICMP4_BY_PROBE,
		 .reply = ICMP_EXT_ECHOREPLY },
	[43] = { NAMED("extechorep", REPLY, 8), .handler = ICMP4_BY_PING,
		 .sent = true },
};

static const struct {
	u8 type;
	u8 code;
	const char *name;
} icmp4_codes[] = {
	{ 3, 0, "net-unr" },
	{ 3, 1, "host-unr" },
	{ 3, 2, "proto-unr" },
	{ 3, 3, "port-unr" },
	{ 3, 4, "needfrag" },
	{ 3, 5, "srcfail" },
	{ 3, 6, "net-unk" },
	{ 3, 7, "host-unk" },
	{ 3, 8, "isolate" },
	{ 3, 9, "net-prohib" },
	{ 3, 10, "host-prohib" },
	{ 3, 11, "net-tos" },
	{ 3, 12, "host-tos" },
	{ 3, 13, "filter-prohib" },
	{ 3, 14, "host-preced" },
	{ 3, 15, "cutoff-preced" },
	{ 5, 0, "redir-net" },
	{ 5, 1, "redir-host" },
	{ 5, 2, "redir-tos-net" },
	{ 5, 3, "redir-tos-host" },
	{ 9, 0, "normal-adv" },
	{ 9, 16, "common-adv" },
	{ 11, 0, "transit" },
	{ 11, 1, "reassemb" },
	{ 12, 0, "badhead" },
	{ 12, 1, "optmiss" },
	{ 12, 2, "badlen" },
	{ 40, 1, "unknown-ind" },
	{ 40, 2, "auth-fail" },
	{ 40, 3, "decrypt-fail" },
	{ 43, 0, "no-error" },
	{ 43, 1, "mal-query" },
	{ 43, 2, "no-if" },
	{ 43, 3, "no-entry" },
	{ 43, 4, "mult-ifs" },
};

/**
 * icmp4_type_name() - FreeBSD's abbreviation of a type
 * @type: any ICMP type
 *
 * Return: the name, or "other" for a type without one; never NULL.
 */
const char *icmp4_type_name(u8 type)
{
	return icmp4_types[type].name ?: "other";
}

/**
 * icmp4_code_name() - FreeBSD's abbreviation of a code
 * @type: any ICMP type
 * @code: any code of it
 *
 * Return: the name, or "" for a code without one; never NULL.
 */
const char *icmp4_code_name(u8 type, u8 code)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(icmp4_codes); i++)
		if (icmp4_codes[i].type == type && icmp4_codes[i].code == code)
			return icmp4_codes[i].name;
	return "";
}
