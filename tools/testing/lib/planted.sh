# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Tests of the test beds themselves: a command that meets a planted mistake must
# fail, and for the right reason.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/common.sh"

planted_passed=0
planted_failed=0

# expect_output STATUS PATTERN NAME COMMAND...: COMMAND must end with STATUS and
# print a line that matches PATTERN.
expect_output()
{
	local status=$1 pattern=$2 name=$3 output got=0
	shift 3
	output=$("$@" 2>&1 </dev/null) || got=$?
	if ((got == status)) && grep -qE -e "$pattern" <<<"$output"; then
		planted_passed=$((planted_passed + 1))
		say "PASS $name: $pattern"
		return
	fi
	planted_failed=$((planted_failed + 1))
	printf '%s\n' "$output" >&2
	say "FAIL $name: status $got, not $status, or no '$pattern'"
}

report()
{
	echo "$planted_passed passed, $planted_failed failed"
	((planted_failed == 0))
}
