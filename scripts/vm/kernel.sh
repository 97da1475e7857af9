#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh NAME WHAT: print a path (for "release" a string) that belongs to a
# kernel of the table scripts/vm/kernels, fetching and unpacking on demand:
#
#   release   what uname -r says in it
#   kdir      directory to build modules against (make -C KDIR M=$PWD)
#   symvers   its Module.symvers
#   vmlinux   uncompressed image, boots faster than a bzImage
#   modules   lib/modules/RELEASE, with depmod done
#   source    the distribution's source tree
#   refresh   forget which version was used so far, take the newest
#
# No root is needed, nothing is installed. A version once chosen stays until
# it is refreshed, so that the work of a day runs on one kernel.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(dirname "$0")

kernel_names()
{
	awk '!/^#/ && NF { print $1 }' "$here/kernels" | paste -sd' '
}

# once DIRECTORY LOCK COMMAND...: run COMMAND with an empty temporary directory
# as its last argument and give that its name only when all went well.
once()
{
	local dir=$1 lock=$2

	shift 2
	[ -d "$dir" ] || with_lock "$lock" once_locked "$dir" "$@"
}

once_locked()
{
	local dir=$1 tmp

	shift
	[ ! -d "$dir" ] || return 0
	mkdir -p "${dir%/*}"
	# A run that was killed left its directory; the lock is ours now.
	rm -rf "$dir".tmp.*
	tmp=$(mktemp -d "$dir.tmp.XXXXXX")
	chmod 755 "$tmp"
	"$@" "$tmp"
	mv -T "$tmp" "$dir"
}

main()
{
	local name=${1:-} what=${2:-} row

	[ $# -eq 2 ] || die 'usage: kernel.sh NAME WHAT' \
		"names: $(kernel_names); what: release kdir symvers vmlinux modules source refresh"
	row=$(awk -v name="$name" '!/^#/ && $1 == name' "$here/kernels")
	[ -n "$row" ] || die "no such kernel: $name" \
		"scripts/vm/kernels has: $(kernel_names)"
	read -r name kind image headers source <<<"$row"
	export name kind image headers source
	case $what in
	release | kdir | symvers | vmlinux | modules | source | refresh)
		# shellcheck source=scripts/vm/kernel-stock.sh
		. "$here/kernel-$kind.sh"
		"kernel_$what"
		;;
	*)
		die "kernel.sh does not know: $what"
		;;
	esac
}

main "$@"
