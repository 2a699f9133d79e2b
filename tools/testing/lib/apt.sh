# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of suites that this machine's own apt does not know, from the mirror
# that it uses, without changing its configuration: each suite has a private
# list in the cache, and with it its own candidate versions.

# How old a package list may become before it is fetched again, in minutes.
APT_LIST_AGE=$((3 * 24 * 60))
APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_mirror SUITE: the URI under which this machine would find SUITE.
apt_mirror()
{
	local suite=$1 codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[[ $suite == *-security ]] || suite=$codename
	# shellcheck disable=SC2016	# apt's variables, not the shell's
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' |
		awk -v suite="$suite" '$1 == suite { print $2; exit }'
}

# apt_in SUITE TOOL...: run apt-get or apt-cache with SUITE as the only source.
apt_in()
{
	local dir=$CACHE/apt/$1 tool=$2
	shift 2
	"$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::State::Lists="$dir/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

# apt_update SUITE [TYPE]: fetch SUITE's lists unless they are fresh.  TYPE is
# deb (the default) or deb-src.  Old lists do if the mirror is out of reach.
apt_update()
{
	local suite=$1 type=${2:-deb} dir=$CACHE/apt/$1 mirror
	if [[ -n $(find "$dir/fresh" -mmin "-$APT_LIST_AGE" 2>/dev/null) ]]; then
		return
	fi
	mirror=$(apt_mirror "$suite")
	[[ -n $mirror ]] || die "apt knows no Debian mirror that has $suite"
	mkdir -p "$dir/lists"
	echo "$type [signed-by=$APT_KEYRING] $mirror $suite main" \
		>"$dir/sources.list"
	if quietly "$dir/update.log" apt_in "$suite" apt-get update \
		-o APT::Update::Error-Mode=any; then
		touch "$dir/fresh"
	elif [[ ! -e $dir/fresh ]]; then
		die "cannot fetch the package lists of $suite"
	fi
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

# apt_download SUITE DIR PACKAGE...: fetch the packages into DIR.  Point
# releases vanish from the archive, so a failure may only mean old lists.
apt_download()
{
	local suite=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	(
		cd "$dir" || exit
		apt_in "$suite" apt-get download "$@" && exit
		rm -f "$CACHE/apt/$suite/fresh"
		apt_update "$suite"
		apt_in "$suite" apt-get download "$@"
	)
}

# apt_unpack SUITE DIR PACKAGE...: fetch the packages and unpack them in DIR.
apt_unpack()
{
	local suite=$1 dir=$2 deb
	shift 2
	apt_download "$suite" "$dir/deb" "$@"
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -r "$dir/deb"
}
