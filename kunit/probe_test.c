// SPDX-License-Identifier: GPL-2.0
/* The query of an extended echo request (RFC 8335 2.1, RFC 4884 7), read as the
 * newest kernel reads it.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bytes.h"
#include "probe.h"

struct probe_row {
	const char *desc;
	const char *query;
	enum icmp4_probe_by by;
	const char *value;
};

/* Extension header: version 2, a checksum that nobody looks at. */
#define EXT	"2000 0000 "

static const struct probe_row good[] = {
	{ "by name, padded to 32 bits", EXT "000c 03 01 'eth10' 000000",
	  ICMP4_PROBE_NAME, "'eth10'" },
	{ "by name, not padded", EXT "0006 03 01 'lo'",
	  ICMP4_PROBE_NAME, "'lo'" },
	{ "by name, one character", EXT "0005 03 01 'x'",
	  ICMP4_PROBE_NAME, "'x'" },
	{ "by name, the longest: 15 characters",
	  EXT "0013 03 01 'abcdefghijklmno'",
	  ICMP4_PROBE_NAME, "'abcdefghijklmno'" },
	{ "by name, nothing but padding: no interface has that name",
	  EXT "0008 03 01 00000000", ICMP4_PROBE_NAME, "" },
	{ "by index", EXT "0008 03 02 00000001",
	  ICMP4_PROBE_INDEX, "00000001" },
	{ "by index, all four bytes in network order",
	  EXT "0008 03 02 89abcdef", ICMP4_PROBE_INDEX, "89abcdef" },
	{ "by IPv4 address", EXT "000c 03 03 0001 04 00 c0000201",
	  ICMP4_PROBE_IPV4, "c0000201" },
	{ "by IPv6 address",
	  EXT "0018 03 03 0002 10 00 20010db8000000000000000000000001",
	  ICMP4_PROBE_IPV6, "20010db8000000000000000000000001" },
	{ "the reserved byte of an address is ignored",
	  EXT "000c 03 03 0001 04 ff c0000201",
	  ICMP4_PROBE_IPV4, "c0000201" },
	{ "the class is not looked at", EXT "0008 7f 02 00000007",
	  ICMP4_PROBE_INDEX, "00000007" },
	{ "neither version nor checksum are", "f7ff ffff 0008 03 02 00000007",
	  ICMP4_PROBE_INDEX, "00000007" },
	{ "what follows the object is not either",
	  EXT "0008 03 02 00000007 0008 03 02 00000009",
	  ICMP4_PROBE_INDEX, "00000007" },
};

static const struct probe_row bad[] = {
	{ "no query at all", "" },
	{ "an extension header and nothing else", EXT },
	{ "half an object header", EXT "0008" },
	{ "object length 0", EXT "0000 03 01 'eth0'" },
	{ "object length 3, less than its header", EXT "0003 03 01 'eth0'" },
	{ "object length 4, a header and nothing else", EXT "0004 03 01 'eth0'" },
	{ "object length one past the end", EXT "0009 03 01 'eth0'" },
	{ "object length huge", EXT "ffff 03 01 'eth0'" },
	{ "object length huge, its low byte fits", EXT "0108 03 01 'eth0'" },
	{ "a name of 16 characters", EXT "0014 03 01 'abcdefghijklmnop'" },
	{ "a name of 20 characters", EXT "0018 03 01 'abcdefghijklmnopqrst'" },
	{ "an index of 3 bytes", EXT "0007 03 02 000001" },
	{ "an index of 5 bytes", EXT "0009 03 02 0000000001" },
	{ "an index of 8 bytes", EXT "000c 03 02 0000000000000001" },
	{ "C-type 0", EXT "0008 03 00 00000001" },
	{ "C-type 4", EXT "0008 03 04 00000001" },
	{ "C-type 255", EXT "0008 03 ff 00000001" },
	{ "1 byte of an address header", EXT "0005 03 03 00" },
	{ "3 bytes of an address header", EXT "0007 03 03 0001 04" },
	{ "an address header and no address", EXT "0008 03 03 0001 04 00" },
	{ "an address header that says so", EXT "0008 03 03 0001 00 00" },
	{ "address family 0", EXT "000c 03 03 0000 04 00 c0000201" },
	{ "address family 3", EXT "000c 03 03 0003 04 00 c0000201" },
	{ "address family 1 in the wrong byte order",
	  EXT "000c 03 03 0100 04 00 c0000201" },
	{ "address family 257", EXT "000c 03 03 0101 04 00 c0000201" },
	{ "IPv4 of 3 bytes", EXT "000b 03 03 0001 03 00 c00002" },
	{ "IPv4 of 5 bytes", EXT "000d 03 03 0001 05 00 c000020100" },
	{ "IPv4 of 16 bytes",
	  EXT "0018 03 03 0001 10 00 20010db8000000000000000000000001" },
	{ "IPv6 of 4 bytes", EXT "000c 03 03 0002 04 00 c0000201" },
	{ "IPv6 of 15 bytes",
	  EXT "0017 03 03 0002 0f 00 20010db80000000000000000000000" },
	{ "IPv4 longer than it says", EXT "0010 03 03 0001 04 00 c0000201 00000000" },
	{ "IPv4 shorter than it says", EXT "000a 03 03 0001 04 00 c000" },
	{ "IPv6 shorter than it says", EXT "000c 03 03 0002 10 00 20010db8" },
	{ "an address of 255 bytes", EXT "000c 03 03 0001 ff 00 c0000201" },
};

static void probe_desc(const struct probe_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(good, good, probe_desc);
KUNIT_ARRAY_PARAM(bad, bad, probe_desc);

/* Between guards, whose say would be seen, and when that is right at the edge. */
static void parse(struct kunit *test, struct icmp4_probe *probe,
		  const u8 *data, unsigned int len, enum icmp4_probe_by want)
{
	struct icmp4_guarded guarded;
	struct icmp4_probe other;
	unsigned int i;

	memset(probe, 0xff, sizeof(*probe));
	icmp4_probe_parse(probe, icmp4_guard(&guarded, data, len, 0), len);
	KUNIT_ASSERT_EQ_MSG(test, probe->by, want, "%*ph", (int)len, data);
	for (i = 1; i < BYTES_GUARDS; i++) {
		memset(&other, 0xff, sizeof(other));
		icmp4_probe_parse(&other,
				  icmp4_guard(&guarded, data, len, i), len);
		KUNIT_ASSERT_EQ(test, other.by, want);
		if (want != ICMP4_PROBE_MALFORMED)
			KUNIT_EXPECT_EQ(test, memcmp(&other, probe,
						     sizeof(other)), 0);
		KUNIT_EXPECT_TRUE(test, icmp4_guard_intact(&guarded, data));
	}
	icmp4_probe_parse(&other, icmp4_edge(test, data, len), len);
	KUNIT_EXPECT_EQ(test, other.by, want);
}

static void probe_good(struct kunit *test)
{
	const struct probe_row *row = test->param_value;
	u8 data[BYTES_MAX], value[IFNAMSIZ] = {};
	struct icmp4_probe probe;
	unsigned int len;
	__be32 index;

	len = icmp4_bytes(test, data, sizeof(data), row->query);
	parse(test, &probe, data, len, row->by);

	len = icmp4_bytes(test, value, sizeof(value), row->value);
	switch (probe.by) {
	case ICMP4_PROBE_NAME:
		KUNIT_EXPECT_EQ(test, sizeof(probe.name), sizeof(value));
		KUNIT_EXPECT_EQ(test, memcmp(probe.name, value,
					     sizeof(value)), 0);
		break;
	case ICMP4_PROBE_INDEX:
		index = htonl(probe.index);
		KUNIT_EXPECT_EQ(test, memcmp(&index, value, 4), 0);
		break;
	case ICMP4_PROBE_IPV4:
		KUNIT_EXPECT_EQ(test, memcmp(&probe.ipv4, value, 4), 0);
		break;
	case ICMP4_PROBE_IPV6:
		KUNIT_EXPECT_EQ(test, memcmp(&probe.ipv6, value, 16), 0);
		break;
	case ICMP4_PROBE_MALFORMED:
		break;
	}
}

static void probe_bad(struct kunit *test)
{
	const struct probe_row *row = test->param_value;
	struct icmp4_probe probe;
	u8 data[BYTES_MAX];
	unsigned int len;

	len = icmp4_bytes(test, data, sizeof(data), row->query);
	parse(test, &probe, data, len, ICMP4_PROBE_MALFORMED);
}

/* Cut anywhere before the end of its object, a query is malformed. */
static void probe_truncated(struct kunit *test)
{
	const struct probe_row *row = test->param_value;
	struct icmp4_probe probe;
	unsigned int cut, end;
	u8 data[BYTES_MAX];

	icmp4_bytes(test, data, sizeof(data), row->query);
	end = 4 + data[5];
	for (cut = 0; cut < end; cut++)
		parse(test, &probe, data, cut, ICMP4_PROBE_MALFORMED);
	parse(test, &probe, data, end, row->by);
}

/* The longest query there is needs no more than is looked at. */
static void probe_longest(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ICMP4_PROBE_LEN, 4 + 4 + 4 + 16);
}

static enum icmp4_probe_by oracle(unsigned int len, unsigned int obj_len,
				  unsigned int ctype, unsigned int afi,
				  unsigned int addr_len)
{
	if (4 + obj_len > len)
		return ICMP4_PROBE_MALFORMED;
	if (ctype == 1 && obj_len >= 5 && obj_len <= 19)
		return ICMP4_PROBE_NAME;
	if (ctype == 2 && obj_len == 8)
		return ICMP4_PROBE_INDEX;
	if (ctype == 3 && obj_len == 12 && afi == 1 && addr_len == 4)
		return ICMP4_PROBE_IPV4;
	if (ctype == 3 && obj_len == 24 && afi == 2 && addr_len == 16)
		return ICMP4_PROBE_IPV6;
	return ICMP4_PROBE_MALFORMED;
}

static void probe_lengths(struct kunit *test, unsigned int ctype,
			  unsigned int afi, unsigned int addr_len)
{
	u8 data[48] = { [0] = 0x20, [6] = 3, [7] = ctype, [9] = afi,
			[10] = addr_len };
	unsigned int len, obj_len;
	struct icmp4_probe probe;

	for (obj_len = 0; obj_len <= 44; obj_len++) {
		data[5] = obj_len;
		for (len = 0; len <= sizeof(data); len++) {
			icmp4_probe_parse(&probe, data, len);
			KUNIT_ASSERT_EQ_MSG(test, probe.by,
					    oracle(len, obj_len, ctype, afi, addr_len),
					    "C-type %u length %u of %u, family %u, address %u",
					    ctype, obj_len, len, afi, addr_len);
		}
	}
}

static void probe_exhaustive(struct kunit *test)
{
	unsigned int ctype, afi, addr_len;

	for (ctype = 0; ctype <= 4; ctype++)
		for (afi = 0; afi <= 3; afi++)
			for (addr_len = 0; addr_len <= 20; addr_len++)
				probe_lengths(test, ctype, afi, addr_len);
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE_PARAM(probe_good, good_gen_params),
	KUNIT_CASE_PARAM(probe_bad, bad_gen_params),
	KUNIT_CASE_PARAM(probe_truncated, good_gen_params),
	KUNIT_CASE(probe_longest),
	KUNIT_CASE(probe_exhaustive),
	{}
};

static struct kunit_suite probe_suite = {
	.name = "icmp4_probe",
	.init = icmp4_bytes_init,
	.exit = icmp4_bytes_exit,
	.test_cases = probe_cases,
};

kunit_test_suite(probe_suite);
