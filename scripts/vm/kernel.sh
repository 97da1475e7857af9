#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh NAME WHAT: print a path (for "release" a string) that belongs to a
# kernel of the table scripts/vm/kernels, fetching or building it on demand:
#
#   release   what uname -r says in it
#   kdir      directory to build modules against
#   symvers   its Module.symvers
#   boot      what is started: uncompressed if that works, it boots faster
#   modules   lib/modules/RELEASE, with depmod done
#   source    the distribution's source tree
#   userland  bin/ with tools that tests of it may want newer than the host's;
#             empty if the host is as new
#   memory    what a guest with it needs
#   refresh   forget which version was used so far, take the newest
#
# kernel.sh NAME make ARGUMENT...: make, in kdir and with this kernel's tools.
# kernel.sh names [KIND]: what the table has.
#
# No root is needed, nothing is installed. A version once chosen stays until
# it is refreshed, so that the work of a day runs on one kernel.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)

# What is built here is built for the host.
kernel_userland()
{
	:
}

kernel_names()
{
	awk -v kind="${1:-}" '!/^#/ && NF && (kind == "" || $2 == kind) {
			print $1
		}' "$here/kernels" | paste -sd' '
}

main()
{
	local name=${1:-} what=${2:-} kind row

	if [ "$name" = names ]; then
		kernel_names "$what"
		return
	fi
	[ $# -eq 2 ] || [ "$what" = make ] ||
		die 'usage: kernel.sh NAME WHAT' \
			"names: $(kernel_names); what: release kdir symvers boot modules source userland memory make refresh"
	row=$(awk -v name="$name" '!/^#/ && $1 == name' "$here/kernels")
	[ -n "$row" ] || die "no such kernel: $name" \
		"scripts/vm/kernels has: $(kernel_names)"
	read -r _ kind row <<<"$row"
	# shellcheck source=scripts/vm/kernel-stock.sh
	. "$here/kernel-$kind.sh"
	# shellcheck disable=SC2086 # words
	kernel_row "$name" $row
	shift 2
	case $what in
	release | kdir | symvers | boot | modules | source | userland | memory | make | refresh)
		"kernel_$what" "$@"
		;;
	*)
		die "kernel.sh does not know: $what"
		;;
	esac
}

main "$@"
