#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# [KERNEL=NAME] [T='SUITE...'] guest-test.sh [SUITE...]: run the guest suites
# on a stock kernel in QEMU. Suites that ask for the same guest, by a line
# "# guest: OPTION..." for scripts/vm/guest.sh, share one; there are as many
# guests, one after the other, as there are such lines, and one more for those
# without. GUEST holds options for all of them.
#
# KTAP goes to stdout as it comes, a document a guest, and is verified
# afterwards; the last line counts single tests.
#
# Exit: 0 passed, 1 failed, 4 all skipped, 70 a guest was lost.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/selftests/suites.sh
. "$(dirname "$0")/selftests/suites.sh"

here=$(dirname "$0")
kernel=${KERNEL:-6.1}
out=

# Those of the kernel's own selftests that a guest runs, as they are.
own='icmp.sh icmp_redirect.sh traceroute.sh lib.sh lib'

bail_out()
{
	echo "Bail out! $*"
	ktap_total 1 0 1 0
}

# own_selftests SUITE...: the options of guest.sh that put them there, a word a
# line, if the suite that runs them is among these.
own_selftests()
{
	local source name userland

	[[ " $*" == *\ test_kernel.* ]] || return 0
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

# own_programs SUITE...: the options of guest.sh that put there, into programs/,
# what lines "# programs: FILE..." of these suites name, compiled.
own_programs()
{
	local name sources

	mapfile -t sources < <(for name in "$@"; do
		suite_header "$(suite_file "$name")" programs
	done | tr -s ' ' '\n')
	[ ${#sources[@]} -gt 0 ] || return 0
	name=$(repo_root)/.build/programs
	"$here/programs.sh" "$name" "${sources[@]}" >&2
	printf '%s\n' --add "$name:icmp4/programs"
}

# own_files SUITE...: the same for "# files: FILE...", as they are, into files/.
own_files()
{
	local suite name

	for name in $(for suite in "$@"; do
		suite_header "$(suite_file "$suite")" files
	done); do
		[ -f "$(repo_root)/$name" ] || die "no such file: $name"
		printf '%s\n' --add "$(repo_root)/$name:icmp4/files/${name##*/}"
	done
}

# Each guest once, that of suites without such a line first.
guests()
{
	local file

	for file in "${suites[@]}"; do
		printf '%s\n' "$(suite_header "$file" guest)"
	done | LC_ALL=C sort -u
}

# run_guest OPTIONS: boot the guest with these and run its suites, the output
# in $out.
run_guest()
{
	local file names=() options added console

	for file in "${suites[@]}"; do
		[ "$(suite_header "$file" guest)" != "$1" ] ||
			names+=("${file##*/}")
	done
	[ -z "$1" ] || say "guest with $1"
	console=$(repo_root)/.build/console${1//[^a-z0-9-]/}
	read -ra options <<<"$1 ${GUEST:-}"
	mapfile -t added < <(own_selftests "${names[@]}"
		own_programs "${names[@]}"
		own_files "${names[@]}")
	"$here/vm/guest.sh" --kernel "$kernel" --timeout 5400 \
		--console "$console" ${added[@]+"${added[@]}"} \
		${options[@]+"${options[@]}"} \
		-- selftests/run.sh "${names[@]}" | tee "$out" ||
		return "${PIPESTATUS[0]}"
}

main()
{
	local rc lost=0 guest names all passed failed skipped sum=(0 0 0)

	read -ra names <<<"${T:-}"
	select_suites ${names[@]+"${names[@]}"} "$@"
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	"$here/deps.sh" build guest
	mapfile -t all < <(guests)
	for guest in "${all[@]}"; do
		rc=0
		run_guest "$guest" || rc=$?
		ktap_judge "$out" "$rc"
		sum=($((sum[0] + passed)) $((sum[1] + failed))
			$((sum[2] + skipped)))
		[ "$rc" -ne 70 ] || lost=70
	done
	ktap_total "$lost" "${sum[@]}"
}

main "$@"
