# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script of the test beds needs: where things are, how to say
# something, how to build something once.
#
# Everything expensive lives in the cache, in directories named after all that
# went into them (version, configuration, compiler).  A directory counts only
# when it holds the file "complete", which is written last; whatever else is
# found there was interrupted, and is removed and begun again.

# Several files that a script reads may want this one.
[[ -z ${TESTING:-} ]] || return 0

shopt -s inherit_errexit

# What make was told is not for the builds that run below it.
unset MAKEFLAGS MAKELEVEL

TESTING=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP=$(cd "$TESTING/../.." && pwd)
BUILD=$TOP/build
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/virtio-msg
JOBS=$(nproc)
# shellcheck disable=SC2034	# read by the scripts that source this file
readonly TESTING TOP BUILD CACHE JOBS

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "${0##*/}: $*"
	exit 1
}

# quietly LOG COMMAND...: run COMMAND with its output in LOG, show the end of
# LOG if it fails.
quietly()
{
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null && return
	tail -n 40 "$log" >&2
	say "${0##*/}: failed: $* (whole output in $log)"
	return 1
}

# short_hash: eight hex digits that stand for standard input.
short_hash()
{
	sha256sum | cut -c1-8
}

# with_lock NAME COMMAND...: run COMMAND while no other process holds NAME.
with_lock()
{
	local lock=$CACHE/lock/$1
	shift
	mkdir -p "$CACHE/lock"
	(
		flock 9
		"$@" 9>&-
	) 9>"$lock"
}

# build_once DIR COMMAND...: unless DIR is complete, run COMMAND to fill it.
# COMMAND finds DIR existing and empty.  Bash ignores -e inside a function that
# is part of a condition, so COMMAND runs as a subshell of its own.
build_once()
{
	local dir=$1
	[[ -e $dir/complete ]] || with_lock "${dir##*/}" build_locked "$@"
}

build_locked()
{
	local dir=$1
	shift
	[[ ! -e $dir/complete ]] || return 0
	rm -rf --one-file-system "$dir"
	mkdir -p "$dir"
	( set -e; "$@" )
	touch "$dir/complete"
}
