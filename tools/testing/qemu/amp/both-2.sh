#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 1
# memory: 512
#
# Serves AMP_DEVICES devices, 3 if it is not set: a network card and disks. Uses
# the disk of the other guest, too.

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

serve_all()
{
	local devices=(net=tap0 blk=/dev/vda) i
	servers=()
	for ((i = 2; i < ${AMP_DEVICES:-3}; i++)); do
		truncate -s 1M "/dev/shm/disk$i"
		devices+=("blk=/dev/shm/disk$i")
	done
	for ((i = 0; i < ${#devices[@]}; i += PER_PROCESS)); do
		serve "$(bus)" "${devices[@]:i:PER_PROCESS}" || return
		servers+=("$server")
	done
}

load_amp
listen
check 'a bus' within "$BOOT_SOON" bus
check 'serve' serve_all
check 'set up the card' within "$SOON" set_up_card
check 'a disk of the other guest' within "$BOOT_SOON" amp_disk
check 'verify' verify_theirs
check 'say so' say_verified
check 'told to stop' wait_stop
for server in "${servers[@]}"; do
	stop_serving
done
check 'nothing left' within "$SOON" stop_serving
check 'unload' modprobe -r virtio-msg-ivshmem
finish
