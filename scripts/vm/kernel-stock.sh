# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # name image headers source: the row
#
# Kernels from the package archive of the running distribution: downloaded
# with apt-get download and unpacked with dpkg -x into the cache.

stock_dir=$(cache_dir)/kernel/$name

# Prints NAME=VERSION for every package given.
stock_version()
{
	local list

	list=$(apt-cache show --no-all-versions "$@" 2>/dev/null |
		awk '$1 == "Package:" { p = $2 } $1 == "Version:" { print p "=" $2 }')
	[ "$(wc -l <<<"$list")" -eq $# ] && [ -n "$list" ] || return 1
	printf '%s\n' "$list"
}

# stock_depends PACKAGE PATTERN: its dependencies whose name fits.
stock_depends()
{
	apt-cache depends "$1" 2>/dev/null |
		awk -v want="$2" '$1 == "Depends:" && $2 ~ want { print $2 }'
}

# The packages behind the row's names, one line per part: PART PKG=VERSION...
stock_resolve()
{
	local real common list

	real=$(stock_depends "$image" '^linux-image-[0-9]')
	list=$(stock_version "${real:-$image}") || return 1
	echo "image $list"
	real=$(stock_depends "$headers" '^linux-headers-[0-9]')
	real=${real:-$headers}
	common=$(stock_depends "$real" '^linux-(headers|kbuild)-')
	# shellcheck disable=SC2086 # a list
	list=$(stock_version "$real" $common) || return 1
	echo "headers ${list//$'\n'/ }"
	list=$(stock_version "$source") || return 1
	echo "source $list"
}

stock_update()
{
	can_be_root || die 'the package lists are missing or out of date' \
		'try: sudo apt-get update'
	progress 'refreshing the package lists' as_root apt-get update
}

# The newest kernel is wanted, and of an old one the archive may have nothing
# left. Who cannot refresh the lists without being asked makes do with them.
stock_refresh()
{
	if [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; then
		progress 'refreshing the package lists' \
			as_root apt-get update || true
	fi
}

stock_choose()
{
	local tmp=$stock_dir/packages.tmp

	[ ! -f "$stock_dir/packages" ] || return 0
	mkdir -p "$stock_dir"
	stock_refresh
	if ! stock_resolve >"$tmp"; then
		stock_update
		stock_resolve >"$tmp" ||
			die "the archive has no $image, $headers or $source"
	fi
	mv "$tmp" "$stock_dir/packages"
}

# stock_packages PART
stock_packages()
{
	[ -f "$stock_dir/packages" ] || with_lock "kernel-$name" stock_choose
	awk -v part="$1" '$1 == part { $1 = ""; print }' "$stock_dir/packages"
}

stock_version_of()
{
	stock_packages "$1" | sed 's/^ *[^=]*=\([^ ]*\).*/\1/'
}

stock_download()
{
	local opt=()

	# Only a directory of root's own is at stake, which _apt cannot enter.
	[ "$(id -u)" -ne 0 ] || opt=(-o APT::Sandbox::User=root)
	(cd "$1" && shift && apt-get "${opt[@]}" download "$@")
}

stock_unpack()
{
	local deb

	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$1"
		rm "$deb"
	done
}

# stock_fetch PART DIRECTORY
stock_fetch()
{
	local part=$1 dir=$2 list

	read -ra list < <(stock_packages "$part")
	say "fetching ${list[*]}"
	if ! progress "downloading the $name $part" \
			stock_download "$dir" "${list[@]}"; then
		stock_update
		progress "downloading the $name $part" \
				stock_download "$dir" "${list[@]}" ||
			die "could not download ${list[*]}" \
			    "a newer one may have replaced it: scripts/vm/kernel.sh $name refresh"
	fi
	progress "unpacking the $name $part" stock_unpack "$dir"
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
	local dir=$1 rel

	stock_fetch image "$dir"
	rel=$(basename "$dir"/lib/modules/*)
	progress "unpacking the $name vmlinux" \
		vmlinux_extract "$dir/boot/vmlinuz-$rel" "$dir/vmlinux"
	progress "indexing the $name modules" depmod -b "$dir" "$rel"
	echo "$rel" >"$dir/release"
}

stock_make_headers()
{
	local dir=$1 kdir

	stock_fetch headers "$dir"
	kdir=$(dirname "$dir"/usr/src/*/Module.symvers)
	# The top Makefile includes the common one by its installed name.
	# The variable is make's.
	# shellcheck disable=SC2016
	sed -i 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' \
		"$kdir/Makefile"
	ln -s "usr/src/${kdir##*/}" "$dir/kdir"
}

stock_make_source()
{
	local dir=$1 tar

	stock_fetch source "$dir"
	tar=$(echo "$dir"/usr/src/linux-source-*.tar.xz)
	progress "unpacking the $name source tree" \
		tar -C "$dir" -xJf "$tar"
	rm -r "${dir:?}/usr"
	mv "$dir"/linux-source-* "$dir/linux"
}

# stock_part PART: its directory in the cache, made when needed.
stock_part()
{
	local dir

	dir=$stock_dir/$(stock_version_of "$1")/$1
	once "$dir" "kernel-$name-$1" "stock_make_$1"
	printf '%s\n' "$dir"
}

kernel_release()
{
	local dir

	dir=$(stock_part image)
	cat "$dir/release"
}

kernel_vmlinux()
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

kernel_refresh()
{
	rm -f "$stock_dir/packages"
	stock_packages image
}
