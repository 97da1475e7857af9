#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
#
# The life of a host that runs the module, with the tools of those who run it.
#
#  peer                                          host
#  +----------------------+                      +-----------------------------+
#  | p0   192.0.2.2/24    |-------- veth --------| h0     192.0.2.1/24         |
#  | p0.7 10.0.7.2/24     |........ VLAN 7 ......| h0.7   10.0.7.1/24          |
#  | gre  10.0.8.2/24     |........ GRE .........| gre    10.0.8.1/24          |
#  | p1   10.0.3.2/24     |-------- veth --------| h1 in br0   10.0.3.1/24     |
#  | p2   10.0.4.2/24     |-------- veth --------| h2 in red   10.0.4.1/24     |
#  +----------------------+                      +--------- br0 a bridge, -----+
#                                                           red a VRF
#
# FLOOD=N: how many echo requests the floods send (100000, on a slow kernel 10000).

# shellcheck disable=SC2317,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

here=$(dirname "$0")
flood=${FLOOD:-$((slowness > 1 ? 10000 : 100000))}
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}

in_peer()
{
	ip netns exec "$peer" "$@"
}

in_host()
{
	ip netns exec "$host" "$@"
}

setup()
{
	setup_ns peer host
	ip link add p0 netns "$peer" type veth peer name h0 netns "$host"
	ip link add p1 netns "$peer" type veth peer name h1 netns "$host"
	ip link add p2 netns "$peer" type veth peer name h2 netns "$host"
	ip -n "$peer" -batch - <<-END
		link add link p0 name p0.7 type vlan id 7
		link add gre type gre local 192.0.2.2 remote 192.0.2.1
		address add 192.0.2.2/24 dev p0
		address add 10.0.7.2/24 dev p0.7
		address add 10.0.8.2/24 dev gre
		address add 10.0.3.2/24 dev p1
		address add 10.0.4.2/24 dev p2
		link set p0 up
		link set p0.7 up
		link set gre up
		link set p1 up
		link set p2 up
	END
	ip -n "$host" -batch - <<-END
		link add link h0 name h0.7 type vlan id 7
		link add gre type gre local 192.0.2.1 remote 192.0.2.2
		link add br0 type bridge
		link add red type vrf table 10
		link set h1 master br0
		link set h2 master red
		address add 192.0.2.1/24 brd + dev h0
		address add 10.0.7.1/24 dev h0.7
		address add 10.0.8.1/24 dev gre
		address add 10.0.3.1/24 dev br0
		address add 10.0.4.1/24 dev h2
		link set h0 up
		link set h0.7 up
		link set gre up
		link set h1 up
		link set h2 up
		link set br0 up
		link set red up
	END
}

# sysctl_set NAME VALUE: the host's, below net.
sysctl_set()
{
	in_host sysctl -q -w "net.$1=$2"
}

# counter NAME: of the module, for the host.
counter()
{
	stat_counter "$host" "$1"
}

# counts NAME NUMBER COMMAND...: the command succeeds and the module's counter
# goes up by so much.
counts()
{
	local name=$1 number=$2 before after

	shift 2
	before=$(counter "$name")
	"$@" || return
	after=$(counter "$name")
	if [ "$((after - before))" -ne "$number" ]; then
		echo "$name went up by $((after - before)), not $number"
		return 1
	fi
}

# pings NAMESPACE NUMBER ADDRESS [OPTION...]: all are answered, once each.
pings()
{
	local ns=$1 number=$2 address=$3 out

	shift 3
	out=$(ip netns exec "$ns" ping -n -c "$number" -i 0.01 -W 5 "$@" \
		"$address" 2>&1)
	if ! grep -q " $number received, 0% packet loss" <<<"$out" ||
	   grep -qE 'wrong|DUP|duplicates|errors|truncated' <<<"$out"; then
		echo "ping $* $address: $out"
		return 1
	fi
	ping_said=$out
}

unanswered()
{
	! in_peer ping -n -q -c 3 -i 0.01 -W 0.3 "$@"
}

usual_pings()
{
	local size

	for size in 0 1 7 8 56 1400 1472 1473 8000 65507; do
		pings "$peer" 3 192.0.2.1 -s "$size" || return
	done
	pings "$peer" 3 192.0.2.1 -Q 0xb9 &&
	pings "$peer" 3 192.0.2.1 -p a5 -s 1000 &&
	pings "$peer" 3 192.0.2.1 -M 'do' -s 1472 &&
	pings "$peer" 3 192.0.2.1 -t 1 &&
	pings "$peer" 3 192.0.2.1 -D -U &&
	pings "$peer" 3 192.0.2.1 -I p0
}

record_route()
{
	pings "$peer" 1 192.0.2.1 -R || return
	# We leave our address on arrival and on leaving.
	[ "$(grep -c '192\.0\.2\.1$' <<<"$ping_said")" -eq 2 ] || {
		echo "$ping_said"
		return 1
	}
}

timestamp_option()
{
	local how

	for how in tsonly tsandaddr 'tsprespec 192.0.2.1'; do
		# shellcheck disable=SC2086 # words
		pings "$peer" 1 192.0.2.1 -T $how || return
		grep -q 'TS:' <<<"$ping_said" || {
			echo "$ping_said"
			return 1
		}
	done
}

unprivileged()
{
	local user=(setpriv --reuid 65534 --regid 65534 --clear-groups)

	in_peer sysctl -q -w net.ipv4.ping_group_range='0 2147483647'
	sysctl_set ipv4.ping_group_range '0 2147483647'
	in_peer "${user[@]}" ping -q -n -c 3 -i 0.2 192.0.2.1 &&
	counts InAnswers 3 in_host "${user[@]}" ping -q -n -c 3 -i 0.2 192.0.2.2
}

own_addresses()
{
	local address

	for address in 127.0.0.1 127.9.9.9 192.0.2.1 10.0.3.1; do
		# The reply comes in as well.
		counts OutReplies 3 pings "$host" 3 "$address" &&
		counts InAnswers 3 pings "$host" 3 "$address" || return
	done
}

broadcast()
{
	local rc

	unanswered -b 192.0.2.255 || return
	sysctl_set ipv4.icmp_echo_ignore_broadcasts 0
	pings "$peer" 3 192.0.2.255 -b && pings "$peer" 3 224.0.0.1 -I p0
	rc=$?
	sysctl_set ipv4.icmp_echo_ignore_broadcasts 1
	return "$rc"
}

traceroutes()
{
	local how out

	for how in -I -U '-p 33434'; do
		# One at a time, or the limit on errors bites.
		# shellcheck disable=SC2086 # words
		out=$(in_peer traceroute -n -w 2 -q 1 -N 1 $how 192.0.2.1) ||
			return
		grep -qE '^ *1 +192\.0\.2\.1 ' <<<"$out" || {
			echo "traceroute $how: $out"
			return 1
		}
	done
	out=$(in_host traceroute -n -w 2 -q 1 -I 192.0.2.2)
	grep -qE '^ *1 +192\.0\.2\.2 ' <<<"$out"
}

flooded()
{
	in_peer ping -q -n -f -c "$flood" 192.0.2.1 |
		tee /dev/stderr | grep -q "$flood received, 0% packet loss"
}

# sniff NAMESPACE DEVICE FILE: a tcpdump that is ready; its process in $!.
sniff()
{
	ip netns exec "$1" tcpdump -Z root -n -U -B 16384 -s 64 -i "$2" \
		-w "$3" icmp 2>"$3.log" &
	busywait 5000 grep -q 'listening on' "$3.log"
}

# complete FILE NUMBER: are so many packets in it, of 64 bytes each?
complete()
{
	[ "$(stat -c %s "$1")" -ge $((24 + $2 * (16 + 64))) ]
}

# saw FILE NUMBER FILTER
saw()
{
	local seen

	seen=$(tcpdump -n -r "$1" "$3" 2>/dev/null | wc -l)
	if [ "$seen" -ne "$2" ]; then
		echo "${1##*/} saw $seen of $3, not $2"
		return 1
	fi
}

sniffed()
{
	local number=5000 dir rc=0 side pids=()

	dir=$(mktemp -d)
	sniff "$peer" p0 "$dir/peer"
	pids+=($!)
	sniff "$host" h0 "$dir/host"
	pids+=($!)
	counts OutReplies "$number" \
		in_peer ping -q -n -f -c "$number" 192.0.2.1 || rc=1
	for side in peer host; do
		busywait 10000 complete "$dir/$side" $((2 * number)) || rc=1
	done
	kill "${pids[@]}"
	wait "${pids[@]}"
	for side in peer host; do
		saw "$dir/$side" "$number" 'icmp[icmptype] == icmp-echo and
			src 192.0.2.2 and dst 192.0.2.1' || rc=1
		saw "$dir/$side" "$number" 'icmp[icmptype] == icmp-echoreply and
			src 192.0.2.1 and dst 192.0.2.2' || rc=1
	done
	rm -rf "$dir"
	return "$rc"
}

by_vlan()
{
	counts OutReplies 6 eval "pings $peer 3 10.0.7.1 &&
		pings $peer 3 10.0.7.1 -s 4000"
}

by_tunnel()
{
	counts OutReplies 6 eval "pings $peer 3 10.0.8.1 &&
		pings $peer 3 10.0.8.1 -s 4000"
}

# A request by the veth, its reply by the tunnel, which needs more room in
# front of the packet.
back_by_tunnel()
{
	local rc

	ip -n "$peer" address add 10.9.9.9/32 dev lo
	ip -n "$host" route add 10.9.9.9 dev gre
	counts OutReplies 9 eval "pings $peer 3 192.0.2.1 -I 10.9.9.9 &&
		pings $peer 3 192.0.2.1 -I 10.9.9.9 -s 1472 &&
		pings $peer 3 192.0.2.1 -I 10.9.9.9 -s 8000"
	rc=$?
	ip -n "$host" route del 10.9.9.9
	return "$rc"
}

# What a bridge's netfilter hooks attach to the request stays behind.
by_bridge()
{
	local rc

	modprobe -q br_netfilter || return "$KSFT_SKIP"
	in_host nft -f - <<-END
		table ip bridged {
			chain in {
				type filter hook input priority 0
				ct state new counter
			}
			chain out {
				type filter hook output priority 0; policy drop
				ct state established oifname br0 accept
			}
		}
	END
	counts OutReplies 6 eval "pings $peer 3 10.0.3.1 &&
		pings $peer 3 10.0.3.1 -s 4000"
	rc=$?
	in_host nft flush ruleset
	return "$rc"
}

by_vrf()
{
	counts OutReplies 3 pings "$peer" 3 10.0.4.1 &&
	counts InAnswers 3 in_host ping -q -n -c 3 -i 0.01 -W 5 -I red 10.0.4.2 &&
	# The main table does not know who asks, and need not.
	ip -n "$peer" address add 10.8.8.8/32 dev lo &&
	ip -n "$host" route add 10.8.8.8 via 10.0.4.2 table 10 &&
	pings "$peer" 3 10.0.4.1 -I 10.8.8.8
}

# The time a request came is not the time its reply is to go: fq would wait
# for it. (ping has the kernel stamp what comes in.)
by_fq()
{
	local rc

	modprobe -q sch_fq || return "$KSFT_SKIP"
	tc -n "$host" qdisc add dev h0 root fq
	counts OutReplies 6 eval "pings $peer 3 192.0.2.1 &&
		pings $peer 3 192.0.2.1 -s 8000"
	rc=$?
	tc -n "$host" qdisc del dev h0 root
	return "$rc"
}

tracked()
{
	local out rc

	in_host nft -f - <<-END
		table ip track {
			chain in {
				type filter hook input priority 0
				ct state new
			}
		}
	END
	pings "$peer" 3 192.0.2.1
	rc=$?
	out=$(in_host conntrack -L -p icmp 2>/dev/null)
	in_host nft flush ruleset
	if ! grep -q 'src=192.0.2.2 dst=192.0.2.1.*src=192.0.2.1 dst=192.0.2.2' \
		<<<"$out" || grep -q UNREPLIED <<<"$out"; then
		echo "conntrack -L: $out"
		return 1
	fi
	return "$rc"
}

# owner: how many replies to three pings the owner match calls a socket's.
owner()
{
	pings "$peer" 3 192.0.2.1 || return
	in_host iptables-legacy -nvx -L OUTPUT | awk '$NF == "exists" { print $1 }'
}

# Replies belong to a socket of the kernel, whoever sends them.
owned()
{
	local without with

	in_host iptables-legacy -A OUTPUT -p icmp -m owner --socket-exists
	rmmod icmp4
	without=$(owner)
	insmod "$icmp4_ko"
	in_host iptables-legacy -Z OUTPUT
	with=$(owner)
	in_host iptables-legacy -F OUTPUT
	echo "matched: $without with the built-in, $with with the module"
	[ "$without" = 3 ] && [ "$with" = 3 ]
}

# The sockets are not of the control group of whoever loads the module.
not_of_the_loader()
{
	local group=/sys/fs/cgroup/loader out rc

	mkdir -p "$group" || return
	rmmod icmp4
	(echo "$BASHPID" >"$group/cgroup.procs" && exec insmod "$icmp4_ko")
	# ip netns exec would hide the control groups.
	nsenter --net="/run/netns/$host" nft -f - <<-END
		table ip groups {
			counter replies { }
			counter requests { }
			chain out {
				type filter hook output priority 0
				socket cgroupv2 level 1 "loader" goto loader
			}
			chain loader {
				icmp type echo-reply counter name replies
				icmp type echo-request counter name requests
			}
		}
	END
	pings "$peer" 3 192.0.2.1 &&
	# This one is.
	(echo "$BASHPID" >"$group/cgroup.procs" &&
		pings "$host" 3 192.0.2.2)
	rc=$?
	out=$(in_host nft list counters | grep packets)
	in_host nft flush ruleset
	rmdir "$group"
	echo "replies, requests: $out"
	[ "$(tr -d '\n' <<<"$out" | awk '{ print $2, $6 }')" = '0 3' ] &&
		return "$rc"
}

# esp NAMESPACE: both directions of a transport mode association.
esp()
{
	local keys="enc cbc(aes) 0x00112233445566778899aabbccddeeff"

	keys+=' auth hmac(sha256) 0x000102030405060708090a0b0c0d0e0f'
	ip -n "$1" -batch - <<-END
		xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 $keys
		xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 2 $keys
	END
}

# policy NAMESPACE LOCAL REMOTE: nothing else between the two.
policy()
{
	ip -n "$1" -batch - <<-END
		xfrm policy add src $2 dst $3 dir out tmpl proto esp mode transport
		xfrm policy add src $3 dst $2 dir in tmpl proto esp mode transport
	END
}

protected()
{
	local rc

	esp "$peer" && esp "$host" || return
	policy "$peer" 192.0.2.2 192.0.2.1
	policy "$host" 192.0.2.1 192.0.2.2
	counts OutReplies 6 eval "pings $peer 3 192.0.2.1 &&
		pings $peer 3 192.0.2.1 -s 8000" &&
	counts InAnswers 3 pings "$host" 3 192.0.2.2
	rc=$?
	ip -n "$host" -s xfrm state | grep -A1 'lifetime current' | grep -q \
		'[1-9][0-9]*(packets)' || rc=1
	return "$rc"
}

# The peer speaks in the clear to a host that no longer listens.
clear_text_forbidden()
{
	ip -n "$peer" xfrm policy flush
	counts InPolicy 3 unanswered 192.0.2.1
}

# The request is protected, the reply is not: it is no part of its journey.
clear_text_back()
{
	local rc

	ip -n "$host" xfrm policy flush
	ip -n "$peer" xfrm policy add src 192.0.2.2 dst 192.0.2.1 dir out \
		tmpl proto esp mode transport
	counts OutReplies 3 pings "$peer" 3 192.0.2.1
	rc=$?
	ip -n "$peer" xfrm policy flush
	return "$rc"
}

# A namespace goes while requests come in, and nothing of what was sent keeps
# its devices.
deleted_under_flood()
{
	local i pid victim

	for i in 1 2 3; do
		ip netns add "victim$i"
		victim=victim$i
		ip link add v0 netns "$peer" type veth peer name v0 \
			netns "$victim"
		ip -n "$peer" address add 10.0.5.2/24 dev v0
		ip -n "$peer" link set v0 up
		ip -n "$victim" address add 10.0.5.1/24 dev v0
		ip -n "$victim" link set v0 up
		ip -n "$victim" link set lo up
		pings "$victim" 3 127.0.0.1 || return
		# (In a function it would be a subshell that is killed.)
		ip netns exec "$peer" "$here/flood.py" 10.0.5.1 >/dev/null &
		pid=$!
		busywait 10000 answers "$victim" || return
		ip netns del "$victim"
		kill "$pid"
		wait "$pid"
		busywait 10000 gone v0 || return
	done
	pings "$peer" 3 192.0.2.1 && devices_go
}

# Devices that answers left by can be removed at once.
devices_go()
{
	local before

	before=$(dmesg | grep -c 'waiting for .* to become free')
	timeout 8 ip -n "$host" link del h0.7 &&
		timeout 8 ip -n "$host" link del gre &&
		timeout 8 ip -n "$host" link del red &&
		timeout 8 ip -n "$host" link del h1 &&
		[ "$(dmesg | grep -c 'waiting for .* to become free')" -eq \
			"$before" ]
}

answers()
{
	local host=$1

	[ "$(counter OutReplies)" -gt 100 ]
}

gone()
{
	! ip -n "$peer" link show "$1" 2>/dev/null
}

setup || ktap_exit_fail_msg 'the topology cannot be set up'
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
busywait 5000 in_peer ping -q -c 1 -W 0.2 192.0.2.1 >/dev/null

ktap_print_header
ktap_set_plan 23
ktap_test_result 'ping of all sizes and kinds' usual_pings
ktap_test_result 'ping -R' record_route
ktap_test_result 'ping -T' timestamp_option
ktap_test_result 'ping of a user without rights, both ways' unprivileged
ktap_test_result 'own addresses' own_addresses
ktap_test_result 'ping -b' broadcast
ktap_test_result 'traceroute, both ways' traceroutes
ktap_test_result "ping -f, $flood requests" flooded
ktap_test_result 'tcpdump on both sides' sniffed
ktap_test_result 'VLAN' by_vlan
ktap_test_result 'GRE' by_tunnel
ktap_test_result 'there by veth, back by GRE' back_by_tunnel
ktap_test_result 'bridge with netfilter' by_bridge
ktap_test_result 'VRF' by_vrf
ktap_test_result 'fq' by_fq
ktap_test_result 'conntrack -L' tracked
ktap_test_result 'iptables -m owner' owned
ktap_test_result 'control group' not_of_the_loader
ktap_test_result 'IPsec' protected
ktap_test_result 'IPsec required' clear_text_forbidden
ktap_test_result 'IPsec one way' clear_text_back
ktap_test_result 'namespace deleted under flood' deleted_under_flood
ktap_test_result 'unloaded at the end' rmmod icmp4
ktap_finished
