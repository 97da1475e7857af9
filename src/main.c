// SPDX-License-Identifier: GPL-2.0
/* Load and unload: one ladder, and its mirror. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <net/net_namespace.h>

#include "attach.h"
#include "ctl.h"
#include "net.h"
#include "route.h"
#include "stat.h"

#define ICMP4_VERSION "0.1.0"

static bool receive = true;
module_param(receive, bool, 0444);
MODULE_PARM_DESC(receive, "take over what comes in, and the replies to it (default Y)");

unsigned int icmp4_net_id __read_mostly;

static int __net_init icmp4_net_init(struct net *net)
{
	struct icmp4_net *in = icmp4_net(net);
	int err;

	in->net = net;
	err = icmp4_route_init(in);
	if (err)
		return err;
	err = icmp4_stat_init(in);
	if (err)
		icmp4_route_uninit(in);
	return err;
}

static void __net_exit icmp4_net_exit(struct net *net)
{
	struct icmp4_net *in = icmp4_net(net);

	icmp4_stat_uninit(in);
	icmp4_route_uninit(in);
}

static struct pernet_operations icmp4_net_ops = {
	.init = icmp4_net_init,
	.exit = icmp4_net_exit,
	.id = &icmp4_net_id,
	.size = sizeof(struct icmp4_net),
};

static int __init icmp4_init(void)
{
	const char *what;
	int err;

	what = "control sockets";
	err = icmp4_ctl_init();
	if (err)
		goto err_ctl;

	what = "state of the network namespaces";
	err = register_pernet_subsys(&icmp4_net_ops);
	if (err)
		goto err_net;

	what = "attach point receive";
	err = receive ? icmp4_attach_receive() : 0;
	if (err)
		goto err_receive;

	pr_info("version " ICMP4_VERSION " loaded, took over: %s\n",
		receive ? "receive" : "nothing");
	return 0;

err_receive:
	unregister_pernet_subsys(&icmp4_net_ops);
err_net:
	icmp4_ctl_uninit();
err_ctl:
	pr_err("not loaded: %s failed with error %d\n", what, err);
	return err;
}

static void __exit icmp4_exit(void)
{
	if (receive)
		icmp4_detach_receive();
	unregister_pernet_subsys(&icmp4_net_ops);
	icmp4_ctl_uninit();
	pr_info("unloaded, ICMP is the kernel's again\n");
}

module_init(icmp4_init);
module_exit(icmp4_exit);

MODULE_DESCRIPTION("IPv4 ICMP of a Linux host as one loadable module");
MODULE_AUTHOR("the icmp4 authors");
MODULE_VERSION(ICMP4_VERSION);
MODULE_LICENSE("GPL");
