#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 480
# smp: 2
# memory: 1024
#
# No byte of the driver's memory that was not posted for the device to read ever is
# in a window.  All free memory is filled with a pattern, drivers then take their
# buffers from it, and whoever serves the devices looks for the pattern in all that
# it has mapped, all the time.
#
# That this finds what is there is shown twice: by a pattern that is written to a
# disk, and by a network card behind swiotlb, whose bounce buffers do hold what was
# in the memory of the driver.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR source-path=SCRIPTDIR/../selftests/virtio_msg
. "${0%/*}/../selftests/virtio_msg/net_util.sh"

PROGRAMS=${0%/*}/../../../build/leak
MEMORY=/sys/kernel/debug/vmsg-memory
FILES=/dev/shm/vmsg-leak
DATA=$FILES
TAP=vmsgtap
SPACE=vmsg
HERE=10.74.0.1
THERE=10.74.0.2
PORT=7474
MIB=2

grep -qw init_on_alloc=0 /proc/cmdline || skip 'init_on_alloc=0 is not set'
grep -qw swiotlb=force /proc/cmdline || skip 'swiotlb=force is not set'
load virtio_net virtio_blk virtio-rng tun ext4
modprobe vmsg-memory || skip 'no vmsg-memory'

pattern()
{
	"$PROGRAMS/pattern" "$@"
}

fill()
{
	pattern once "$MEMORY/fill"
}

# watched NAME ARGUMENT...: serve, with somebody looking over one's shoulder.
watched()
{
	local bus=$1
	shift
	rm -f "$FILES.report"
	serve "$bus" "$@" && {
		"$PROGRAMS/watch" "$server" "$FILES.report" &
	} && within "$SOON" at_least 1
}

# report LINE: 1 looks, 2 with the pattern, 3 bytes that one look has seen.
report()
{
	local numbers
	mapfile -t numbers <"$FILES.report" && echo "$((10#${numbers[$1 - 1]}))"
}

at_least()
{
	(($(report 1) >= $1))
}

# looked: twice more since now, so that one whole look has begun and ended.
looked()
{
	local now
	now=$(report 1) || return
	within "$SOON" at_least "$((now + 2))"
}

# in_pool: how often the pattern is in the pool of swiotlb, as a success or not.
in_pool()
{
	local count
	count=$(pattern find "$MEMORY/bounced") && echo "$count times in the pool" && ((count > 0))
}

not_in_pool()
{
	! in_pool
}

# pci_card: the interface that is not ours.
pci_card()
{
	local net
	for net in /sys/class/net/*; do
		[[ $(realpath "$net") != */pci*/net/* ]] || basename "$net"
	done
}

# bounce: its driver takes its buffers from memory that holds the pattern.
bounce()
{
	fill && ip link set "$(pci_card)" up
}

disk()
{
	child_of "$(device_at "$1")" block
}

# what_is_posted_is_seen: the watcher, at work.
what_is_posted()
{
	local dev
	truncate -s 16M "$FILES.disk" && pattern make "$FILES.pattern" 1 &&
		make_bus seen && watched seen "blk=$FILES.disk" &&
		within "$SOON" disk seen && dev=/dev/$(disk seen) || return
	looked && (($(report 2) == 0)) || return
	for _ in {1..20}; do
		dd "if=$FILES.pattern" "of=$dev" bs=64k oflag=direct || return
		looked || return
		(($(report 2) == 0)) || return 0
	done
	return 1
}

# made_of DRIVER KIND: what the driver made of our device that it has.
made_of()
{
	local name
	for name in /sys/bus/virtio/drivers/"$1"/virtio*; do
		[[ $(realpath "$name") == */pci*/* ]] || child_of "${name##*/}" "$2"
	done
}

up()
{
	truncate -s 64M "$FILES.disk" && mkfs.ext4 -q "$FILES.disk" &&
		make_bus leak &&
		watched leak "blk=$FILES.disk" "net=$TAP" rng || return
	within "$SOON" made_of virtio_net net &&
		within "$SOON" made_of virtio_blk block || return
	card=$(made_of virtio_net net)
	ip netns add "$SPACE" && ip link set "$card" netns "$SPACE" &&
		ip address add "$HERE/24" dev "$TAP" && ip link set "$TAP" up &&
		ip -n "$SPACE" address add "$THERE/24" dev "$card"
}

# The card's buffers are allocated when it comes up.
network()
{
	fill && ip -n "$SPACE" link set "$card" up || return
	within "$SOON" ping -c 1 -W 1 "$THERE" || return
	transfer here there "$THERE" && transfer there here "$HERE" &&
		ip -n "$SPACE" link set "$card" down
}

file_system()
{
	mkdir -p "$FILES.mnt" && fill || return
	mount "/dev/$(made_of virtio_blk block)" "$FILES.mnt" &&
		cp "$FILES.in" "$FILES.mnt/data" && mkdir "$FILES.mnt/$1" &&
		cp -r /sys/module/virtio_blk "$FILES.mnt/$1" 2>/dev/null
	sync -f "$FILES.mnt" && echo 3 >/proc/sys/vm/drop_caches && fill &&
		cmp "$FILES.in" "$FILES.mnt/data" && umount "$FILES.mnt"
}

entropy()
{
	fill && timeout "$SOON" head -c 256 /dev/hwrng >/dev/null
}

# nothing_leaked: windows were there to be seen, and nothing in them.
nothing_leaked()
{
	looked && echo "$(report 1) looks, $(report 2) with the pattern, up to $(report 3) bytes" &&
		(($(report 2) == 0 && $(report 3) > 0))
}

# loud WHAT COMMAND...: a result, with what the command says also if it is good.
loud()
{
	check "$@"
	local status=$?
	((status != 0)) || sed 's/^/# /' "$output"
	return "$status"
}

down()
{
	stop && within "$SOON" clean "$1" && remove_bus "$1"
}

head -c "$((MIB << 20))" /dev/urandom >"$FILES.in"
loud 'swiotlb: nothing there before' not_in_pool
loud 'what is posted is seen' what_is_posted
check 'what is posted: down' down seen
check 'up' up || { finish; }
for round in 1 2; do
	check "network ($round)" network
	check "file system ($round)" file_system "$round"
	check "entropy ($round)" entropy
	loud "nothing leaked ($round)" nothing_leaked
done
check 'down' down leak
check 'swiotlb: up' bounce
loud 'swiotlb: leaks' in_pool
rm -rf "$FILES".*
finish
