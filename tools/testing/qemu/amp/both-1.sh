#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# smp: 1
# memory: 512
#
# What each guest serves to the other, at once: 100 devices here, a disk and a
# network card there. Disks are verified, the card carries pings, all devices
# answer, and all of it goes.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

# devices COUNT: the other guest serves so many, and all have drivers.
devices()
{
	local bound=("$CLASS"/*/virtio*/driver)
	[[ -e ${bound[0]} ]] && ((${#bound[@]} == $1))
}

read_all()
{
	local disk
	for disk in "$CLASS"/*/virtio*/block/*; do
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
	dd if=/dev/shm/mine bs=4k skip=512 count=1 | grep -q '^verified'
}

load_amp
check 'a bus' within "$BOOT_SOON" bus
truncate -s 4M /dev/shm/mine
check 'serve the other guest' serve "$(bus)" blk=/dev/shm/mine
check 'devices of the other guest' within "$BOOT_SOON" devices "${AMP_DEVICES:-3}"
check 'every disk reads' read_all
check 'verify' verify "$(amp_disk)"
check 'ping' ping_card
check 'the other guest has verified' within "$BOOT_SOON" verified
check 'counters' is 0 counter "$(bus)" malformed
stop
finish
