#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# What traces paths shows the same path as with the built-in ICMP.
#
#    client               near                far              server
#  +--------+  there  +-----------+       +-----------+       +--------+
#  | .1.2   |---------| .1.1      |-------|           |-------|        |
#  |        |  back   |      .3.1 |       | .3.2 .4.1 |       |  .4.2  |
#  | .2.2   |---------| .2.1      |       |           |       |        |
#  +--------+         +-----------+       +-----------+       +--------+
#                     10.0.0.0/16         MTU 1300 here -^
#
# What comes for the client goes back by the other link than it came.

# shellcheck disable=SC2317,SC2329,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}

# link NAMESPACE NAME ADDRESS NAMESPACE NAME ADDRESS
link()
{
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	ip -n "$1" address add "$3/24" dev "$2"
	ip -n "$4" address add "$6/24" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

setup()
{
	setup_ns client near far server
	link "$client" there 10.0.1.2 "$near" there 10.0.1.1
	link "$client" back 10.0.2.2 "$near" back 10.0.2.1
	link "$near" on 10.0.3.1 "$far" on 10.0.3.2
	link "$far" end 10.0.4.1 "$server" end 10.0.4.2
	ip -n "$far" link set end mtu 1300
	ip -n "$server" link set end mtu 1300
	# The client is known by an address of neither link.
	ip -n "$client" address add 10.0.0.1/32 dev lo
	ip -n "$client" route add default via 10.0.1.1 src 10.0.0.1
	ip -n "$near" route add 10.0.0.1/32 via 10.0.2.2
	ip -n "$near" route add 10.0.4.0/24 via 10.0.3.2
	ip -n "$far" route add default via 10.0.3.1
	ip -n "$server" route add default via 10.0.4.1
	for ns in "$near" "$far" "$server"; do
		ip netns exec "$ns" sysctl -q net.ipv4.icmp_ratemask=0 \
			net.ipv4.ip_forward=1
	done
}

inbound()
{
	ip netns exec "$near" sysctl -q net.ipv4.icmp_errors_use_inbound_ifaddr="$1"
}

# Paths without times, and without what was learned of the MTU so far.
trace()
{
	ip -n "$client" route flush cache
	ip netns exec "$client" timeout 60 "$@" 2>&1 |
		sed -E 's/ +[0-9.]+ ?ms//g; s/^Start:.*//; s/ +$//'
}

mtr()
{
	trace mtr -n -r -c 3 -i 0.2 "$@" 10.0.4.2 | awk '{ print $1, $2, $3, $4 }'
}

# The tools, and how many lines of what they show name a hop or a size.
traces=(
	'trace traceroute -n -q 3 -w 2 10.0.4.2'
	'trace traceroute -n -I -q 3 -w 2 10.0.4.2'
	'trace traceroute -n -T -q 3 -w 2 10.0.4.2'
	'trace traceroute -n -U -p 53 -q 2 -w 2 10.0.4.2'
	'trace traceroute -n -q 1 -w 2 10.0.4.2 1400'
	'trace traceroute -n --mtu -w 2 10.0.4.2'
	'trace tracepath -n 10.0.4.2'
	'mtr'
	'mtr -u'
	'mtr -T'
)

# shows ADDRESS TEXT: is the first hop this one, and was the end reached?
shows()
{
	grep -qF "$1" <<<"$2" && grep -qF 10.0.3.2 <<<"$2" &&
		grep -qF 10.0.4.2 <<<"$2"
}

# same INDEX: as without the module, and a path at all; by either address.
same()
{
	local value key got first=(10.0.2.1 10.0.1.1)

	for value in 0 1; do
		key=$1.$value
		inbound "$value"
		# shellcheck disable=SC2086 # words
		got=$(${traces[$1]})
		if ! shows "${first[value]}" "$got" ||
		   [ "$got" != "${known[$key]}" ]; then
			printf 'built-in:\n%s\nmodule:\n%s\n' "${known[$key]}" "$got"
			return 1
		fi
	done
}

all_sent()
{
	local ns sent

	for ns in "$near" "$far" "$server"; do
		sent=$(stat_counter "$ns" ErrSent)
		echo "errors: $sent"
		[ "$sent" -gt 10 ] || return
	done
}

mtu_found()
{
	grep -q 'F=1300' <<<"${known[5.0]}" && grep -q 'pmtu 1300' <<<"${known[6.0]}"
}

# Those who trace by ICMP hear of it through raw sockets.
all_heard()
{
	local heard

	heard=$(stat_counter "$client" RawDelivered)
	echo "messages: $heard"
	[ "$heard" -gt 20 ]
}

setup || ktap_exit_fail_msg 'the topology cannot be set up'
busywait 5000 ip netns exec "$client" ping -q -n -c 1 10.0.4.2 >/dev/null
declare -A known
for value in 0 1; do
	inbound "$value"
	for i in "${!traces[@]}"; do
		# shellcheck disable=SC2086 # words
		known[$i.$value]=$(${traces[i]})
	done
done
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
defer rmmod icmp4

ktap_print_header
ktap_set_plan $((${#traces[@]} + 3))
for i in "${!traces[@]}"; do
	ktap_test_result "${traces[i]#trace }" same "$i"
done
ktap_test_result 'the MTU of the path is found' mtu_found
ktap_test_result 'errors were the module'\''s, at every hop' all_sent
ktap_test_result 'what raw sockets heard was the module'\''s' all_heard
ktap_finished
