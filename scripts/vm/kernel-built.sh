# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # of kernel.sh and lib.sh
#
# Kernels built here, from the source package of a stock one: "make
# allnoconfig" and a fragment. Built once and cached by the content of the
# fragment and the source's version; an interrupted build goes on where it was.

# kernel_row NAME SOURCE ARCHITECTURE
kernel_row()
{
	built_name=$1
	built_source=$2
	built_arch=$3
	built_config=$here/kernel-$1.config
}

# The processor state of a process is saved whole, for which 6.1 sets aside less
# than a host with AMX has: it cannot start a process there. A file in the build
# directory goes before its twin in the source tree.
built_um_room()
{
	local file=arch/x86/um/user-offsets.c

	mkdir -p "$2/${file%/*}"
	sed 's/HOST_FP_SIZE, 2696/HOST_FP_SIZE, 12288/' "$1/$file" >"$2/$file"
}

built_make()
{
	kmake -C "$src" O="$dir" ARCH="$built_arch" V=0 "$@"
}

built_configure()
{
	local line

	[ "$built_arch" != um ] || built_um_room "$src" "$dir"
	built_make KCONFIG_ALLCONFIG="$built_config" allnoconfig
	while read -r line; do
		grep -qxF "$line" "$dir/.config" || {
			echo "not in the configuration: $line"
			return 1
		}
	done < <(grep '^CONFIG_' "$built_config")
}

built_build()
{
	mkdir -p "$dir"
	[ ! -f "$dir/done" ] || return 0
	renice -n 10 -p "$BASHPID" >/dev/null
	progress "configuring the $built_name kernel" built_configure
	progress "building the $built_name kernel, once, some minutes" built_make
	rm -rf "$dir/install"
	progress "installing the $built_name modules" built_make \
		INSTALL_MOD_PATH="$dir/install" modules_install
	touch "$dir/done"
}

# Sets dir and src.
built_dir()
{
	"$here/../deps.sh" kernel
	src=$("$here/kernel.sh" "$built_source" source)
	dir=$(cache_dir)/kernel/$built_name/$(content_key -s "$src" \
		-s "$built_arch" -s "$(gcc --version | head -n1)" \
		"$built_config" "$here/kernel-built.sh")
	[ -f "$dir/done" ] || {
		# What goes on when this is killed shall not meet another one.
		lock_is_kept=1 with_lock "kernel-$built_name-${dir##*/}" built_build
	}
}

kernel_release()
{
	built_dir
	cat "$dir/include/config/kernel.release"
}

kernel_kdir()
{
	built_dir
	echo "$dir"
}

kernel_symvers()
{
	built_dir
	echo "$dir/Module.symvers"
}

# With KASAN the direct way into an uncompressed x86 kernel (PVH) ends at once.
kernel_boot()
{
	built_dir
	case $built_arch in
	um) echo "$dir/linux" ;;
	*) echo "$dir/arch/x86/boot/bzImage" ;;
	esac
}

kernel_modules()
{
	built_dir
	echo "$dir"/install/lib/modules/*
}

kernel_source()
{
	"$here/kernel.sh" "$built_source" source
}

# A shadow of all memory, and what is freed waits for who still uses it.
kernel_memory()
{
	echo 2G
}

kernel_make()
{
	built_dir
	kmake -C "$dir" ARCH="$built_arch" "$@"
}

kernel_refresh()
{
	"$here/kernel.sh" "$built_source" refresh
}
