#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# Programs with raw sockets say the same as with the built-in ICMP, and it is the
# module that they heard it from.
#
#    client               router              server
#  +--------+           +---------+         +--------+
#  |   c0   |-----------| c1   s1 |---------|   s0   |
#  | 10.0.1.2       10.0.1.1  10.0.2.1     10.0.2.2  |
#  +--------+           +---------+         +--------+
#                           MTU 1400 here -^
#
# 10.0.7.0/24 is behind 10.0.1.3, which the router would have the client ask, and
# which is not there. 10.0.8.0/24 is said to be unreachable, 10.0.9.0/24 forbidden,
# and what goes to 10.0.10.0/24 is never heard of again.

# shellcheck disable=SC2317,SC2329,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}

in_client()
{
	ip netns exec "$client" timeout 60 "$@"
}

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
		link set s1 mtu 1400 up
		neighbour add 10.0.1.3 lladdr 02:00:00:00:00:03 dev c1
		route add 10.0.7.0/24 via 10.0.1.3
		route add 10.0.8.0/23 via 10.0.2.2
		route add blackhole 10.0.10.0/24
	END
	# Not by routes, which allow themselves an error a second.
	ip netns exec "$router" nft -f - <<-END
		table ip refuse {
			chain refuse {
				type filter hook forward priority 0
				ip daddr 10.0.8.0/24 reject with icmp type host-unreachable
				ip daddr 10.0.9.0/24 reject with icmp type admin-prohibited
			}
		}
	END
	ip -n "$server" -batch - <<-END
		address add 10.0.2.2/24 brd + dev s0
		link set s0 mtu 1400 up
		route add default via 10.0.2.1
	END
	for ns in "$client" "$router" "$server"; do
		ip netns exec "$ns" sysctl -q net.ipv4.icmp_ratemask=0
	done
	ip netns exec "$router" sysctl -q net.ipv4.ip_forward=1
}

# What is different each time: times, and what is drawn by lot.
normalise()
{
	sed -E '/^Warning: .* giving up on port/d
		s/^(rtt|round-trip) .*/rtt/
		s/, time [0-9]+ms$/, time T/
		s/(time=|rtt=|  )[0-9.]+ ms/\1T/g
		s/, [0-9.]+ ms \([0-9.]+ avg/, T (T avg/
		s/(min\/avg\/max =) .*/\1 T/
		s/^\[[0-9]+\.[0-9]+\]/[T]/
		s/\t-?[0-9]+( absolute)?$/\tT\1/
		s/ id=[0-9]+ / id=N /
		s/(Originate|Receive|Transmit|tsrtt)=[0-9]+/\1=T/g
		s/^(Starting Nmap).*/\1/
		s/ \([0-9.]+s latency\)//
		s/ scanned in [0-9.]+ seconds//'
}

# Its columns of times go.
mtr()
{
	in_client mtr -n -r -G 1 "$@" | awk '!/^Start/ { print $1, $2, $3, $4 }'
}

# Who of them answers first is left to chance.
fping()
{
	in_client fping -t 2000 "$@" 2>&1 | sort
}

# Two at a time, who see each other's replies.
two_pings()
{
	in_client ping -n -c 3 -i 0.2 -e 11 -p 11 "$1" >"$work/other" &
	in_client ping -n -c 3 -i 0.2 -e 22 -p 22 "$1"
	wait $!
	cat "$work/other"
}

# A sniffer, and what it sees of a ping.
sniffed_ping()
{
	local pid

	ip netns exec "$client" tcpdump -Z root -n -t -c 6 -i c0 icmp \
		>"$work/seen" 2>"$work/log" &
	pid=$!
	busywait 30000 grep -q 'listening on' "$work/log" || return
	in_client ping -n -q -c 3 -i 0.2 -e 33 "$1"
	busywait 10000 ended "$pid" || kill "$pid"
	cat "$work/seen"
}

ended()
{
	! kill -0 "$1" 2>/dev/null
}

# The server's program sees what the client sends, but for these types.
filtered()
{
	local pid

	ip netns exec "$server" timeout 60 "$here/raw_filter.py" listen "$@" \
		>"$work/heard" 2>&1 &
	pid=$!
	busywait 30000 grep -q ready "$work/heard" || return
	in_client "$here/raw_filter.py" send 10.0.2.2
	wait "$pid"
	cat "$work/heard"
}

# How many messages the module has for raw sockets of all three, a + behind
# it if they may be more; what the program has to say at the least; the program.
# Those who hear of errors by IP_RECVERR do not want them twice: ping hides them as
# soon as it has had one that way, traceroute connects its socket to the end of the
# path.
cases=(
	'3 | 3 received | ping -n -c 3 -i 0.2 10.0.2.2'
	'3 | 3 received | ping -n -c 3 -i 0.2 -s 1000 -p a5c3 10.0.2.2'
	'1 | 65515 bytes from | ping -n -c 1 -s 65507 10.0.2.2'
	'3 | 3 received | ping -n -c 3 -i 0.01 -q -I c0 10.0.2.2'
	'3 | from 10.0.1.2 | ping -n -c 3 -i 0.01 -I 10.0.1.2 10.0.2.2'
	'2 | ^\[T\] | ping -n -c 2 -i 0.2 -D 10.0.2.2'
	'2 | 2 received | ping -n -c 2 -i 0.2 127.0.0.1'
	'1 | RR: | ping -n -c 1 -R 10.0.2.2'
	'1 | TS: | ping -n -c 1 -T tsonly 10.0.2.2'
	'1 | TS: | ping -n -c 1 -T tsandaddr 10.0.2.2'
	'1 | TS: | ping -n -c 1 -T tsprespec 10.0.2.2 10.0.2.2'
	'1 | [+]3 errors | ping -n -c 3 -i 0.2 -t 1 10.0.2.2'
	'3 | 3 received | ping -n -c 3 -i 0.2 -t 2 10.0.2.2'
	'1 | mtu = 1400 | ping -n -c 3 -i 0.5 -M do -s 1472 10.0.2.2'
	'3 | 2 received | ping -n -c 3 -i 0.5 -M want -s 1472 10.0.2.2'
	'3 | 3 received | ping -n -c 3 -i 0.2 -M dont -s 1472 10.0.2.2'
	'1 | Redirect Host | ping -n -c 1 -W 1 10.0.7.2'
	'1 | Host Unreachable | ping -n -c 1 10.0.8.2'
	'1 | Packet filtered | ping -n -c 1 10.0.9.2'
	'0 | no answer yet | ping -n -c 2 -i 0.2 -W 0.5 -O 10.0.10.2'
	'6+ | 3 received | two_pings 10.0.2.2'
	'3 | echo reply | sniffed_ping 10.0.2.2'
	'1 | 2  10.0.2.2 | traceroute -n -I -q 1 -N 1 -i c0 10.0.2.2'
	'3 | F=1400 | traceroute -n -I --mtu 10.0.2.2'
	'0 | 2  10.0.2.2 | traceroute -n -U -q 1 -N 1 10.0.2.2'
	'4+ | 10.0.2.2 0.0% | mtr -c 2 -i 0.5 -s 500 10.0.2.2'
	'4+ | 10.0.2.2 0.0% | mtr -c 2 -i 0.5 -I c0 -B 165 10.0.2.2'
	'6 | 3/3/0% | fping -c 3 -p 200 10.0.1.1 10.0.2.2'
	'2 | 10.0.2.2 is alive | fping -g 10.0.2.1 10.0.2.2'
	'2 | 10.0.8.2 is unreach | fping -r 0 10.0.2.2 10.0.8.2 10.0.10.2'
	'1 | 1/0/100% | fping -c 1 -H 1 10.0.2.2'
	'1 | 1/1/0% | fping -c 1 -M -b 1372 10.0.2.2'
	'0 | 3 packets rec | hping3 -n --icmp -c 3 -i u200000 -I c0 10.0.2.2'
	'0 | ^len=1028 | hping3 -n --icmp -c 1 -d 1000 -I c0 10.0.2.2'
	'0 | Originate=T | hping3 -n --icmp-ts -c 1 -I c0 10.0.2.2'
	'0 | Receive=T | hping3 -n --icmp --icmptype 13 -c 1 -I c0 10.0.2.2'
	'0 | 100% packet loss | hping3 -n --icmp-addr -c 1 -I c0 10.0.2.2'
	'0 | 100% packet loss | hping3 -n --icmp --icmptype 17 -c 1 -I c0 10.0.2.2'
	'0 | TTL 0 during transit | hping3 -n --icmp -t 1 -c 1 -I c0 10.0.2.2'
	'0 | Host is up | nmap -n -sn -PE 10.0.2.2'
	'0 | Host is up | nmap -n -sn -PP 10.0.2.2'
	'0 | Host seems down | nmap -n -sn -PM --max-retries 1 10.0.2.2'
	'0 | ^132 +closed | nmap -n -Pn -sO -p 1,2,6,17,132,253 --max-retries 1
		10.0.2.2'
	'47 | ready, hides 0x00000000 | filtered'
	'42 | ready, hides 0x80002109 | filtered 0 3 8 13 31'
	'15 | ready, hides 0xffffffff | filtered 0-31'
)

# case_of INDEX: sets number, pattern and command.
case_of()
{
	IFS='|' read -r -d '' number pattern command <<<"${cases[$1]}"
	number=${number// /}
	pattern=${pattern# }
	pattern=${pattern% }
	read -r -d '' -a command <<<"$command"
}

# said INDEX: what it says to the client, and its status.
said()
{
	local number pattern command run=()

	case_of "$1"
	declare -F "${command[0]}" >/dev/null || run=(in_client)
	ip -n "$client" route flush cache
	${run[@]+"${run[@]}"} "${command[@]}" 2>&1 | normalise
	echo "exit ${PIPESTATUS[0]}"
}

# total NAME: the module's counter in all three.
total()
{
	local ns sum=0

	for ns in "$client" "$router" "$server"; do
		sum=$((sum + $(stat_counter "$ns" "$1")))
	done
	echo "$sum"
}

# same INDEX: the same as without the module, which has delivered the messages.
same()
{
	local number pattern command got before count

	before=$(total RawDelivered)
	got=$(said "$1")
	count=$(($(total RawDelivered) - before))
	case_of "$1"
	if [ "$got" != "${known[$1]}" ] || ! grep -qE -- "$pattern" <<<"$got"; then
		printf 'built-in:\n%s\nmodule:\n%s\n' "${known[$1]}" "$got"
		return 1
	fi
	[ "$count" -eq "${number%+}" ] ||
		[[ $number == *+ && $count -gt ${number%+} ]] || {
		echo "the module delivered $count, not $number"
		return 1
	}
}

# What sockets did not get: what they hid by type (the programs of the suite 5 and 32,
# ping more), what ping's BPF keeps from the other one, and no more.
kept_back()
{
	local name rc=0

	for name in Filtered Refused Full NoMemory Policy; do
		echo "Raw$name: $(total "Raw$name")"
	done
	[ "$(total RawFiltered)" -gt 37 ] && [ "$(total RawRefused)" -gt 0 ] || rc=1
	for name in Full NoMemory Policy; do
		[ "$(total "Raw$name")" -eq 0 ] || rc=1
	done
	return "$rc"
}

# What the module says of the client's raw sockets.
sockets()
{
	in_client sed 1d /proc/net/icmp4/raw
}

has_sockets()
{
	[ "$(sockets | wc -l)" -eq "$1" ]
}

# held HIDDEN COMMAND...: the module cannot go while it runs, but then. It has one
# raw socket, which does not see these types, and which the kernel shows as well.
held()
{
	local hidden=$1 pid out rc=0

	shift
	ip netns exec "$client" timeout 60 "$@" >/dev/null 2>&1 &
	pid=$!
	busywait 30000 hides "$hidden" || {
		echo 'the socket:'
		sockets
		rc=1
	}
	out=$(in_client ss -n -a -w)
	if [ "$(in_client grep -c ': [0-9A-F]*:0001 ' /proc/net/raw)" -ne 1 ] ||
	   [ "$(grep -c '[0-9]:1 ' <<<"$out")" -ne 1 ]; then
		in_client cat /proc/net/raw
		echo "$out"
		rc=1
	fi
	out=$(rmmod icmp4 2>&1) && rc=1
	grep -q 'in use' <<<"$out" || rc=1
	echo "rmmod: $out"
	kill "$pid"
	wait "$pid"
	busywait 10000 unused && has_sockets 0 || rc=1
	cycle && return "$rc"
}

unused()
{
	[ "$(</sys/module/icmp4/refcnt)" -eq 0 ]
}

# hides TYPES: the one socket that there is.
hides()
{
	[ "$(sockets | awk '{ print $NF }')" = "$1" ]
}

# The module goes and comes again.
cycle()
{
	rmmod icmp4 && insmod "$icmp4_ko"
}

has_packet_socket()
{
	in_client grep -q '^[0-9a-f]' /proc/net/packet
}

# goes_on PATTERN COMMAND...: one that has no raw socket for ICMP does not hold the
# module, and does not mind.
goes_on()
{
	local pattern=$1 pid rc=0

	shift
	in_client "$@" >"$work/said" 2>&1 &
	pid=$!
	busywait 30000 has_packet_socket &&
		has_sockets 0 && cycle && cycle && ! ended "$pid" || rc=1
	wait "$pid"
	cat "$work/said"
	grep -qE -- "$pattern" "$work/said" && return "$rc"
}

sniffer_goes_on()
{
	local pid rc=0

	in_client tcpdump -Z root -n -t -c 12 -i c0 icmp >"$work/said" 2>&1 &
	pid=$!
	busywait 10000 grep -q 'listening on' "$work/said" || rc=1
	in_client ping -n -q -c 3 -i 0.2 10.0.2.2
	has_sockets 0 && cycle && ! ended "$pid" || rc=1
	in_client ping -n -q -c 3 -i 0.2 10.0.2.2
	wait "$pid"
	cat "$work/said"
	[ "$(grep -c 'echo request' "$work/said")" -eq 6 ] &&
		[ "$(grep -c 'echo reply' "$work/said")" -eq 6 ] && return "$rc"
}

started()
{
	grep -q 'icmp_seq=' "$work/said"
}

# The kernel delivers to sockets that were there before the module, once each.
from_before()
{
	local pid before rc=0

	rmmod icmp4
	in_client ping -n -c 30 -i 0.1 10.0.2.2 >"$work/said" 2>&1 &
	pid=$!
	busywait 10000 started || rc=1
	insmod "$icmp4_ko" || return
	before=$(total RawDelivered)
	has_sockets 0 && cycle && cycle && ! ended "$pid" || rc=1
	wait "$pid"
	cat "$work/said"
	[ "$(total RawDelivered)" -eq "$before" ] && ! grep -q DUP "$work/said" &&
		grep -q '30 received, 0% packet loss' "$work/said" && return "$rc"
}

work=$(mktemp -d)
defer rm -rf "$work"
setup || ktap_exit_fail_msg 'the topology cannot be set up'
busywait 5000 in_client ping -q -n -c 1 10.0.2.2 >/dev/null
known=()
for i in "${!cases[@]}"; do
	known[i]=$(said "$i")
done
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
defer rmmod icmp4

ktap_print_header
ktap_set_plan $((${#cases[@]} + 11))
for i in "${!cases[@]}"; do
	case_of "$i"
	ktap_test_result "${command[*]}" same "$i"
done
ktap_test_result 'what they do not hear they did not want' kept_back
ktap_test_result 'ping holds the module' \
	held 1-2,6-10,13-31 ping -n 10.0.10.2
ktap_test_result 'ping -I holds the module' \
	held 1-2,6-10,13-31 ping -n -I c0 10.0.10.2
ktap_test_result 'traceroute holds the module' \
	held - traceroute -n -I -w 30 10.0.10.2
ktap_test_result 'mtr holds the module' held - mtr -n -r -c 100 10.0.10.2
ktap_test_result 'fping holds the module' held - fping -l 10.0.10.2
ktap_test_result 'a filter of two types holds the module' \
	held 3,8 "$here/raw_filter.py" listen 3 8
ktap_test_result 'hping3 does not' \
	goes_on '30 packets received, 0% packet loss' \
	hping3 -n --icmp -c 30 -i u100000 -I c0 10.0.2.2
ktap_test_result 'nmap does not' goes_on '^132 +closed' \
	nmap -n -Pn -sO -p 1,6,17,132 --scan-delay 1 10.0.2.2
ktap_test_result 'tcpdump does not' sniffer_goes_on
ktap_test_result 'a ping from before the module' from_before
ktap_finished
