# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests of network cards share: a name space SPACE with the card in it, and
# transfers of DATA.in by PORT.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/vmsg.sh"

command -v ip >/dev/null || skip 'no ip'
command -v busybox >/dev/null || skip 'no busybox'

here()
{
	timeout "$SOON" "$@"
}

there()
{
	timeout "$SOON" nsenter "--net=/run/netns/$SPACE" "$@"
}

# send FROM ADDRESS, transfer FROM TO ADDRESS-OF-TO: the data over TCP, from and to
# "here" or "there".  busybox is small and therefore quick.
send()
{
	"$1" busybox nc "$2" "$PORT" <"$DATA.in"
}

transfer()
{
	local job
	"$2" busybox nc -l -p "$PORT" <&"$never" >"$DATA.out" &
	job=$!
	within "$SOON" send "$1" "$3" && wait "$job" && cmp "$DATA.in" "$DATA.out"
}
