# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests of disks share: an image, the disk that shows it, a load.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/vmsg.sh"

IMAGE=/dev/shm/vmsg-blk.img
BYTES=$((4 << 20))

load virtio_blk
command -v fio >/dev/null || skip 'no fio'
truncate -s "$BYTES" "$IMAGE"

# disk BUS: the disk of the only device of this bus, once it is there.
disk()
{
	local dev
	dev=$(device_at "$1") && child_of "$dev" block
}

VERIFY=(--direct=1 --ioengine=libaio --iodepth=16 --rw=randrw --bsrange=512-64k
	--size="$BYTES" --io_size=$((BYTES / 8)) --verify=crc32c --verify_fatal=1
	--output-format=terse)

# verify DISK [SECONDS]: random writes, and what is there afterwards.
verify()
{
	local options=()
	(($# < 2)) || options=(--time_based "--runtime=$2")
	fio "${VERIFY[@]}" "${options[@]}" --name=verify "--filename=/dev/$1"
}

# read_on BUS: reads of whatever disk there is, without an end.
read_on()
{
	local name
	while :; do
		name=$(disk "$1") || continue
		dd "if=/dev/$name" of=/dev/null bs=64k count=32 iflag=direct
	done >/dev/null 2>&1
}

# same DISK [IMAGE]: a write arrives, and the disk shows what its image holds.
same()
{
	dd if=/dev/urandom "of=/dev/$1" bs=64k count=1 oflag=direct || return
	dd "if=/dev/$1" bs=1M iflag=direct | cmp - "${2:-$IMAGE}"
}

# has_requests BUS [DIGITS]: so many that their number has as many digits.
has_requests()
{
	grep -qE "requests [0-9]{${2:-3}}" "/sys/kernel/debug/virtio-msg/$1"/*/queues
}

md5()
{
	md5sum <"$1"
}

# check_ext4 DISK: a file system keeps what is written to it.
check_ext4()
{
	local dir sum
	dir=$(mktemp -d)
	check 'ext4: make' mkfs.ext4 -q -F "/dev/$1"
	check 'ext4: mount' mount "/dev/$1" "$dir"
	check 'ext4: fill' dd if=/dev/urandom of="$dir/file" bs=1M count=2 conv=fsync
	sum=$(md5sum <"$dir/file")
	umount "$dir"
	mount "/dev/$1" "$dir"
	check 'ext4: same content' is "$sum" md5 "$dir/file"
	check 'ext4: unmount' umount "$dir"
	check 'ext4: fsck' fsck.ext4 -n -f "/dev/$1"
}
