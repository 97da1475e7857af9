#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/icmp4: what it says of the knobs is what there is, of the namespace that it
# runs in, and of a module that is not loaded or is none.

# shellcheck disable=SC2317,SC2329,SC2154 # functions and namespaces of ktap.sh
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}

tool()
{
	ip netns exec "$host" /icmp4/scripts/icmp4 knobs --module "$icmp4_ko" "$@"
}

# The files that came with the module, and what they hold, "NAME VALUE" each.
files()
{
	ip netns exec "$host" bash -c 'cd /proc/sys/net/ipv4 && grep -s "" *' |
		sed 's/:/ /' | sort
}

# differ NAME: two files of that name in $tmp that should be equal.
differ()
{
	diff "$tmp/$1.wanted" "$tmp/$1.shown"
}

names()
{
	files | cut -d' ' -f1 | grep -vxFf "$tmp/before" >"$tmp/names.wanted"
	tool -j | jq -r 'keys[]' >"$tmp/names.shown"
	[ -s "$tmp/names.wanted" ] && differ names
}

values()
{
	files | awk 'NR == FNR { name[$1] = 1; next } $1 in name' \
		"$tmp/names.wanted" - >"$tmp/values.wanted"
	tool -j | jq -r 'to_entries[] | "\(.key) \(.value.value)"' |
		sort >"$tmp/values.shown"
	differ values
}

# Nothing is marked, or what was changed.
marked()
{
	printf '%s\n' "$@" | grep . >"$tmp/marked.wanted" || true
	tool >"$tmp/list" && [ "$(wc -l <"$tmp/list")" -gt 10 ] &&
		sed -n 's/^\* \([^ ]*\) .*/\1/p' "$tmp/list" >"$tmp/marked.shown" &&
		differ marked
}

changed()
{
	local net=/proc/sys/net/ipv4

	ip netns exec "$host" bash -c "echo 7 >$net/icmp_quotelen &&
		echo lo >$net/icmp_reply_src && echo timex:5 >$net/icmp_rates"
	marked icmp_quotelen icmp_rates icmp_reply_src icmp_timeexceed_rate &&
		values
}

# A row of each.
formats()
{
	tool --format rst | grep -q '^icmp_quotelen  *integer  *548  *0 to 65535 ' &&
		tool --format man | grep -q '^\.IR icmp_quotelen " (548)"$'
}

# fails WORDS ARGUMENT...: with one line that has them, and nothing on stdout.
fails()
{
	local out

	if out=$(/icmp4/scripts/icmp4 knobs "${@:2}" 2>"$tmp/error"); then
		return 1
	fi
	cat "$tmp/error"
	[ -z "$out" ] && [ "$(wc -l <"$tmp/error")" -eq 1 ] &&
		grep -q "$1" "$tmp/error"
}

unloaded()
{
	tool 2>"$tmp/error" >"$tmp/list" && grep -q 'not loaded' "$tmp/error" &&
		grep -q '^  icmp_quotelen  *-  *548 ' "$tmp/list" &&
		[ "$(tool -j | jq '[.[] | select(.value != null)] | length')" -eq 0 ]
}

setup_ns host || ktap_exit_fail_msg 'no namespace'
tmp=$(mktemp -d)
defer rm -rf "$tmp"
files | cut -d' ' -f1 >"$tmp/before"
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'

ktap_print_header
ktap_set_plan 8
ktap_test_result 'the knobs that came with the module' names
ktap_test_result 'their values' values
ktap_test_result 'none is marked' marked
ktap_test_result 'those that were changed are' changed
ktap_test_result 'for documentation' formats
ktap_test_result 'no such file' fails "run 'make'" --module /nowhere
ktap_test_result 'a file that is no module' fails "run 'make'" --module /init
rmmod icmp4
ktap_test_result 'not loaded' unloaded
ktap_finished
