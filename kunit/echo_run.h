/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_KUNIT_ECHO_RUN_H
#define ICMP4_KUNIT_ECHO_RUN_H

#include <kunit/test.h>

#include "options.h"

/* Bytes on either side of the options, which nobody may write: more than an
 * option's length or pointer can reach.
 */
#define ECHO_MARGIN	256

/**
 * struct icmp4_echo_run - one echo of a request's options
 * @known: where the request's are, for icmp4_options_echo(); NULL for all
 * @to: the reply's
 * @err: what icmp4_options_echo() returned
 * @asked: how often it asked whether an address is ours
 * @about: the last address that it asked about
 * @room: holds @to and its margins
 */
struct icmp4_echo_run {
	const struct ip_options *known;
	struct icmp4_options *to;
	int err;
	unsigned int asked;
	__be32 about;
	u8 *room;
};

void icmp4_echo_init(struct kunit *test, struct icmp4_echo_run *run);
void icmp4_echo_run(struct kunit *test, struct icmp4_echo_run *run,
		    const u8 *from, unsigned int len);
void icmp4_echo_edge(struct kunit *test, struct icmp4_echo_run *run,
		     const u8 *from, unsigned int len);
void icmp4_echo_assert_sound(struct kunit *test,
			     const struct icmp4_echo_run *run,
			     const u8 *from, unsigned int len);
void icmp4_echo_finish(struct kunit *test, struct icmp4_echo_run *run);

#endif
