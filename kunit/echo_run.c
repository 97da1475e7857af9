// SPDX-License-Identifier: GPL-2.0
/* Options echoed and what must hold of every result, whatever the request: for
 * vectors that say more, and for random bytes about which nothing else is known.
 */

#include <linux/kernel.h>
#include <linux/string.h>

#include "bytes.h"
#include "echo_run.h"

#define ROOM		(ECHO_MARGIN + sizeof(struct icmp4_options) + ECHO_MARGIN)
#define MARGIN_BYTE	0xa5

static bool is_ours(const void *ctx, __be32 addr)
{
	struct icmp4_echo_run *run = (struct icmp4_echo_run *)ctx;

	run->asked++;
	run->about = addr;
	return addr == htonl(BYTES_US);
}

/**
 * icmp4_echo_init() - get room for echoes
 * @test: what it lives as long as
 * @run: filled in
 */
void icmp4_echo_init(struct kunit *test, struct icmp4_echo_run *run)
{
	memset(run, 0, sizeof(*run));
	run->room = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, run->room);
	run->to = (struct icmp4_options *)(run->room + ECHO_MARGIN);
}

static void echo(struct icmp4_echo_run *run, const u8 *from, unsigned int len)
{
	run->asked = 0;
	memset(run->room, MARGIN_BYTE, ROOM);
	run->err = icmp4_options_echo(run->to, from, len, run->known,
				      htonl(BYTES_REQ), is_ours, run);
}

static void assert_margins(struct kunit *test, const struct icmp4_echo_run *run)
{
	const u8 *after = run->room + ROOM - ECHO_MARGIN;

	KUNIT_ASSERT_TRUE(test, !memchr_inv(run->room, MARGIN_BYTE,
					    ECHO_MARGIN));
	KUNIT_ASSERT_TRUE(test, !memchr_inv(after, MARGIN_BYTE, ECHO_MARGIN));
}

/**
 * icmp4_echo_run() - echo a request's options between different guards
 * @test: fails if anything but the reply's is written, or the guards have a say
 * @run: from icmp4_echo_init(); filled in
 * @from: the request's options
 * @len: their length in bytes, at most 40
 */
void icmp4_echo_run(struct kunit *test, struct icmp4_echo_run *run,
		    const u8 *from, unsigned int len)
{
	struct icmp4_guarded guarded;
	struct icmp4_options first;
	unsigned int asked;
	bool same;
	int err;

	echo(run, icmp4_guard(&guarded, from, len, 0), len);
	memcpy(&first, run->to, sizeof(first));
	asked = run->asked;
	err = run->err;

	echo(run, icmp4_guard(&guarded, from, len, 1), len);
	same = run->err == err && run->asked == asked &&
	       (err || !memcmp(run->to, &first, sizeof(first)));
	KUNIT_ASSERT_TRUE_MSG(test, same, "read past the end of %*ph",
			      (int)len, from);
	KUNIT_ASSERT_TRUE_MSG(test, icmp4_guard_intact(&guarded, from),
			      "wrote to %*ph", (int)len, from);
	assert_margins(test, run);
}

/**
 * icmp4_echo_edge() - echo a request's options at the edge
 * @test: from icmp4_bytes_init(); does not come back if they are read beyond it
 * @run: from icmp4_echo_run() of the same, which came out right
 * @from: the request's options
 * @len: their length in bytes, at most 40
 */
void icmp4_echo_edge(struct kunit *test, struct icmp4_echo_run *run,
		     const u8 *from, unsigned int len)
{
	int err = run->err;

	echo(run, icmp4_edge(test, from, len), len);
	KUNIT_ASSERT_EQ(test, run->err, err);
}

/* Where the options that a reply may have are, in the order they come. */
struct places {
	u8 rr;
	u8 ts;
	u8 srr;
	u8 cipso;
	bool strict;
};

static u8 *place_of(struct places *places, u8 type)
{
	switch (type) {
	case 7:
		return &places->rr;
	case 68:
		return &places->ts;
	case 131:
		return &places->srr;
	case 137:
		places->strict = true;
		return &places->srr;
	case 134:
		return &places->cipso;
	}
	return NULL;
}

/* False unless the bytes are such options, each once, and then padding. */
static bool find_places(struct places *places, const u8 *data, unsigned int len)
{
	unsigned int at = 0;
	u8 *place, *last = NULL;

	memset(places, 0, sizeof(*places));
	while (at < len && data[at]) {
		place = place_of(places, data[at]);
		if (!place || *place || (last && place < last))
			return false;
		if (len - at < 2 || data[at + 1] < 2 || data[at + 1] > len - at)
			return false;
		*place = 20 + at;
		last = place;
		at += data[at + 1];
	}
	return len - at < 4 && !memchr_inv(data + at, 0, len - at);
}

/**
 * icmp4_echo_assert_sound() - assert of a reply's options what holds of all
 * @test: fails if it does not
 * @run: from icmp4_echo_run(), without an error
 * @from: the request's options
 * @len: their length in bytes
 *
 * RFC 791: padded to a multiple of 32 bits. RFC 1122 3.2.2.6: of the request's
 * options, hence no longer than they are. What the output path is told of them
 * is what they are.
 */
void icmp4_echo_assert_sound(struct kunit *test,
			     const struct icmp4_echo_run *run,
			     const u8 *from, unsigned int len)
{
	const struct ip_options *info = &run->to->info;
	const u8 *data = run->to->data;
	struct places at = {};
	bool sound;

	sound = info->optlen % 4 == 0 && info->optlen <= round_up(len, 4) &&
		info->optlen <= 40 &&
		!memchr_inv(data + info->optlen, 0, 40 - info->optlen) &&
		find_places(&at, data, info->optlen) &&
		info->rr == at.rr && info->ts == at.ts &&
		info->srr == at.srr && info->cipso == at.cipso &&
		info->is_strictroute == at.strict &&
		(info->srr || !info->faddr) &&
		(info->rr || !info->rr_needaddr) &&
		(info->ts || !info->ts_needaddr) &&
		(info->ts || !info->ts_needtime);
	KUNIT_ASSERT_TRUE_MSG(test, sound, "%*ph became %*ph", (int)len, from,
			      40, data);
}

/**
 * icmp4_echo_finish() - fill in the route's part of a reply's options
 * @test: fails if anything but the options themselves is written
 * @run: from icmp4_echo_run(), without an error
 */
void icmp4_echo_finish(struct kunit *test, struct icmp4_echo_run *run)
{
	struct icmp4_options before;
	unsigned int len;

	memcpy(&before, run->to, sizeof(before));
	len = before.info.optlen;
	icmp4_options_finish(run->to, htonl(BYTES_US), htonl(BYTES_DST),
			     htonl(BYTES_NOW));
	assert_margins(test, run);
	KUNIT_ASSERT_EQ(test, memcmp(&run->to->info, &before.info,
				     sizeof(before.info)), 0);
	KUNIT_ASSERT_EQ(test, memcmp(run->to->data + len, before.data + len,
				     sizeof(before.data) - len), 0);
}
