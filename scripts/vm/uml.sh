#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uml.sh WHAT: print the path of "linux", the user-mode kernel the KUnit
# suites run in, or of "kdir", what their module is built against. Built once
# and cached by the content of its configuration and the source's version.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(dirname "$0")
kernel=${KERNEL:-6.1}

uml_make()
{
	local src=$1 dir=$2

	shift 2
	kmake -C "$src" O="$dir" ARCH=um V=0 "$@"
}

# The processor state of a process is saved whole, for which 6.1 sets aside less
# than a host with AMX has: it cannot start a process there. A file in the build
# directory goes before its twin in the source tree.
uml_room_for_state()
{
	local file=arch/x86/um/user-offsets.c

	mkdir -p "$2/${file%/*}"
	sed 's/HOST_FP_SIZE, 2696/HOST_FP_SIZE, 12288/' "$1/$file" >"$2/$file"
}

uml_configure()
{
	local src=$1 dir=$2 config=$3 line

	uml_room_for_state "$src" "$dir"
	uml_make "$src" "$dir" KCONFIG_ALLCONFIG="$config" allnoconfig
	while read -r line; do
		grep -qxF "$line" "$dir/.config" || {
			echo "not in the configuration: $line"
			return 1
		}
	done < <(grep '^CONFIG_' "$config")
}

uml_build()
{
	local src=$1 dir=$2

	# An interrupted build goes on where it was.
	mkdir -p "$dir"
	[ ! -f "$dir/done" ] || return 0
	renice -n 10 -p "$BASHPID" >/dev/null
	progress 'configuring user-mode Linux' \
		uml_configure "$src" "$dir" "$here/kunit-uml.config"
	progress 'building user-mode Linux, once, some minutes' \
		uml_make "$src" "$dir"
	touch "$dir/done"
}

main()
{
	local what=${1:-} src dir

	case $what in
	kdir | linux) ;;
	*) die 'usage: uml.sh kdir|linux' ;;
	esac
	src=$("$here/kernel.sh" "$kernel" source)
	here=$(cd "$here" && pwd -P)
	dir=$(cache_dir)/uml/$(content_key -s "$src" "$0" "$here/kunit-uml.config")
	[ -f "$dir/done" ] || with_lock "uml-${dir##*/}" uml_build "$src" "$dir"
	case $what in
	kdir) echo "$dir" ;;
	linux) echo "$dir/linux" ;;
	esac
}

main "$@"
