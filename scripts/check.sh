#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh: everything that can be said about the tree without running it, of
# the module for each stock kernel of scripts/vm/kernels (or those in $KERNEL).
# KTAP on stdout, the last line is "N passed, N failed".

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
# What is asked of each kernel's module, and what is asked once. The first one's
# is the one looked at where it does not matter which.
each='warnings sparse exports'
checks='refusal checkpatch kernel_doc documented shellcheck python prefix unused
spdx shebang programs'

failed=0

# Symbols the kernel's macros define for a module, tracepoints among them.
not_ours='^(__pfx_.*|init_module|cleanup_module|__this_module|__mod_.*'
not_ours+='|__(tracepoint|traceiter|probestub|SCK__tp_func|SCT__tp_func)_icmp4_.*)$'

# Imports that compiler and macros make on their own.
generated='^(__(fentry__|fortify_panic|stack_chk_fail|ref_stack_chk_guard|warn_printk)'
generated+='|fortify_panic|__SCT__.*|__x86_.*|__ubsan_.*|__trace_.*|trace_.*'
generated+='|perf_trace_.*|bpf_trace_.*|tracepoint_.*|mem(cpy|set)|str(nlen|scpy)'
generated+='|sized_strscpy|__preempt_count|__per_cpu_offset|this_cpu_off'
generated+='|pcpu_hot|cpu_number|__rcu_.*)$'

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

# build KERNEL ARGUMENT...: with every warning, each an error.
build()
{
	local name=$1 copy=.build/check/$1

	shift
	"$here/vm/kernel.sh" "$name" make M="$PWD/$copy" W=1 \
		KCFLAGS=-Werror "$@" modules 2>&1 || return
	[ ! -f scripts/bench/Kbuild ] ||
		"$here/vm/kernel.sh" "$name" make M="$PWD/$copy/scripts/bench" \
			W=1 KCFLAGS=-Werror "$@" modules \
			KBUILD_EXTRA_SYMBOLS="$PWD/$copy/Module.symvers" 2>&1
}

each_warnings()
{
	local out copy=.build/check/$1

	# A kernel that cannot be had is that kernel's failure.
	out=$("$here/vm/kernel.sh" "$1" symvers 2>&1) || {
		echo "$out"
		return 1
	}
	rm -rf "$copy"
	copy_sources "$copy"
	out=$(build "$1") || {
		grep -E 'error|warning|\*\*\*|ERROR' <<<"$out" ||
			tail -n5 <<<"$out"
		return 1
	}
	# A distribution's compiler gets updates that its kernel has not seen.
	! grep -i 'warning' <<<"$out" | grep -v 'the compiler differs'
}

# Of the newest kernels sparse does not know __typeof_unqual__, and cannot work
# out what their MODULE_INFO() asserts of a string. (Their packages also lack the
# script by which "C=2" finds out whether sparse is there.)
each_sparse()
{
	local out

	out=$(build "$1" KBUILD_CHECKSRC=2 \
		CF='-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__') || {
		tail -n5 <<<"$out"
		return 1
	}
	grep -q '^ *CHECK ' <<<"$out" || {
		echo 'sparse did not run'
		return 1
	}
	! grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error):' <<<"$out" |
		grep -v ': error: bad constant expression$'
}

# imports KERNEL: what the module wants of it.
imports()
{
	nm -u ".build/check/$1/icmp4.o" | awk '$2 != "__this_module" { print $2 }'
}

each_exports()
{
	local symvers

	[ -f ".build/check/$1/icmp4.o" ] || {
		echo 'icmp4.o was not built'
		return 1
	}
	symvers=$("$here/vm/kernel.sh" "$1" symvers)
	! imports "$1" | grep -vxFf <(awk '{ print $2 }' "$symvers") |
		sed "s/\$/: not exported by $1/" | grep .
}

# A kernel that lacks something gets one error that names it, and no more.
check_refusal()
{
	local out

	if out=$(build "$first" needs=linux/skbuff.h:no_such_thing); then
		echo 'was built nevertheless'
		return 1
	fi
	grep -q 'cannot be built for this kernel.*no_such_thing' <<<"$out" &&
		[ "$(wc -l <<<"$out")" -le 8 ] && return
	echo "$out"
	return 1
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
	for name in $(for kernel in $kernels; do imports "$kernel"; done |
			sort -u | grep -vE "$generated"); do
		grep -qF "\`\`$name\`\`" Documentation/kernels.rst || {
			echo "import $name: not in Documentation/kernels.rst"
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
	for name in $(modinfo -F knob "$copy/icmp4.ko" | cut -d: -f1); do
		grep -qE "^$name - " Documentation/sysctl.rst || {
			echo "knob $name: no entry in Documentation/sysctl.rst"
			rc=1
		}
		grep -q "net\.ipv4\.$name = " Documentation/examples/icmp4.conf || {
			echo "knob $name: not in Documentation/examples/icmp4.conf"
			rc=1
		}
	done
	# The tables have all knobs; where the kernel has some itself they cannot be made.
	grep -q sysctl_icmp_errors_extension_mask -r "$source/include/net/netns" ||
		scripts/docs.sh --check "$copy/icmp4.ko" 2>&1 || rc=1
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

check_programs()
{
	local list

	mapfile -t list < <(ls Documentation/examples/*.c scripts/selftests/*.c)
	"$here/programs.sh" .build/check/programs "${list[@]}" 2>&1
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

# result NUMBER TITLE FUNCTION ARGUMENT...
result()
{
	local number=$1 title=$2 out rc=0

	shift 2
	out=$("$@") || rc=$?
	case $rc in
	0)
		echo "ok $number $title"
		;;
	*)
		failed=$((failed + 1))
		head -n100 <<<"$out" | sed 's/^/# /'
		echo "not ok $number $title"
		;;
	esac
}

main()
{
	local name number=0 kernel

	"$here/deps.sh" build static
	cd "$(repo_root)"
	kernels=${KERNEL:-$("$here/vm/kernel.sh" names stock)}
	first=${kernels%% *}
	source=$("$here/vm/kernel.sh" "$first" source)
	copy=$PWD/.build/check/$first
	for kernel in $kernels; do
		"$here/vm/kernel.sh" "$kernel" kdir >/dev/null || true
	done
	echo 'KTAP version 1'
	echo "1..$(($(wc -w <<<"$checks") +
		$(wc -w <<<"$each") * $(wc -w <<<"$kernels")))"
	for kernel in $kernels; do
		for name in $each; do
			number=$((number + 1))
			result "$number" "$name $kernel" "each_$name" "$kernel"
		done
	done
	for name in $checks; do
		number=$((number + 1))
		result "$number" "${name//_/-}" "check_$name"
	done
	echo "$((number - failed)) passed, $failed failed"
	[ "$failed" -eq 0 ]
}

main "$@"
