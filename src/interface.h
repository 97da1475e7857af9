/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ICMP4_INTERFACE_H
#define ICMP4_INTERFACE_H

#include <linux/netdevice.h>

#include "extension.h"
#include "probe.h"

const struct net_device *icmp4_interface_received(struct net *net,
						  const struct sk_buff *skb);
struct net_device *icmp4_interface_find(struct net *net,
					const struct icmp4_probe *probe);
void icmp4_interface_describe(struct net *net, int index,
			      struct icmp4_interface *to);
u8 icmp4_interface_status(const struct net_device *dev);

#endif
