# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of any release of the distribution, from the archive that this host
# itself uses. The lists are in the cache: no root is needed and the host's own
# are left alone.

# The release that the host runs.
archive_host()
{
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# archive_base RELEASE: the one that it adds to, or itself.
archive_base()
{
	echo "${1%-backports}"
}

# archive_uri SUFFIX: where the host gets its release ('') or the security
# updates to it (-security). What it would fetch says so, lists or no lists.
archive_uri()
{
	apt-get --print-uris update |
		sed -n "s|^'\(.*\)/dists/\([^/]*\)/InRelease'.*|\2 \1|p" |
		awk -v name="$(archive_host)" -v suffix="$1" '
			!found && $1 ~ "^(" name "|(old)*stable|testing|unstable)" \
					suffix "$" {
				print $2
				found = 1
			}'
}

archive_dir()
{
	echo "$(cache_dir)/archive/$1"
}

# archive_sources RELEASE: apt's description of it.
archive_sources()
{
	local base uri

	base=$(archive_base "$1")
	uri=$(archive_uri '')
	[ -n "$uri" ] || die 'apt of this host has no Debian release configured' \
		'look at: apt-get --print-uris update'
	echo "deb $uri $base main"
	[ "$base" = "$1" ] || echo "deb $uri $1 main"
	uri=$(archive_uri -security)
	[ -z "$uri" ] || echo "deb $uri $base-security main"
}

# archive_apt RELEASE COMMAND...: one of apt's commands, knowing this release.
archive_apt()
{
	local dir opt

	dir=$(archive_dir "$1")
	opt=(-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache"
		-o "Dir::State::status=$dir/status"
		-o "Dir::Etc::sourcelist=$dir/sources.list"
		-o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferences=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null)
	# Only the cache is at stake, which _apt may not be able to enter.
	[ "$(id -u)" -ne 0 ] || opt+=(-o APT::Sandbox::User=root)
	shift
	"$1" "${opt[@]}" "${@:2}"
}

archive_update_locked()
{
	local dir

	dir=$(archive_dir "$1")
	mkdir -p "$dir"/{lists,cache/archives}/partial
	: >"$dir/status"
	archive_sources "$1" >"$dir/sources.list"
	progress "reading what $1 has" \
		archive_apt "$1" apt-get update --error-on=any
}

# archive_update RELEASE: the newest lists.
archive_update()
{
	with_lock "archive-$1" archive_update_locked "$1"
}

# archive_names RELEASE PATTERN: packages, oldest version first.
archive_names()
{
	archive_apt "$1" apt-cache pkgnames | grep -E "$2" | sort -V
}

# archive_versions RELEASE PACKAGE...: PACKAGE=VERSION of each, in one line.
archive_versions()
{
	local list

	list=$(archive_apt "$1" apt-cache show --no-all-versions "${@:2}" |
		awk '$1 == "Package:" { p = $2 } $1 == "Version:" { print p "=" $2 }')
	echo "${list//$'\n'/ }"
}

# archive_depends RELEASE PATTERN PACKAGE...: what they depend on, if the name
# fits (with a ! in front: if it does not).
archive_depends()
{
	local invert=()

	[[ $2 != !* ]] || invert=(-v)
	archive_apt "$1" apt-cache depends --important "${@:3}" |
		sed -n 's/^ *Depends: \([^<]*\)$/\1/p' | sort -u |
		grep -E "${invert[@]}" "${2#!}" || true
}

archive_download()
{
	(cd "$2" && archive_apt "$1" apt-get download "${@:3}")
}

archive_unpack()
{
	local deb

	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$1" && rm "$deb" || return
	done
}

# archive_fetch RELEASE DIRECTORY TITLE PACKAGE=VERSION...: unpacked there. Says
# by its status whether that is so, errexit or not.
archive_fetch()
{
	local release=$1 dir=$2 title=$3

	shift 3
	say "fetching $*"
	if ! progress "downloading $title" \
			archive_download "$release" "$dir" "$@"; then
		archive_update "$release" &&
			progress "downloading $title" \
				archive_download "$release" "$dir" "$@"
	fi || return
	progress "unpacking $title" archive_unpack "$dir"
}
