#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh: check, kunit and guest-test, one after the other whatever becomes of
# each, and one sum of all. Exit 0 only when everything is fine.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
parts='check kunit guest-test'

# run_part NAME: sets passed, failed, skipped, note.
run_part()
{
	local rc=0 line

	printf '\n=== %s\n' "$1"
	"$here/$1.sh" | tee "$out" || rc=${PIPESTATUS[0]}
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

main()
{
	local part start table='' sum=(0 0 0) uml

	"$here/deps.sh" build static kunit guest
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	# The long build of a first run goes on behind the static checks, not
	# behind the guests, whose timing matters.
	mkdir -p "$(repo_root)/.build"
	"$here/vm/uml.sh" linux >"$(repo_root)/.build/uml.log" 2>&1 &
	uml=$!
	for part in $parts; do
		start=$SECONDS
		run_part "$part"
		wait "$uml" 2>/dev/null || true
		sum[0]=$((sum[0] + passed))
		sum[1]=$((sum[1] + failed))
		sum[2]=$((sum[2] + skipped))
		table+=$(printf '%-12s %7d %7d %8d %7s  %s' "$part" "$passed" \
			"$failed" "$skipped" "$(as_text $((SECONDS - start)))" \
			"$note")$'\n'
	done
	printf '\n%-12s %7s %7s %8s %7s\n%s\n' part passed failed skipped time \
		"$table"
	printf '%d passed, %d failed' "${sum[0]}" "${sum[1]}"
	[ "${sum[2]}" -eq 0 ] || printf ', %d skipped' "${sum[2]}"
	printf '\n'
	[ "${sum[1]}" -eq 0 ]
}

main "$@"
