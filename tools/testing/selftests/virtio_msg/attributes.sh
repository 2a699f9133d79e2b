#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 120
#
# What files say of a bus and of a device, what may be written to them, and what that
# does. What is out of range, or no number, is refused and changes nothing.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

BUS=attributes
# A server of one device, which the next server may go on with.
RNG=(--dev 1 --resumable=120000 rng)
# Messages of more than one attempt to go on with it.
ATTEMPTS=40
SYSFS=$CLASS/$BUS
DEBUGFS=/sys/kernel/debug/virtio-msg/$BUS

# says FILE TEXT
says()
{
	local text
	read -r text <"$1" && [[ $text == "$2" ]]
}

# refuses FILE VALUE...: and still says what it said.
refuses()
{
	local file=$1 before value
	shift
	read -r before <"$file" || return
	for value; do
		! echo "$value" >"$file" || return
	done
	says "$file" "$before"
}

# takes FILE VALUE...: and says so.
takes()
{
	local file=$1 value
	shift
	for value; do
		echo "$value" >"$file" && says "$file" "$value" || return
	done
}

put()
{
	echo "$2" >"$1"
}

# more COUNTER THAN
more()
{
	(($(counter "$BUS" "$1") > $2))
}

# bound: the device has a driver.
bound()
{
	[[ -e /sys/bus/virtio/devices/$device/driver ]]
}

not_bound()
{
	! bound
}

# no_server: one that cannot start is not waited for.
no_server()
{
	local begin=$SECONDS status=0
	serve "$BUS" nonsense || status=$?
	server=
	((status && SECONDS - begin < SOON))
}

# used: debugfs has counted notifications in both directions.
used()
{
	(($(awk '/_events/ && $2 > 0' "$DEBUGFS"/*/counters | wc -l) == 2))
}

# readable FILE...
readable()
{
	local file value
	for file; do
		[[ ! -r $file ]] || read -r value <"$file" || [[ $value == '' ]] || return
	done
}

# Of which a kernel may not have all.
MODULES=(virtio-msg-ivshmem virtio-msg-xen)

load virtio-rng
modprobe -q -a "${MODULES[@]}"
check 'a bus' make_bus "$BUS" max_msg_size=264 timeout_ms=9000 features=0 dialect=pr28
for setting in live=1 max_msg_size=264 timeout_ms=9000 features=0 dialect=pr28 doorbell=1; do
	check "configfs: $setting" says "$CONFIGFS/$BUS/${setting%=*}" "${setting#*=}"
done
for setting in max_msg_size=128 timeout_ms=1 features=1 dialect=d26 doorbell=0 live=x; do
	check "configfs: no $setting of a bus that is live" \
		refuses "$CONFIGFS/$BUS/${setting%=*}" "${setting#*=}"
done
for setting in revision=1 max_msg_size=264 features=0x0 dialect=pr28 \
	role='driver device' state=alive timeout_ms=9000 ping_interval_ms=0; do
	check "sysfs: $setting" says "$SYSFS/${setting%%=*}" "${setting#*=}"
done

check 'timeout_ms: what is out of range' refuses "$SYSFS/timeout_ms" 0 600001 -1 x
check 'timeout_ms: what is in range' takes "$SYSFS/timeout_ms" 1 600000 9000
check 'io_timeout_ms: what is out of range' refuses "$SYSFS/io_timeout_ms" 600001 x
check 'io_timeout_ms: what is in range' takes "$SYSFS/io_timeout_ms" 0 600000 30000
check 'ping_interval_ms: what is out of range' refuses "$SYSFS/ping_interval_ms" 600001 x
check 'ping_interval_ms: often' takes "$SYSFS/ping_interval_ms" 10
check 'ping_interval_ms: pings come' within "$SOON" more ping_received 3
check 'ping_interval_ms: no more' takes "$SYSFS/ping_interval_ms" 0
check 'ping_interval_ms: all are answered' is 0 counter "$BUS" ping_missed
check 'max_devices: what is out of range' refuses "$SYSFS/max_devices" 65537 x
check 'window_limit: what is no number' refuses "$SYSFS/window_limit" x

check 'serve: what is no device' no_server
check 'max_devices: none' takes "$SYSFS/max_devices" 0
check 'serve' serve "$BUS" "${RNG[@]}"
check 'max_devices: counted' within "$SOON" more device_limit 0
check 'window_limit: none' takes "$SYSFS/window_limit" 0
check 'max_devices: one' takes "$SYSFS/max_devices" 1
check 'rescan' put "$SYSFS/rescan" now
check 'rescan: a device' within "$SOON" device_at "$BUS"
device=$(device_at "$BUS")
check 'window_limit: no driver' not_bound
check 'window_limit: no window' is 0 counter "$BUS" windows
check 'window_limit: enough' takes "$SYSFS/window_limit" $((16 << 20))
check 'window_limit: a driver' put /sys/bus/virtio/drivers_probe "$device"
check 'window_limit: bound' within "$SOON" bound
check 'debugfs: notifications' within "$SOON" used
check 'parameters of our modules' readable /sys/module/virtio_msg*/parameters/*

# What this kernel lacks is no fault of the next server: it is tried again.
stop KILL
check 'on hold' within "$SOON" is 1 counter "$BUS" held
check 'on hold: no room for windows' takes "$SYSFS/window_limit" 0
before=$(counter "$BUS" received)
check 'on hold: serve again' serve "$BUS" "${RNG[@]}"
check 'on hold: several attempts' within "$SOON" more received $((before + ATTEMPTS))
check 'on hold: still' is 1 counter "$BUS" held
check 'on hold: not resumed' is 0 counter "$BUS" resumed
check 'on hold: room' takes "$SYSFS/window_limit" $((16 << 20))
check 'on hold: resumed' within "$SOON" is 1 counter "$BUS" resumed
check 'on hold: no more' within "$SOON" is 0 counter "$BUS" held
check 'on hold: bound all the time' bound
stop
check 'nothing left' within "$SOON" clean "$BUS"
check 'bus gone' remove_bus "$BUS"
# They would keep the core from being unloaded.
modprobe -q -r "${MODULES[@]}"
finish
