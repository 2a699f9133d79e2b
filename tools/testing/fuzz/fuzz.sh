# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What run and selftest share: how a fuzzer is built, fed and run.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/../lib/common.sh"

FUZZ=$TESTING/fuzz
OUT=$BUILD/fuzz

# shellcheck disable=SC2034	# read by the scripts that source this file
FUZZERS=(decode relay request device user)

# Bytes of the longest input.
declare -A LONGEST=([decode]=400 [relay]=600 [request]=400 [device]=600 [user]=400)

# Seconds that one input may take, on a machine that is busy with others.
ONE_INPUT=30

# Where chance begins, so that no change is judged by bad luck; 0: anywhere.
SEED=1

# build OUT TARGET...: with what MAKE_ARGS say.
build()
{
	local out=$1
	shift
	mkdir -p "$out"
	quietly "$out/build.log" make -C "$FUZZ" -j "$JOBS" OUT="$out" \
		"${MAKE_ARGS[@]}" "${@/#/$out/}"
}

# unpack NAME DIR: the known inputs of a fuzzer, each a file.
unpack()
{
	local name bytes
	while read -r name bytes; do
		[[ $name && $name != '#'* ]] || continue
		# shellcheck disable=SC2001,SC2059	# bash has no &; that is what it is for
		printf "$(sed 's/../\\x&/g' <<<"$bytes")" >"$2/$name"
	done <"$FUZZ/corpus/$1.txt"
}

# seeds NAME DIR: those, and those that unit tests have.
seeds()
{
	rm -rf "$2"
	mkdir -p "$2"
	unpack "$1" "$2"
	[[ $1 != decode ]] ||
		FUZZ_SEEDS=$2 quietly "$OUT/test-message.log" "$OUT/test-message"
}

# fuzz PROGRAM NAME SECONDS LOG DIR...: look for inputs that fail.
fuzz()
{
	local program=$1 name=$2 seconds=$3 log=$4
	shift 4
	"$program" -max_total_time="$seconds" -max_len="${LONGEST[$name]}" \
		-seed="$SEED" -timeout="$ONE_INPUT" -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="${log%/*}/" "$@" >"$log" 2>&1 </dev/null
}

# hex FILE: as it is written in corpus/.
hex()
{
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# first_words LOG: what went wrong, in one line.
first_words()
{
	grep -m 1 -aoE 'must hold: .*|[^ ]+: runtime error: .*|Assertion .*|ERROR: .*' "$1" ||
		echo 'it ended'
}
