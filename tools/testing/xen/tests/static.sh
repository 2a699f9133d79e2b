# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# A link without xenstore: what the domU's end offers is told dom0's, as the command line
# of both would say it.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

BUS=xen-static-0
OFFERS=/sys/module/virtio_msg_xen/parameters/offers

# load_end [PARAMETER]: our modules, the last of them with that.
load_end()
{
	domu "grep -vx virtio-msg-xen /mod/order >/mod/first && load first && insmod /mod/virtio-msg-xen.ko $1"
}

load_first()
{
	grep -vx virtio-msg-xen /mod/order >/mod/first && load first
}

# offer: left in $offer.
offer()
{
	domu "echo \"= \$(cat $OFFERS)\"" && offer=$answer
	echo "# offered: $offer"
	[ "$offer" ]
}

# accept_offer: the number of the domain in it is dom0's; here that of the domU is wanted.
accept_offer()
{
	insmod /mod/virtio-msg-xen.ko "connect=back:$id:${offer#*:}"
}

has_static_link()
{
	is_alive $BUS && domu "until_true is_alive $BUS"
}

serve_disk()
{
	serve $BUS blk=/run/disk
}

# refused WHAT OFFER
refused()
{
	check "$1 is refused" eval "! insmod /mod/virtio-msg-xen.ko connect=back:$id:$2 2>/dev/null"
}

head -c 1048576 /dev/urandom >/run/disk
check 'domU is created' create_domu
check 'kernel modules load in it' domu 'load kernel'
at_first=$(mapped)
check 'front end loads' load_end connect=front:0
check 'it says what it offers' offer
check 'what the back end needs loads' load_first
refused 'a reference that is none' "99999:${offer##*:}"
refused 'a port that is none' "$(echo "$offer" | cut -d: -f2):3999"
check 'back end accepts the offer' accept_offer
check 'ends connect' until_true has_static_link
check 'disk is served' serve_disk
check 'disk works' disk_works 16
check 'windows are mapped' [ "$(mapped)" -gt "$at_first" ]
check 'server ends' stop_serving
check 'disk goes' domu until_true has_no_disk

check 'back end unloads' rmmod virtio_msg_xen
check 'front end sees that' domu "until_true eval '! is_alive $BUS'"
check 'back end accepts the offer again' accept_offer
check 'ends connect again' until_true has_static_link
check 'disk is served again' serve_disk
check 'disk works again' disk_works 32
check 'server ends again' stop_serving
check 'front end unloads' domu 'rmmod virtio_msg_xen'
check 'nothing stays granted and mapped' until_true is_clean
check 'back end sees that' until_true eval "! is_alive $BUS"
check 'back end unloads again' rmmod virtio_msg_xen
check 'nothing stays mapped' [ "$(mapped)" = "$at_first" ]
check 'front end loads again' domu 'insmod /mod/virtio-msg-xen.ko'
xl destroy domu
check 'modules unload' rmmod virtio_msg_shmem virtio_msg_fifo virtio_msg
finish
