#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: stock-7
# timeout: 300
# smp: 2
# memory: 1024
# isa: 2
#
# A network card of DPDK's testpmd, which answers to whoever asks.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vhost_user.sh"

MAC=02:00:5e:10:00:01

command -v dpdk-testpmd >/dev/null || skip 'no dpdk-testpmd'
load virtio_net

# It ends when its standard input does.
mkfifo "$WORK/input"
exec {input}<>"$WORK/input"

daemon()
{
	start_backend dpdk-testpmd --no-huge -m 128 --no-pci --no-telemetry \
		-l 0,1 --vdev "net_vhost0,iface=$SOCKET" -- \
		--forward-mode=icmpecho --auto-start --total-num-mbufs=2048 \
		<&"$input"
}

# card: the interface of the device
card()
{
	local dev
	dev=$(device_at net) && child_of "$dev" net
}

set_up()
{
	ip address replace 192.0.2.1/24 dev "$(card)" && ip link set "$(card)" up
}

# Of all sizes that a frame can have, none lost and none changed.
pings()
{
	local size
	for size in 16 100 1000 1472; do
		ping -q -c 20 -i 0.002 -W 10 -s "$size" -p 5a00ff 192.0.2.2 |
			tee /dev/stderr | grep -q ' 0% packet loss' || return
	done
}

test_card()
{
	make_bus net
	must 'back end starts' daemon
	must 'bridge starts' bridge net --type net --mac "$MAC" --mtu 1500
	check 'card is there' within "$SOON" card
	check 'address' is "$MAC" cat "/sys/class/net/$(card)/address"
	check 'set up' set_up
	check 'answers' within "$SOON" ping -q -c 1 -W 1 192.0.2.2
	check 'all sizes' pings
}

test_driver_again()
{
	local dev
	dev=$(device_at net)
	check 'unbind' eval "echo $dev >/sys/bus/virtio/drivers/virtio_net/unbind"
	check 'bind' eval "echo $dev >/sys/bus/virtio/drivers/virtio_net/bind"
	check 'card again' within "$SOON" card
	check 'set up again' set_up
	check 'answers again' within "$SOON" ping -q -c 1 -W 1 192.0.2.2
	check 'all sizes again' pings
}

# A card goes on: frames may get lost on any network.
test_killed()
{
	: >"$BRIDGE_LOG"
	stop_backend KILL
	check 'killed: waits' within "$SOON" said 'waits for it'
	daemon
	check 'killed: goes on' within "$SOON" said 'goes on'
	check 'killed: answers' within "$SOON" ping -q -c 1 -W 1 192.0.2.2
	check 'killed: all sizes' pings
}

test_card
test_driver_again
test_killed
stop
check 'nothing left' within "$SOON" clean net
stop_backend
check 'bus gone' remove_bus net
finish
