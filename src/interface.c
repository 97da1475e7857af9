// SPDX-License-Identifier: GPL-2.0
/* Interfaces: the one that a message came by, the one that a PROBE asks about, the one
 * that an error tells of.
 */

#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ip.h>

#include "interface.h"

#if IS_REACHABLE(CONFIG_IPV6)
static struct net_device *icmp4_interface_ipv6(struct net *net,
					       const struct in6_addr *addr)
{
	/* With ipv6.disable=1 the tables that a look-up walks do not exist. */
	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);
	return ipv6_dev_find(net, addr, NULL);
}

static bool icmp4_interface_has_ipv6(const struct net_device *dev)
{
	const struct inet6_dev *in6_dev = __in6_dev_get(dev);

	return in6_dev && !list_empty(&in6_dev->addr_list);
}
#else
static struct net_device *icmp4_interface_ipv6(struct net *net,
					       const struct in6_addr *addr)
{
	return ERR_PTR(-EAFNOSUPPORT);
}

static bool icmp4_interface_has_ipv6(const struct net_device *dev)
{
	return false;
}
#endif

/**
 * icmp4_interface_received() - the interface that a message came by
 * @net: the namespace it came to
 * @skb: the message
 *
 * Return: the interface; below a VRF master the enslaved one, and not skb->dev.
 * Context: RCU read side, for as long as the interface is used.
 */
const struct net_device *icmp4_interface_received(struct net *net,
						  const struct sk_buff *skb)
{
	return dev_get_by_index_rcu(net, inet_sdif(skb)) ?: skb->dev;
}

/**
 * icmp4_interface_find() - find the interface that a query names
 * @net: the namespace to look in
 * @probe: a well-formed query
 *
 * Return: the interface; NULL if there is none; ERR_PTR(-EAFNOSUPPORT) if that
 *	cannot be told, because the query is by IPv6 address and IPv6 is off.
 * Context: RCU read side, for as long as the interface is used.
 */
struct net_device *icmp4_interface_find(struct net *net,
					const struct icmp4_probe *probe)
{
	switch (probe->by) {
	case ICMP4_PROBE_NAME:
		return dev_get_by_name_rcu(net, probe->name);
	case ICMP4_PROBE_INDEX:
		return dev_get_by_index_rcu(net, probe->index);
	case ICMP4_PROBE_IPV4:
		return __ip_dev_find(net, probe->ipv4, false);
	case ICMP4_PROBE_IPV6:
		return icmp4_interface_ipv6(net, &probe->ipv6);
	case ICMP4_PROBE_MALFORMED:
		break;
	}
	return NULL;
}

/**
 * icmp4_interface_status() - the state of an interface as PROBE reports it
 * @dev: the interface
 *
 * Return: ICMP_EXT_ECHOREPLY_* bits (RFC 8335 3: active, IPv4, IPv6).
 * Context: RCU read side.
 */
u8 icmp4_interface_status(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	u8 status = 0;

	if (dev->flags & IFF_UP)
		status |= ICMP_EXT_ECHOREPLY_ACTIVE;
	if (in_dev && rcu_access_pointer(in_dev->ifa_list))
		status |= ICMP_EXT_ECHOREPLY_IPV4;
	if (icmp4_interface_has_ipv6(dev))
		status |= ICMP_EXT_ECHOREPLY_IPV6;
	return status;
}

/* Which address is up to us (RFC 5837 4.2): the first that is meant for the
 * world.
 */
static __be32 icmp4_interface_addr(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev)
		if (!(READ_ONCE(ifa->ifa_flags) & IFA_F_SECONDARY) &&
		    ifa->ifa_scope == RT_SCOPE_UNIVERSE &&
		    !ipv4_is_multicast(ifa->ifa_address))
			return ifa->ifa_address;
	return 0;
}

/**
 * icmp4_interface_describe() - what an error tells of an interface
 * @net: the namespace it is in
 * @index: its index
 * @to: filled in; of one that has gone, the index alone
 *
 * Context: RCU read side.
 */
void icmp4_interface_describe(struct net *net, int index,
			      struct icmp4_interface *to)
{
	const struct net_device *dev = dev_get_by_index_rcu(net, index);

	memset(to, 0, sizeof(*to));
	to->index = index;
	if (!dev)
		return;
	to->known = true;
	to->addr = icmp4_interface_addr(dev);
	to->mtu = READ_ONCE(dev->mtu);
	/* A renaming may be under way: at worst the name is of both. */
	strscpy_pad(to->name, dev->name, sizeof(to->name));
}
