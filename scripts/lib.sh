# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Helpers every host side script sources. Progress goes to stderr, results
# to stdout, so that a script may be used as $(script ...).

set -euo pipefail

# Where ip, depmod and their like are, for those whose PATH leaves it out.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=scripts/selftests/complaints.sh
. "$(dirname "${BASH_SOURCE[0]}")/selftests/complaints.sh"

lib_colour()
{
	[ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]
}

# say TEXT...: one line of progress.
say()
{
	if lib_colour; then
		printf '\r\033[K\033[36micmp4:\033[m %s\n' "$*" >&2
	else
		printf 'icmp4: %s\n' "$*" >&2
	fi
}

# die MESSAGE [HINT]
die()
{
	if lib_colour; then
		printf '\r\033[K\033[31micmp4: %s\033[m\n' "$1" >&2
	else
		printf 'icmp4: %s\n' "$1" >&2
	fi
	if [ $# -gt 1 ]; then
		printf '       %s\n' "$2" >&2
	fi
	exit 1
}

repo_root()
{
	cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P
}

cache_dir()
{
	local dir=${ICMP4_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/icmp4}

	mkdir -p "$dir"
	(cd "$dir" && pwd -P)
}

can_be_root()
{
	[ "$(id -u)" -eq 0 ] && return 0
	command -v sudo >/dev/null || return 1
	sudo -n true 2>/dev/null || [ -t 0 ]
}

# as_root COMMAND...: as root, by sudo where we are not.
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# [lock_is_kept=1] with_lock NAME COMMAND...: one at a time per cache. Without
# lock_is_kept the command does not inherit the lock, so something it leaves
# running cannot hold it. Where the caller looks at the status (if, ||, &&) a
# command has to stop at errors by itself, errexit does not.
with_lock()
{
	local file rc=0

	file=$(cache_dir)/lock/$1
	shift
	mkdir -p "${file%/*}"
	exec {lib_lock}>"$file"
	if ! flock -n "$lib_lock"; then
		say "waiting for another run (${file##*/})"
		flock "$lib_lock"
	fi
	# Not "|| rc=$?": that would switch errexit off inside the command.
	set +e
	(
		set -e
		[ -n "${lock_is_kept:-}" ] || exec {lib_lock}>&-
		"$@"
	)
	rc=$?
	set -e
	exec {lib_lock}>&-
	return "$rc"
}

# once DIRECTORY LOCK COMMAND...: run COMMAND with an empty temporary directory
# as its last argument and give that its name only when all went well.
once()
{
	local dir=$1 lock=$2

	shift 2
	[ -d "$dir" ] || with_lock "$lock" once_locked "$dir" "$@"
}

once_locked()
{
	local dir=$1 tmp

	shift
	[ ! -d "$dir" ] || return 0
	mkdir -p "${dir%/*}"
	# A run that was killed left its directory; the lock is ours now.
	rm -rf "$dir".tmp.*
	tmp=$(mktemp -d "$dir.tmp.XXXXXX")
	chmod 755 "$tmp"
	"$@" "$tmp" || return
	mv -T "$tmp" "$dir"
}

# content_key [-s STRING]... FILE...: 16 digits that change with any of them.
content_key()
{
	local strings=''

	while [ "${1:-}" = -s ]; do
		strings+="$2"$'\n'
		shift 2
	done
	{
		printf '%s' "$strings"
		[ $# -eq 0 ] || sha256sum -- "$@" | cut -d' ' -f1
	} | sha256sum | cut -c1-16
}

# as_text SECONDS: 75 -> 1:15
as_text()
{
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

progress_show()
{
	local title=$1 now=$2 log=$3 last width

	# What is quick needs no announcement.
	if [ "$now" -lt 2 ]; then
		return
	elif lib_colour; then
		width=$(($(tput cols 2>/dev/null || echo 80) - ${#title} - 18))
		last=$(tail -n1 "$log" | tr -d '\r' | cut -c1-"$((width > 1 ? width : 1))")
		printf '\r\033[K\033[36micmp4:\033[m %s %s  %s' "$title" \
			"$(as_text "$now")" "$last" >&2
	elif [ "$now" -ge "$next" ]; then
		say "$title ...$( [ "$now" -lt 15 ] || echo " $(as_text "$now")")"
		next=$((now + 15))
	fi
}

# progress TITLE COMMAND...: run something long, its output in a log which is
# shown only when it fails (or, with V=1, as it comes).
progress()
{
	local title=$1 log pid rc=0 start=$SECONDS next=2

	shift
	if [ "${V:-0}" = 1 ]; then
		say "$title"
		"$@" >&2
		return
	fi
	log=$(mktemp)
	(
		trap - EXIT
		"$@"
	) >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		progress_show "$title" $((SECONDS - start)) "$log"
		sleep 1 &
		wait -n "$pid" $! 2>/dev/null || true
	done
	wait "$pid" || rc=$?
	if [ "$rc" -ne 0 ]; then
		say "$title: failed, last lines:"
		tail -n40 "$log" | sed 's/^/    /' >&2
	elif [ $((SECONDS - start)) -ge 2 ]; then
		say "$title: $(as_text $((SECONDS - start)))"
	fi
	rm -f "$log"
	return "$rc"
}

# copy_sources DIRECTORY: what modules are built from, for a build that must
# not meet the objects of another one. Products already there stay.
copy_sources()
{
	local root dir=$1 list=() name

	root=$(repo_root)
	for name in Kbuild Makefile src include kunit scripts/bench; do
		[ ! -e "$root/$name" ] || list+=("./$name")
	done
	mkdir -p "$dir"
	(cd "$root" && rsync -rlptR --delete --include='*/' \
		--include='*.[chS]' --include=Kbuild --include=Makefile \
		--exclude='*' "${list[@]}" "$dir/")
}

# kmake ARGUMENT...: make for a kernel's build system, free of what a make
# that started us has in its environment.
kmake()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u KDIR -u M \
		make -j"$(nproc)" "$@"
}

# ktap_judge FILE STATUS: verify the KTAP in FILE, whose producer exited with
# STATUS (70: it was lost, 71: the kernel complained). Says what is wrong; sets
# passed, failed and skipped.
# shellcheck disable=SC2034 # for the caller
ktap_judge()
{
	local text

	text=$(awk -f "$(dirname "${BASH_SOURCE[0]}")/ktap.awk" "$1")
	read -r passed failed skipped < <(tail -n1 <<<"$text")
	head -n-1 <<<"$text" | sed 's/^/# /'
	case $2 in
	70) echo '# wrong: the guest was lost' ;;
	71) echo '# wrong: the kernel complained' ;;
	esac
	# Whatever is wrong counts, even when no single test says so.
	if [ "$failed" -eq 0 ]; then
		case $2 in
		0 | 4) ! grep -q '^wrong: ' <<<"$text" || failed=1 ;;
		*) failed=1 ;;
		esac
	fi
}

# ktap_total STATUS PASSED FAILED SKIPPED: the last line, and the status to exit
# with.
ktap_total()
{
	echo "$2 passed, $3 failed, $4 skipped"
	if [ "$1" -eq 70 ]; then
		return 70
	elif [ "$3" -ne 0 ]; then
		return 1
	elif [ "$2" -eq 0 ]; then
		return 4
	fi
}

# ktap_verdict FILE STATUS: both, of one document.
ktap_verdict()
{
	local passed failed skipped

	ktap_judge "$1" "$2"
	ktap_total "$2" "$passed" "$failed" "$skipped"
}
