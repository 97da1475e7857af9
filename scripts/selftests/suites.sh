# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Which suites there are: the executable test_* files beside this one. Whoever
# reads this has a function bail_out that does not return.

suites_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# suite_file NAME: the file of test_NAME, with or without prefix and extension.
suite_file()
{
	local name=${1##*/} file

	for file in "$suites_dir"/{,test_}"$name"{,.*}; do
		if [ -x "$file" ] && [[ ${file##*/} == test_* ]]; then
			echo "$file"
			return
		fi
	done
	return 1
}

# select_suites [NAME...]: sets suites, the files of these or of all.
select_suites()
{
	local name file

	suites=()
	if [ $# -eq 0 ]; then
		for file in "$suites_dir"/test_*; do
			[ ! -x "$file" ] || suites+=("$file")
		done
	fi
	for name in "$@"; do
		file=$(suite_file "$name") || bail_out "unknown suite: $name"
		suites+=("$file")
	done
	[ ${#suites[@]} -gt 0 ] || bail_out 'no suites'
}

# suite_header FILE WORD: what a line "# WORD: ..." at its head says, if any.
suite_header()
{
	sed -n "s/^# $2: *//p;20q" "$1"
}
