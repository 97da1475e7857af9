// SPDX-License-Identifier: GPL-2.0
/* Options as an attacker might send them: nearly right, the same in every run. */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "bytes.h"
#include "echo_run.h"

#define ROUNDS	200000

/* What the rounds came to, so that a fuzz that tests nothing is seen. */
struct tally {
	unsigned int good;
	unsigned int malformed;
	unsigned int rr;
	unsigned int ts;
	unsigned int srr;
	unsigned int cipso;
	unsigned int full;
};

/* Both source routes are the same option twice. */
static bool is_same(u8 a, u8 b)
{
	return (a == 137 ? 131 : a) == (b == 137 ? 131 : b);
}

static void fill(u64 *state, u8 *to, unsigned int len)
{
	static const u32 addrs[] = { BYTES_US, BYTES_REQ, BYTES_HOP + 1 };
	__be32 addr;

	while (len >= 4) {
		addr = htonl(addrs[icmp4_random(state) % ARRAY_SIZE(addrs)]);
		memcpy(to, &addr, 4);
		to += 4;
		len -= 4;
	}
	while (len--)
		*to++ = icmp4_random(state);
}

/* A type that was not there yet, mostly, or no operation. */
static u8 make_type(u64 *state, unsigned int *seen)
{
	static const u8 types[] = {
		0, 1, 7, 7, 68, 68, 131, 137, 134, 148, 130, 153
	};
	u8 type = types[icmp4_random(state) % ARRAY_SIZE(types)];
	unsigned int bit = BIT(is_same(type, 131) ? 3 : type % 32);

	if (*seen & bit && icmp4_random(state) % 16)
		return 1;
	*seen |= bit;
	return type;
}

/* One option of at most @room bytes: mostly right, anything now and then. */
static unsigned int make_option(u64 *state, u8 *to, unsigned int room,
				unsigned int *seen)
{
	unsigned int len, slots;

	fill(state, to, room);
	to[0] = room < 4 ? 1 : make_type(state, seen);
	if (to[0] <= 1)
		return 1;

	slots = icmp4_random(state) % (room / 4);
	len = min(room, 4 * slots + (to[0] == 68 ? 4 : 3));
	if (icmp4_random(state) % 32 == 0)
		len = icmp4_random(state) % (room + 2);
	to[1] = len;
	to[2] = (to[0] == 68 ? 5 : 4) +
		4 * (icmp4_random(state) % (slots + 2));
	if (icmp4_random(state) % 32 == 0)
		to[2] = icmp4_random(state);
	if (to[0] == 68 && len > 3)
		to[3] = icmp4_random(state) & (icmp4_random(state) % 4 ? 0x13 : 0xff);
	return clamp(len, 1U, room);
}

static unsigned int make_options(u64 *state, u8 *to)
{
	unsigned int len = icmp4_random(state) % 41, at = 0, seen = 0;

	if (icmp4_random(state) % 4)
		len = round_up(len, 4);
	if (icmp4_random(state) % 16 == 0) {
		for (; at < len; at++)
			to[at] = icmp4_random(state);
		return len;
	}
	while (at < len)
		at += make_option(state, to + at, len - at, &seen);
	return len;
}

/* The least length and the least pointer of an option that replies carry. */
static unsigned int least(u8 type)
{
	switch (type) {
	case 7:
	case 131:
	case 137:
		return 3;
	case 68:
		return 4;
	}
	return 2;
}

static bool is_carried(u8 type)
{
	return type == 134 || least(type) > 2;
}

/* The list of where options begin; -1 if lengths do not make one. */
static int list_options(const u8 *from, int len, u8 *begins)
{
	int at, n = 0;

	for (at = 0; at < len && from[at] != 0; ) {
		if (from[at] == 1) {
			at++;
			continue;
		}
		if (at == len - 1 || from[at + 1] < 2 || at + from[at + 1] > len)
			return -1;
		begins[n++] = at;
		at += from[at + 1];
	}
	return n;
}

static bool has_twins(const u8 *from, const u8 *begins, int n)
{
	int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			if (is_carried(from[begins[i]]) &&
			    is_same(from[begins[i]], from[begins[j]]))
				return true;
	return false;
}

/* How many bytes the next entry of an option takes. */
static int entry_size(const u8 *opt)
{
	if (opt[0] == 7)
		return 4;
	if (opt[0] != 68)
		return 0;
	switch (opt[3] & 15) {
	case 0:
		return 4;
	case 1:
	case 3:
		return 8;
	}
	return 0;
}

/* RFC 791: some room at the pointer, but not enough for another entry. The
 * built-in ICMP returns half of a prespecified one as it is.
 */
static bool is_cramped(const u8 *opt)
{
	int room = opt[1] - opt[2] + 1;

	if (opt[0] == 68 && (opt[3] & 15) == 3)
		return room > 0 && room < 4;
	return room > 0 && room < entry_size(opt);
}

static bool is_malformed(const u8 *from, unsigned int len)
{
	u8 begins[40];
	const u8 *opt;
	int i, n;

	n = list_options(from, len, begins);
	if (n < 0 || has_twins(from, begins, n))
		return true;
	for (i = 0; i < n; i++) {
		opt = from + begins[i];
		if (opt[1] < least(opt[0]))
			return true;
		if (least(opt[0]) == 2)
			continue;
		if (opt[2] <= least(opt[0]) || is_cramped(opt))
			return true;
	}
	return false;
}

static void count(struct tally *tally, const struct icmp4_echo_run *run)
{
	const struct ip_options *info = &run->to->info;

	if (run->err) {
		tally->malformed++;
		return;
	}
	tally->good++;
	tally->rr += !!info->rr;
	tally->ts += !!info->ts;
	tally->srr += !!info->srr;
	tally->cipso += !!info->cipso;
	tally->full += info->optlen == 40;
}

static void options_fuzz(struct kunit *test)
{
	struct icmp4_echo_run run;
	struct tally tally = {};
	unsigned int i, len;
	u8 from[40];
	u64 state = 791;

	icmp4_echo_init(test, &run);
	for (i = 0; i < ROUNDS; i++) {
		len = make_options(&state, from);
		icmp4_echo_run(test, &run, from, len);
		KUNIT_ASSERT_EQ_MSG(test, run.err,
				    is_malformed(from, len) ? -EINVAL : 0,
				    "round %u: %*ph", i, (int)len, from);
		icmp4_echo_edge(test, &run, from, len);
		count(&tally, &run);
		if (!run.err) {
			icmp4_echo_assert_sound(test, &run, from, len);
			icmp4_echo_finish(test, &run);
			icmp4_echo_assert_sound(test, &run, from, len);
		}
		if (i % 1024 == 0)
			cond_resched();
	}
	kunit_info(test, "good %u malformed %u; rr %u ts %u srr %u cipso %u, 40 bytes %u",
		   tally.good, tally.malformed, tally.rr, tally.ts, tally.srr,
		   tally.cipso, tally.full);
	KUNIT_EXPECT_GT(test, tally.good, ROUNDS / 2);
	KUNIT_EXPECT_GT(test, tally.malformed, ROUNDS / 20);
	KUNIT_EXPECT_GT(test, tally.rr, ROUNDS / 100);
	KUNIT_EXPECT_GT(test, tally.ts, ROUNDS / 100);
	KUNIT_EXPECT_GT(test, tally.srr, ROUNDS / 100);
	KUNIT_EXPECT_GT(test, tally.cipso, ROUNDS / 100);
	KUNIT_EXPECT_GT(test, tally.full, 0);
}

static struct kunit_case options_fuzz_cases[] = {
	KUNIT_CASE(options_fuzz),
	{}
};

static struct kunit_suite options_fuzz_suite = {
	.name = "icmp4_options_fuzz",
	.init = icmp4_bytes_init,
	.exit = icmp4_bytes_exit,
	.test_cases = options_fuzz_cases,
};

kunit_test_suite(options_fuzz_suite);
