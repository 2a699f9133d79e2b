# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of suites that this machine's own apt does not know, from the mirror
# that it uses, without changing its configuration: each suite has a private
# list in the cache, and with it its own candidate versions.  A suite is named as
# trixie-backports, or as trixie-backports:arm64 for the packages of another
# architecture.

# How old a package list may become before it is fetched again, in minutes, and
# how old when something is about to be fetched: point releases come weekly, and
# the archive does not keep the old ones.
APT_LIST_AGE=$((3 * 24 * 60))
APT_FETCH_AGE=60
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_mirror SUITE: the URI under which this machine would find SUITE.
apt_mirror()
{
	local suite=${1%:*} codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[[ $suite == *-security ]] || suite=$codename
	# shellcheck disable=SC2016	# apt's variables, not the shell's
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' |
		awk -v suite="$suite" '$1 == suite && !n++ { print $2 }'
}

# apt_in SUITE TOOL...: run apt-get or apt-cache with SUITE as the only source.
apt_in()
{
	local dir=$CACHE/apt/$1 tool=$2 arch=()
	[[ $1 != *:* ]] ||
		arch=(-o "APT::Architecture=${1#*:}" -o "APT::Architectures=${1#*:}")
	shift 2
	"$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::Lists="$dir/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "${arch[@]}" "$@"
}

# apt_update SUITE [AGE] [TYPE]: fetch SUITE's lists unless they are younger than
# AGE minutes.  TYPE is deb or deb-src.  Old lists do if the mirror is out of
# reach.
apt_update()
{
	local suite=$1 age=${2:-$APT_LIST_AGE} type=${3:-deb} dir=$CACHE/apt/$1 mirror
	if [[ -n $(find "$dir/fresh" -mmin "-$age" 2>/dev/null || :) ]]; then
		return
	fi
	mirror=$(apt_mirror "$suite")
	[[ -n $mirror ]] || die "apt knows no Debian mirror that has $suite"
	mkdir -p "$dir/lists"
	echo "$type [signed-by=$APT_KEYRING] $mirror ${suite%:*} main" \
		>"$dir/sources.list"
	if with_lock "apt-$suite" quietly "$dir/update.log" apt_in "$suite" \
		apt-get update -o APT::Update::Error-Mode=any; then
		touch "$dir/fresh"
	elif [[ ! -e $dir/fresh ]]; then
		die "cannot fetch the package lists of $suite"
	fi
}

# apt_build_once SUITE TYPE DIRECTORY BUILD [ARGUMENT]: build_once of something
# that comes out of SUITE.  DIRECTORY is the function that names the directory
# by the version that SUITE has, BUILD the one that fills it; both get ARGUMENT,
# and BUILD the directory after it.
apt_build_once()
{
	local suite=$1 type=$2 directory=$3 build=$4 dir
	shift 4
	apt_update "$suite" "$APT_LIST_AGE" "$type"
	dir=$("$directory" "$@")
	! is_complete "$dir" || return 0
	apt_update "$suite" "$APT_FETCH_AGE" "$type"
	dir=$("$directory" "$@")
	say "preparing ${dir##*/}"
	build_once "$dir" "$build" "$@" "$dir"
}

# apt_version SUITE PACKAGE: the version that SUITE has of PACKAGE.
apt_version()
{
	apt_in "$1" apt-cache policy "$2" |
		awk '$1 == "Candidate:" { print $2 }'
}

# apt_closure SUITE PATTERN PACKAGE...: the packages and what they depend on,
# as far as their names match PATTERN.
apt_closure()
{
	local suite=$1 pattern=$2
	shift 2
	apt_in "$suite" apt-cache depends --recurse --no-recommends \
		--no-suggests --no-breaks --no-conflicts --no-replaces \
		--no-enhances "$@" | grep -E "^($pattern)" | sort -u
}

# apt_unpack SUITE DIR PACKAGE...: fetch the packages and unpack them in DIR.
apt_unpack()
{
	local suite=$1 dir=$2 deb
	shift 2
	mkdir "$dir/deb"
	(cd "$dir/deb" && apt_in "$suite" apt-get download "$@")
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -r "$dir/deb"
}
