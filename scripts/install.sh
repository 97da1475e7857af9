#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# [KDIR=DIRECTORY] install.sh [--undo]: build for the running kernel (or KDIR)
# and install the module, the command, the header and the manual page.

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

prefix=${DESTDIR:-}${PREFIX:-/usr/local}

# SOURCE DESTINATION MODE
files()
{
	cat <<-END
		scripts/icmp4 $prefix/sbin/icmp4 755
		include/icmp4.h $prefix/include/icmp4.h 644
		Documentation/icmp4.7 $prefix/share/man/man7/icmp4.7 644
	END
}

module_file()
{
	echo "${DESTDIR:-}/lib/modules/$release/updates/icmp4.ko"
}

install_all()
{
	local from to mode

	progress "building icmp4 for $release" \
		kmake -s -C "$KDIR" M="$PWD" modules
	as_root install -D -m 644 icmp4.ko "$(module_file)"
	while read -r from to mode; do
		[ ! -f "$from" ] || as_root install -D -m "$mode" "$from" "$to"
	done < <(files)
}

remove_all()
{
	local to

	as_root rm -f "$(module_file)"
	while read -r _ to _; do
		as_root rm -f "$to"
	done < <(files)
}

cd "$(repo_root)"
KDIR=${KDIR:-/lib/modules/$(uname -r)/build}
[ -f "$KDIR/Makefile" ] || die "no kernel headers in $KDIR" \
	"install linux-headers-$(uname -r), or say KDIR=<build directory>"
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$KDIR/include/generated/utsrelease.h")
case ${1:-} in
--undo) remove_all ;;
*) install_all ;;
esac
[ -n "${DESTDIR:-}" ] || as_root depmod "$release"
