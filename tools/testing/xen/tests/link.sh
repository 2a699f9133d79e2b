# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# A link, and what an administrator does to it.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

# What the front end asked was answered: each core has sent and received.
has_answered()
{
	[ "$(cat "/sys/class/virtio-msg/$(bus)/counters/received")" -ge 1 ] &&
		[ "$(cat "/sys/class/virtio-msg/$(bus)/counters/sent")" -ge 1 ]
}

check 'domU is created' create_domu
check 'front end loads' domu load order
check 'back end loads' load order
attach
check 'ends connect' until_true has_link
check 'messages are answered' until_true has_answered

unbind
check 'front end closes when the back end goes' until_true has_no_link
check 'back end unloads' rmmod virtio_msg_xen
check 'back end loads again' insmod /mod/virtio-msg-xen.ko
check 'ends connect again' until_true has_link

check 'domU is paused' xl pause domu
check 'domU goes on' xl unpause domu
check 'link is still there' until_true has_link

check 'front end unloads' domu unload
check 'front end loads again' domu insmod /mod/virtio-msg-xen.ko
check 'ends connect after that' until_true has_link
check 'nothing is in quarantine in domU' domu until_true has_no_quarantine

detach
check 'device is detached' until_true has_no_link
forget_device
attach
check 'device is attached again' until_true has_link

xl destroy domu
xenstore-rm "/local/domain/0/backend/vmsg/$id"
check 'bus goes with the domain' until_true has_no_bus
check 'nothing is left in dom0' until_true is_clean
check 'back end unloads in the end' unload_all
finish
