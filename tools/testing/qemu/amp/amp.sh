# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests of two guests share: the bus between them, and the servers.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/../../selftests/virtio_msg/vmsg.sh"

# How long it may take until the other guest is there, in s.
# shellcheck disable=SC2034	# for who reads this file
BOOT_SOON=120
! is_debug || BOOT_SOON=400

# port NAME: the virtio-serial port of this name.
port()
{
	local name
	for name in /sys/class/virtio-ports/*/name; do
		[[ $(<"$name") == "$1" ]] || continue
		name=${name%/name}
		echo "/dev/${name##*/}"
		return
	done
	return 1
}

load_drivers()
{
	modprobe -a virtio_blk virtio_net
	modprobe -q tun || skip 'no tun'
}

load_amp()
{
	modprobe virtio-msg-ivshmem || skip 'no virtio-msg-ivshmem'
	load_drivers
}

# bus: the name of the only bus, if there is one.
bus()
{
	local name
	for name in "$CLASS"/*; do
		[[ -e $name ]] || return 1
		basename "$name"
	done
}

# attribute NAME: of the bus.
attribute()
{
	cat "$CLASS/$(bus)/$1"
}

# tell_bus: what there is of it, for who wants to know why something did not work.
tell_bus()
{
	grep -H . "$CLASS"/*/counters/* | grep -v ':0$'
	ls -d "$CLASS"/*/virtio*/*
	tail -n +1 /sys/kernel/debug/virtio-msg/*/*/info
	return 0
}

# has_i2c: is there a driver for I2C adapters, and i2c-dev? Debian's kernels for
# clouds have no I2C at all.
has_i2c()
{
	modprobe -qa i2c-virtio i2c-dev ||
		[[ -d /sys/bus/virtio/drivers/i2c_virtio && -d /sys/class/i2c-dev ]]
}

# adapter: the number of the first I2C adapter.
adapter()
{
	local device
	device=$(device_of 0x0022) &&
		basename "$(echo "$device"/i2c-*[0-9])" | grep -o '[0-9]*$'
}

# device_of TYPE: the directory of the first virtio device of this type.
device_of()
{
	local device
	for device in "$CLASS"/*/virtio*; do
		[[ -e $device/device && $(<"$device/device") == "$1" ]] || continue
		echo "$device"
		return
	done
	return 1
}

# amp_disk: the name of the disk that the other guest serves.
amp_disk()
{
	local device
	device=$(device_of 0x0002) && ls "$device/block"
}

# told WORD: the other end of the port "control" has said so.  A word that is cut
# by the end of the time goes on in the next call.
heard=
told()
{
	local part=
	read -rt 0.1 -u "$control" part || :
	heard+=$part
	[[ $heard == *"$1"* ]]
}

# listen: to what told() waits for.
listen()
{
	exec {control}<"$(port control)"
}

# wait_stop: until told to, as long as a test of the other guest may take.
wait_stop()
{
	local end=$((SECONDS + 2 * BOOT_SOON))
	until told stop; do
		((SECONDS < end)) || return 1
	done
}

# serve_until_stop DEVICE...: on each bus that comes, until told to stop.  Leaves
# in served how many there were.
serve_until_stop()
{
	served=0
	listen
	until told stop; do
		if [[ $server ]] && kill -0 "$server" 2>/dev/null; then
			continue
		fi
		server=
		bus >/dev/null || continue
		if serve "$(bus)" "$@"; then
			served=$((served + 1))
		else
			echo "# $SECONDS s: a server did not come up"
		fi
	done
}

# stop_serving: the other guest may have gone, and the bus with it.
stop_serving()
{
	if [[ $server ]]; then
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
		server=
	fi
	! bus >/dev/null || clean "$(bus)"
}

# serve_disk FILE [DEVICE...]: a whole test, of a guest that does nothing else until
# told to stop.
serve_disk()
{
	load_amp
	serve_until_stop "blk=$1" "${@:2}"
	check 'has served' test "$served" -ge 1
	check 'nothing left' within "$SOON" stop_serving
	check 'unload' modprobe -r virtio-msg-ivshmem
	finish
}
