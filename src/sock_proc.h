/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_SOCK_PROC_H
#define ICMP4_SOCK_PROC_H

#include <linux/proc_fs.h>
#include <net/net_namespace.h>

int icmp4_sock_proc_init(struct net *net, struct proc_dir_entry *dir);

#endif
