# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # here: of kernel.sh
#
# Kernels from the package archive: downloaded and unpacked into the cache.
# Their header packages come with programs for the release they belong to; on
# a host of another release modules are built inside a root of that one.

# shellcheck source=scripts/vm/archive.sh
. "$here/archive.sh"

# kernel_row VERSION RELEASE-OF-THE-DISTRIBUTION
kernel_row()
{
	stock_version=$1
	stock_suite=$2
	stock_dir=$(cache_dir)/kernel/$1
}

# Were the kernel's tools built for another release than the host's?
stock_is_foreign()
{
	[ "$(archive_host)" != "$(archive_base "$stock_suite")" ]
}

# The packages there are, a line for each part: PART PACKAGE=VERSION...
stock_resolve()
{
	local rel image headers source=linux-source-$stock_version

	rel=$(archive_names "$stock_suite" \
		"^linux-image-${stock_version//./\\.}[.][0-9]+[^ -]*(-[0-9]+)?-amd64\$" |
		tail -n1)
	rel=${rel#linux-image-}
	[ -n "$rel" ] || return 1
	image=$(archive_depends "$stock_suite" '^linux-(base|binary|modules)-[0-9]' \
		"linux-image-$rel")
	headers=$(archive_depends "$stock_suite" '^linux-(headers|kbuild)-' \
		"linux-headers-$rel")
	# shellcheck disable=SC2086 # lists
	{
		echo "image $(archive_versions "$stock_suite" \
			"linux-image-$rel" $image)"
		echo "headers $(archive_versions "$stock_suite" \
			"linux-headers-$rel" $headers)"
		echo "source $(archive_versions "$stock_suite" "$source")"
		echo "tools $(archive_depends "$stock_suite" '!^linux-' \
			"linux-headers-$rel" $headers | paste -sd' ')"
	}
}

stock_choose()
{
	local tmp=$stock_dir/packages.tmp

	[ ! -f "$stock_dir/packages" ] || return 0
	mkdir -p "$stock_dir"
	archive_update "$stock_suite" ||
		say "no new lists of $stock_suite, looking at the old ones"
	stock_resolve >"$tmp" ||
		die "$stock_suite has no Linux $stock_version (any more)" \
			'scripts/vm/kernels says what is wanted'
	[ "$(grep -cE '^(image|headers|source) .*=' "$tmp")" -eq 3 ] ||
		die "$stock_suite has only a part of Linux $stock_version" \
			"$(cat "$tmp")"
	mv "$tmp" "$stock_dir/packages"
}

# stock_packages PART
stock_packages()
{
	[ -f "$stock_dir/packages" ] ||
		with_lock "kernel-$stock_version" stock_choose
	awk -v part="$1" '$1 == part { $1 = ""; print }' "$stock_dir/packages"
}

# stock_fetch PART DIRECTORY
stock_fetch()
{
	local list

	read -ra list < <(stock_packages "$1")
	archive_fetch "$stock_suite" "$2" "the $stock_version $1" "${list[@]}" ||
		die "could not download ${list[*]}" \
			"newer ones may have replaced them: scripts/vm/kernel.sh $stock_version refresh"
}

# vmlinux_extract BZIMAGE FILE: the boot header says where the compressed
# kernel lies (Documentation/arch/x86/boot.rst), its magic how it is packed.
vmlinux_extract()
{
	local file=$1 sects start len magic unpack

	sects=$(od -An -tu1 -j497 -N1 "$file")
	start=$(od -An -tu4 -j584 -N4 "$file")
	len=$(od -An -tu4 -j588 -N4 "$file")
	start=$(((sects + 1) * 512 + start))
	magic=$(od -An -tx1 -j"$start" -N4 "$file" | tr -d ' ')
	case $magic in
	fd377a58) unpack='xz -dc --single-stream' ;;
	28b52ffd) unpack='zstd -dc' ;;
	1f8b08*) unpack='gzip -dc' ;;
	*) die "$file: compressed in an unknown way ($magic)" ;;
	esac
	# Four bytes of size follow the compressed data.
	tail -c+$((start + 1)) "$file" | head -c$((len - 4)) |
		$unpack >"$2" || true
	[ "$(head -c4 "$2" | tail -c3)" = ELF ] ||
		die "$file: no kernel found inside"
}

stock_make_image()
{
	local dir=$1 rel file

	stock_fetch image "$dir"
	# Newer ones have all of it in /usr/lib/modules, the image included.
	if [ ! -d "$dir/lib" ]; then
		ln -s usr/lib "$dir/lib"
	fi
	rel=$(basename "$dir"/lib/modules/*)
	file=$dir/boot/vmlinuz-$rel
	[ -f "$file" ] || file=$dir/lib/modules/$rel/vmlinuz
	progress "unpacking the $stock_version vmlinux" \
		vmlinux_extract "$file" "$dir/vmlinux"
	progress "indexing the $stock_version modules" depmod -b "$dir" "$rel"
	echo "$rel" >"$dir/release"
}

stock_make_headers()
{
	local dir=$1 kdir

	stock_fetch headers "$dir"
	kdir=$(dirname "$dir"/usr/src/*/Module.symvers)
	# The top Makefile names its place, and the common one's, once installed.
	# The variables are make's.
	# shellcheck disable=SC2016
	sed -i -e 's|^include /usr/src/|include $(here)|' \
		-e 's|^KBUILD_OUTPUT=/usr/src/|KBUILD_OUTPUT:=$(here)|' \
		-e '1i here := $(dir $(lastword $(MAKEFILE_LIST)))../' \
		"$kdir/Makefile"
	ln -s "usr/src/${kdir##*/}" "$dir/kdir"
}

stock_make_source()
{
	local dir=$1 tar

	stock_fetch source "$dir"
	tar=$(echo "$dir"/usr/src/linux-source-*.tar.xz)
	progress "unpacking the $stock_version source tree" \
		tar -C "$dir" -xJf "$tar"
	rm -r "${dir:?}/usr"
	mv "$dir"/linux-source-* "$dir/linux"
}

# stock_part PART: its directory in the cache, made when needed.
stock_part()
{
	local dir key

	# Named by the version of what the part is called after.
	key=$(stock_packages "$1" | sed 's/^ *[^=]*=\([^ ]*\).*/\1/')
	[ -n "$key" ] || return
	dir=$stock_dir/$key/$1
	once "$dir" "kernel-$stock_version-$1" "stock_make_$1"
	printf '%s\n' "$dir"
}

kernel_release()
{
	local dir

	dir=$(stock_part image)
	cat "$dir/release"
}

kernel_boot()
{
	local dir

	dir=$(stock_part image)
	echo "$dir/vmlinux"
}

kernel_modules()
{
	local dir

	dir=$(stock_part image)
	echo "$dir"/lib/modules/*
}

kernel_kdir()
{
	local dir

	dir=$(stock_part headers)
	readlink -f "$dir/kdir"
}

kernel_symvers()
{
	local dir

	dir=$(kernel_kdir)
	echo "$dir/Module.symvers"
}

kernel_source()
{
	local dir

	dir=$(stock_part source)
	echo "$dir/linux"
}

# The release's traceroute with what it needs of the C library, to be run from
# wherever this is put.
stock_make_userland()
{
	local dir=${*: -1} lib name

	mkdir "$dir/all"
	archive_fetch "$stock_suite" "$dir/all" "the $stock_version userland" \
		"${@:1:$#-1}" || return
	mkdir "$dir/bin" "$dir/lib"
	lib=$dir/all/usr/lib/x86_64-linux-gnu
	cp -L "$lib"/{ld-linux-x86-64.so.2,libc.so.6,libm.so.6} "$dir/lib"
	cp "$dir/all/usr/bin/traceroute.db" "$dir/lib"
	rm -r "$dir/all"
	for name in traceroute traceroute6; do
		cat >"$dir/bin/$name" <<-'END'
			#!/bin/sh
			lib=${0%/*}/../lib
			exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" \
				--argv0 "${0##*/}" "$lib/traceroute.db" "$@"
		END
		chmod +x "$dir/bin/$name"
	done
}

kernel_userland()
{
	local packages dir

	stock_is_foreign || return 0
	packages=$(archive_versions "$stock_suite" traceroute libc6)
	dir=$stock_dir/userland/$(content_key -s "$packages" \
		"$here/kernel-stock.sh")
	# shellcheck disable=SC2086 # a list
	once "$dir" "kernel-$stock_version-userland" stock_make_userland $packages
	echo "$dir"
}

kernel_memory()
{
	echo 768M
}

kernel_make()
{
	local kdir

	kdir=$(kernel_kdir)
	if stock_is_foreign; then
		"$here/root.sh" "$stock_suite" "$(stock_packages tools)" \
			make -j"$(nproc)" -C "$kdir" "$@"
	else
		kmake -C "$kdir" "$@"
	fi
}

kernel_refresh()
{
	rm -f "$stock_dir/packages"
	stock_packages image
}
