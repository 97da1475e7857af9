#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh: instructions per packet, the kernel's own ICMP and icmp4 in one
# boot of kernel $KERNEL (6.1), as a table. What is measured and the goals are
# in scripts/bench/cases and scripts/bench/against.
#
# Exit status: 1 when a goal is missed, results differ too much from round to
# round, or what was timed is not what should have happened; others as
# scripts/vm/guest.sh.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
kernel=${KERNEL:-6.1}
rounds=3
results=''

# shellcheck disable=SC2317,SC2329 # called by trap
cleanup()
{
	[ -z "$results" ] || rm -f "$results"
}

# --icount 0: every instruction is a nanosecond, whatever else the host does.
measure()
{
	"$here/vm/guest.sh" --kernel "$kernel" --icount 0 --timeout 900 \
		--console "$(repo_root)/.build/bench.console" \
		--add "$here/bench/guest.sh:icmp4/bench/guest.sh" \
		--add "$here/bench/cases:icmp4/bench/cases" \
		--add "$here/bench/raw.py:icmp4/bench/raw.py" \
		--add "$1:icmp4/bench/icmp4_bench.ko" \
		-- bash bench/guest.sh "$rounds" >"$results"
}

main()
{
	local ko rc=0

	results=$(mktemp)
	trap cleanup EXIT
	"$here/deps.sh" build guest
	# In this order: the second looks at the symbols of the first.
	"$here/vm/module.sh" "$kernel" >/dev/null
	ko=$("$here/vm/module.sh" "$kernel" scripts/bench)
	progress 'measuring' measure "$ko" || rc=$?
	if [ "$rc" -gt 1 ]; then
		cat "$results"
		return "$rc"
	fi
	awk -v kernel="$kernel" -v rounds="$rounds" \
		-f "$here/bench/table.awk" file=cases "$here/bench/cases" \
		file=against "$here/bench/against" \
		file=results "$results" || rc=1
	return "$rc"
}

main "$@"
