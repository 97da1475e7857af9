#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh GROUP...: make sure the Debian packages of these groups are there.
# Says nothing when they are. Exit 3 when only a person can install them.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

declare -A groups=(
	[build]='gcc-12 make libelf1 pahole kmod rsync xz-utils zstd'
	[static]='gcc-12 make binutils sparse shellcheck perl python3 xz-utils'
	[guest]='qemu-system-x86 busybox-static bash cpio kmod iproute2
		iputils-ping iputils-tracepath traceroute mtr-tiny fping
		hping3 nmap tcpdump
		nftables iptables conntrack ethtool procps jq python3
		python3-scapy xz-utils zstd'
	[kernel]='gcc libc6-dev make flex bison bc libelf-dev kmod rsync xz-utils'
	[kunit]='busybox-static cpio'
	[root]='mmdebstrap uidmap'
	[programs]='gcc libc6-dev linux-libc-dev'
	[demo]='iproute2 iputils-ping traceroute'
)

missing()
{
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		awk -v want="$*" '
			$1 == "installed" { have[$2] = 1 }
			END {
				n = split(want, name, " ")
				for (i = 1; i <= n; i++)
					if (!(name[i] in have))
						print name[i]
			}' || true
}

apt_install()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
}

apt_update()
{
	as_root apt-get update -o DPkg::Lock::Timeout=600
}

install_missing()
{
	local list

	# Another run may have been here while we waited for the lock.
	mapfile -t list < <(missing "$@")
	[ ${#list[@]} -gt 0 ] || return 0
	if apt-cache show "${list[@]}" >/dev/null 2>&1 &&
	   progress "installing ${list[*]}" apt_install "${list[@]}"; then
		return 0
	fi
	progress 'refreshing the package lists' apt_update ||
		say 'some package lists could not be refreshed'
	progress "installing ${list[*]}" apt_install "${list[@]}" ||
		die "could not install: ${list[*]}" \
		    "try: sudo apt-get install ${list[*]}"
}

main()
{
	local group names='' list

	[ $# -gt 0 ] || die 'usage: deps.sh GROUP...' "groups: ${!groups[*]}"
	for group in "$@"; do
		[ -n "${groups[$group]:-}" ] ||
			die "no such group: $group" "groups: ${!groups[*]}"
		names+=" ${groups[$group]}"
	done
	# shellcheck disable=SC2086 # names are words
	mapfile -t list < <(printf '%s\n' $names | sort -u)
	mapfile -t list < <(missing "${list[@]}")
	[ ${#list[@]} -gt 0 ] || return 0
	if ! can_be_root; then
		printf 'sudo apt-get install --no-install-recommends %s\n' \
			"${list[*]}" >&2
		exit 3
	fi
	with_lock deps install_missing "${list[@]}"
}

main "$@"
