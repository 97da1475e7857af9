#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest's side of the demonstration: a router between the outside (eth0)
# and a network of its own, doing what port 4444 is told until told to leave.
#
#   outside 10.4.0.1 -- 10.4.0.2 guest 10.4.1.1 -- 10.4.1.2 namespace "behind"

set -euo pipefail

ip addr add 10.4.0.2/24 dev eth0
ip link set eth0 up

ip netns add behind
ip link add to-behind type veth peer name eth0 netns behind
ip addr add 10.4.1.1/24 dev to-behind
ip link set to-behind up
ip -n behind addr add 10.4.1.2/24 dev eth0
ip -n behind link set eth0 up
ip -n behind route add default via 10.4.1.1
sysctl -qw net.ipv4.ip_forward=1

mkfifo /run/leave
busybox nc -ll -p 4444 -e bash &
echo ready
read -r _ </run/leave
