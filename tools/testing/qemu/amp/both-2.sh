#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 500
# smp: 1
# memory: 512
#
# Serves disks and a network card on each bus that comes, as many devices as
# AMP_ROUNDS says for the bytes of its messages. Uses the disk of the other guest,
# too.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

# At most so many devices are served by one process.
PER_PROCESS=50

verify_theirs()
{
	fio --name=verify "--filename=/dev/$(amp_disk)" --direct=1 --ioengine=libaio \
		--rw=randrw --bs=4k --size=1M --verify=crc32c --verify_fatal=1 \
		--output-format=terse
}

# say_verified: where the other guest, whose disk it is, will see it.
say_verified()
{
	printf '%-4096s' verified |
		dd "of=/dev/$(amp_disk)" bs=4k seek=512 iflag=fullblock oflag=direct
}

# set_up_card: the tap behind the card answers pings.
set_up_card()
{
	ip link set tap0 up && ip addr add 10.98.0.2/24 dev tap0
}

# devices_of_round SIZE: how many there are to be on a bus with such messages.
devices_of_round()
{
	local round
	for round in ${AMP_ROUNDS//,/ }; do
		[[ ${round%:*} != "$1" ]] || echo "${round#*:}"
	done
}

# serve_all COUNT
serve_all()
{
	local devices=(blk=/dev/vda) i
	(($1 < 2)) || devices+=(net=tap0)
	servers=()
	for ((i = 2; i < $1; i++)); do
		truncate -s 1M "/dev/shm/disk$i"
		devices+=("blk=/dev/shm/disk$i")
	done
	for ((i = 0; i < ${#devices[@]}; i += PER_PROCESS)); do
		serve "$(bus)" "${devices[@]:i:PER_PROCESS}" || return
		servers+=("$server")
	done
}

# bus_or_stop: what comes first; false if it is the latter.
bus_or_stop()
{
	until bus >/dev/null; do
		! told stop || return
	done
}

# over SIZE: the bus of this round is gone, and maybe another one is there.
over()
{
	[[ $(attribute max_msg_size) != "$1" ]]
}

round()
{
	local size count
	size=$(attribute max_msg_size)
	count=$(devices_of_round "$size")
	check "serve $count devices" serve_all "$count"
	((count < 2)) || check 'set up the card' within "$SOON" set_up_card
	check 'a disk of the other guest' within "$BOOT_SOON" amp_disk
	check 'verify' verify_theirs
	check 'say so' say_verified
	check 'the bus goes' within "$BOOT_SOON" over "$size"
	# What they served has gone: the bus that is there now is that of the next round.
	for server in "${servers[@]}"; do
		check 'the server ends' stop
	done
}

AMP_ROUNDS=${AMP_ROUNDS:-264:3}
load_drivers
modprobe virtio-msg-ivshmem side=1
listen
within "$BOOT_SOON" bus
while bus_or_stop; do
	round
done
check 'unload' modprobe -r virtio-msg-ivshmem
finish
