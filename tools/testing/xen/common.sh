# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC3045
#
# What any domain can do, whichever end of a link it is.

# shellcheck disable=SC2034	# some of it is for those that read this

# For how long to wait for anything, in seconds: the machine may be slow.
PATIENCE=120

server=

# now: since the domain began, in hundredths of a second
now()
{
	local up rest
	read -r up rest </proc/uptime
	echo "${up%.*}${up#*.}"
}

# until_true COMMAND...: is it true before long?
until_true()
{
	local end
	end=$(($(now) + PATIENCE * 100))
	until "$@"; do
		[ "$(now)" -lt $end ] || return 1
		usleep 100000
	done
}

# load LIST: the modules that it names.
load()
{
	local module
	while read -r module; do
		insmod "/mod/$module.ko" || return 1
	done <"/mod/$1"
}

# is_alive BUS
is_alive()
{
	[ -d "/sys/class/virtio-msg/$1" ] &&
		[ "$(cat "/sys/class/virtio-msg/$1/state")" = alive ]
}

# is_gone BUS
is_gone()
{
	[ ! -e "/sys/class/virtio-msg/$1" ]
}

quarantined()
{
	cat /sys/module/virtio_msg_xen/parameters/quarantined_bytes
}

has_no_quarantine()
{
	[ "$(quarantined)" = 0 ]
}

#
# The device side
#

# serve BUS DEVICE...: until stop_serving.
serve()
{
	local line bus=$1
	shift
	rm -f /tmp/ready
	mkfifo /tmp/ready
	virtio-msg serve --bus "$bus" --ready-fd 3 "$@" 3>/tmp/ready \
		>>/tmp/server.log 2>&1 &
	server=$!
	read -r -t "$PATIENCE" line </tmp/ready
}

# stop_serving [SIGNAL]
stop_serving()
{
	kill "-${1:-TERM}" "$server"
	wait "$server"
}

#
# The driver side
#

# device TYPE: the directory of that which a front end has
device()
{
	local dir
	for dir in /sys/class/virtio-msg/xen-*-0/virtio*; do
		[ "$(cat "$dir/device" 2>/dev/null)" != "$1" ] || { echo "$dir" && return; }
	done
	return 1
}

# has_disk: one that can be opened, which is later than that it has a name.
has_disk()
{
	disk=$(ls "$(device 0x0002)/block" 2>/dev/null) && [ -b "/dev/$disk" ] &&
		dd if="/dev/$disk" of=/dev/null count=0 2>/dev/null
}

has_no_disk()
{
	! device 0x0002 >/dev/null
}

has_card()
{
	card=$(ls "$(device 0x0001)/net" 2>/dev/null) && [ "$card" ]
}

use_disk()
{
	dd if="$1" of=/dev/null bs=64k iflag=direct && /iops "$1" write 1 200 256 64
}

# begin_io: whatever disk there is is read until end_io, and written behind what tests
# look at; that something failed is noted, and forgotten here. Files that dd would make keep nodes of disks from being made.
begin_io()
{
	rm -f /tmp/io-failed
	(
		while [ ! -e /tmp/stop ]; do
			for node in /dev/vd?; do
				use_disk "$node" >/dev/null 2>&1 || : >/tmp/io-failed
			done
			usleep 20000
		done
	) &
	io=$!
}

end_io()
{
	: >/tmp/stop
	wait "$io"
	rm /tmp/stop
}

# ios: requests that the disk has answered.
ios()
{
	has_disk && awk '{ print $1 + $5 }' "/sys/block/$disk/stat"
}
