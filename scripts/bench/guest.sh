#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh ROUNDS: the guest's side of bench.sh. Measures every case with the
# kernel's own ICMP, then with icmp4, ROUNDS times, and with the kernel's once
# more. Prints "HANDLER CASE INSTRUCTIONS" for each.
#
# guest.sh HANDLER: one pass over the cases, with what is loaded. Each is in a
# network namespace of its own, so that none finds what another one left behind:
# hosts that the kernel keeps account of, credit.
#
#   requests from 10.9.0.2            +------------------------+
#   (icmp4_bench.ko) ---------------> | bench0, dummy          |
#   answers to 10.9.0.2 <------------ | 10.9.0.1/24            |
#                                     +------------------------+
#   and, if there are to be more sources, 10.64.0.1 and on behind 10.9.0.2
#
# That what was timed did happen is checked by the device's own counters, by
# the kernel's, by icmp4's (did icmp4 take it?), by what raw sockets got and by
# comparing every byte of some answers. Exit status 1 if anything of this is not so.

set -u

here=$(dirname "$0")
file=/sys/kernel/debug/icmp4_bench
# Ethernet, IP and ICMP header.
headers=$((14 + 20 + 8))
failed=0

fail()
{
	echo "failed: $*"
	failed=1
}

die()
{
	echo "failed: $*"
	exit 1
}

setup()
{
	ip link set lo up &&
	ip link add bench0 type dummy &&
	# Frames of IPv6's own accord are none of ours.
	echo 1 >/proc/sys/net/ipv6/conf/bench0/disable_ipv6 &&
	ip addr add 10.9.0.1/24 dev bench0 &&
	ip link set bench0 up &&
	ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 nud permanent dev bench0
}

# counter FILE PREFIX NAME: out of the kernel's two-line form.
counter()
{
	awk -v prefix="$2:" -v name="$3" '
		$1 != prefix { next }
		!column {
			for (i = 2; i <= NF; i++)
				if ($i == name)
					column = i
			next
		}
		{ print $column }' "$1"
}

counters()
{
	sent=$(counter /proc/net/snmp Icmp OutMsgs)
	by_host=$(counter /proc/net/snmp Icmp OutRateLimitHost)
	by_global=$(counter /proc/net/snmp Icmp OutRateLimitGlobal)
	taken=0 delivered=0
	[ "$handler" = built-in ] || {
		taken=$(counter /proc/net/icmp4/stat Icmp4 "$(took)")
		delivered=$(counter /proc/net/icmp4/stat Icmp4 RawDelivered)
	}
}

is_error()
{
	[ "$request" = unreach ] || [ "$request" = raise ]
}

is_refused()
{
	[ "$answered" = host ] || [ "$answered" = global ]
}

# Which counter of icmp4 says that it was icmp4 which answered, or would not.
took()
{
	if ! is_error; then
		echo InTaken
	elif is_refused; then
		echo ErrRaised
	else
		echo ErrSent
	fi
}

# expect WHAT VALUE WANTED
expect()
{
	[ "$2" = "$3" ] || fail "$handler $name: $1 is $2, not $3"
}

# length: of an answer; an error is longer by what it quotes.
length()
{
	if is_error; then
		echo $((headers + 20 + 8 + bytes))
	else
		echo $((headers + bytes))
	fi
}

# All of them by the limit that is meant, none by the other one. Kernels that do
# not tell which it was have no such counters.
check_limits()
{
	local host=0 global=0

	[ -n "$by_host" ] && [ -n "$by_global" ] || return
	case $answered in
	host) host=$1 ;;
	global) global=$1 ;;
	esac
	expect 'Icmp OutRateLimitHost' $((by_host - by_host_before)) "$host"
	expect 'Icmp OutRateLimitGlobal' $((by_global - by_global_before)) \
		"$global"
}

check()
{
	local requests=${got[requests]} all="${got[answers]#* of }" answers=0

	[ "$requests" -gt 0 ] || fail "$handler $name: nothing was injected"
	[ "$answered" != yes ] || answers=$requests
	expect 'frames sent' "${got[frames]}" "$answers"
	expect 'bytes sent' "${got[bytes]}" $((answers * $(length)))
	expect 'Icmp OutMsgs' $((sent - sent_before)) "$answers"
	if [ "$answered" = yes ]; then
		expect 'correct answers' "${got[answers]}" "$all of $all"
	else
		expect 'correct answers' "${got[answers]}" "0 of $all"
	fi
	check_limits "$requests"
	[ "$handler" = built-in ] || {
		expect "Icmp4 $(took)" $((taken - taken_before)) "$requests"
		expect 'Icmp4 RawDelivered' $((delivered - delivered_before)) \
			$((requests * raw_here))
	}
}

# The raw sockets of the case, which stay open until close_raw.
open_raw()
{
	local elsewhere=0 line

	raw_here=0
	[ "$raw" != - ] || return
	raw_here=${raw%+*}
	[[ $raw != *+* ]] || elsewhere=${raw#*+}
	coproc holder { exec "$here/raw.py" "$raw_here" "$elsewhere"; }
	read -r line <&"${holder[0]}" || line=none
	[ "$line" = open ] || die "$handler $name: no raw sockets"
}

# Every one here has got every request, those elsewhere none.
close_raw()
{
	local where number sockets=0 others=none pid=${holder_PID-}

	[ "$raw" != - ] || return
	echo >&"${holder[1]}"
	while read -r where number; do
		if [ "$where" = here ]; then
			sockets=$((sockets + 1))
			expect 'copies for a raw socket' "$number" \
				"${got[requests]}"
		else
			others=$number
		fi
	done <&"${holder[0]}"
	wait "$pid" || fail "$handler $name: raw.py failed"
	expect 'raw sockets' "$sockets" "$raw_here"
	expect 'copies for others' "$others" 0
}

# knobs NAME=VALUE...: set these, and keep in $old what undoes it.
knobs()
{
	local item knob

	old=()
	for item; do
		knob=/proc/sys/net/ipv4/${item%%=*}
		old=("${item%%=*}=$(<"$knob")" ${old[@]+"${old[@]}"})
		echo "${item#*=}" >"$knob" || die "$handler $name: no $item"
	done
}

run()
{
	local key value

	echo "$request $bytes $sources" >"$file" ||
		die "$handler $name: could not run"
	while read -r key value; do
		got[$key]=$value
	done <"$file"
}

# Until nothing is let through any more: every source has had its burst, or the
# credit of all is gone. For 20 ms after credit was granted a refusal takes a
# shorter way than later; sleeping costs nothing where the clock is instructions.
exhaust()
{
	local tries=8

	while run && [ "${got[frames]}" -gt 0 ] && [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
	done
	sleep 2
}

# The route is there only while it is needed, or looking up others would cost
# more.
measure()
{
	local -A got=()
	local old=() set=()
	local sent taken delivered by_host by_global raw_here
	local sent_before taken_before delivered_before by_host_before
	local by_global_before

	[ "$setting" = - ] || IFS=, read -ra set <<<"$setting"
	knobs ${set[@]+"${set[@]}"}
	[ "$sources" = 1 ] ||
		ip route add 10.64.0.0/10 via 10.9.0.2 dev bench0 ||
		die "$handler $name: no route"
	! is_refused || exhaust
	open_raw
	counters
	sent_before=$sent taken_before=$taken delivered_before=$delivered
	by_host_before=$by_host by_global_before=$by_global
	run
	counters
	close_raw
	[ "$sources" = 1 ] || ip route del 10.64.0.0/10
	knobs ${old[@]+"${old[@]}"}
	check
	if [ -z "$least" ] || [ "${got[instructions]}" -lt "$least" ]; then
		least=${got[instructions]}
	fi
}

# The table of raw sockets has 256 places, and once in so many times two network
# namespaces share one. So the sockets elsewhere are in one after the other, and
# the lesser cost counts.
measure_case()
{
	local least=''

	measure
	[[ $raw != *+* ]] || measure
	echo "$handler $name $least"
}

measure_cases()
{
	local handler=$1 name request bytes sources answered raw setting

	setup || die 'no device to measure on'
	while read -r name request bytes sources answered raw _ _ setting; do
		case $name in
		'' | '#'*) continue ;;
		esac
		measure_case
	done <"$here/cases"
}

pass()
{
	unshare --net bash "$0" "$1" || failed=1
}

measure_rounds()
{
	local rounds=$1

	modprobe dummy numdummies=0 || die 'no dummy devices'
	insmod "$here/icmp4_bench.ko" || die 'icmp4_bench was not loaded'
	while [ "$rounds" -gt 0 ]; do
		pass built-in
		insmod /icmp4/icmp4.ko || die 'icmp4 was not loaded'
		pass icmp4
		rmmod icmp4 || die 'icmp4 was not unloaded'
		rounds=$((rounds - 1))
	done
	pass built-in
}

case $1 in
built-in | icmp4) measure_cases "$1" ;;
*) measure_rounds "$1" ;;
esac
exit "$failed"
