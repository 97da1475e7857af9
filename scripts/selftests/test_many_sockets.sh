#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# programs: scripts/selftests/many_sockets.c
# timeout: 240
#
# A hundred thousand sockets of each kind open and close, on two processors at once.

# shellcheck disable=SC2317,SC2329,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

programs=/icmp4/programs
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}
number=100000

# many RAW WAY
many()
{
	local pids=() pid rc=0 processor

	ip netns exec "$host" sysctl -q net.ipv4.icmp_dgram_darwin="$2"
	for processor in 0 1; do
		ip netns exec "$host" "$programs/many_sockets" "$processor" \
			$((number / 2)) "$1" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || rc=1
	done
	# Only the heads of the lists are left.
	[ "$(ip netns exec "$host" cat /proc/net/icmp4/raw /proc/net/icmp4/dgram |
		wc -l)" -eq 2 ] && [ "$(lsmod | awk '/^icmp4 / { print $3 }')" -eq 0 ] &&
		return "$rc"
}

setup_ns host || ktap_exit_fail_msg 'no namespace'
ip -n "$host" link set lo up
ip netns exec "$host" sysctl -q net.ipv4.ping_group_range='0 2147483647'
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'

ktap_print_header
ktap_set_plan 4
ktap_test_result "$number datagram sockets" many 0 0
ktap_test_result "$number datagram sockets of Darwin's way" many 0 1
ktap_test_result "$number raw sockets" many 1 0
ktap_test_result 'unloaded at once' rmmod icmp4
ktap_finished
