#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: stock-7 debug
# timeout: 300
# smp: 2
# memory: 1024
#
# A disk of QEMU's storage daemon.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"
. "${0%/*}/vhost_user.sh"

command -v qemu-storage-daemon >/dev/null || skip 'no qemu-storage-daemon'

# daemon [QUEUES]
daemon()
{
	set -- "${1:-1}"
	start_backend qemu-storage-daemon \
		--blockdev "file,filename=$IMAGE,node-name=disk" \
		--export "vhost-user-blk,id=e,node-name=disk,writable=on,num-queues=$1,addr.type=unix,addr.path=$SOCKET"
}

# a disk by a back end
up()
{
	make_bus blk
	: >"$BRIDGE_LOG"
	must 'back end starts' daemon
	must 'bridge starts' bridge blk --type blk --dev 5
	check 'disk is there' within "$SOON" disk blk
}

down()
{
	stop
	check 'nothing left' within "$SOON" clean blk
	stop_backend
	check 'bus gone' remove_bus blk
}

test_data()
{
	up
	check 'data' verify "$(disk blk)"
	check_ext4 "$(disk blk)"
	check 'driver goes and comes' rebind
	check 'data afterwards' same "$(disk blk)"
	down
}

rebind()
{
	local i dev
	dev=$(device_at blk)
	for ((i = 0; i < 3; i++)); do
		echo "$dev" >/sys/bus/virtio/drivers/virtio_blk/unbind &&
			echo "$dev" >/sys/bus/virtio/drivers/virtio_blk/bind || return
	done
	within "$SOON" disk blk
}

# Requests in flight fail, and another disk comes with the next back end.
test_replace()
{
	local job status=0
	up
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk
	stop_backend KILL
	check 'killed: device goes' within "$SOON" said 'device 5 is removed'
	check 'killed: I/O ends' within "$SOON" ended "$job"
	wait "$job" || status=$?
	check 'killed: with an error' test "$status" -ne 0
	check 'killed: nothing left' within "$SOON" clean blk
	daemon
	check 'killed: a new disk' within "$SOON" disk blk
	check 'killed: data' verify "$(disk blk)"
	down
}

# First the bridge, then the back end.
test_late()
{
	make_bus blk
	rm -f "$SOCKET"
	start_bridge blk --type blk
	check 'late: bridge waits' within "$SOON" said 'waiting for it'
	daemon
	check 'late: device is there' bridge_ready
	check 'late: disk is there' within "$SOON" disk blk
	check 'late: data' verify "$(disk blk)"
	stop_backend
	check 'late: back end ends' within "$SOON" clean blk
	check 'late: bridge stays' kill -0 "$server"
	stop
	check 'late: bus gone' remove_bus blk
}

# All windows in one message, or more of them than it has room for.
test_queues()
{
	local num
	for num in 2 12; do
		make_bus blk
		must "$num queues: back end" daemon "$num"
		must "$num queues: bridge" bridge blk --type blk --dev 5
		check "$num queues: disk is there" within "$SOON" disk blk
		check "$num queues: data" verify "$(disk blk)"
		check "$num queues: windows" test "$(counter blk windows)" -ge 2
		check "$num queues: driver goes and comes" rebind
		check "$num queues: data afterwards" same "$(disk blk)"
		down
	done
}

test_data
test_replace
is_debug || test_late
is_debug || test_queues
rm -f "$IMAGE"
finish
