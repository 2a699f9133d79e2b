#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# run.sh PROGRAM... -- SCRIPT [ARGUMENT]... -- SCRIPT...
# Run tests that print TAP, print all of it as one, and say what came out. A test
# that crashes, or does not get as far as its plan, has failed.

out=$(mktemp)
trap 'rm -f "$out"' EXIT
num=0
good_tests=0
bad_tests=0

# run NAME COMMAND...
run()
{
	name=$1
	shift
	"$@" > "$out" 2>&1
	code=$?
	good=$(grep -c '^ok ' "$out")
	bad=$(grep -c '^not ok ' "$out")
	plan=$(sed -n 's/^1\.\.//p' "$out")
	[ -n "$VERBOSE" ] && sed 's/^/# /' "$out"
	num=$((num + 1))
	# What a test has measured.
	sed -n 's/^# note: /# /p' "$out"
	if [ $code -eq 0 ] && [ "$bad" -eq 0 ] && [ "$plan" = "$good" ] &&
	   [ "$good" -gt 0 ]; then
		echo "ok $num - $name: $good tests"
		good_tests=$((good_tests + good))
	else
		grep -v '^ok ' "$out" | sed 's/^/# /'
		echo "not ok $num - $name: $bad of $((good + bad)) failed," \
			"plan ${plan:-missing}, exit code $code"
		good_tests=$((good_tests + good))
		# A program that crashed or stopped early is one, at least.
		bad_tests=$((bad_tests + (bad > 0 ? bad : 1)))
	fi
}

echo "TAP version 13"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	run "$(basename "$1")" "$1"
	shift
done
while [ $# -gt 1 ]; do
	shift
	script=$1
	shift
	args=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		args="$args $1"
		shift
	done
	# shellcheck disable=SC2086 # one word each
	run "$(basename "$script")" sh "$script" $args
done
echo "1..$num"
echo "$good_tests passed, $bad_tests failed"
[ $bad_tests -eq 0 ]
