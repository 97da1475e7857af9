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
# "# timeout: SECONDS" in the suite says; five times that on a kernel that looks
# for leaks, which is a slow one. A line "# guest: OPTION..." asks for a guest of
# its own (scripts/vm/guest.sh), and is for who starts it to read.
#
# In the end nothing may be left: modules, files, namespaces, sockets, and what
# such a kernel says that nobody points to any more.
#
# Exit: 0 all passed, 1 something failed, 4 everything was skipped.

dir=$(cd "$(dirname "$0")" && pwd -P)
group=/sys/fs/cgroup/suite
# shellcheck source=scripts/selftests/complaints.sh
. "$dir/complaints.sh"
# shellcheck source=scripts/selftests/suites.sh
. "$dir/suites.sh"
leaks=/sys/kernel/debug/kmemleak
slow=1
[ ! -e $leaks ] || slow=5
export ICMP4_KO=${ICMP4_KO:-$(dirname "$dir")/icmp4.ko}

bail_out()
{
	echo "Bail out! $*"
	exit 1
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

	limit=$(suite_header "$file" timeout)
	limit=$((${limit:-120} * slow))
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

# All that the module, or a test of it, could have left.
traces()
{
	cut -d' ' -f1 /proc/modules | grep -x icmp4
	grep -F '[icmp4]' /proc/kallsyms
	ip netns list
	# Hidden processes of the suites keep namespaces.
	cat "$group/cgroup.procs" /proc/net/{raw,icmp,packet}
	grep -E '^(RAW|PING|PACKET) ' /proc/net/protocols
	grep -vE '^(sockets|TCP)' /proc/net/sockstat
	ls -d /proc/net/icmp4 /sys/kernel/tracing/events/icmp4
	(cd /proc/sys/net/ipv4 && echo *)
	[ ! -e /sys/kernel/tracing/enabled_functions ] ||
		cat /sys/kernel/tracing/enabled_functions
} 2>/dev/null

# Is everything as it was? Namespaces take a moment to go.
nothing_left()
{
	local i

	for ((i = 0; i < 50; i++)); do
		traces | cmp -s - "$work/traces" && break
		sleep 0.2
	done
	traces | diff "$work/traces" - || return
	# Lockdep looks no further after its first find, whoever's it was.
	if [ -e /proc/lockdep_stats ] &&
	   ! grep -q 'debug_locks: *1' /proc/lockdep_stats; then
		echo 'lockdep has switched itself off'
		return 1
	fi
	[ -e $leaks ] || return 0
	# What is younger than five seconds may still be on its way.
	sleep 6
	if ! echo scan >$leaks || ! echo scan >$leaks; then
		echo 'kmemleak has switched itself off'
		return 1
	fi
	! grep . $leaks
}

main()
{
	local file name number=0 failed=0 skipped=0

	select_suites "$@"
	work=$(mktemp -d)
	mkdir -p "$group"
	traces >"$work/traces"
	[ ! -e $leaks ] || echo clear >$leaks
	echo 'KTAP version 1'
	echo "1..$((${#suites[@]} + 1))"
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
	number=$((number + 1))
	printf '    KTAP version 1\n    # Subtest: in_the_end\n    1..1\n'
	if nothing_left >"$work/left"; then
		printf '    ok 1 nothing left\nok %d in_the_end\n' "$number"
	else
		failed=$((failed + 1))
		sed 's/^/    # /' "$work/left"
		printf '    not ok 1 nothing left\nnot ok %d in_the_end\n' "$number"
	fi
	rm -rf "$work"
	[ "$failed" -eq 0 ] || exit 1
	[ "$skipped" -lt "${#suites[@]}" ] || exit 4
}

main "$@"
