#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 60
# smp: 2
# memory: 1024
#
# Disks: data that is read is what was written, whatever the bus is like; a
# driver that comes and goes; a server that vanishes.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

IMAGE=/dev/shm/vmsg-blk.img
BYTES=$((8 << 20))
REBINDS=100
DRIVER=/sys/bus/virtio/drivers/virtio_blk

load virtio_blk
command -v fio >/dev/null || skip 'no fio'
! is_debug || REBINDS=10
truncate -s "$BYTES" "$IMAGE"

# disk BUS: the disk of the only device of this bus, once it is there.
disk()
{
	local dev
	dev=$(device_at "$1") && ls "/sys/bus/virtio/devices/$dev/block"
}

# fio_verify DISK ARGUMENT...: random writes, and what is there afterwards.
fio_verify()
{
	fio --name=verify "--filename=/dev/$1" --direct=1 --ioengine=libaio \
		--iodepth=16 --rw=randrw --bsrange=512-64k --size="$BYTES" \
		--verify=crc32c --verify_fatal=1 --output-format=terse \
		--io_size=$((BYTES / 16)) "${@:2}"
}

# try WHAT SERVE-ARGUMENT BUS-ATTRIBUTE...
try()
{
	local what=$1 flag=$2
	shift 2
	make_bus blk "$@" || { result 1 "$what: no bus" && return; }
	# shellcheck disable=SC2086	# an argument or none
	serve blk $flag "blk=$IMAGE" || { result 1 "$what: no server" && return; }
	within "$SOON" disk blk
	check "$what" fio_verify "$(disk blk)"
	stop
	check "$what: nothing left" within "$SOON" clean blk
	remove_bus blk
}

test_buses()
{
	local size
	for size in 264 104 64 52; do
		try "d26, $size bytes" '' max_msg_size="$size" dialect=d26
	done
	try 'pr28, 48 bytes' '' max_msg_size=48 dialect=pr28
	try 'pr28, 264 bytes, messages' --messages dialect=pr28
	try 'd26, messages' --messages dialect=d26
	try 'd26, no doorbell' '' dialect=d26 doorbell=0
	try 'd26, messages, no doorbell' --messages dialect=d26 doorbell=0
	try 'pr28, 48 bytes, messages, no doorbell' --messages dialect=pr28 \
		max_msg_size=48 doorbell=0
}

test_ext4()
{
	local dir
	dir=$(mktemp -d)
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	check 'ext4: make' mkfs.ext4 -q -F "/dev/$(disk blk)"
	check 'ext4: mount' mount "/dev/$(disk blk)" "$dir"
	check 'ext4: fill' dd if=/dev/urandom of="$dir/file" bs=1M count=4 conv=fsync
	sum=$(md5sum <"$dir/file")
	umount "$dir"
	mount "/dev/$(disk blk)" "$dir"
	check 'ext4: same content' is "$sum" md5 "$dir/file"
	check 'ext4: unmount' umount "$dir"
	check 'ext4: fsck' fsck.ext4 -n -f "/dev/$(disk blk)"
	stop
	remove_bus blk
}

md5()
{
	md5sum <"$1"
}

rebind()
{
	local i dev
	dev=$(device_at blk)
	for ((i = 0; i < REBINDS; i++)); do
		echo "$dev" >"$DRIVER/unbind" && echo "$dev" >"$DRIVER/bind" || return
	done
	within "$SOON" disk blk
}

test_rebind()
{
	local job
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	check "bind and unbind $REBINDS times" rebind
	check 'one window' is 1 counter blk windows
	check 'data afterwards' fio_verify "$(disk blk)"

	# Under load: what is in flight fails or is done, and nothing hangs.
	fio_verify "$(disk blk)" --time_based --runtime=60 >/dev/null 2>&1 &
	job=$!
	dev=$(device_at blk)
	within "$SOON" has_requests blk
	echo "$dev" >"$DRIVER/unbind"
	check 'unbind under load: I/O ends' within "$SOON" ended "$job"
	wait "$job"
	echo "$dev" >"$DRIVER/bind"
	check 'bind again' within "$SOON" disk blk
	check 'data again' fio_verify "$(disk blk)"
	stop
	check 'nothing left' within "$SOON" clean blk
	remove_bus blk
}

ended()
{
	! kill -0 "$1"
}

has_requests()
{
	grep -qE 'requests [0-9]{3}' "/sys/kernel/debug/virtio-msg/$1"/*/queues
}

gone()
{
	! ls "/sys/kernel/debug/virtio-msg/$1"/*/info
}

test_surprise()
{
	local i job status
	for i in 1 2 3; do
		make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
		fio_verify "$(disk blk)" --time_based --runtime=60 >/dev/null 2>&1 &
		job=$!
		within "$SOON" has_requests blk
		stop KILL
		check "server killed ($i): I/O ends" within "$SOON" ended "$job"
		status=0
		wait "$job" || status=$?
		check "server killed ($i): with an error" test "$status" -ne 0
		check "server killed ($i): device gone" within "$SOON" gone blk
		check "server killed ($i): nothing left" within "$SOON" clean blk
		check "server killed ($i): bus gone" remove_bus blk
	done
}

# A server that stops without a word: the deadline ends what waits.
test_stalled()
{
	local job
	make_bus blk timeout_ms=1000 && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	fio_verify "$(disk blk)" --time_based --runtime=60 >/dev/null 2>&1 &
	job=$!
	within "$SOON" has_requests blk
	kill -STOP "$server"
	check 'server stopped: unbind ends' \
		timeout "$SOON" bash -c "echo $(device_at blk) >$DRIVER/unbind"
	check 'server stopped: I/O ends' within "$SOON" ended "$job"
	kill -CONT "$server"
	stop KILL
	check 'server stopped: device gone' within "$SOON" gone blk
	check 'server stopped: nothing left' within "$SOON" clean blk
	remove_bus blk
}

test_buses
test_ext4
test_rebind
test_surprise
test_stalled
rm -f "$IMAGE"
finish
