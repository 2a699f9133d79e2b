#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# The command, as far as it goes without a bus: what it prints, and how it fails.

tool=$VIRTIO_MSG
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
num=0
bad=0

# result CODE TEXT
result()
{
	num=$((num + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $num - $2"
	else
		bad=1
		echo "not ok $num - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}

# expect CODE PATTERN ARGUMENT...: that exit code, and PATTERN in what it says
expect()
{
	want=$1
	pattern=$2
	shift 2
	"$tool" "$@" > "$tmp/out" 2>&1
	code=$?
	[ $code -eq "$want" ] && grep -q -- "$pattern" "$tmp/out"
	result $? "virtio-msg $*"
}

expect 2 Usage
expect 0 Usage --help
expect 2 "no command 'dance'" dance
for command in ls ping monitor serve loopback; do
	expect 0 Usage $command --help
done
for command in ls ping monitor serve; do
	expect 2 Usage $command --no-such-option
done
expect 2 Usage ping
expect 2 "not a number" ping -c x none
expect 2 "not the name of a bus" monitor 'a"b'
expect 2 "no --bus" serve rng
expect 2 "no device" serve --bus none
expect 2 "not a number" serve --bus none --dev 65536 rng
expect 2 "end at 65535" serve --bus none --dev 65535 rng rng
expect 1 "no device 'toaster'" serve --bus none toaster
expect 1 "write blk=" serve --bus none blk
expect 1 "No such file" serve --bus none "blk=$tmp/none"
expect 1 "module\|no bus" serve --bus none rng
expect 1 "module\|no bus" ping none
expect 2 Usage loopback
expect 2 Usage loopback create
expect 2 Usage loopback create a/b
expect 2 Usage loopback remove a b

# A bus as the kernel shows it, and what may be missing of it.
expect 1 "not loaded" ls --sysfs "$tmp/none"
mkdir -p "$tmp/class/bus0/counters" "$tmp/class/bus0/virtio3" \
	"$tmp/class/bus0/power" "$tmp/class/bus1" "$tmp/drivers/virtio_blk" \
	"$tmp/debug/bus0/7"
echo driver > "$tmp/class/bus0/role"
echo d26 > "$tmp/class/bus0/dialect"
echo 264 > "$tmp/class/bus0/max_msg_size"
echo 5 > "$tmp/class/bus0/counters/sent"
echo 0 > "$tmp/class/bus0/counters/late"
echo 0x0002 > "$tmp/class/bus0/virtio3/device"
echo 0x0000000f > "$tmp/class/bus0/virtio3/status"
ln -s "$tmp/drivers/virtio_blk" "$tmp/class/bus0/virtio3/driver"
printf "name virtio3\ntype 2\n" > "$tmp/debug/bus0/7/info"
echo "0 name req size 256" > "$tmp/debug/bus0/7/queues"
set -- ls --sysfs "$tmp/class" --debugfs "$tmp/debug"
expect 0 "bus0: role driver, dialect d26, messages of 264 bytes" "$@"
expect 0 "virtio3: blk, device 7, driver virtio_blk, status 0x0000000f" "$@"
expect 0 "counters: sent=5$" "$@"
expect 0 "counters: late=0 sent=5$" "$@" -v
expect 0 "    queue 0 name req size 256" "$@"
expect 0 "    type 2" "$@" -v
expect 0 "^bus1:" "$@"
expect 0 "^bus1:" "$@" bus1
expect 1 "no bus 'bus2'" "$@" bus2

! "$tool" ls --sysfs "$tmp/class" > /dev/full 2> "$tmp/out"
result $? "an error of the output is an error"

echo "1..$num"
exit $bad
