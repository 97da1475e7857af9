#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh: everything that can be said about the tree without running it.
# KTAP on stdout, the last line is "N passed, N failed".

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
kernel=${KERNEL:-6.1}

checks='no_warnings sparse checkpatch kernel_doc documented shellcheck python
prefix unused spdx shebang'

# Symbols the kernel's macros define for a module, tracepoints among them.
not_ours='^(init_module|cleanup_module|__this_module|__mod_.*'
not_ours+='|__(tracepoint|traceiter|probestub|SCK__tp_func|SCT__tp_func)_icmp4_.*)$'

c_files()
{
	find . -path './.*' -prune -o -name '*.[ch]' ! -name '*.mod.c' -print |
		cut -c3- | sort
}

scripts()
{
	find scripts .ci/run -type f ! -name '*.[ch]' ! -name '*.pyc' | sort
}

# with_shebang PATTERN: those scripts whose first line fits.
with_shebang()
{
	local file line

	while read -r file; do
		read -r line <"$file" || true
		[[ ! $line =~ ^#!.*$1 ]] || echo "$file"
	done < <(scripts)
}

build()
{
	kmake -C "$kdir" M="$copy" W=1 KCFLAGS=-Werror "$@" modules 2>&1 ||
		return
	[ ! -f scripts/bench/Kbuild ] ||
		kmake -C "$kdir" M="$copy/scripts/bench" W=1 KCFLAGS=-Werror \
			KBUILD_EXTRA_SYMBOLS="$copy/Module.symvers" "$@" modules 2>&1
}

check_no_warnings()
{
	local out

	rm -rf "$copy"
	copy_sources "$copy"
	out=$(build) || {
		grep -E 'error|warning|\*\*\*' <<<"$out"
		return 1
	}
	! grep -i 'warning' <<<"$out"
}

check_sparse()
{
	local out

	out=$(build C=2 CF='-D__CHECK_ENDIAN__') || {
		tail -n5 <<<"$out"
		return 1
	}
	! grep -E "^$copy/.*(warning|error):" <<<"$out"
}

checkpatch()
{
	xargs -r "$source/scripts/checkpatch.pl" --strict --no-tree --terse \
		--no-summary -q "$@" -f 2>/dev/null
}

# How a trace event looks is decided by its macros, not by the coding style.
check_checkpatch()
{
	local trace rc=0

	trace=$(c_files | xargs grep -l '^TRACE_EVENT\|^DEFINE_EVENT' || true)
	c_files | grep -vxF "$trace" | checkpatch || rc=1
	echo "$trace" | checkpatch --ignore OPEN_ENDED_LINE \
		--ignore PARENTHESIS_ALIGNMENT || rc=1
	return $rc
}

check_kernel_doc()
{
	c_files | xargs "$source/scripts/kernel-doc" -none -Werror 2>&1
}

# kernel-doc says whether a comment is right, not whether one is missing.
check_documented()
{
	local name rc=0

	built || return 1
	for name in $(module_objects | xargs nm -g --defined-only |
			awk '$2 == "T" { print $3 }' | grep -E '^icmp4_'); do
		grep -qE "^ \* $name\(\) - " -r src || {
			echo "$name(): no kernel-doc"
			rc=1
		}
	done
	for name in $(sed -n 's/.*\.name = "\(.*\)",/\1/p' src/drop.c
			sed -n 's/.*EVENT.*\] = "\(.*\)",/\1/p' src/stat.c); do
		grep -qE "^$name +" Documentation/counters.rst || {
			echo "counter $name: not in Documentation/counters.rst"
			rc=1
		}
	done
	return $rc
}

check_shellcheck()
{
	local list

	mapfile -t list < <(with_shebang '(bash|/sh)'
		grep -lE '^# shellcheck shell=' -r scripts)
	shellcheck -x "${list[@]}"
}

check_python()
{
	local list

	mapfile -t list < <({ with_shebang python; find scripts -name '*.py'; } |
		sort -u)
	python3 - ${list[@]+"${list[@]}"} <<-END 2>&1
		import sys
		for name in sys.argv[1:]:
		    compile(open(name).read(), name, "exec")
	END
}

module_objects()
{
	tr -s ' ' '\n' <"$copy/icmp4.mod" | sed "s|^[^/]|$copy/&|" | grep '\.o$'
}

defined()
{
	nm -g --defined-only "$1" | awk '{ print $3 }' | grep -vE "$not_ours"
}

built()
{
	[ -f "$copy/icmp4.ko" ] || {
		echo 'icmp4.ko was not built'
		return 1
	}
}

check_prefix()
{
	built || return 1
	! defined "$copy/icmp4.ko" | grep -v '^icmp4_' |
		sed 's/$/: a global name without the prefix icmp4_/' | grep .
}

check_unused()
{
	local object name rc=0

	built || return 1
	module_objects | xargs nm -u | awk '$1 == "U" { print $2 }' |
		sort -u >"$copy/wanted"
	while read -r object; do
		for name in $(defined "$object"); do
			grep -qxF "$name" "$copy/wanted" || {
				echo "${object#"$copy/"}: $name is used by nobody else"
				rc=1
			}
		done
	done < <(module_objects)
	return $rc
}

check_spdx()
{
	local file rc=0

	while read -r file; do
		[[ $(head -n2 "$file") == *SPDX-License-Identifier* ]] || {
			echo "$file: no SPDX line"
			rc=1
		}
	done < <(c_files; scripts; ls Makefile Kbuild)
	return $rc
}

# Executable and with a shebang, or neither.
check_shebang()
{
	local file rc=0 first

	while read -r file; do
		first=$(head -c2 "$file")
		if [ -x "$file" ] && [ "$first" != '#!' ]; then
			echo "$file: executable without a shebang"
			rc=1
		elif [ ! -x "$file" ] && [ "$first" = '#!' ]; then
			echo "$file: a shebang, but not executable"
			rc=1
		fi
	done < <(scripts)
	return $rc
}

main()
{
	local name number=0 failed=0 out

	"$here/deps.sh" build static
	cd "$(repo_root)"
	kdir=$("$here/vm/kernel.sh" "$kernel" kdir)
	source=$("$here/vm/kernel.sh" "$kernel" source)
	copy=$PWD/.build/check
	echo 'KTAP version 1'
	echo "1..$(wc -w <<<"$checks")"
	for name in $checks; do
		number=$((number + 1))
		if out=$("check_$name"); then
			echo "ok $number ${name//_/-}"
		else
			failed=$((failed + 1))
			head -n100 <<<"$out" | sed 's/^/# /'
			echo "not ok $number ${name//_/-}"
		fi
	done
	echo "$((number - failed)) passed, $failed failed"
	[ "$failed" -eq 0 ]
}

main "$@"
