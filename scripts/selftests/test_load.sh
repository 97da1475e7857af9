#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
#
# Loading and unloading, while echo requests come in from two sides.
#
#    left                       host                       right
#  +--------+            +-----------------+            +---------+
#  |   l0   |--- veth ---| h0           h1 |--- veth ---|   r0    |
#  | .1.2   |            | .1.1       .2.1 |            |   .2.2  |
#  +--------+            +-----------------+            +---------+
#                             10.0.0.0/16
#
# LOADS=N: how many times it is loaded under a flood of requests (200, on a slow
# kernel 50); under a flood of errors it is 100 times.

# shellcheck disable=SC2317,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

here=$(dirname "$0")
loads=${LOADS:-$((slowness > 1 ? 50 : 200))}
errors=100
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}

setup()
{
	setup_ns left host right
	ip link add l0 netns "$left" type veth peer name h0 netns "$host"
	ip link add r0 netns "$right" type veth peer name h1 netns "$host"
	ip -n "$left" address add 10.0.1.2/24 dev l0
	ip -n "$left" link set l0 up
	ip -n "$right" address add 10.0.2.2/24 dev r0
	ip -n "$right" link set r0 up
	ip -n "$host" address add 10.0.1.1/24 dev h0
	ip -n "$host" link set h0 up
	ip -n "$host" address add 10.0.2.1/24 dev h1
	ip -n "$host" link set h1 up
	ip netns exec "$host" sysctl -q net.ipv4.icmp_ratemask=0
}

# What the kernel has of us and of sockets like ours, in all namespaces.
traces()
{
	local pid

	ls -d /sys/module/icmp4 2>&1
	lsmod | grep -c '^icmp4 '
	awk '$1 ~ /^(RAW|PING|UDP)$/ { print $1, $3 }' /proc/net/protocols
	for pid in "${holders[@]}"; do
		ls -d "/proc/$pid/net/icmp4" 2>&1
		cat "/proc/$pid/net/raw" "/proc/$pid/net/sockstat"
		nsenter -n -t "$pid" ss -H -w -a
	done
}

unchanged()
{
	diff <(echo "$before") <(traces)
}

# slab NAME: objects in use, counted by slabs, hence not exactly. A kernel that
# looks for leaks itself has freed ones wait there, for who still uses them.
slab()
{
	if [ -e /sys/kernel/debug/kmemleak ]; then
		echo 0
		return
	fi
	# shellcheck disable=SC2016 # awk's
	awk -v name="$1" '$1 == name { print $2 }' /proc/slabinfo
}

# percpu: memory, in kB. kmemleak does not look for lost one.
percpu()
{
	awk '$1 == "Percpu:" { print $2 }' /proc/meminfo
}

# routes: how many the kernel holds, in all namespaces.
routes()
{
	local number

	read -r number _ < <(tail -n +2 /proc/net/stat/rt_cache)
	echo $((16#$number))
}

no_symbols()
{
	! grep -m1 '\[icmp4\]' /proc/kallsyms
}

mark_log()
{
	mark="icmp4 test $RANDOM$RANDOM"
	echo "$mark" >/dev/kmsg
}

# log: what icmp4 said since the mark.
log()
{
	dmesg | sed -n "/$mark/,\$p" | sed -n 's/.*\] icmp4: //p'
}

# lines NUMBER [TAKEN]: one for each load since the mark, one for each unload, no
# more.
lines()
{
	log | sort | uniq -c
	[ "$(log | grep -c "^version .* loaded, took over: ${2:-receive, errors, raw, dgram}; limits: 65536 buckets, 1024 KiB\$")" -eq "$1" ] &&
		[ "$(log | grep -c '^unloaded')" -eq "$1" ] &&
		[ "$(log | wc -l)" -eq $((2 * $1)) ]
}

answered()
{
	ip netns exec "$left" ping -q -n -c 3 -i 0.01 -W 5 10.0.1.1 |
		grep -q ' 3 received, 0% packet loss'
}

# counter NAME: of the module, for the host.
counter()
{
	stat_counter "$host" "$1"
}

once()
{
	mark_log
	insmod "$icmp4_ko" && answered && [ "$(counter InTaken)" -eq 3 ] || return
	rmmod icmp4 && answered || return
	lines 1 && unchanged && no_symbols
}

bad_parameter()
{
	mark_log
	if insmod "$icmp4_ko" receive=maybe; then
		rmmod icmp4
		return 1
	fi
	dmesg | sed -n "/$mark/,\$p" | grep "icmp4: .*maybe.*receive" &&
		answered && unchanged
}

unknown_parameter()
{
	local rc

	mark_log
	insmod "$icmp4_ko" recieve=1 || return
	dmesg | sed -n "/$mark/,\$p" | grep "icmp4: .*recieve"
	rc=$?
	rmmod icmp4 && unchanged && return "$rc"
}

nothing_taken()
{
	local rc

	mark_log
	insmod "$icmp4_ko" receive=0 errors=0 || return
	answered && [ "$(counter InTaken)" -eq 0 ] &&
		log | grep 'loaded, took over: nothing;'
	rc=$?
	rmmod icmp4 && answered && unchanged && return "$rc"
}

# Somebody else redirects what we want to, or nobody may.
no_errors()
{
	local rc tracing=/sys/kernel/tracing

	mark_log
	if sysctl -q kernel.ftrace_enabled=0; then
		if insmod "$icmp4_ko"; then
			rmmod icmp4
			rc=1
		else
			log | grep 'not loaded: attach point errors failed' &&
				[ "$(log | wc -l)" -eq 1 ] && answered &&
				insmod "$icmp4_ko" errors=0 &&
				log | grep 'took over: receive, raw, dgram;' && rmmod icmp4
			rc=$?
		fi
		sysctl -q kernel.ftrace_enabled=1
	else
		echo 'this kernel does not let ftrace be switched off'
		rc=0
	fi
	# While it is in nobody switches ftrace off, or it is still there after.
	insmod "$icmp4_ko" || return
	sysctl -q kernel.ftrace_enabled=0
	grep -c '^__icmp_send .*icmp4_redirect' "$tracing/enabled_functions" ||
		rc=1
	sysctl -q kernel.ftrace_enabled=1
	rmmod icmp4
	! grep '^__icmp_send ' "$tracing/enabled_functions" || rc=1
	unchanged && return "$rc"
}

twice()
{
	local rc

	insmod "$icmp4_ko" || return
	mark_log
	if insmod "$icmp4_ko"; then
		rc=1
	else
		answered && [ "$(counter InTaken)" -eq 3 ] && [ -z "$(log)" ]
		rc=$?
	fi
	rmmod icmp4 && unchanged && return "$rc"
}

# flood_from NAMESPACE FILE ARGUMENT...: its process in $!.
flood_from()
{
	ip netns exec "$1" "$here/flood.py" "${@:3}" >"$2" &
}

# A raw socket is older than the module then, and does not keep that loaded.
flooding()
{
	ip netns exec "$1" ss -H -a -w | grep -q icmp
}

# under_flood LOADS COUNTER TAKEN [PARAMETER [OPTION]]: while the host answers on
# both processors; loaded with this parameter, flooded with this option. (To give
# errors back takes a second, for whatever task may still be on the way.)
under_flood()
{
	local dir memory pid pids=() rc=0 sockets loads=$1

	dir=$(mktemp -d)
	memory=$(percpu)
	sockets=$(slab RAW)
	mark_log
	# shellcheck disable=SC2086 # an option or none
	flood_from "$left" "$dir/left" ${5:-} 10.0.1.1
	pids+=($!)
	# shellcheck disable=SC2086
	flood_from "$right" "$dir/right" ${5:-} 10.0.2.1
	pids+=($!)
	busywait 5000 flooding "$left" && busywait 5000 flooding "$right"
	ip netns exec "$host" "$here/reload.py" "$loads" "$2" "${4:-}" || rc=1
	kill "${pids[@]}"
	for pid in "${pids[@]}"; do
		wait "$pid" || rc=1
	done
	head "$dir"/*
	rm -rf "$dir"
	lines "$loads" "$3" || rc=1
	if [ "$(slab RAW)" -gt $((sockets + 100)) ]; then
		echo "raw sockets before: $sockets, after: $(slab RAW)"
		rc=1
	fi
	# It comes and goes in pieces larger than what one load takes.
	if [ "$(percpu)" -gt $((memory + 3 * loads)) ]; then
		echo "per-CPU memory before: $memory kB, after: $(percpu) kB"
		rc=1
	fi
	unchanged && no_symbols && return "$rc"
}

# All that replies took is given back, when the module and the namespaces that
# it worked for have gone.
nothing_kept()
{
	local before options

	setup_ns asking asked
	before="$(slab skbuff_head_cache) $(routes)"
	ip link add v0 netns "$asking" type veth peer name v0 netns "$asked"
	ip -n "$asking" address add 10.0.3.2/24 dev v0
	ip -n "$asking" link set v0 up
	ip -n "$asked" address add 10.0.3.1/24 dev v0
	ip -n "$asked" link set v0 up
	insmod "$icmp4_ko" || return
	for options in '-s 56' '-s 4000' '-s 4000 -Q 16' '-s 56' '-R'; do
		# shellcheck disable=SC2086 # words
		ip netns exec "$asking" ping -q -n -f -c 500 $options 10.0.3.1
	done
	rmmod icmp4
	ip netns del "$asking"
	ip netns del "$asked"
	busywait 10000 given_back "$before"
}

# given_back 'BUFFERS ROUTES': are there no more than these?
given_back()
{
	local buffers=${1% *} routes=${1#* }

	echo "buffers: $buffers, now $(slab skbuff_head_cache)"
	echo "routes: $routes, now $(routes)"
	[ "$(routes)" -le "$routes" ] &&
		[ "$(slab skbuff_head_cache)" -le $((buffers + 400)) ]
}

# Replies wait in a device's queue when the module that sent them goes; they
# belong to its sockets, and get out nevertheless.
queued()
{
	local rc

	tc -n "$host" qdisc add dev h0 root tbf rate 400kbit burst 2000 \
		limit 10000000
	ip netns exec "$left" ping -q -n -c 100 -i 0.02 -s 1400 -W 5 10.0.1.1 &
	busywait 5000 flooding "$left"
	insmod "$icmp4_ko" && busywait 5000 sent 10
	rmmod icmp4 && wait $!
	rc=$?
	tc -n "$host" qdisc del dev h0 root
	busywait 5000 unchanged && return "$rc"
}

sent()
{
	[ "$(counter OutReplies)" -ge "$1" ]
}

# Namespaces come and go while the module does.
namespaces()
{
	local i pid rc=0

	while :; do
		ip netns add passing && ip -n passing link set lo up &&
			ip netns exec passing ping -q -n -c 1 127.0.0.1
		ip netns del passing
	done >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 10; i++)); do
		# It may be in use by a ping.
		insmod "$icmp4_ko" && answered &&
			busywait 5000 rmmod icmp4 || rc=1
	done
	kill "$pid"
	wait "$pid"
	ip netns del passing 2>/dev/null
	unchanged && return "$rc"
}

# A namespace that was there before, and one that comes later, have the files.
files()
{
	local ns rc

	insmod "$icmp4_ko" || return
	setup_ns later
	for ns in "$left" "$later"; do
		ip netns exec "$ns" grep -c '^Icmp4: ' /proc/net/icmp4/stat &&
			ip netns exec "$ns" grep -c echoreq /proc/net/icmp4/types
	done
	rc=$?
	rmmod icmp4 && unchanged && return "$rc"
}

# Who is held back is read all the time, a rate of his own being what does it.
read_limits()
{
	local i readers=()

	insmod "$icmp4_ko" || return
	ip netns exec "$host" sh -c \
		'echo echorep:86400000:1000 >/proc/sys/net/ipv4/icmp_rates'
	for i in {3..22}; do
		ip -n "$left" address add "10.0.1.$i/24" dev l0
		ip netns exec "$left" ping -q -n -c 1 -W 5 -I "10.0.1.$i" \
			10.0.1.1 >/dev/null
		ip -n "$left" address del "10.0.1.$i/24" dev l0
	done
	i=$(ip netns exec "$host" grep -c ^type /proc/net/icmp4/limits)
	if [ "$i" -ne 20 ]; then
		echo "$i are held back, not 20"
		return 1
	fi
	for i in 1 2 3; do
		ip netns exec "$host" sh -c \
			'while cat /proc/net/icmp4/limits; do :; done' \
			>/dev/null 2>&1 &
		readers+=($!)
	done
	sleep 0.5
	rmmod icmp4 || return
	wait "${readers[@]}"
	unchanged
}

# Someone still has a file of ours open.
open_file()
{
	local line

	insmod "$icmp4_ko" || return
	exec 9</proc/net/icmp4/stat
	rmmod icmp4 || return
	read -r line <&9 && echo "read: $line"
	exec 9<&-
	unchanged
}

setup || ktap_exit_fail_msg 'the topology cannot be set up'
busywait 5000 answered
holders=()
for ns in "$left" "$host" "$right"; do
	ip netns exec "$ns" sleep 1000 &
	holders+=($!)
	disown
done
# The first module not of the kernel's own tree is worth two lines in the log.
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
rmmod icmp4
before=$(traces)

ktap_print_header
ktap_set_plan 14
ktap_test_result 'loaded and unloaded, nothing is left' once
ktap_test_result 'bad parameter' bad_parameter
ktap_test_result 'unknown parameter' unknown_parameter
ktap_test_result 'receive=0 errors=0' nothing_taken
ktap_test_result 'the error attach point cannot be had' no_errors
ktap_test_result 'loaded twice' twice
ktap_test_result 'files in each namespace' files
ktap_test_result 'unloaded while a file is open' open_file
ktap_test_result 'unloaded while limits are read' read_limits
ktap_test_result 'unloaded while replies are in a queue' queued
ktap_test_result 'what replies took is given back' nothing_kept
ktap_test_result 'namespaces come and go' namespaces
ktap_test_result "$loads times under flood, no reply lost" \
	under_flood "$loads" InTaken receive 'errors=0 raw=0 dgram=0'
ktap_test_result "$errors times under flood, no error lost" \
	under_flood "$errors" ErrSent '' '' --errors
ktap_finished
