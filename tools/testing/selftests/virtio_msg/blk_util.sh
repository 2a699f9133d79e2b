# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests of disks share: an image, the disk that shows it, a load.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/vmsg.sh"

IMAGE=/dev/shm/vmsg-blk.img
BYTES=$((8 << 20))

load virtio_blk
command -v fio >/dev/null || skip 'no fio'
truncate -s "$BYTES" "$IMAGE"

# disk BUS: the disk of the only device of this bus, once it is there.
disk()
{
	local dev
	dev=$(device_at "$1") && ls "/sys/bus/virtio/devices/$dev/block"
}

# verify DISK [SECONDS]: random writes, and what is there afterwards.
verify()
{
	local options=("--io_size=$((BYTES / 16))")
	(($# < 2)) || options=(--time_based "--runtime=$2")
	fio --name=verify "--filename=/dev/$1" --direct=1 --ioengine=libaio \
		--iodepth=16 --rw=randrw --bsrange=512-64k --size="$BYTES" \
		--verify=crc32c --verify_fatal=1 --output-format=terse \
		"${options[@]}"
}
