#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 1
# memory: 512
#
# While any word of the shared memory may become anything, use whatever disk there
# is. Nothing is promised of its data or its answers, but that this guest neither
# hangs nor crashes, and that all is well afterwards.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

# run_fio DISK OPTION...
run_fio()
{
	timeout -k 5 60 fio --name=run "--filename=/dev/$1" --direct=1 \
		--ioengine=libaio --iodepth=8 --rw=randrw --bsrange=4k-64k \
		--size=8M --output-format=terse "${@:2}"
}

load_amp
check 'a bus' within "$BOOT_SOON" bus
check 'a disk' within "$BOOT_SOON" amp_disk
check 'verify' run_fio "$(amp_disk)" --io_size=1M --verify=crc32c
listen
echo '# working'
links=0
until told stop; do
	disk=$(amp_disk 2>/dev/null) || continue
	run_fio "$disk" --time_based --runtime=3 >/dev/null 2>&1
	links=$((links + 1))
done
echo "# $links times there was a disk"
check 'unload' modprobe -r virtio-msg-ivshmem
check 'load' modprobe virtio-msg-ivshmem
check 'a disk again' within "$BOOT_SOON" amp_disk
check 'verify again' run_fio "$(amp_disk)" --io_size=1M --verify=crc32c
finish
