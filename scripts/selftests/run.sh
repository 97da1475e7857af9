#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [NAME...]: run the guest suites, all test_* files beside this script
# or the named ones (test_NAME, with or without prefix and extension), and
# print one KTAP document. To be run inside a guest.
#
# A suite passes when it printed a plan and exactly that many results, none of
# them "not ok", exited with 0 (4: all was skipped), was done within its time
# and the kernel did not complain meanwhile. The limit is 120 s, or what a line
# "# timeout: SECONDS" in the suite says.
#
# Exit: 0 all passed, 1 something failed, 4 everything was skipped.

dir=$(cd "$(dirname "$0")" && pwd -P)
group=/sys/fs/cgroup/suite
# shellcheck source=scripts/selftests/complaints.sh
. "$dir/complaints.sh"
export ICMP4_KO=${ICMP4_KO:-$(dirname "$dir")/icmp4.ko}

bail_out()
{
	echo "Bail out! $*"
	exit 1
}

suite_file()
{
	local name=${1##*/} file

	for file in "$dir/$name" "$dir/test_$name" "$dir/$name".* "$dir/test_$name".*; do
		if [ -x "$file" ] && [[ ${file##*/} == test_* ]]; then
			echo "$file"
			return
		fi
	done
	return 1
}

select_suites()
{
	local name file

	suites=()
	if [ $# -eq 0 ]; then
		for file in "$dir"/test_*; do
			[ ! -x "$file" ] || suites+=("$file")
		done
	fi
	for name in "$@"; do
		file=$(suite_file "$name") || bail_out "unknown suite: $name"
		suites+=("$file")
	done
	[ ${#suites[@]} -gt 0 ] || bail_out 'no suites'
}

# Prints pass, skip or fail and why, from the suite's output alone.
judge_output()
{
	awk '
	function fail(text) { why = why (why ? ", " : "") text }
	/^1\.\.[0-9]+/ {
		plans++
		split($1, part, "[.][.]")
		plan = part[2] + 0
		skip_all = toupper($0) ~ /# SKIP/
		sub(/.*# [A-Za-z]+ */, "")
		reason = $0
	}
	/^(not )?ok / {
		bad = $1 == "not"
		number = bad ? $3 : $2
		if (number != ++results)
			fail("result " results " has number " number)
		if (bad)
			failed++
		if (toupper($0) ~ /# SKIP/)
			skipped++
	}
	/^Bail out!/ { fail($0) }
	END {
		if (plans != 1)
			fail(plans + 0 " plans")
		else if (plan != results + 0)
			fail("planned " plan ", saw " results + 0)
		else if (!results && !skip_all)
			fail("no tests")
		if (failed)
			fail(failed " failed")
		if (why)
			print "fail", why
		else if (skip_all)
			print "skip", reason
		else if (skipped == results)
			print "skip", "all of it"
		else
			print "pass"
	}' "$1"
}

# Whatever the suite has left behind, the next one starts clean.
clean_up()
{
	local ns

	echo 1 >"$group/cgroup.kill" 2>/dev/null
	for ns in $(ip netns list | cut -d' ' -f1); do
		ip netns del "$ns"
	done
	[ ! -d /sys/module/icmp4 ] || rmmod icmp4
} 2>/dev/null

kernel_log()
{
	dmesg | awk -v mark="icmp4 suite $1 begins" '
		found { print }
		index($0, mark) { found = 1 }'
}

# run_suite FILE NAME: its output indented; sets verdict and why.
run_suite()
{
	local file=$1 name=$2 limit rc reader

	limit=$(sed -n 's/^# timeout: *\([0-9]*\)$/\1/p;20q' "$file")
	limit=${limit:-120}
	echo "icmp4 suite $name begins" >/dev/kmsg
	printf '    KTAP version 1\n    # Subtest: %s\n' "$name"
	mkfifo "$work/fifo"
	tee "$work/out" <"$work/fifo" |
		sed -u '1{/^K\{0,1\}TAP version/d};s/^/    /' &
	reader=$!
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		cd "$dir" && exec timeout -k 5 "$limit" "$file"
	) </dev/null >"$work/fifo" 2>&1 &
	wait $!
	rc=$?
	clean_up
	wait "$reader"
	rm "$work/fifo"
	kernel_log "$name" >"$work/log"
	read -r verdict why < <(judge_output "$work/out")
	suite_verdict "$rc" "$limit"
}

suite_verdict()
{
	local more=''

	if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then
		more="not done after $2 s"
	elif [ "$1" -ne 0 ] && [ "$verdict" = pass ]; then
		more="exit status $1"
	elif [ "$1" -ne 4 ] && [ "$1" -ne 0 ] && [ "$verdict" = skip ]; then
		more="exit status $1"
	fi
	if grep -qE "$complaints" "$work/log"; then
		more+="${more:+, }the kernel complained"
	fi
	[ -n "$more" ] || return
	[ "$verdict" = fail ] || why=''
	verdict=fail
	why+="${why:+, }$more"
}

main()
{
	local file name number=0 failed=0 skipped=0

	select_suites "$@"
	work=$(mktemp -d)
	mkdir -p "$group"
	echo 'KTAP version 1'
	echo "1..${#suites[@]}"
	for file in "${suites[@]}"; do
		name=${file##*/}
		name=${name%.*}
		number=$((number + 1))
		run_suite "$file" "$name"
		case $verdict in
		pass)
			echo "ok $number $name"
			;;
		skip)
			skipped=$((skipped + 1))
			echo "ok $number $name # SKIP $why"
			;;
		*)
			failed=$((failed + 1))
			sed 's/^/    # kernel: /' "$work/log"
			echo "    # $name: $why"
			echo "not ok $number $name"
			;;
		esac
	done
	rm -rf "$work"
	[ "$failed" -eq 0 ] || exit 1
	[ "$skipped" -lt "$number" ] || exit 4
}

main "$@"
