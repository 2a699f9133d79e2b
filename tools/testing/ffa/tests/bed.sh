# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For tests of the FF-A bus: the manager, the driver, and what must hold whatever
# a partition does.

# shellcheck disable=SC2034	# read by the tests

BED=/sys/kernel/debug/ffa-bed
DRIVER=virtio-msg-ffa
DRIVER_DIR=/sys/bus/arm_ffa/drivers/$DRIVER
# For how many seconds something is waited for that must happen, and that may.
SOON=30
PERHAPS=2
# In which a partition answers that may not, in ms.
TIMEOUT=1500
# After which a request to such a device has failed, in ms.
IO_TIMEOUT=4000
# All ways in which events may come, for the driver's parameter.
ANY_WAY=14
# What the kernel is given to do with its free memory, in MiB.
PRESSURE=96
POISON=$((0x5ca1ab1e))

# Commands of module/control.h, and kinds of mischief of manager.h.
FAIL=11 FAILED=12 MISBEHAVE=13 REFUSE_FRAGMENT=14 POISON_ALL=15 CHANGED=16 RESTART=17
APART=18 UNCALLABLE=19
declare -A KIND=([busy]=1 [short]=2 [long]=3 [token]=4 [kind]=5 [garbage]=6 [gone]=7
	[restart]=8 [scribble]=9 [keep]=10 [release]=11 [refuse]=12 [flood]=13
	[yield]=14 [interrupt]=15)

results=0

# result STATUS TEXT...
result()
{
	local word='not ok'
	(($1)) || word=ok
	results=$((results + 1))
	echo "$word $results ${*:2}"
}

# check TEXT COMMAND...
check()
{
	local status=0
	"${@:2}" || status=1
	result "$status" "$1"
}

finish()
{
	echo "1..$results"
}

# manager COMMAND ARGUMENT...: have it done; answer is the first word of what it says.
manager()
{
	echo "$*" >"$BED/command" && read -r answer _ <"$BED/command"
}

# counter NAME
counter()
{
	sed -n "s/^\([0-9]*\) $1$/\1/p" "$BED/counters"
}

# within SECONDS COMMAND...: until it is true.
within()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

load_bed()
{
	modprobe -a ffa-module ffa-bed virtio_blk virtio-rng
	within "$SOON" test -e "$BED/counters"
}

find_disk()
{
	local found=(/sys/class/virtio-msg/*/virtio*/block/*)
	disk=${found[0]##*/}
	[[ $disk != '*' && -b /dev/$disk ]]
}

# load [ARGUMENT...]: of the module.
load()
{
	modprobe "$DRIVER" "$@"
}

# load_impatient ARGUMENT...: who waits for a partition that does not answer does not wait long.
load_impatient()
{
	load "timeout_ms=$TIMEOUT" "$@" 2>/dev/null || :
}

# hurry: of the disk, too, requests fail soon; queues are told when they are set up.
hurry()
{
	local device
	device=$(echo /sys/class/virtio-msg/*/virtio*/block)
	device=${device%/block}
	device=${device##*/}
	echo "$IO_TIMEOUT" >"$(echo /sys/class/virtio-msg/*/io_timeout_ms)"
	echo "$device" >/sys/bus/virtio/drivers/virtio_blk/unbind
	echo "$device" >/sys/bus/virtio/drivers/virtio_blk/bind
	within "$SOON" find_disk
}

unload()
{
	timeout 120 modprobe -r "$DRIVER"
}

unloaded()
{
	[[ ! -d /sys/module/${DRIVER//-/_} ]]
}

read_disk()
{
	find_disk && timeout 30 dd if="/dev/$disk" of=/dev/null bs=4096 count="${1:-20}" \
		iflag=direct status=none 2>/dev/null
}

# use_memory: whatever was given back finds another use.
use_memory()
{
	dd if=/dev/zero of=/dev/shm/pressure bs=1M count="$PRESSURE" status=none
	rm /dev/shm/pressure
}

# safe: nobody drives the devices any more; does anybody else use what partitions
# still hold?
safe()
{
	manager "$POISON_ALL" "$POISON"
	((answer == 0)) || use_memory
	manager "$CHANGED" "$POISON"
	((answer == 0))
}

# recover: as after a restart of the partition; all must be well again.
recover()
{
	manager "$RESTART"
	manager "$REFUSE_FRAGMENT" 0
	manager "$FAIL" 0 0
}
