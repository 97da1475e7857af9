// SPDX-License-Identifier: GPL-2.0
/* Several processors in every order that matters. They are threads of which one
 * runs at a time; where it says that it is about to touch what is shared, another
 * one may go on instead. So their order is decided here alone, and all orders with a
 * few preemptions are gone through (iterative context bounding, Musuvathi and
 * Qadeer, PLDI 2007).
 */

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "orders.h"

/* More than any order takes; what takes more never ends. */
#define STEPS		400

/* Two at a time can be preempted more often in the time that there is. */
#define PREEMPTIONS	4
#define PREEMPTIONS_MANY	3

struct actor {
	struct completion turn;
	struct task_struct *task;
	bool wants_lock;
	bool done;
};

/* Who goes on at a step, of those who can. */
struct choice {
	u8 chosen;
	u8 of;
};

static struct {
	struct actor actors[ORDERS_ACTORS];
	unsigned int acting;
	void (*act)(unsigned int actor);
	struct actor *running;
	struct actor *holder;
	struct completion over;
	const char *stuck;
	bool ended;

	/* Decided up to one step, gone through up to another. */
	struct choice path[STEPS];
	unsigned int decided;
	unsigned int step;
	unsigned int preempted;
	unsigned int preemptions;
	char trace[STEPS + 1];
} orders;

static bool can_run(const struct actor *actor)
{
	return !actor->done && !(actor->wants_lock && orders.holder);
}

/* Who can go on, whoever runs now first. */
static unsigned int list_candidates(struct actor *list[ORDERS_ACTORS])
{
	unsigned int i, n = 0;

	if (orders.running && can_run(orders.running))
		list[n++] = orders.running;
	for (i = 0; i < orders.acting; i++)
		if (&orders.actors[i] != orders.running &&
		    can_run(&orders.actors[i]))
			list[n++] = &orders.actors[i];
	return n;
}

static bool all_done(void)
{
	unsigned int i;

	for (i = 0; i < orders.acting; i++)
		if (!orders.actors[i].done)
			return false;
	return true;
}

/* The next one by the order that is gone through; where nothing is decided yet,
 * whoever runs goes on. NULL at the end, good or bad.
 */
static struct actor *choose(void)
{
	struct choice *choice = &orders.path[orders.step];
	struct actor *list[ORDERS_ACTORS];
	unsigned int n = list_candidates(list);
	bool may_stay = n && list[0] == orders.running;

	if (!n || orders.step == STEPS) {
		if (n)
			orders.stuck = "never ends";
		else if (!all_done())
			orders.stuck = "deadlock";
		return NULL;
	}
	if (may_stay && orders.preempted == orders.preemptions)
		n = 1;
	if (orders.step == orders.decided) {
		*choice = (struct choice){ .of = n };
		orders.decided++;
	} else if (choice->of != n) {
		orders.stuck = "not the same when repeated";
		return NULL;
	}
	orders.preempted += may_stay && choice->chosen;
	orders.trace[orders.step++] = 'A' + (list[choice->chosen] -
					     orders.actors);
	orders.trace[orders.step] = '\0';
	return list[choice->chosen];
}

static void hand_over(struct actor *to)
{
	orders.running = to;
	complete(to ? &to->turn : &orders.over);
}

static int run_actor(void *data)
{
	struct actor *self = data;

	for (;;) {
		wait_for_completion(&self->turn);
		if (orders.ended)
			return 0;
		orders.act(self - orders.actors);
		self->done = true;
		hand_over(choose());
	}
}

/**
 * icmp4_orders_point() - what an actor is about to do may happen later
 *
 * Does not return if the order got stuck.
 */
void icmp4_orders_point(void)
{
	struct actor *self = orders.running, *next = choose();

	if (next == self)
		return;
	hand_over(next);
	wait_for_completion(&self->turn);
	if (orders.ended)
		kthread_complete_and_exit(NULL, 0);
}

/**
 * icmp4_orders_lock() - an actor takes the lock, of which there is one
 */
void icmp4_orders_lock(void)
{
	struct actor *self = orders.running;

	self->wants_lock = true;
	icmp4_orders_point();
	self->wants_lock = false;
	orders.holder = self;
}

/**
 * icmp4_orders_unlock() - an actor gives the lock back
 *
 * Return: true if somebody waits for it.
 */
bool icmp4_orders_unlock(void)
{
	unsigned int i;

	icmp4_orders_point();
	orders.holder = NULL;
	for (i = 0; i < orders.acting; i++)
		if (orders.actors[i].wants_lock)
			return true;
	return false;
}

/**
 * icmp4_orders_locked() - does the actor that runs have the lock?
 *
 * Return: true if so.
 */
bool icmp4_orders_locked(void)
{
	return orders.holder == orders.running;
}

/**
 * icmp4_orders_begin() - the first order
 * @actors: how many act, at most %ORDERS_ACTORS
 * @act: what each does, the same again in every order
 */
void icmp4_orders_begin(unsigned int actors, void (*act)(unsigned int actor))
{
	orders.acting = actors;
	orders.act = act;
	orders.preemptions = actors > 2 ? PREEMPTIONS_MANY : PREEMPTIONS;
	orders.decided = 0;
}

/**
 * icmp4_orders_run() - go through an order
 * @test: fails if it does not come to an end, with the lock given back
 */
void icmp4_orders_run(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < orders.acting; i++)
		orders.actors[i].done = false;
	orders.step = 0;
	orders.preempted = 0;
	hand_over(choose());
	wait_for_completion(&orders.over);
	KUNIT_ASSERT_TRUE_MSG(test, !orders.stuck, "%s: %s", orders.stuck,
			      orders.trace);
	KUNIT_ASSERT_TRUE_MSG(test, !orders.holder, "locked after %s",
			      orders.trace);
}

/**
 * icmp4_orders_next() - the next order
 *
 * The last decision that could have been another one is.
 *
 * Return: false if there is none.
 */
bool icmp4_orders_next(void)
{
	struct choice *choice;

	while (orders.decided) {
		choice = &orders.path[orders.decided - 1];
		if (++choice->chosen < choice->of)
			return true;
		orders.decided--;
	}
	return false;
}

/**
 * icmp4_orders_trace() - the order that was gone through
 *
 * Return: letters, one for each step: who went on.
 */
const char *icmp4_orders_trace(void)
{
	return orders.trace;
}

/**
 * icmp4_orders_init() - get the actors ready; a suite's init
 * @test: whose
 *
 * Return: 0, or an error of kthread_create().
 */
int icmp4_orders_init(struct kunit *test)
{
	struct task_struct *task;
	struct actor *actor;

	memset(&orders, 0, sizeof(orders));
	init_completion(&orders.over);
	for (actor = orders.actors; actor < orders.actors + ORDERS_ACTORS;
	     actor++) {
		init_completion(&actor->turn);
		task = kthread_create(run_actor, actor, "icmp4_actor");
		if (IS_ERR(task))
			return PTR_ERR(task);
		/* One that got stuck is gone before it is waited for. */
		actor->task = get_task_struct(task);
		wake_up_process(task);
	}
	return 0;
}

/**
 * icmp4_orders_exit() - send the actors home; a suite's exit
 * @test: whose
 */
void icmp4_orders_exit(struct kunit *test)
{
	struct actor *actor;

	orders.ended = true;
	for (actor = orders.actors; actor < orders.actors + ORDERS_ACTORS;
	     actor++) {
		if (!actor->task)
			continue;
		complete(&actor->turn);
		kthread_stop(actor->task);
		put_task_struct(actor->task);
	}
}
