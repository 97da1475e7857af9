#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# [KERNEL=NAME] [T='SUITE...'] guest-test.sh [SUITE...]: run the guest suites
# on a stock kernel in QEMU. Suites that ask for the same guest, by a line
# "# guest: OPTION..." for scripts/vm/guest.sh, are in one kind of guest, those
# without a line in another. GUEST holds options for all of them.
#
# JOBS guests run at a time (one for each processor, 4 at most, if not said), and
# the suites of a kind are dealt out to so many. KTAP goes to stdout as it comes, a
# document a guest, one guest behind the other, and is verified afterwards; the last
# line counts single tests.
#
# Exit: 0 passed, 1 failed, 4 all skipped, 70 a guest was lost.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/selftests/suites.sh
. "$(dirname "$0")/selftests/suites.sh"

here=$(dirname "$0")
kernel=${KERNEL:-6.1}
programs=
work=
tab=$'\t'
pids=()

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

# build_programs SUITE...: what lines "# programs: FILE..." of these suites name,
# compiled into $programs.
build_programs()
{
	local name sources

	programs=$(repo_root)/.build/programs
	mapfile -t sources < <(for name in "$@"; do
		suite_header "$name" programs
	done | tr -s ' ' '\n')
	[ ${#sources[@]} -gt 0 ] || return 0
	"$here/programs.sh" "$programs" "${sources[@]}" >&2
}

# own_programs SUITE...: the options of guest.sh that put them there, into
# programs/, if one of these suites has such a line.
own_programs()
{
	local name

	for name in "$@"; do
		[ -n "$(suite_header "$(suite_file "$name")" programs)" ] ||
			continue
		printf '%s\n' --add "$programs:icmp4/programs"
		return
	done
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

# How many guests at a time, if nobody says so.
at_a_time()
{
	local number room guest

	number=$(nproc)
	[ "$number" -le 4 ] || number=4
	# QEMU keeps up to 1 GiB of translated code besides.
	room=$(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) * 1024))
	guest=$("$here/vm/kernel.sh" "$kernel" memory | numfmt --from=iec)
	guest=$((guest + (5 << 28)))
	while [ "$number" -gt 1 ] && [ $((number * guest)) -gt "$room" ]; do
		number=$((number - 1))
	done
	echo "$number"
}

# deal NUMBER: the suites of each kind of guest, a line a guest: its options, a
# tab, its suites. Those without options come first.
deal()
{
	local file

	for file in "${suites[@]}"; do
		printf '%s\t%s\n' "$(suite_header "$file" guest)" "${file##*/}"
	done | LC_ALL=C sort -s -t "$tab" -k 1,1 | awk -F '\t' -v number="$1" '
		$1 != kind { kind = $1; turn = 0 }
		{
			hand = $1 FS turn++ % number
			if (!(hand in hands))
				order[++guests] = hand
			hands[hand] = hands[hand] " " $2
		}
		END {
			for (i = 1; i <= guests; i++) {
				split(order[i], part, FS)
				print part[1] FS hands[order[i]]
			}
		}'
}

# run_guest NUMBER OPTIONS SUITE...: boot a guest with these and run its suites, as
# soon as it is its turn.
run_guest()
{
	local number=$1 names=("${@:3}") options added rc=0

	read -rn1 -u "$turns"
	trap 'printf x >&"$turns"; : >"$work/$number.done"' EXIT
	[ -z "$2" ] || say "guest with $2"
	read -ra options <<<"$2 ${GUEST:-}"
	mapfile -t added < <(own_selftests "${names[@]}"
		own_programs "${names[@]}"
		own_files "${names[@]}")
	"$here/vm/guest.sh" --kernel "$kernel" --timeout 5400 \
		--console "$(repo_root)/.build/console$number" \
		${added[@]+"${added[@]}"} ${options[@]+"${options[@]}"} \
		-- selftests/run.sh "${names[@]}" || rc=$?
	exit $rc
}

# start NUMBER LINE: run_guest with a line of deal(), in a process group of its own.
start()
{
	local names

	read -ra names <<<"${2#*"$tab"}"
	: >"$work/$1"
	set -m
	run_guest "$1" "${2%%"$tab"*}" "${names[@]}" >"$work/$1" </dev/null &
	set +m
	pids[$1]=$!
}

# follow NUMBER: what its guest says, until it has said all. Signals are heard at
# once.
follow()
{
	if [ -e "$work/$1.done" ]; then
		cat "$work/$1"
		return
	fi
	tail -n +1 -f --pid="${pids[$1]}" "$work/$1" &
	wait $!
}

# shellcheck disable=SC2317,SC2329 # called by trap
cleanup()
{
	local number

	for number in "${!pids[@]}"; do
		[ -e "$work/$number.done" ] ||
			kill -- "-${pids[number]}" 2>/dev/null || true
	done
	wait
	rm -rf "$work"
}

main()
{
	local rc lost=0 guests number names passed failed skipped sum=(0 0 0)

	read -ra names <<<"${T:-}"
	select_suites ${names[@]+"${names[@]}"} "$@"
	work=$(mktemp -d)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	"$here/deps.sh" build guest
	# What all of them need, once, before any of them.
	"$here/vm/kernel.sh" "$kernel" boot >/dev/null
	"$here/vm/initramfs.sh" "$kernel" >/dev/null
	"$here/vm/module.sh" "$kernel" >/dev/null
	build_programs "${suites[@]}"
	own_files "${suites[@]}" >/dev/null

	number=${JOBS:-$(at_a_time)}
	[[ $number =~ ^[1-9][0-9]?$ ]] ||
		die "JOBS=$number is no number of guests" 'say 1 to 99, or nothing'
	mkfifo "$work/turns"
	exec {turns}<>"$work/turns"
	printf "%${number}s" '' | tr ' ' x >&"$turns"
	mapfile -t guests < <(deal "$number")
	for number in "${!guests[@]}"; do
		start "$number" "${guests[number]}"
	done
	for number in "${!guests[@]}"; do
		rc=0
		follow "$number"
		wait "${pids[number]}" || rc=$?
		unset "pids[number]"
		ktap_judge "$work/$number" "$rc"
		sum=($((sum[0] + passed)) $((sum[1] + failed))
			$((sum[2] + skipped)))
		[ "$rc" -ne 70 ] || lost=70
	done
	ktap_total "$lost" "${sum[@]}"
}

main "$@"
