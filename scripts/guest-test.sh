#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# [KERNEL=NAME] [T='SUITE...'] guest-test.sh [SUITE...]: run the guest suites
# on a stock kernel in QEMU. KTAP goes to stdout as it comes and is verified
# afterwards; the last line counts single tests. GUEST holds more options for
# scripts/vm/guest.sh.
#
# Exit: 0 passed, 1 failed, 4 all skipped, 70 the guest was lost.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
kernel=${KERNEL:-6.1}
out=

# Those of the kernel's own selftests that a guest runs, as they are.
own='icmp.sh icmp_redirect.sh traceroute.sh lib.sh lib'

# own_selftests [SUITE...]: the options of guest.sh that put them there, a word a
# line, if the suite that runs them is among these or all are meant.
own_selftests()
{
	local source name userland

	[[ $# -eq 0 || " $*" == *[\ _]kernel* ]] || return 0
	source=$("$here/vm/kernel.sh" "$kernel" source)
	userland=$("$here/vm/kernel.sh" "$kernel" userland)
	[ -z "$userland" ] ||
		printf '%s\n' --add "$userland:icmp4/kernel/userland"
	for name in $own; do
		name=tools/testing/selftests/net/$name
		[ ! -e "$source/$name" ] ||
			printf '%s\n' --add "$source/$name:icmp4/kernel/${name#tools/}"
	done
}

main()
{
	local rc=0 options names added

	read -ra names <<<"${T:-}"
	read -ra options <<<"${GUEST:-}"
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	"$here/deps.sh" build guest
	mapfile -t added < <(own_selftests ${names[@]+"${names[@]}"} "$@")
	"$here/vm/guest.sh" --kernel "$kernel" --timeout 5400 "${added[@]}" \
		${options[@]+"${options[@]}"} -- selftests/run.sh \
		${names[@]+"${names[@]}"} "$@" | tee "$out" || rc=${PIPESTATUS[0]}
	ktap_verdict "$out" "$rc"
}

main "$@"
