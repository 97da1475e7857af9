#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# programs: Documentation/examples/traceroute.c Documentation/examples/timestamp.c
# programs: scripts/selftests/darwin_ping.c
#
# The examples for users, and a program as there are for Darwin, run by a user
# without any rights.
#
#    client               router              server
#  +--------+           +---------+         +--------+
#  |   c0   |-----------| c1   s1 |---------|   s0   |
#  | 10.0.1.2       10.0.1.1  10.0.2.1     10.0.2.2  |
#  +--------+           +---------+         +--------+
#
# 10.0.8.0/24 is said to be unreachable, and what goes to 10.0.10.0/24 is never
# heard of again.

# shellcheck disable=SC2317,SC2329,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

programs=/icmp4/programs
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}
ms='[0-9]+\.[0-9]{3} ms'
router_line=" 1  10\\.0\\.1\\.1  $ms"
server_line=" 2  10\\.0\\.2\\.2  $ms"
reply='type 0 code 0 from 10\.0\.2\.2 ttl 63 to 10\.0\.1\.2 by c0'
error='type 3 code 1 from 10\.0\.1\.1 ttl 64 to 10\.0\.1\.2 by c0'

setup()
{
	setup_ns client router server
	ip link add c0 netns "$client" type veth peer name c1 netns "$router"
	ip link add s0 netns "$server" type veth peer name s1 netns "$router"
	ip -n "$client" -batch - <<-END
		address add 10.0.1.2/24 brd + dev c0
		link set c0 up
		route add default via 10.0.1.1
	END
	ip -n "$router" -batch - <<-END
		address add 10.0.1.1/24 brd + dev c1
		address add 10.0.2.1/24 brd + dev s1
		link set c1 up
		link set s1 up
		route add unreachable 10.0.8.0/24
		route add blackhole 10.0.10.0/24
	END
	ip -n "$server" -batch - <<-END
		address add 10.0.2.2/24 brd + dev s0
		link set s0 up
		route add default via 10.0.2.1
	END
	for ns in "$client" "$router" "$server"; do
		ip netns exec "$ns" sysctl -q net.ipv4.icmp_ratemask=0
	done
	ip netns exec "$router" sysctl -q net.ipv4.ip_forward=1
}

# as_user PROGRAM ARGUMENT...
as_user()
{
	ip netns exec "$client" timeout 60 setpriv --reuid 1000 --regid 1000 \
		--clear-groups --bounding-set -all --inh-caps -all \
		"$programs/$1" "${@:2}" 2>&1
}

knob()
{
	ip netns exec "$client" sysctl -q "net.ipv4.$1=$2"
}

# says STATUS LINES PROGRAM ARGUMENT...: this, by a regular expression for each
# line, and no more.
says()
{
	local status=$1 out rc=0

	out=$(as_user "${@:3}") || rc=$?
	echo "$out"
	echo "exit $rc"
	[ "$rc" -eq "$status" ] || return 1
	grep -zqE "^$2"$'\n*$' <<<"$out"
}

# of_linux LINES PROGRAM ARGUMENT...: in a socket of Linux's way, and not of Darwin's.
of_linux()
{
	says 0 "$1" "${@:2}" || return
	knob icmp_dgram_darwin 1
	says 1 'net\.ipv4\.icmp_dgram_darwin has to be 0' "${@:2}"
	set -- $?
	knob icmp_dgram_darwin 0
	return "$1"
}

of_darwin()
{
	says 1 'setsockopt: .*' darwin_ping 10.0.2.2 || return
	knob icmp_dgram_darwin 1
	says 0 "$reply" darwin_ping 10.0.2.2 &&
		says 0 "$error" darwin_ping 10.0.8.2
	set -- $?
	knob icmp_dgram_darwin 0
	return "$1"
}

setup || ktap_exit_fail_msg 'the topology cannot be set up'
[ -x "$programs/traceroute" ] ||
	ktap_exit_fail_msg "no $programs: scripts/guest-test.sh puts them there"
knob ping_group_range "0 1000"

ktap_print_header
ktap_set_plan 9
ktap_test_result 'built-in: traceroute sees the way' \
	says 0 "$router_line"$'\n'"$server_line" traceroute 10.0.2.2
ktap_test_result 'built-in: timestamp says what it lacks' \
	says 1 $'the kernel needs icmp4 for that\nsend: .*' timestamp 10.0.2.2
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
defer rmmod icmp4
ktap_test_result 'traceroute sees the way' \
	of_linux "$router_line"$'\n'"$server_line" traceroute 10.0.2.2
ktap_test_result 'traceroute sees an error' \
	says 1 "$router_line  !" traceroute 10.0.8.2
ktap_test_result 'traceroute sees nothing' \
	says 1 $' 1  [*]\n 2  [*]' traceroute 10.0.10.2 2
ktap_test_result 'timestamp sees the same clock' \
	of_linux '10\.0\.2\.2: [+]0 ms, round trip [0-9]+ ms' timestamp 10.0.2.2
ktap_test_result 'timestamp sees nothing' \
	says 1 'no answer: .*' timestamp 10.0.10.2
ktap_test_result "a program of Darwin's sees a reply and an error" of_darwin
knob ping_group_range "1 0"
ktap_test_result 'a group that may not' \
	says 1 'socket: Permission denied' traceroute 10.0.2.2
ktap_finished
