// SPDX-License-Identifier: GPL-2.0
/* What errors tell of an interface, byte by byte (RFC 4884 7, RFC 5837 4). */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <kunit/test.h>

#include "bytes.h"
#include "extension.h"

#define ROUNDS	20000

/* Bytes on either side of the extension, and one more to try odd addresses. */
#define MARGIN	64
#define ROOM	(MARGIN + ICMP4_EXTENSION_MAX + MARGIN + 1)

struct extension_row {
	const char *desc;
	u32 index;
	bool known;
	const char *addr;
	const char *name;
	u32 mtu;
	const char *want;
};

/* In between, the checksum: as summed up by hand. */
#define VERSION	"2000 "
#define ADDR	"0001 0000 "
#define ZERO4	"00000000 "
#define ZERO12	"000000000000000000000000 "

static const struct extension_row extension_rows[] = {
	{ "RFC 5837 4.1: index, address, name and MTU, in this order",
	  2, true, "us", "'eth0'", 1500,
	  VERSION "f4e6 0028 02 0f 00000002 " ADDR "us 14 'eth0' 000000 "
	  ZERO12 "000005dc" },
	{ "RFC 5837 4.1: an interface without an address",
	  2, true, NULL, "'eth0'", 1500,
	  VERSION "1f29 0020 02 0b 00000002 14 'eth0' 000000 " ZERO12
	  "000005dc" },
	{ "RFC 5837 4.1: one that is gone, of which the index is left",
	  2, false, NULL, NULL, 0,
	  VERSION "dded 0008 02 08 00000002" },
	{ "of what is not known nothing is told, whatever it is",
	  2, false, "us", "'eth0'", 1500,
	  VERSION "dded 0008 02 08 00000002" },
	{ "all four bytes of the index, in network order",
	  0x89abcdef, false, NULL, NULL, 0,
	  VERSION "8654 0008 02 08 89abcdef" },
	{ "RFC 5837 4.3: the longest name, 15 characters, and padding",
	  7, true, "us", "'abcdefghijklmno'", 9000,
	  VERSION "a120 0028 02 0f 00000007 " ADDR
	  "us 14 'abcdefghijklmno' 00 000000 00002328" },
	{ "RFC 5837 4.3: a name of one character takes as much room",
	  3, true, "us", "'x'", 68,
	  VERSION "9ed3 0028 02 0f 00000003 " ADDR "us 14 'x' 0000 " ZERO4
	  ZERO12 "00000044" },
	{ "RFC 5837 4.4: an MTU beyond 16 bits",
	  1, true, "7f000001", "'lo'", 65536,
	  VERSION "db57 0028 02 0f 00000001 " ADDR "7f000001 14 'lo' 00 "
	  ZERO4 ZERO12 "00010000" },
	{ "all bits of address and MTU",
	  4, true, "ffffffff", "'eth1.4094'", 0xffffffff,
	  VERSION "b663 0028 02 0f 00000004 " ADDR
	  "ffffffff 14 'eth1.4094' 0000 " ZERO4 ZERO4 "ffffffff" },
};

static void extension_desc(const struct extension_row *row, char *desc)
{
	strscpy(desc, row->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(extension, extension_rows, extension_desc);

/* Writes between margins of one kind, at an address that is even or odd. */
static unsigned int write_once(struct kunit *test,
			       const struct icmp4_interface *iif, u8 *to,
			       u8 margin, unsigned int odd)
{
	u8 room[ROOM], *at = room + MARGIN + odd;
	unsigned int len;

	memset(room, margin, sizeof(room));
	len = icmp4_extension_write(at, iif);
	KUNIT_ASSERT_LE(test, len, ICMP4_EXTENSION_MAX);
	KUNIT_ASSERT_TRUE(test, !memchr_inv(room, margin, at - room));
	KUNIT_ASSERT_TRUE(test, !memchr_inv(at + len, margin,
					    room + ROOM - at - len));
	memcpy(to, at, len);
	return len;
}

/* Between margins of several kinds, which must not show in what is written. */
static unsigned int write(struct kunit *test,
			  const struct icmp4_interface *iif, u8 *to)
{
	static const u8 margins[] = { 0x00, 0xff, 0xa5 };
	u8 other[ICMP4_EXTENSION_MAX];
	unsigned int len, i;

	len = write_once(test, iif, to, 0x5a, 0);
	for (i = 0; i < 2 * ARRAY_SIZE(margins); i++) {
		KUNIT_ASSERT_EQ(test, write_once(test, iif, other,
						 margins[i / 2], i % 2), len);
		KUNIT_ASSERT_EQ(test, memcmp(to, other, len), 0);
	}
	return len;
}

/* RFC 1071: what is summed up with its checksum comes to 16 ones. */
static unsigned int sum(const u8 *data, unsigned int len)
{
	unsigned int i, total = 0;

	for (i = 0; i < len; i += 2)
		total += data[i] << 8 | data[i + 1];
	while (total > 0xffff)
		total = (total >> 16) + (total & 0xffff);
	return total;
}

static void make_interface(struct kunit *test, struct icmp4_interface *iif,
			   const struct extension_row *row)
{
	memset(iif, 0, sizeof(*iif));
	iif->index = row->index;
	iif->known = row->known;
	iif->mtu = row->mtu;
	icmp4_bytes(test, (u8 *)&iif->addr, sizeof(iif->addr), row->addr);
	icmp4_bytes(test, (u8 *)iif->name, sizeof(iif->name), row->name);
}

static void extension_row(struct kunit *test)
{
	const struct extension_row *row = test->param_value;
	u8 got[ICMP4_EXTENSION_MAX], want[ICMP4_EXTENSION_MAX];
	struct icmp4_interface iif;
	unsigned int len, want_len, i;

	make_interface(test, &iif, row);
	len = write(test, &iif, got);
	want_len = icmp4_bytes(test, want, sizeof(want), row->want);
	KUNIT_ASSERT_EQ(test, len, want_len);
	for (i = 0; i < len; i++)
		KUNIT_ASSERT_EQ_MSG(test, got[i], want[i], "byte %u", i);
	KUNIT_EXPECT_EQ(test, sum(got, len), 0xffff);
}

/* RFC 4884 4.2: a message of 576 bytes has room for one behind 128 bytes. */
static void extension_sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ICMP4_EXTENSION_MAX, 44);
	KUNIT_EXPECT_EQ(test, ICMP4_EXTENSION_QUOTE, 128);
	KUNIT_EXPECT_EQ(test, ICMP4_EXTENSION_WORD, 4);
	KUNIT_EXPECT_EQ(test, IFNAMSIZ, 16);
}

static u32 random_word(u64 *state)
{
	return icmp4_random(state) << 16 ^ icmp4_random(state);
}

static void random_interface(u64 *state, struct icmp4_interface *iif)
{
	unsigned int len = icmp4_random(state) % IFNAMSIZ, i;

	memset(iif, 0, sizeof(*iif));
	iif->index = random_word(state);
	iif->known = icmp4_random(state) % 4;
	iif->addr = icmp4_random(state) % 4 ? htonl(random_word(state)) : 0;
	iif->mtu = random_word(state);
	for (i = 0; i < len; i++)
		iif->name[i] = '!' + icmp4_random(state) % 94;
}

/* Takes a field off the front, if the C-type says that it is there. */
static bool take(const u8 **at, u8 ctype, u8 bit, const void *want,
		 unsigned int len)
{
	const u8 *field = *at;

	if (!(ctype & bit))
		return true;
	*at += len;
	return !memcmp(field, want, len);
}

/* Read as whoever gets the error reads it: field by field. */
static bool says(const u8 *ext, unsigned int len,
		 const struct icmp4_interface *iif)
{
	const u8 *at = ext + 8;
	u8 addr[8] = { 0, 1 }, name[20] = { 20 };
	__be32 index = htonl(iif->index), mtu = htonl(iif->mtu);
	u8 want = !iif->known ? 0x08 : iif->addr ? 0x0f : 0x0b;

	memcpy(addr + 4, &iif->addr, 4);
	memcpy(name + 1, iif->name, IFNAMSIZ);
	return ext[0] == 0x20 && ext[1] == 0 &&
	       ext[4] == 0 && ext[5] == len - 4 && ext[6] == 2 &&
	       ext[7] == want &&
	       take(&at, want, 0x08, &index, 4) &&
	       take(&at, want, 0x04, addr, sizeof(addr)) &&
	       take(&at, want, 0x02, name, sizeof(name)) &&
	       take(&at, want, 0x01, &mtu, 4) &&
	       at == ext + len;
}

static void extension_any(struct kunit *test)
{
	struct icmp4_interface iif;
	u8 ext[ICMP4_EXTENSION_MAX];
	unsigned int i, len;
	u64 state = 5837;

	for (i = 0; i < ROUNDS; i++) {
		random_interface(&state, &iif);
		len = write(test, &iif, ext);
		KUNIT_ASSERT_TRUE_MSG(test, says(ext, len, &iif),
				      "round %u: %*ph", i, (int)len, ext);
		KUNIT_ASSERT_EQ_MSG(test, sum(ext, len), 0xffff,
				    "round %u: %*ph", i, (int)len, ext);
	}
}

/* RFC 4884 4.1 to 4.3; all others have no length field. */
static void extension_types(struct kunit *test)
{
	static const u8 allowed[] = { 3, 11, 12 };
	unsigned int type;

	for (type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ_MSG(test, icmp4_extension_allowed(type),
				    !!memchr(allowed, type, sizeof(allowed)),
				    "type %u", type);
}

static struct kunit_case extension_cases[] = {
	KUNIT_CASE_PARAM(extension_row, extension_gen_params),
	KUNIT_CASE(extension_sizes),
	KUNIT_CASE(extension_any),
	KUNIT_CASE(extension_types),
	{}
};

static struct kunit_suite extension_suite = {
	.name = "icmp4_extension",
	.test_cases = extension_cases,
};

kunit_test_suite(extension_suite);
