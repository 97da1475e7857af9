#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# module.sh NAME [DIRECTORY]: print the path of icmp4.ko, or of the modules in
# DIRECTORY of this tree, built for kernel NAME. Each kernel has its own copy
# of the sources below .build, so that builds never meet each other's objects.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(dirname "$0")

build()
{
	local name=$1 copy=$2 sub=$3

	copy_sources "$copy"
	[ -z "$sub" ] ||
		set -- KBUILD_EXTRA_SYMBOLS="$copy/Module.symvers"
	[ -n "$sub" ] || set --
	progress "building ${sub:-icmp4}" "$here/kernel.sh" "$name" make -s \
		M="$copy${sub:+/$sub}" "$@" modules
}

main()
{
	local name=${1:-} sub=${2:-} copy

	[ $# -ge 1 ] || die 'usage: module.sh NAME [DIRECTORY]'
	# What has to be fetched says so itself.
	"$here/kernel.sh" "$name" kdir >/dev/null
	copy=$(repo_root)/.build/$name
	with_lock "build-$(content_key -s "$copy")" build "$name" "$copy" "$sub"
	ls "$copy${sub:+/$sub}"/*.ko
}

main "$@"
