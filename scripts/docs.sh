#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# docs.sh [--check] MODULE: write what the documentation says of knobs between its
# lines "knobs begin" and "knobs end", out of what the module says of them. With
# --check nothing is written, and differences are shown.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# region FILE: the file with those lines filled with stdin.
region()
{
	awk '/knobs end/ { inside = 0; while ((getline line <"-") > 0) print line
			   if (FILENAME ~ /rst$/) print "" }
	     !inside { print }
	     /knobs begin/ { inside = 1; if (FILENAME ~ /rst$/) print "" }' "$1"
}

# fill FILE FORMAT MODULE
fill()
{
	scripts/icmp4 knobs --module "$3" --format "$2" | region "$1"
}

cd "$(repo_root)"
check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
module=${1:?usage: docs.sh [--check] MODULE}
# Where the kernel has one of them itself, the module does not say so.
[ "$(modinfo -F knob "$module" | wc -l)" -eq "$(grep -c '^ICMP4_KNOB(' src/knob_defs.h)" ] ||
	die "$module does not add all knobs" 'build it for an older kernel, 6.1'
failed=0
while read -r file format; do
	new=$(fill "$file" "$format" "$module")
	if [ -z "$check" ]; then
		echo "$new" >"$file"
	elif ! diff -u "$file" - <<<"$new"; then
		failed=1
	fi
done <<-END
	Documentation/sysctl.rst rst
	Documentation/icmp4.7 man
END
[ $failed -eq 0 ] || die 'the documentation is behind the table of knobs' \
	"run 'make docs'"
