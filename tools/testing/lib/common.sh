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

# For how many days the cache keeps what is not used.
CACHE_DAYS=30

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

# make_once_at_a_time NAME DIR [VARIABLE...]: make what DIR has, while no other process
# does.
make_once_at_a_time()
{
	local log=$BUILD/logs/$1.log
	mkdir -p "$BUILD/logs"
	(
		flock 9
		quietly "$log" make -C "$2" -j "$JOBS" "${@:3}" 9>&-
	) 9>"$BUILD/$1.lock"
}

# tools_build: the command virtio-msg and its library.
tools_build()
{
	make_once_at_a_time tools "$TOP/tools/virtio-msg"
}

# cache_prune: remove what no one has wanted for long, such as the kernels of
# last month.
cache_prune()
{
	local complete
	# Others may be at work there, so that some of it goes while it is looked at.
	{ find "$CACHE" -mindepth 3 -maxdepth 3 -name complete -mtime "+$CACHE_DAYS" \
		2>/dev/null || :; } |
		while read -r complete; do
			rm -rf --one-file-system "${complete%/complete}"
		done
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
# COMMAND finds DIR existing and empty.  Not to be called as part of a condition:
# bash would ignore the errors of COMMAND there.
build_once()
{
	is_complete "$1" || with_lock "${1##*/}" build_locked "$@"
}

# is_complete DIR: is there a finished DIR?  If so, note that it was wanted.
is_complete()
{
	[[ -e $1/complete ]] && touch "$1/complete"
}

build_locked()
{
	local dir=$1
	shift
	! is_complete "$dir" || return 0
	cache_prune
	rm -rf --one-file-system "$dir"
	mkdir -p "$dir"
	"$@"
	touch "$dir/complete"
}
