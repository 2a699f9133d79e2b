#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
#
# Modules stay as long as they are in use, and go when they are not.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

refused()
{
	! rmmod "$1"
}

load virtio-rng
within "$SOON" make_bus unload
check 'serve' serve unload rng rng
within "$SOON" is 2 counter unload device_added
check 'rmmod is refused: devices' refused virtio_msg_loopback
check 'rmmod is refused: core' refused virtio_msg
if [[ -e /sys/module/virtio_rng/initstate ]]; then
	check 'driver: unload under devices' modprobe -r virtio-rng
	check 'driver: load' modprobe virtio-rng
fi
check 'two windows' within "$SOON" is 2 counter unload windows
stop KILL
check 'nothing left' within "$SOON" clean unload
check 'rmmod is refused: a bus' refused virtio_msg_loopback
remove_bus unload

# A file that is open keeps the core, though its bus has gone.
make_bus unload
exec {file}<>/dev/virtio-msg/unload
remove_bus unload
check 'rmmod of the bus' within "$SOON" rmmod virtio_msg_loopback
check 'rmmod is refused: an open file' refused virtio_msg
exec {file}>&-
check 'rmmod of the core' within "$SOON" rmmod virtio_msg
check 'load again' modprobe virtio-msg-loopback
check 'a bus again' make_bus unload
check 'serve again' serve unload rng
check 'a device again' within "$SOON" is 1 counter unload device_added
stop
check 'bus gone' remove_bus unload
check 'unload again' modprobe -r virtio-msg-loopback
finish
