// SPDX-License-Identifier: GPL-2.0
/* So many messages in a second, as BSD counts them (icmplim in FreeBSD's icmp(4)):
 * a second begins with the first message after the last one has passed, and what
 * exceeds the limit until then is not sent.
 *
 * How many exactly nobody can tell from outside: the limit is off by a jitter, drawn
 * anew for each window, so that a full window is no side channel
 * (CVE-2020-25705). It is drawn from the time at which the window began, by a keyed
 * hash, and takes no room.
 */

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "window.h"

#define WINDOW_TIME_MASK	(U64_MAX >> ICMP4_WINDOW_COUNT_BITS)
/* By how much another CPU's time may be ahead, ms. */
#define WINDOW_AHEAD_MS		1000

static u64 window_start(u64 state)
{
	return state >> ICMP4_WINDOW_COUNT_BITS;
}

static unsigned int window_count(u64 state)
{
	return state & ICMP4_WINDOW_MAX;
}

static u64 window_state(u64 start, unsigned int count)
{
	return start << ICMP4_WINDOW_COUNT_BITS | count;
}

/* Where the window stands at this time: one that has passed is a new one. One that
 * another CPU has begun while this one was on its way here has not.
 */
static u64 window_now(u64 state, u64 now)
{
	u64 since = now - window_start(state) + WINDOW_AHEAD_MS;

	if ((since & WINDOW_TIME_MASK) < WINDOW_AHEAD_MS + ICMP4_WINDOW_MS)
		return state;
	return window_state(now & WINDOW_TIME_MASK, 0);
}

/* Windows that begin at the same time are off by different amounts. */
static unsigned int window_limit(const struct icmp4_window *window, u64 state,
				 const struct icmp4_window_rate *rate)
{
	s64 limit = rate->limit;
	u32 jitter = min(rate->jitter, rate->limit - 1);
	u32 range = 2 * jitter + 1, off;

	if (jitter) {
		div_u64_rem(siphash_2u64(window_start(state),
					 (unsigned long)window, rate->key),
			    range, &off);
		limit += off;
		limit -= jitter;
	}
	return clamp(limit, 1LL, (s64)ICMP4_WINDOW_MAX);
}

/**
 * icmp4_window_allows() - has the window room?
 * @window: the window
 * @now: a clock that never goes back, in ms
 * @rate: what it lets through
 *
 * Takes nothing.
 *
 * Return: true if a message may go.
 */
bool icmp4_window_allows(struct icmp4_window *window, u64 now,
			 const struct icmp4_window_rate *rate)
{
	u64 state = window_now(atomic64_read(&window->state), now);

	return window_count(state) < window_limit(window, state, rate);
}

/**
 * icmp4_window_charge() - count a message
 * @window: the window
 * @now: a clock that never goes back, in ms
 * @rate: what it lets through
 *
 * Return: false if it is full, and nothing was counted.
 */
bool icmp4_window_charge(struct icmp4_window *window, u64 now,
			 const struct icmp4_window_rate *rate)
{
	s64 old = atomic64_read(&window->state);
	u64 state;

	do {
		state = window_now(old, now);
		if (window_count(state) >= window_limit(window, state, rate))
			return false;
	} while (!atomic64_try_cmpxchg(&window->state, &old, state + 1));
	return true;
}

/**
 * icmp4_window_refund() - a message that was counted does not go
 * @window: the window
 * @now: the time at which it was charged, in ms
 *
 * Does nothing if another second has begun.
 */
void icmp4_window_refund(struct icmp4_window *window, u64 now)
{
	s64 old = atomic64_read(&window->state);
	u64 since;

	do {
		/* One that began later is another one, or may be. */
		since = (now - window_start(old)) & WINDOW_TIME_MASK;
		if (since >= ICMP4_WINDOW_MS || !window_count(old))
			return;
	} while (!atomic64_try_cmpxchg(&window->state, &old, old - 1));
}

/**
 * icmp4_window_look() - how a window stands
 * @window: the window
 * @now: the time, in ms
 * @rate: what it lets through
 * @view: filled in
 */
void icmp4_window_look(struct icmp4_window *window, u64 now,
		       const struct icmp4_window_rate *rate,
		       struct icmp4_window_view *view)
{
	u64 state = window_now(atomic64_read(&window->state), now);
	unsigned int count = window_count(state);

	view->limit = window_limit(window, state, rate);
	view->left = view->limit - min(view->limit, count);
	view->wait = (window_start(state) + ICMP4_WINDOW_MS - now) &
		     WINDOW_TIME_MASK;
}
