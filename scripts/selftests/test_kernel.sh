#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# The kernel's own selftests about errors, out of its source and unchanged, with
# the module loaded. They make the namespaces they need. Where the host's tools are
# too old for them, those of the kernel's own release are used.

# shellcheck disable=SC2317,SC2329 # functions called by name
# shellcheck source=scripts/selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

own=/icmp4/kernel/testing/selftests/net
PATH=/icmp4/kernel/userland/bin:$PATH
icmp4_ko=${ICMP4_KO:-/icmp4/icmp4.ko}
tracing=/sys/kernel/tracing
tests=(icmp.sh icmp_redirect.sh traceroute.sh)

# sent: errors that the module sent, in whatever namespace.
sent()
{
	grep -c ' icmp4_error: .* why=sent ' "$tracing"/trace
}

# Passed, and it was the module that sent errors.
passes()
{
	local rc=0

	echo >"$tracing"/trace
	echo 1 >"$tracing"/events/icmp4/icmp4_error/enable
	(cd "$own" && bash "./$1") || rc=$?
	echo 0 >"$tracing"/events/icmp4/icmp4_error/enable
	echo "errors sent: $(sent)"
	[ "$(sent)" -gt 0 ] || return 1
	return "$rc"
}

[ -d "$own" ] || ktap_exit_fail_msg "no $own: scripts/guest-test.sh puts it there"
insmod "$icmp4_ko" || ktap_exit_fail_msg 'the module cannot be loaded'
defer rmmod icmp4

ktap_print_header
ktap_set_plan ${#tests[@]}
for name in "${tests[@]}"; do
	ktap_test_result "$name" passes "$name"
done
ktap_finished
