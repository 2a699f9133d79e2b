#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 1
# memory: 512
#
# While any word of the shared memory may become anything, use whatever disk there
# is, without a pause. Nothing is promised of its data or its answers, but that this
# guest neither hangs nor crashes, that what a FIFO found wrong is counted, and that
# all is well afterwards: without the module being loaded again, and with it.

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

# works: there is a disk, and it is as one should be.
works()
{
	local disk
	disk=$(amp_disk) && run_fio "$disk" --io_size=1M --verify=crc32c
}

# rebind: a device that did not answer a request has failed, and is reset by this.
rebind()
{
	local dev driver=/sys/bus/virtio/drivers/virtio_blk
	dev=$(device_of 0x0002) || return
	echo "${dev##*/}" >"$driver/unbind"
	echo "${dev##*/}" >"$driver/bind"
}

# works_again: without loading anything anew.  A device whose answers were lost while
# the memory was not as it should be is found when the peer is asked again, or works
# when it is bound again.
works_again()
{
	local tries name
	for ((tries = 0; tries < 6; tries++)); do
		! within $((SOON / 3)) works || return 0
		! name=$(bus) || echo 1 >"/sys/class/virtio-msg/$name/rescan"
		rebind
	done 2>/dev/null
	tell_bus
	return 1
}

# count_bad: add to bad what the bus has counted since; with each link its counters
# begin anew.
bad=0 last=0
count_bad()
{
	local name index size
	name=$(bus) && index=$(counter "$name" bad_index) &&
		size=$(counter "$name" bad_size) || return
	((index + size >= last)) || last=0
	bad=$((bad + index + size - last)) last=$((index + size))
}

# use DISK: for as long as it takes, and look at the counters meanwhile.
use()
{
	run_fio "$1" --time_based --runtime=3 >/dev/null 2>&1 &
	while kill -0 $! 2>/dev/null; do
		count_bad 2>/dev/null
		read -r -t 0.1 -u "$never"
	done
}

# eeprom VALUE: what is written is what is read.
eeprom()
{
	local bus
	has_i2c || { echo '# no I2C in this kernel' && return; }
	check 'an adapter' within "$BOOT_SOON" adapter || return
	bus=$(adapter)
	within "$SOON" test -e "/dev/i2c-$bus"
	check 'EEPROM: set' i2cset -y "$bus" 0x50 0x20 "$1"
	check 'EEPROM: get' within 5 is "$1" i2cget -y "$bus" 0x50 0x20
	check 'EEPROM: a page' i2ctransfer -y "$bus" w9@0x50 0x40 1 2 3 4 5 6 7 8
	check 'EEPROM: the page' within 5 is '0x01 0x02 0x03 0x04 0x05 0x06 0x07 0x08' \
		i2ctransfer -y "$bus" w1@0x50 0x40 r8
	check 'EEPROM: dump' i2cdump -y "$bus" 0x50 b
}

load_amp
check 'a bus' within "$BOOT_SOON" bus
check 'a disk' within "$BOOT_SOON" amp_disk
check 'verify' run_fio "$(amp_disk)" --io_size=1M --verify=crc32c
eeprom 0xa7
listen
echo '# working'
links=0
until told stop; do
	disk=$(amp_disk 2>/dev/null) || continue
	use "$disk"
	links=$((links + 1))
done
echo "# $links times there was a disk; $bad words that cannot be were counted"
check 'counted' test "$bad" -gt 0
check 'works again' works_again
check 'unload' modprobe -r virtio-msg-ivshmem
check 'load' modprobe virtio-msg-ivshmem
check 'a disk again' within "$BOOT_SOON" amp_disk
check 'verify again' run_fio "$(amp_disk)" --io_size=1M --verify=crc32c
eeprom 0x18
finish
