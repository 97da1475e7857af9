// SPDX-License-Identifier: GPL-2.0
/* Load and unload: one ladder, and its mirror. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/stringify.h>
#include <net/net_namespace.h>

#include "attach.h"
#include "ctl.h"
#include "dgram.h"
#include "limit.h"
#include "net.h"
#include "route.h"
#include "stat.h"
#include "sysctl.h"
#include "trace.h"

#define ICMP4_VERSION "0.2.0"

static bool receive = true;
module_param(receive, bool, 0444);
MODULE_PARM_DESC(receive, "take over what comes in, and the replies to it (default Y)");

static bool errors = true;
module_param(errors, bool, 0444);
MODULE_PARM_DESC(errors, "take over the errors this host originates (default Y)");

static bool raw = true;
module_param(raw, bool, 0444);
MODULE_PARM_DESC(raw, "take over raw ICMP sockets opened from now on; not without receive (default Y)");

static bool dgram = true;
module_param(dgram, bool, 0444);
MODULE_PARM_DESC(dgram, "take over datagram (ping) sockets opened from now on; not without receive (default Y)");

/**
 * struct icmp4_point - a place where the kernel meets the module
 * @name: of the module parameter, and of what is taken over
 * @wanted: the parameter
 * @attach: take it over; 0 or a negative errno with nothing left behind
 * @detach: give it back; afterwards only those come this way who are in it already
 * @tasks: these may be tasks, which do not sleep there
 * @hint: what to look at when it cannot be taken
 */
struct icmp4_point {
	const char *name;
	const bool *wanted;
	int (*attach)(void);
	void (*detach)(void);
	bool tasks;
	const char *hint;
};

static const struct icmp4_point icmp4_points[] = {
	{
		.name = "receive",
		.wanted = &receive,
		.attach = icmp4_attach_receive,
		.detach = icmp4_detach_receive,
		.hint = "is another module taking it at the same time?",
	}, {
		.name = "errors",
		.wanted = &errors,
		.attach = icmp4_attach_errors,
		.detach = icmp4_detach_errors,
		.tasks = true,
		.hint = "a live patch, kernel.ftrace_enabled=0, no ftrace? errors=0 does without",
	}, {
		.name = "raw",
		.wanted = &raw,
		.attach = icmp4_attach_raw,
		.detach = icmp4_detach_raw,
		.tasks = true,
		.hint = "is another module taking it at the same time?",
	}, {
		.name = "dgram",
		.wanted = &dgram,
		.attach = icmp4_attach_dgram,
		.detach = icmp4_detach_dgram,
		.tasks = true,
		.hint = "is another module taking it at the same time?",
	},
};

unsigned int icmp4_net_id __read_mostly;

static int __net_init icmp4_net_init(struct net *net)
{
	struct icmp4_net *in = icmp4_net(net);
	int err;

	in->net = net;
	spin_lock_init(&in->dgrams_lock);
	icmp4_dgram_id_init(in);
	err = icmp4_limit_net_init(in);
	if (err)
		return err;
	err = icmp4_route_init(in);
	if (err)
		goto err_route;
	err = icmp4_sysctl_init(in);
	if (err)
		goto err_sysctl;
	/* Who reads /proc reads all the others. */
	err = icmp4_stat_init(in);
	if (err)
		goto err_stat;
	return 0;

err_stat:
	icmp4_sysctl_uninit(in);
err_sysctl:
	icmp4_route_uninit(in);
err_route:
	icmp4_limit_net_uninit(in);
	return err;
}

static void __net_exit icmp4_net_exit(struct net *net)
{
	struct icmp4_net *in = icmp4_net(net);

	icmp4_stat_uninit(in);
	icmp4_sysctl_uninit(in);
	icmp4_route_uninit(in);
	icmp4_limit_net_uninit(in);
	icmp4_dgram_id_uninit(in);
}

static struct pernet_operations icmp4_net_ops = {
	.init = icmp4_net_init,
	.exit = icmp4_net_exit,
	.id = &icmp4_net_id,
	.size = sizeof(struct icmp4_net),
};

/* Give back the first of them, last first, and wait for who is in them: for tasks until
 * each has slept, which takes a second, so that is done once; for softirqs.
 */
static void icmp4_detach(unsigned int number)
{
	bool tasks = false;

	while (number--) {
		if (!*icmp4_points[number].wanted)
			continue;
		icmp4_points[number].detach();
		tasks |= icmp4_points[number].tasks;
	}
	if (tasks)
		synchronize_rcu_tasks();
	synchronize_net();
}

/* Without TASKS_RCU a preemptible kernel does not say when tasks have left. */
#define TASKS_LEAVE \
	(!IS_ENABLED(CONFIG_PREEMPTION) || IS_ENABLED(CONFIG_TASKS_RCU))

/* Take over what is wanted, or nothing. */
static int icmp4_attach(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(icmp4_points); i++) {
		if (!*icmp4_points[i].wanted)
			continue;
		err = -EOPNOTSUPP;
		if (TASKS_LEAVE || !icmp4_points[i].tasks)
			err = icmp4_points[i].attach();
		if (err) {
			pr_err("not loaded: attach point %s failed with error %d: %s\n",
			       icmp4_points[i].name, err,
			       TASKS_LEAVE ? icmp4_points[i].hint :
			       "this kernel lacks CONFIG_TASKS_RCU: errors=0 raw=0 dgram=0 does without");
			icmp4_detach(i);
			return err;
		}
	}
	return 0;
}

static void icmp4_say_loaded(void)
{
	size_t room = icmp4_limit_size() * sizeof(struct icmp4_bucket);
	char text[40] = "nothing";
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(icmp4_points); i++)
		if (*icmp4_points[i].wanted)
			len += scnprintf(text + len, sizeof(text) - len,
					 "%s%s", len ? ", " : "",
					 icmp4_points[i].name);
	pr_info("version " ICMP4_VERSION " loaded, took over: %s; limits: %u buckets, %zu KiB\n",
		text, icmp4_limit_size(), DIV_ROUND_UP(room, 1024));
}

static int __init icmp4_init(void)
{
	const char *what;
	int err;

	what = "limit_buckets (a multiple of " __stringify(ICMP4_BUCKET_WAYS)
	       " up to " __stringify(ICMP4_LIMIT_BUCKETS_MAX) ")";
	err = icmp4_limit_init();
	if (err)
		goto err_limit;

	what = "control sockets";
	err = icmp4_ctl_init();
	if (err)
		goto err_ctl;

	what = "state of the network namespaces";
	err = register_pernet_subsys(&icmp4_net_ops);
	if (err)
		goto err_net;

	icmp4_trace_init();
	raw = raw && receive;
	dgram = dgram && receive;

	/* What fails says so itself. */
	what = NULL;
	err = icmp4_attach();
	if (err)
		goto err_attach;

	icmp4_say_loaded();
	return 0;

err_attach:
	unregister_pernet_subsys(&icmp4_net_ops);
err_net:
	icmp4_ctl_uninit();
err_ctl:
	icmp4_limit_uninit();
err_limit:
	if (what)
		pr_err("not loaded: %s failed with error %d\n", what, err);
	return err;
}

static void __exit icmp4_exit(void)
{
	icmp4_detach(ARRAY_SIZE(icmp4_points));
	unregister_pernet_subsys(&icmp4_net_ops);
	icmp4_ctl_uninit();
	icmp4_limit_uninit();
	pr_info("unloaded, ICMP is the kernel's again\n");
}

module_init(icmp4_init);
module_exit(icmp4_exit);

MODULE_DESCRIPTION("IPv4 ICMP of a Linux host as one loadable module");
MODULE_AUTHOR("the icmp4 authors");
MODULE_VERSION(ICMP4_VERSION);
MODULE_LICENSE("GPL");
