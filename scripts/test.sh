#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh [--all]: check, kunit and guest-test, one after the other whatever
# becomes of each, and one sum of all. With --all guest-test is on every kernel
# of scripts/vm/kernels that has guests. Exit 0 only when everything is fine.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
kernels=${KERNEL:-6.1}

# run_part NAME [KERNEL]: sets passed, failed, skipped, note.
run_part()
{
	local rc=0 line

	printf '\n=== %s\n' "$*"
	KERNEL=${2:-} "$here/$1.sh" | tee "$out" || rc=${PIPESTATUS[0]}
	line=$(tail -n1 "$out")
	passed=0 failed=0 skipped=0 note=''
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		passed=${BASH_REMATCH[1]}
		failed=${BASH_REMATCH[2]}
		skipped=${BASH_REMATCH[4]:-0}
	else
		note="no verdict (exit $rc)"
	fi
	case $rc in
	0 | 1) ;;
	70) note='guest lost' ;;
	4) note='nothing ran' ;;
	*) note="exit $rc" ;;
	esac
	# A part that is not fine counts, even when no single test says so.
	if [ "$failed" -eq 0 ] && { [ "$rc" -ne 0 ] || [ -n "$note" ]; }; then
		failed=1
	fi
}

# The long builds of a first run go on behind the static checks, not behind the
# guests, whose timing matters.
build_ahead()
{
	local name log

	log=$(repo_root)/.build/kernels.log
	mkdir -p "${log%/*}"
	for name in uml $kernels; do
		"$here/vm/kernel.sh" "$name" boot || break
	done >"$log" 2>&1 &
	builds=$!
}

main()
{
	local part parts start table='' sum=(0 0 0)

	if [ "${1:-}" = --all ]; then
		kernels="$("$here/vm/kernel.sh" names stock) debug"
	fi
	parts=(check kunit)
	for part in $kernels; do
		parts+=("guest-test $part")
	done
	"$here/deps.sh" build static kernel kunit guest
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	build_ahead
	for part in "${parts[@]}"; do
		start=$SECONDS
		# shellcheck disable=SC2086 # words
		run_part $part
		wait "$builds" 2>/dev/null || true
		sum[0]=$((sum[0] + passed))
		sum[1]=$((sum[1] + failed))
		sum[2]=$((sum[2] + skipped))
		table+=$(printf '%-16s %7d %7d %8d %7s  %s' "$part" "$passed" \
			"$failed" "$skipped" "$(as_text $((SECONDS - start)))" \
			"$note")$'\n'
	done
	printf '\n%-16s %7s %7s %8s %7s\n%s\n' part passed failed skipped time \
		"$table"
	printf '%d passed, %d failed' "${sum[0]}" "${sum[1]}"
	[ "${sum[2]}" -eq 0 ] || printf ', %d skipped' "${sum[2]}"
	printf '\n'
	[ "${sum[1]}" -eq 0 ]
}

main "$@"
