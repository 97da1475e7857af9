#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# initramfs.sh NAME: print the path of the base of a guest's file system, an
# uncompressed cpio with this host's own tools and the modules of kernel NAME.
# What changes from run to run comes in a second cpio, see guest.sh.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$(dirname "$0")

# The tools of the distribution, not those of somebody's home.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset LD_LIBRARY_PATH LD_PRELOAD PYTHONPATH PYTHONHOME

commands='bash ip tc ss nstat bridge ping tracepath traceroute traceroute6 mtr
mtr-packet fping hping3 nmap jq tcpdump nft iptables
iptables-save iptables-restore iptables-nft iptables-legacy conntrack ethtool
sysctl python3 kmod modprobe insmod rmmod lsmod modinfo date sleep timeout stat
grep sed stty unshare nsenter setpriv dmesg'

python_without='test idlelib tkinter lib2to3 ensurepip distutils pydoc_data
turtledemo config-* __pycache__ dist-packages sitecustomize.py'

# What was taken from the host, for the check whether it is still the same.
taken=()

# put FILE: the same path in the guest, a link's target too.
put()
{
	local file=$1 real

	real=$(readlink -f "$file")
	[ -f "$real" ] || die "no such file: $file"
	if [ ! -e "$root$real" ]; then
		install -D -m "$(stat -c %a "$real")" "$real" "$root$real"
		taken+=("$real")
	fi
	if [ ! -e "$root$file" ]; then
		mkdir -p "$root${file%/*}"
		ln -s "$real" "$root$file"
	fi
}

put_tree()
{
	local dir=$1 opt=() name

	shift
	for name in "$@"; do
		opt+=("--exclude=$name")
	done
	[ -d "$dir" ] || return 0
	mkdir -p "$root$dir"
	tar -C "$dir" "${opt[@]}" -cf - . | tar -C "$root$dir" -xf -
	while IFS= read -r name; do
		taken+=("$dir/${name#./}")
	done < <(cd "$root$dir" && find . -type f)
}

put_commands()
{
	local name

	for name in $commands; do
		put "$(command -v "$name")"
	done
	put "$(command -v busybox)"
	# Behind everything else on PATH: applets only fill the gaps.
	mkdir -p "$root/busybox"
	for name in $(busybox --list); do
		ln -s /usr/bin/busybox "$root/busybox/$name"
	done
	ln -s bash "$root/usr/bin/sh"
	ln -s /busybox/env "$root/usr/bin/env"
	put_tree "$(dirname "$(find /usr/lib -name libxt_owner.so -print -quit)")"
	put_tree /usr/lib/tc
	put_tree /etc/iproute2
	# All that scans by ICMP and of protocols read of nmap's 9 MB.
	put /usr/share/nmap/nmap-protocols
}

put_python()
{
	local lib without

	lib=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	read -ra without <<<"${python_without//$'\n'/ }"
	put_tree "$lib" "${without[@]}" '_codecs_*' '_tkinter*' '_test*'
	lib=$(python3 -c 'import os, scapy; print(os.path.dirname(scapy.__file__))')
	put_tree "$lib" contrib tools __pycache__
	# The layers scapy.all loads ask for these two.
	put "$lib/contrib/__init__.py"
	put "$lib/contrib/ethercat.py"
	put_tree "$lib/contrib/rtps" __pycache__
	# Never compared with the source: a guest's files have the wrong times.
	# Some of the tree is not for this version of Python and that is fine.
	python3 -m compileall -q -j0 --invalidation-mode unchecked-hash \
		-s "$root" -p / "$root/usr/lib" >/dev/null || true
}

put_libraries()
{
	local lib

	while read -r lib; do
		put "$lib"
	done < <(
		find "$root/usr" -type f \( -perm -100 -o -name '*.so*' \) -print0 |
			xargs -0 ldd 2>/dev/null |
			awk '$2 == "=>" && $3 ~ /^\// { print $3 }
			     $1 ~ /^\/.*ld-linux/ { print $1 }' | sort -u
	)
	# Loaded at run time by the C library when a thread ends.
	put "$(find /usr/lib -name libgcc_s.so.1 -print -quit)"
}

put_modules()
{
	local dir=$1 base=${1%/lib/modules/*} rel=${1##*/} name file

	sed 's/#.*//' "$here/modules" | xargs -n1 | while read -r name; do
		modprobe -d "$base" -S "$rel" --show-depends "$name" 2>/dev/null ||
			true
	done | awk '$1 == "insmod" { print $2 }' | sort -u |
	while read -r file; do
		install -D -m 644 "$file" "$root/usr/lib/modules/$rel/${file#"$dir/"}"
	done
	install -m 644 "$dir"/modules.{builtin,builtin.modinfo,order} \
		"$root/usr/lib/modules/$rel"
	depmod -b "$root" "$rel"
}

put_etc()
{
	mkdir -p "$root/etc"
	cat >"$root/etc/passwd" <<-END
		root:x:0:0:root:/root:/bin/bash
		nobody:x:65534:65534:nobody:/:/bin/bash
		user:x:1000:1000:user:/tmp:/bin/bash
		tcpdump:x:0:0:keeps its rights:/tmp:/bin/bash
	END
	printf '%s\n' root:x:0: nogroup:x:65534: user:x:1000: >"$root/etc/group"
	printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
	printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' \
		>"$root/etc/nsswitch.conf"
	printf '%s\n' 'ip 0 IP' 'icmp 1 ICMP' 'igmp 2 IGMP' 'ipencap 4 IP-ENCAP' \
		'tcp 6 TCP' 'udp 17 UDP' 'ipv6 41 IPv6' 'gre 47 GRE' 'esp 50 ESP' \
		'ah 51 AH' 'ipv6-icmp 58 IPv6-ICMP' 'ospf 89 OSPFIGP' 'sctp 132 SCTP' \
		'udplite 136 UDPLite' >"$root/etc/protocols"
	printf '%s\n' 'echo 7/tcp' 'echo 7/udp' 'discard 9/tcp' 'discard 9/udp' \
		'ssh 22/tcp' 'domain 53/tcp' 'domain 53/udp' 'http 80/tcp' \
		>"$root/etc/services"
}

build()
{
	local modules=$1 dir=$2

	root=$dir/root
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,icmp4} "$root"/usr/{bin,sbin,lib,lib64}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
	put_commands
	put_python
	put_libraries
	put_etc
	put_modules "$modules"
	printf '%s\n' "${taken[@]}" | stat_list >"$dir/taken"
	(cd "$root" && find . -print0 | LC_ALL=C sort -z |
		cpio -0 -o -H newc -R 0:0 --reproducible --quiet) >"$dir/base.cpio"
	rm -rf "$root"
}

stat_list()
{
	LC_ALL=C sort -u | xargs -d '\n' stat -c '%n	%s	%Y' -- 2>/dev/null || true
}

# Is everything that was taken from the host still as it was?
fresh()
{
	[ -f "$1/taken" ] && cut -f1 "$1/taken" | stat_list | cmp -s - "$1/taken"
}

rebuild()
{
	local dir=$1 modules=$2 tmp

	! fresh "$dir" || return 0
	mkdir -p "${dir%/*}"
	rm -rf "$dir".tmp.*
	tmp=$(mktemp -d "$dir.tmp.XXXXXX")
	progress 'making the base of the guests' build "$modules" "$tmp"
	rm -rf "$dir"
	mv -T "$tmp" "$dir"
}

main()
{
	local name=${1:-} modules dir

	[ $# -eq 1 ] || die 'usage: initramfs.sh NAME'
	modules=$("$here/kernel.sh" "$name" modules)
	dir=$(cache_dir)/initramfs/$(content_key -s "$modules" "$0" "$here/modules")
	fresh "$dir" || with_lock "initramfs-${dir##*/}" rebuild "$dir" "$modules"
	echo "$dir/base.cpio"
}

main "$@"
