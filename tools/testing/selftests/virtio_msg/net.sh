#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# smp: 2
#
# A network card: what goes in at one end comes out at the other.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/net_util.sh"

TAP=vmsgtap
SPACE=vmsg
MIB=20
HERE=10.73.0.1
THERE=10.73.0.2
PORT=7373
DATA=/dev/shm/vmsg-net

load virtio_net tun

# card: the interface of the only device of the bus.
card()
{
	local dev
	dev=$(device_at net) && child_of "$dev" net
}

# up SERVE-ARGUMENT BUS-ATTRIBUTE...: the TAP here, the card in a name space.
up()
{
	local flag=$1 name
	shift
	make_bus net "$@" || return
	# shellcheck disable=SC2086	# an argument or none
	serve net $flag "net=$TAP" && within "$SOON" card || return
	name=$(card)
	ip netns add "$SPACE" && ip link set "$name" netns "$SPACE" &&
		ip address add "$HERE/24" dev "$TAP" && ip link set "$TAP" up &&
		ip -n "$SPACE" address add "$THERE/24" dev "$name" &&
		ip -n "$SPACE" link set "$name" up
}

down()
{
	stop "$@"
	within "$SOON" clean net && remove_bus net && ip netns delete "$SPACE"
}

# try WHAT SERVE-ARGUMENT BUS-ATTRIBUTE...
try()
{
	local what=$1
	shift
	check "$what: up" up "$@" || { finish; }
	check "$what: ping" within "$SOON" ping -c 1 -W 1 "$THERE"
	check "$what: ping, large" ping -c 3 -i 0.2 -s 1400 -W 10 "$THERE"
	check "$what: $MIB MiB to the card" transfer here there "$THERE"
	check "$what: $MIB MiB from the card" transfer there here "$HERE"
}

! is_debug || MIB=4
head -c "$((MIB << 20))" /dev/urandom >"$DATA.in"
try 'eventfds' ''
check 'eventfds: down' down
MIB=2
head -c "$((MIB << 20))" /dev/urandom >"$DATA.in"
try 'messages' --messages doorbell=0 max_msg_size=52
check 'messages: server killed' down KILL
rm -f "$DATA".*
finish
