#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh [SUITE...]: build the KUnit suites, run them in a user-mode kernel
# and verify what they say. The last line counts single tests.
#
# Exit: 0 passed, 1 failed, 4 all skipped, 70 the kernel was lost.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd -P)
limit=120

build()
{
	local copy=$1

	copy_sources "$copy"
	progress 'building the KUnit suites' "$here/vm/kernel.sh" uml make -s \
		M="$copy" CONFIG_ICMP4_KUNIT=m modules
}

initramfs()
{
	local root=$work/root name

	mkdir -p "$root"/{bin,dev,host,proc,sys}
	cp "$(PATH=/usr/bin:/bin command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	for name in $("$root/bin/busybox" --list); do
		[ -e "$root/bin/$name" ] || ln -s busybox "$root/bin/$name"
	done
	install -m 755 "$here/vm/kunit-init" "$root/init"
	cp "$1" "$root/icmp4_kunit.ko"
	(cd "$root" && find . -print0 | cpio -0 -o -H newc --quiet) >"$work/initrd"
}

# A results file of 6.1 is one suite without a header, its tests indented,
# its own result unnumbered or always 1: number them and put a plan in front.
document()
{
	awk -v only=" $* " '
	/^    # Subtest: / { name = $3 }
	/^# icmp4 run / || /^$/ || /^KTAP version/ || /^1\.\./ { next }
	/^(not )?ok / {
		line = $0
		name = line
		sub(/^(not )?ok ([0-9]+ )?(- )?/, "", name)
		bad = $1 == "not"
		split(name, word, " ")
		if (only == "  " || index(only, " " word[1] " ")) {
			body = body text (bad ? "not " : "") "ok " ++n " " name "\n"
		}
		text = ""
		next
	}
	{ text = text $0 "\n" }
	END {
		print "KTAP version 1"
		print "1.." n + 0
		printf "%s%s", body, text
	}' "$work/result"
}

run()
{
	timeout --foreground -k 5 "$limit" "$1" mem=256M \
		initrd="$work/initrd" rdinit=/init con=null con0=null,fd:1 \
		ssl=null uml_dir="$work/" umid=kunit panic=-1 oops=panic \
		loglevel=5 kunit.enable=1 host="$work" nonce="$nonce" \
		</dev/null >"$work/console" 2>&1 || true
}

# What the kernel said since the suites began: 6.1 in user mode has RCU
# complaints of its own to make about the first processes.
console_since()
{
	sed -n '/icmp4 kunit begins/,$p' "$work/console" >"$work/since"
}

# Prints 0, 1, or as guest.sh 70 for lost and 71 for a kernel that complained.
judge()
{
	local status

	status=$(sed -n "s/^# icmp4 run $nonce exit \([0-9]*\)\$/\1/p" \
		"$work/result")
	if [ -z "$status" ]; then
		say 'the kernel was lost, last lines of its console:'
		tail -n30 "$work/console" | sed 's/^/    /' >&2
		echo 70
	elif console_since && grep -qE "$complaints" "$work/since"; then
		say 'the kernel complained:'
		grep -E -m3 -A20 "$complaints" "$work/since" |
			sed 's/^/    /' >&2
		echo 71
	else
		echo $((status != 0))
	fi
}

# Of a case with parameters 6.1 keeps only the last one's words: what the
# failed ones expected stands in the log.
explain()
{
	if grep -q '^ *not ok' "$work/ktap"; then
		console_since
		grep -E -A6 '(EXPECTATION|ASSERTION) FAILED' "$work/since" |
			head -n 60 | sed 's/^/# /' || true
	fi
}

main()
{
	local copy linux ko

	"$here/deps.sh" build kunit
	linux=$("$here/vm/kernel.sh" uml boot)
	copy=$(repo_root)/.build/uml
	with_lock "build-$(content_key -s "$copy")" build "$copy"
	ko=$(find "$copy" -name icmp4_kunit.ko -print -quit)
	[ -n "$ko" ] || die 'no icmp4_kunit.ko was built' \
		'Kbuild builds it when CONFIG_ICMP4_KUNIT=m'
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	nonce=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	initramfs "$ko"
	: >"$work/result"
	run "$linux"
	document "$@" | tee "$work/ktap"
	explain
	ktap_verdict "$work/ktap" "$(judge)"
}

main "$@"
