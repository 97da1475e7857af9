#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh ROUNDS: the guest's side of bench.sh. Measures every case with the
# kernel's own ICMP, then with icmp4, ROUNDS times, and with the kernel's once
# more. Prints "HANDLER CASE INSTRUCTIONS" for each.
#
#   requests from 10.9.0.2            +------------------------+
#   (icmp4_bench.ko) ---------------> | bench0, dummy          |
#   answers to 10.9.0.2 <------------ | 10.9.0.1/24            |
#                                     +------------------------+
#
# That what was timed did happen is checked by the device's own counters, by
# the kernel's, by icmp4's (did icmp4 take it?) and by comparing every byte of
# some answers. Exit status 1 if anything of this is not so.

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
	modprobe dummy numdummies=0 &&
	ip link add bench0 type dummy &&
	# Frames of IPv6's own accord are none of ours.
	echo 1 >/proc/sys/net/ipv6/conf/bench0/disable_ipv6 &&
	ip addr add 10.9.0.1/24 dev bench0 &&
	ip link set bench0 up &&
	ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 nud permanent dev bench0 &&
	insmod "$here/icmp4_bench.ko"
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
	taken=0
	[ "$handler" = built-in ] ||
		taken=$(counter /proc/net/icmp4/stat Icmp4 "$(took)")
}

# Which counter of icmp4 says that it was icmp4 which answered.
took()
{
	case $request in
	unreach) echo ErrSent ;;
	*) echo InTaken ;;
	esac
}

# expect WHAT VALUE WANTED
expect()
{
	[ "$2" = "$3" ] || fail "$handler $name: $1 is $2, not $3"
}

# length: of an answer; an error is longer by what it quotes.
length()
{
	case $request in
	unreach) echo $((headers + 20 + 8 + bytes)) ;;
	*) echo $((headers + bytes)) ;;
	esac
}

check()
{
	local requests=${got[requests]} all="${got[answers]#* of }" answers=0

	[ "$requests" -gt 0 ] || fail "$handler $name: nothing was injected"
	[ "$answered" = no ] || answers=$requests
	expect 'frames sent' "${got[frames]}" "$answers"
	expect 'bytes sent' "${got[bytes]}" $((answers * $(length)))
	expect 'Icmp OutMsgs' $((sent - sent_before)) "$answers"
	if [ "$answered" = no ]; then
		expect 'correct answers' "${got[answers]}" "0 of $all"
	else
		expect 'correct answers' "${got[answers]}" "$all of $all"
	fi
	[ "$handler" = built-in ] ||
		expect "Icmp4 $(took)" $((taken - taken_before)) "$requests"
}

measure()
{
	local -A got=()
	local sent taken sent_before taken_before knob='' old='' key value

	if [ "$setting" != - ]; then
		knob=/proc/sys/net/ipv4/${setting%%=*}
		old=$(<"$knob")
		echo "${setting#*=}" >"$knob"
	fi
	counters
	sent_before=$sent taken_before=$taken
	echo "$request $bytes" >"$file" || die "$handler $name: could not run"
	counters
	[ -z "$knob" ] || echo "$old" >"$knob"
	while read -r key value; do
		got[$key]=$value
	done <"$file"
	check
	echo "$handler $name ${got[instructions]}"
}

measure_all()
{
	local handler=$1 name request bytes answered setting rest

	while read -r name request bytes answered setting rest; do
		case $name in
		'' | '#'*) continue ;;
		esac
		measure
	done <"$here/cases"
}

main()
{
	local rounds=$1

	setup || die 'no device to measure on'
	while [ "$rounds" -gt 0 ]; do
		measure_all built-in
		insmod /icmp4/icmp4.ko || die 'icmp4 was not loaded'
		measure_all icmp4
		rmmod icmp4 || die 'icmp4 was not unloaded'
		rounds=$((rounds - 1))
	done
	measure_all built-in
	exit "$failed"
}

main "$@"
