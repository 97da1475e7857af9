# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a guest suite written in shell needs, in the words the kernel's own
# selftests use (kselftest/ktap_helpers.sh and net/lib.sh). A suite reads:
#
#	. "$(dirname "$0")/ktap.sh"
#
#	setup_ns here there
#	ip link add veth0 netns "$here" type veth peer name veth0 netns "$there"
#	...
#	ktap_print_header
#	ktap_set_plan 1
#	ktap_test_result "echo is answered" \
#		ip netns exec "$here" ping -c 1 10.0.0.2
#	ktap_finished

KSFT_PASS=0
KSFT_FAIL=1
KSFT_SKIP=4

KTAP_PLAN=
KTAP_TESTNO=0
KTAP_CNT_PASS=0
KTAP_CNT_FAIL=0
KTAP_CNT_SKIP=0

ktap_print_header()
{
	echo 'KTAP version 1'
}

# ktap_print_msg TEXT...: a diagnostic line, whatever TEXT holds.
ktap_print_msg()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

ktap_set_plan()
{
	KTAP_PLAN=$1
	echo "1..$1"
}

# ktap_skip_all WHY: nothing here can run.
ktap_skip_all()
{
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

ktap_print_result()
{
	KTAP_TESTNO=$((KTAP_TESTNO + 1))
	printf '%s %d %s%s\n' "$1" "$KTAP_TESTNO" "$2" "${3:+ # $3}"
}

ktap_test_pass()
{
	ktap_print_result ok "$1"
	KTAP_CNT_PASS=$((KTAP_CNT_PASS + 1))
}

ktap_test_fail()
{
	ktap_print_result 'not ok' "$1"
	KTAP_CNT_FAIL=$((KTAP_CNT_FAIL + 1))
}

# ktap_test_skip NAME [WHY]
ktap_test_skip()
{
	ktap_print_result ok "$1" "SKIP${2:+ $2}"
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
}

# ktap_test_result NAME COMMAND...: by the command's status, 4 is a skip. What
# it prints is a diagnostic, shown only when it did not succeed. It runs in
# this shell, but with its output in a file.
ktap_test_result()
{
	local name=$1 out rc=0

	shift
	out=$(mktemp)
	"$@" >"$out" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ]; then
		ktap_print_msg "$* (exit $rc)"
		sed 's/^/# /' "$out"
	fi
	rm -f "$out"
	case $rc in
	"$KSFT_PASS") ktap_test_pass "$name" ;;
	"$KSFT_SKIP") ktap_test_skip "$name" ;;
	*) ktap_test_fail "$name" ;;
	esac
}

# ktap_exit_fail_msg TEXT...: the suite itself cannot go on.
ktap_exit_fail_msg()
{
	echo "Bail out! $*"
	exit "$KSFT_FAIL"
}

ktap_print_totals()
{
	echo "# Totals: pass:$KTAP_CNT_PASS fail:$KTAP_CNT_FAIL skip:$KTAP_CNT_SKIP"
}

# Exit with the suite's verdict. No test at all, or another number than was
# planned, is a failure.
ktap_finished()
{
	ktap_print_totals
	if [ "$KTAP_TESTNO" -eq 0 ] || [ "$KTAP_TESTNO" != "$KTAP_PLAN" ]; then
		echo "# planned ${KTAP_PLAN:-nothing}, ran $KTAP_TESTNO"
		exit "$KSFT_FAIL"
	elif [ "$KTAP_CNT_FAIL" -ne 0 ]; then
		exit "$KSFT_FAIL"
	elif [ "$KTAP_CNT_SKIP" -eq "$KTAP_TESTNO" ]; then
		exit "$KSFT_SKIP"
	fi
	exit "$KSFT_PASS"
}

# defer COMMAND...: run it when the suite ends or its scope is popped, the
# last one first.
__defer_jobs=()
__defer_scopes=()

defer()
{
	__defer_jobs+=("$(printf '%q ' "$@")")
}

__defer_run_to()
{
	local i

	for ((i = ${#__defer_jobs[@]} - 1; i >= $1; i--)); do
		eval "${__defer_jobs[i]}"
		unset "__defer_jobs[i]"
	done
}

defer_scope_push()
{
	__defer_scopes+=("${#__defer_jobs[@]}")
}

defer_scope_pop()
{
	local last=$((${#__defer_scopes[@]} - 1))

	__defer_run_to "${__defer_scopes[last]}"
	unset "__defer_scopes[last]"
}

# in_defer_scope COMMAND...
in_defer_scope()
{
	local rc=0

	defer_scope_push
	"$@" || rc=$?
	defer_scope_pop
	return "$rc"
}

trap '__defer_run_to 0' EXIT

# Whoever wants time stamps has the kernel patch a branch that every packet
# passes, and back when the last one goes: each ping does both. QEMU's processors
# at times trip over that. With one that stays it happens once in a suite.
ping -q -n -i 3600 127.0.0.1 >/dev/null 2>&1 &
disown

# setup_ns NAME...: a namespace each, lo up, whose real name is in the variable
# NAME. Gone when the suite ends.
setup_ns()
{
	local name ns

	for name in "$@"; do
		ns=$name-$(od -An -N3 -tx1 /dev/urandom | tr -d ' ')
		ip netns add "$ns" || return
		defer cleanup_ns "$ns"
		ip -n "$ns" link set lo up || return
		printf -v "$name" %s "$ns"
	done
}

cleanup_ns()
{
	local ns

	for ns in "$@"; do
		ip netns pids "$ns" 2>/dev/null | xargs -r kill -9
		ip netns del "$ns" 2>/dev/null
	done
}

# stat_counter NAMESPACE NAME: of the module there.
stat_counter()
{
	# shellcheck disable=SC2016 # awk's
	ip netns exec "$1" awk -v name="$2" '
		NR == 1 { for (i = 2; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { print at ? $at : "no " name }' /proc/net/icmp4/stat
}

__now_ms()
{
	local us=${EPOCHREALTIME/./}

	echo "${us%???}"
}

__wait_until()
{
	local pause=$1 end=$2 out rc

	shift 2
	while :; do
		rc=0
		out=$("$@") || rc=$?
		if [ "$rc" -eq 0 ] || [ "$(__now_ms)" -ge "$end" ]; then
			[ -z "$out" ] || printf '%s\n' "$out"
			return "$rc"
		fi
		[ "$pause" = 0 ] || sleep "$pause"
	done
}

# A kernel that looks for leaks is a slow one.
slowness=1
[ ! -e /sys/kernel/debug/kmemleak ] || slowness=10

# busywait TIMEOUT_MS COMMAND...: until it succeeds; its last output is ours.
busywait()
{
	local end=$(($(__now_ms) + $1 * slowness))

	shift
	__wait_until 0 "$end" "$@"
}

# slowwait TIMEOUT_S COMMAND...: the same, ten times a second.
slowwait()
{
	local end=$(($(__now_ms) + $1 * 1000 * slowness))

	shift
	__wait_until 0.1 "$end" "$@"
}

# That ping has its raw socket before a suite loads the module, or would hold it.
busywait 5000 grep -q ':0001 ' /proc/net/raw
