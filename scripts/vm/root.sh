#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# root.sh RELEASE 'PACKAGE...' COMMAND...: run a command inside a small system
# of that release of the distribution, with these packages. It is made once and
# sees this tree and the cache where they are outside. As for everything here,
# no root is needed if users may make namespaces.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=scripts/vm/archive.sh
. "$here/archive.sh"

root_unpack()
{
	local release=$1 packages=$2 dir=$3

	archive_sources "$release" | mmdebstrap --variant=apt --format=tar \
			--include="$packages" \
			--dpkgopt='path-exclude=/usr/share/doc/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' \
			--dpkgopt='path-exclude=/usr/share/man/*' \
			"$(archive_base "$release")" - - |
		tar -C "$dir" -x --no-same-owner --exclude='./dev/*'
}

root_make()
{
	progress "making a root of $(archive_base "$1") to build in" root_unpack "$@"
}

# What is run with mounts of its own: root.sh's arguments in $1.
# shellcheck disable=SC2016
inside='
	set -e
	root=$1
	shift
	for dir in /proc /dev "$TREE" "$CACHE"; do
		mkdir -p "$root$dir"
		mount --rbind "$dir" "$root$dir"
	done
	exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C "$@"'

main()
{
	local release=$1 packages opt=(--mount) dir

	# shellcheck disable=SC2086 # words
	packages=$(printf '%s\n' $2 make sparse | sort -u | paste -sd,)
	shift 2
	"$here/../deps.sh" root
	dir=$(cache_dir)/root/$release-$(content_key -s "$packages" "$0")
	once "$dir" "root-${dir##*/}" root_make "$release" "$packages"
	[ "$(id -u)" -eq 0 ] || opt+=(--map-root-user)
	TREE=$(repo_root) CACHE=$(cache_dir) unshare "${opt[@]}" \
		sh -c "$inside" root "$dir" "$@"
}

main "$@"
