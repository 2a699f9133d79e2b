#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# smp: 1
# memory: 512
#
# What each guest serves to the other, at once: a disk here, disks and a network
# card there. Disks are verified, the card carries pings, all devices answer, and
# all of it goes. Then the same again with the next of AMP_ROUNDS, each the bytes
# of a message and how many devices the other guest has; this guest is side 0,
# whose word on the bytes counts. Below D26_SIZE they are too few for all but PR28.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

D26_SIZE=52

# devices COUNT: the other guest serves so many, and all have drivers.
devices()
{
	local bound=("$CLASS"/*/virtio*/driver)
	[[ -e ${bound[0]} ]] && ((${#bound[@]} == $1))
}

# read_all DISKS: that there are so many, too.
read_all()
{
	local disk disks=("$CLASS"/*/virtio*/block/*)
	((${#disks[@]} == $1)) || return
	for disk in "${disks[@]}"; do
		dd "if=/dev/${disk##*/}" of=/dev/null bs=4k count=2 iflag=direct || return
	done
}

verify()
{
	fio --name=verify "--filename=/dev/$1" --direct=1 --ioengine=libaio \
		--iodepth=16 --rw=randrw --bsrange=512-64k --size=8M --io_size=1M \
		--verify=crc32c --verify_fatal=1 --output-format=terse
}

ping_card()
{
	local card
	card=$(ls "$(device_of 0x0001)/net") || return
	ip link set "$card" up && ip addr add 10.98.0.1/24 dev "$card"
	ping -q -c 3 -i 0.2 -W "$SOON" 10.98.0.2
}

# verified: the other guest says so, in the middle of the disk that it has from us.
verified()
{
	dd if="$MINE" bs=4k skip=512 count=1 | grep -q '^verified'
}

# has_layout SIZE: the bus has that of messages of so many bytes.
has_layout()
{
	local name=d26
	(($1 >= D26_SIZE)) || name=pr28
	is "$1" attribute max_msg_size && is "$name" attribute dialect
}

# round SIZE DEVICES
round()
{
	local size=$1 MINE=/dev/shm/mine-$1
	modprobe virtio-msg-ivshmem side=0 msg_size="$size"
	check "$size bytes: a bus" within "$BOOT_SOON" bus
	check "$size bytes: layout" has_layout "$size"
	truncate -s 4M "$MINE"
	check "$size bytes: serve the other guest" serve "$(bus)" "blk=$MINE"
	check "$size bytes: $2 devices of the other guest" within "$BOOT_SOON" devices "$2"
	check "$size bytes: every disk reads" within "$SOON" read_all $(($2 < 2 ? 1 : $2 - 1))
	check "$size bytes: verify" verify "$(amp_disk)"
	(($2 < 2)) || check "$size bytes: ping" ping_card
	check "$size bytes: the other guest has verified" within "$BOOT_SOON" verified
	check "$size bytes: counters" is 0 counter "$(bus)" malformed
	stop
	rm "$MINE"
	check "$size bytes: unload" within "$SOON" modprobe -r virtio-msg-ivshmem
}

AMP_ROUNDS=${AMP_ROUNDS:-264:3}
load_drivers
for round in ${AMP_ROUNDS//,/ }; do
	round "${round%:*}" "${round#*:}"
done
finish
