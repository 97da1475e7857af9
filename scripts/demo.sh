#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: what icmp4 does, seen from outside a machine that runs it. Boots a
# stock kernel in QEMU behind a tap device; all of it lives in a network
# namespace of its own and leaves nothing behind. DEMO_PAUSE=1 stops before the
# end for a look around.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

root=$(repo_root)
kernel=${KERNEL:-6.1}
guest=10.4.0.2
behind=10.4.1.2
step=0
failures=0
bold='' dim='' green='' red='' plain=''

colours()
{
	if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || [ "${TERM:-dumb}" = dumb ]; then
		return
	fi
	bold=$'\033[1m' dim=$'\033[2m' green=$'\033[32m' red=$'\033[31m'
	plain=$'\033[m'
}

# What is slow, and what may need root, comes before the namespace.
prepare()
{
	say "what is needed is fetched once and kept in $(cache_dir)"
	"$root/scripts/deps.sh" build guest demo
	"$root/scripts/vm/kernel.sh" "$kernel" boot >/dev/null
	"$root/scripts/vm/initramfs.sh" "$kernel" >/dev/null
	"$root/scripts/vm/module.sh" "$kernel" >/dev/null
}

into_namespace()
{
	local flags=-n

	[ "$(id -u)" -eq 0 ] || flags=-Urn
	unshare "$flags" true 2>/dev/null ||
		die "no network namespace to be had" \
			"run as root, or allow unprivileged user namespaces"
	[ -w /dev/net/tun ] ||
		die "no access to /dev/net/tun" \
			"run as root, or give it the mode 0666 that udev would"
	DEMO_INSIDE=$flags exec unshare "$flags" --kill-child --fork -- "$0"
}

title()
{
	step=$((step + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$step" "$*" "$plain"
}

# What is said is worth nothing unless it is checked.
verdict()
{
	local text=$1

	shift
	if "$@"; then
		printf '   %s✓%s %s\n' "$green" "$plain" "$text"
	else
		printf '   %s✗ %s%s\n' "$red" "$text" "$plain"
		failures=$((failures + 1))
	fi
}

indent()
{
	sed -u "s/^/   $dim|$plain /"
}

# outside COMMAND...: run here, shown as typed.
outside()
{
	printf '   %soutside$%s %s\n' "$dim" "$plain" "$*"
	out=$("$@" 2>&1) || true
	printf '%s\n' "$out" | sed '/^$/d' | indent
}

# in_guest COMMAND: run in the guest, shown as typed.
in_guest()
{
	printf '   %sguest#%s %s\n' "$dim" "$plain" "$1"
	ask "$1"
	[ -z "$out" ] || printf '%s\n' "$out" | indent
}

# ask COMMAND: its output in $out.
ask()
{
	exec {channel}<>"/dev/tcp/$guest/4444"
	printf '{ %s\n} </dev/null 2>&1; exit\n' "$1" >&"$channel"
	out=$(cat <&"$channel")
	exec {channel}>&-
}

said()
{
	grep -q -- "$1" <<<"$out"
}

# counter NAME: of /proc/net/icmp4/stat
counter()
{
	ask "cat /proc/net/icmp4/stat"
	awk -v name="$1" 'NR == 1 { for (i = 2; i <= NF; i++) if ($i == name) at = i }
		NR == 2 { print $at }' <<<"$out"
}

boot()
{
	local start=$SECONDS

	ip link set lo up
	ip tuntap add tap0 mode tap
	ip addr add 10.4.0.1/24 dev tap0
	ip link set tap0 up
	ip route add 10.4.1.0/24 via $guest
	: >"$work/guest"
	"$root/scripts/vm/guest.sh" --kernel "$kernel" --tap tap0 \
		--timeout 3600 --add "$root/scripts/demo:/icmp4/demo" \
		-- bash demo/guest.sh >"$work/guest" 2>"$work/guest.err" &
	guest_pid=$!
	until grep -q '^ready' "$work/guest"; do
		if ! kill -0 "$guest_pid" 2>/dev/null; then
			cat "$work/guest.err" >&2
			die "the guest did not come up"
		fi
		[ $((SECONDS - start)) -lt 120 ] || die "the guest hangs"
		sleep 0.1
	done
	until (exec 3<>"/dev/tcp/$guest/4444") 2>/dev/null; do
		[ $((SECONDS - start)) -lt 120 ] || die "the guest is mute"
		sleep 0.1
	done
	ask 'uname -r'
	printf '   Linux %s, as the distribution ships it, up in %d s at %s\n' \
		"$out" $((SECONDS - start)) $guest
}

# shellcheck disable=SC2317,SC2329 # called by trap
leave()
{
	[ -z "${guest_pid:-}" ] || kill "$guest_pid" 2>/dev/null || true
	rm -rf "$work"
}

show_load()
{
	in_guest 'insmod icmp4.ko && dmesg | grep icmp4: | tail -n 1'
	verdict 'the host answers through icmp4 from here on' said 'took over'
}

show_ping()
{
	local before

	before=$(counter OutReplies)
	outside ping -c 3 -i 0.2 $guest
	verdict 'three of three' said ' 3 received'
	outside ping -q -c 2 -i 0.2 -s 65507 $guest
	verdict 'also the largest there is: 45 fragments in, 45 out' \
		said ' 2 received'
	outside ping -c 1 -R $guest
	verdict 'and the route is recorded both ways' said 'RR:'
	verdict "these six replies are this module's: its counter says so" \
		test $(($(counter OutReplies) - before)) -eq 6
}

show_traceroute()
{
	local before

	before=$(counter ErrSent)
	outside traceroute -n -q 1 $behind
	verdict 'the guest routes to a second host of its own' \
		said " 2  $behind"
	outside traceroute -I -n -q 1 $behind
	verdict 'the same by ICMP' said " 2  $behind"
	verdict "the answers of hop 1 are this module's, too: errors it originated" \
		test $(($(counter ErrSent) - before)) -ge 2
	in_guest 'sysctl -w net.ipv4.icmp_errors_extension_mask=1'
	outside traceroute -n -q 1 -e $behind
	verdict 'a knob of newer kernels: hop 1 says by which interface the probe came' \
		said '<2/15:'
	in_guest 'sysctl -w net.ipv4.icmp_errors_extension_mask=0'
}

show_knob()
{
	in_guest 'sysctl -w net.ipv4.icmp_echo_ignore_all=1'
	outside ping -q -c 3 -i 0.2 -W 1 $guest
	verdict 'silence, at once' said ' 0 received'
	in_guest 'sysctl -w net.ipv4.icmp_echo_ignore_all=0'
	outside ping -q -c 3 -i 0.2 $guest
	verdict 'and back' said ' 3 received'
	in_guest 'sysctl -w net.ipv4.icmp_quotelen=8 net.ipv4.icmp_maskrepl=1'
	in_guest 'scripts/icmp4 knobs | grep -e "NAME  " -e "^\*"'
	verdict 'a kernel of its own has none of these; changed ones are marked' \
		said '^\* icmp_maskrepl'
}

show_counters()
{
	# shellcheck disable=SC2016 # for the guest's awk
	in_guest 'awk "NR == 1 || \$3 + \$4 + \$5" /proc/net/icmp4/types'
	in_guest 'PROC_NET_NETSTAT=/proc/net/icmp4/stat nstat -s | grep Icmp4'
	verdict 'what was ignored is counted, too' said 'Icmp4InEchoIgnored'
}

show_unload()
{
	local pinger

	printf '   %soutside$%s ping -q -c 300 -i 0.01 %s &\n' \
		"$dim" "$plain" $guest
	ping -q -c 300 -i 0.01 $guest >"$work/ping" &
	pinger=$!
	sleep 1
	in_guest 'rmmod icmp4 && dmesg | grep icmp4: | tail -n 1'
	wait "$pinger" || true
	out=$(<"$work/ping")
	printf '%s\n' "$out" | sed '/^$/d' | indent
	verdict 'not one reply lost: the kernel answers again' \
		said ' 300 received'
}

pause()
{
	local enter=-n

	if [ "${DEMO_PAUSE:-0}" != 1 ] || [ ! -t 0 ]; then
		return
	fi
	[ "$DEMO_INSIDE" = -n ] || enter='-U --preserve-credentials -n'
	printf '\n   The guest runs on. Look at it from another terminal:\n'
	printf '     nsenter %s -t %d ping %s\n' \
		"$enter" $$ $guest
	printf '     nsenter %s -t %d nc %s 4444   (a shell inside)\n' \
		"$enter" $$ $guest
	read -rp '   Enter to go on: ' _
}

tell()
{
	title "A stock kernel"
	boot
	title "icmp4 takes over"
	show_load
	title "Ping it"
	show_ping
	title "Trace a route through it"
	show_traceroute
	title "Turn knobs"
	show_knob
	title "Look at the counters"
	show_counters
	pause
	title "Unload it, under a running ping"
	show_unload
}

summary()
{
	ask 'echo >/run/leave' || true
	wait "$guest_pid" || true
	guest_pid=''
	if [ "$failures" -ne 0 ]; then
		printf '\n%s%d of the things shown did not work.%s\n' \
			"$red" "$failures" "$plain"
		return 1
	fi
	printf '\n%sThat was it.%s Next: make shell (a guest for yourself), ' \
		"$bold" "$plain"
	printf 'make test, make bench; README.md for your own kernel.\n'
}

main()
{
	if [ -z "${DEMO_INSIDE:-}" ]; then
		prepare
		into_namespace
	fi
	colours
	work=$(mktemp -d)
	trap leave EXIT
	tell
	summary
}

main
