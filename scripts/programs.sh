#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# programs.sh DIRECTORY FILE...: compile programs of users, each out of one file,
# into a new DIRECTORY, with icmp4.h of this tree and every warning an error.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

main()
{
	local dir=$1 file name rc=0

	shift
	"$(dirname "$0")/deps.sh" programs
	dir=$(realpath -m "$dir")
	cd "$(repo_root)"
	rm -rf "$dir"
	mkdir -p "$dir"
	for file in "$@"; do
		name=${file##*/}
		gcc -O2 -Wall -Wextra -Werror -Iinclude \
			-o "$dir/${name%.c}" "$file" || rc=1
	done
	return "$rc"
}

main "$@"
