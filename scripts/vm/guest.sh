#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh [OPTION...] -- COMMAND...: boot a kernel in QEMU and run COMMAND in
# it, in the directory /icmp4 which holds icmp4.ko and selftests/. One word is
# shell text, several are a program and its arguments. Its output is ours.
#
#   --kernel NAME      one of scripts/vm/kernels (6.1)
#   --cpus N           processors (2)
#   --threads KIND     QEMU's for these: single, one for all of them (so), or
#                      multi, one each, with which a guest may run patched code
#                      as it was before; see Documentation/testing.rst
#   --mem SIZE         memory (what the kernel needs)
#   --timeout SECONDS  of the whole guest (600)
#   --icount N         count instructions, each 2^N ns; one processor
#   --tap IFNAME       eth0 in the guest is this tap device
#   --add SRC:DEST     also put SRC there (repeatable)
#   --append WORDS     more for the kernel's command line (repeatable)
#   --no-module        do not build and add icmp4.ko
#   --console FILE     keep the kernel's console there (.build/console)
#   --verbose          show it, too
#   --interactive      COMMAND (a shell) on the terminal; no result
#
# Exit status: the command's own; 70 when the guest was lost on the way, for
# which only the marker it writes at its end counts; 71 when the command
# succeeded but the kernel complained.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(repo_root)

lost=70
complained=71

kernel=6.1 cpus=2 threads=single mem='' timeout=600 icount='' tap='' add=() append=()
module=1 console=$root/.build/console verbose=0 interactive=0 command=()
work='' qemu_pid=''

usage()
{
	sed -n '4,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

options()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel) kernel=$2; shift ;;
		--cpus) cpus=$2; shift ;;
		--threads) threads=$2; shift ;;
		--mem) mem=$2; shift ;;
		--timeout) timeout=$2; shift ;;
		--icount) icount=$2; shift ;;
		--tap) tap=$2; shift ;;
		--add) add+=("$2"); shift ;;
		--append) append+=("$2"); shift ;;
		--console) console=$2; shift ;;
		--no-module) module=0 ;;
		--verbose) verbose=1 ;;
		--interactive) interactive=1 ;;
		--) shift; command=("$@"); break ;;
		*) usage ;;
		esac
		shift
	done
	[ ${#command[@]} -gt 0 ] || [ "$interactive" = 1 ] || usage
}

# shellcheck disable=SC2317,SC2329 # called by trap
cleanup()
{
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
	[ -z "$work" ] || rm -rf "$work"
}

guest_conf()
{
	local loglevel=8 mode=run

	if [ "$interactive" = 1 ]; then
		loglevel=5 mode=shell
	fi
	printf 'mode=%s nonce=%s network=%s loglevel=%s\n' "$mode" "$nonce" \
		"${tap:+1}" "$loglevel"
	printf 'command=('
	[ ${#command[@]} -eq 0 ] || printf '%q ' "${command[@]}"
	printf ')\n'
}

# What changes from run to run, unpacked behind the base.
overlay()
{
	local dir=$work/overlay item ko dest

	mkdir -p "$dir/icmp4"
	install -m 755 "$here/init" "$dir/init"
	guest_conf >"$dir/guest.conf"
	cp -r "$root/scripts/selftests" "$dir/icmp4/selftests"
	install -D -m 755 "$root/scripts/icmp4" "$dir/icmp4/scripts/icmp4"
	if [ "$module" = 1 ] && [ -f "$root/Kbuild" ]; then
		ko=$("$here/module.sh" "$kernel")
		install -m 644 "$ko" "$dir/icmp4"
	fi
	for item in ${add[@]+"${add[@]}"}; do
		dest=$dir/${item##*:}
		mkdir -p "${dest%/*}"
		cp -rL "${item%:*}" "$dest"
	done
	(cd "$dir" && find . -mindepth 1 -print0 |
		cpio -0 -o -H newc -R 0:0 --quiet)
}

qemu_arguments()
{
	local accel=tcg,thread=$threads cmdline

	mem=${mem:-$("$here/kernel.sh" "$kernel" memory)}
	args=(-nodefaults -no-user-config -no-reboot -display none
		-machine pc -m "$mem" -cpu max)
	if [ -n "$icount" ]; then
		accel=tcg
		cpus=1
		args+=(-icount "shift=$icount,sleep=off")
	elif [ "${ICMP4_KVM:-0}" = 1 ]; then
		accel=kvm
	fi
	args+=(-accel "$accel" -smp "$cpus")
	if [ -n "$tap" ]; then
		args+=(-netdev "tap,id=n0,ifname=$tap,script=no,downscript=no"
			-device "virtio-net-pci,netdev=n0,mac=52:54:00:49:43:34,romfile=")
	fi
	cmdline='console=ttyS0 rdinit=/init panic=-1 oops=panic loglevel=5'
	cmdline+=' nokaslr tsc=reliable random.trust_cpu=on'
	cmdline+=" ${append[*]-}"
	args+=(-kernel "$("$here/kernel.sh" "$kernel" boot)"
		-initrd "$work/initrd" -append "$cmdline")
}

boot()
{
	local rc=0 reader

	: >"$work/console"
	mkfifo "$work/fifo"
	# The guest puts an empty line and then the marker behind the output.
	tee "$work/result" <"$work/fifo" |
		sed -u "/^\$/{\$!N;/^\n# icmp4 run $nonce exit [0-9]*\$/d;P;D}" &
	reader=$!
	if [ "$verbose" = 1 ]; then
		tail -f --pid=$$ "$work/console" >&2 &
	fi
	timeout --foreground -k 5 "$timeout" qemu-system-x86_64 "${args[@]}" \
		-serial "file:$work/console" -serial stdio \
		</dev/null >"$work/fifo" 2>"$work/qemu" &
	qemu_pid=$!
	wait "$qemu_pid" || rc=$?
	qemu_pid=''
	wait "$reader" || true
	return "$rc"
}

# judge STATUS-OF-QEMU: the exit status of this script.
judge()
{
	local status

	mkdir -p "${console%/*}"
	tr -d '\r' <"$work/console" >"$work/console.text"
	mv "$work/console.text" "$console"
	status=$(sed -n "s/^# icmp4 run $nonce exit \([0-9]*\)\$/\1/p" \
		"$work/result")
	if [ -z "$status" ]; then
		if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then
			say "guest lost: not done after $timeout s"
		else
			say "guest lost (QEMU exit $1), last lines of its console:"
		fi
		cat "$work/qemu" >&2
		tail -n30 "$console" | sed 's/^/    /' >&2
		return $lost
	fi
	if grep -qE "$complaints" "$console"; then
		say "the kernel complained, see $console:"
		grep -E -m8 -A3 "$complaints" "$console" |
			sed 's/^/    /' >&2
		[ "$status" -ne 0 ] || return $complained
	fi
	return "$status"
}

main()
{
	local base rc=0

	options "$@"
	nonce=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	work=$(mktemp -d)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	base=$("$here/initramfs.sh" "$kernel")
	overlay >"$work/overlay.cpio"
	cat "$base" "$work/overlay.cpio" >"$work/initrd"
	qemu_arguments
	if [ "$interactive" = 1 ]; then
		qemu-system-x86_64 "${args[@]}" -serial mon:stdio
		return
	fi
	boot || rc=$?
	judge "$rc"
}

main "$@"
