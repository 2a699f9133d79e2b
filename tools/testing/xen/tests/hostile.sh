# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# I/O in the domU, while what serves it, the link and the memory of both do what
# they should not; and what is written to xenstore cannot be. Both kernels stay
# well, and nothing stays mapped.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

NET_HOST=10.99.0.1
NET_GUEST=10.99.0.2
SPOIL_MS=3000
# For how long somebody rings without a pause, and how many events of that may come:
# two in a jiffy of Debian's kernel, as Linux delays those without a reason.
STORM_MS=5000
STORM_EVENTS=2500
# For how long the core would wait for the other end, if it did.
LONG_MS=600000

#
# I/O
#

serve_disk()
{
	serve "$(bus)" blk=/run/disk net=tap0
}

net_works()
{
	ip addr flush dev tap0
	ip addr add "$NET_HOST/24" dev tap0 && ip link set tap0 up || return 1
	domu 'until_true has_card' || return 1
	domu "ip addr add $NET_GUEST/24 dev \$card; ip link set \$card up; ping -q -c 3 -W 60 $NET_HOST >/dev/null"
}

start_io()
{
	domu begin_io
}

stop_io()
{
	domu end_io
}

# Of the disk: it grows as long as there is I/O.
requests()
{
	cat "/sys/class/virtio-msg/$(bus)/counters/notified" \
		"/sys/class/virtio-msg/$(bus)/counters/received" 2>/dev/null |
		awk '{ n += $1 } END { print n + 0 }'
}

more_requests()
{
	[ "$(requests)" -gt "$seen" ]
}

requests_come()
{
	seen=$(requests)
	until_true more_requests
}

#
# What is done to it
#

refs()
{
	local i=0
	while xenstore-exists "$front/ring-ref$i"; do
		xenstore-read "$front/ring-ref$i"
		i=$((i + 1))
	done
}

spoil()
{
	local before
	before=$(events "$(bus)")
	# shellcheck disable=SC2046	# one word each
	/spoil "$id" "$1" $SPOIL_MS $(refs) || return 1
	echo "# $(($(events "$(bus)") - before)) events in $SPOIL_MS ms"
}

# The back end has no room to send.
fifo_is_full()
{
	[ "$(cat "/sys/class/virtio-msg/$(bus)/counters/send_again")" -gt "$seen" ]
}

fill_fifo()
{
	seen=$(cat "/sys/class/virtio-msg/$(bus)/counters/send_again")
	echo $LONG_MS >"/sys/class/virtio-msg/$(bus)/timeout_ms"
	# shellcheck disable=SC2046	# one word each
	/spoil "$id" full $LONG_MS $(refs) &
	spoiler=$!
	until_true fifo_is_full
}

back_is_closed()
{
	[ "$(state "$back")" = 6 ] && ! has_bus
}

# The front end says that it has gone, and does not let anything be sent to it.
closes_at_once()
{
	local ok
	xenstore-write "$front/state" 6
	until_true back_is_closed
	ok=$?
	kill "$spoiler"
	wait "$spoiler"
	return $ok
}

# Anew, from the server to the link.
connect_again()
{
	stop_serving KILL 2>/dev/null
	detach
	until_true has_no_link || return 1
	forget_device
	attach
	until_true has_link && serve_disk
}

has_failed()
{
	[ "$(state "$fake")" = 5 ]
}

waits()
{
	[ "$(state "$fake")" = 2 ]
}

is_closed()
{
	[ "$(state "$fake")" = 6 ] || ! xenstore-exists "$fake/state"
}

# A back end whose front end is only in xenstore.
make_fake()
{
	fake=/local/domain/0/backend/vmsg/$id/7
	lies=/local/domain/$id/data/lies
	xenstore-write "$fake" '' && xenstore-chmod "$fake" n0 "r$id"
	xenstore-write "$lies" '' "$lies/backend" "$fake" "$lies/backend-id" 0 \
		"$lies/state" 1
	xenstore-write "$fake/frontend" "$lies" "$fake/frontend-id" "$id" \
		"$fake/online" 1
	xenstore-write "$fake/state" 1
	until_true waits
}

# refused WHAT KEY VALUE...: a front end that says so, beside what is right.
refused()
{
	local what=$1 i=0 ref
	shift
	xenstore-write "$lies/version" 1 "$lies/max-msg-size" 264 \
		"$lies/num-ring-pages" 4 "$lies/event-channel" "$port"
	for ref in $right; do
		xenstore-write "$lies/ring-ref$i" "$ref"
		i=$((i + 1))
	done
	while [ $# -ge 2 ]; do
		xenstore-write "$lies/$1" "$2"
		shift 2
	done
	xenstore-write "$lies/state" 3
	check "$what is refused" until_true has_failed
	xenstore-write "$lies/state" 6
	until_true is_closed
	xenstore-write "$lies/state" 1
	until_true waits
}

refuse_lies()
{
	check 'back end waits for a liar' make_fake
	refused 'a reference that is none' ring-ref2 99999
	refused 'a reference of 32 bits' ring-ref0 4294967295
	refused 'an event channel that is none' event-channel 3999
	refused 'an event channel of 32 bits' event-channel 4294967295
	refused 'no page' num-ring-pages 0
	refused 'too many pages' num-ring-pages 17
	refused 'no number' num-ring-pages many
	refused 'another version' version 2
	xenstore-rm "$lies/ring-ref3"
	right=$(echo "$right" | head -n 3)
	refused 'a reference that is missing'
}

is_connected()
{
	[ "$(state "$fake")" = 4 ]
}

# A front end that has a ring and a port, and does nothing but ring. Events are
# masked until they were looked at, and those without a reason slow down.
bear_storm()
{
	local i=0 word before n
	domu storm_begin || return 1
	xenstore-write "$lies/version" 1 "$lies/max-msg-size" 264 "$lies/num-ring-pages" 4
	for word in $answer; do
		xenstore-write "$lies/ring-ref$i" "$word"
		i=$((i + 1))
	done
	xenstore-write "$lies/event-channel" "$word" "$lies/state" 3
	until_true is_connected || return 1
	before=$(events "xen-back-$id-7")
	usleep $((STORM_MS * 1000))
	n=$(($(events "xen-back-$id-7") - before))
	echo "# $n events in $STORM_MS ms of a storm"
	xenstore-write "$lies/state" 6
	until_true is_closed
	domu 'kill $storm; wait $storm; true'
	xenstore-write "$lies/state" 1
	until_true waits && [ $n -gt 0 ] && [ $n -le $STORM_EVENTS ]
}

refuse_revoked()
{
	right=$old
	refused 'a reference that was revoked'
}

# random N: below it.
random()
{
	echo $((0x$(head -c 3 /dev/urandom | hexdump -v -e '1/1 "%02x"') % $1))
}

# States at random, of an end whose other end they are told.
walk()
{
	local i=0
	while [ $i -lt 60 ]; do
		xenstore-write "$1" "$(random 9)"
		[ "$(random 4)" != 0 ] || usleep 20000
		i=$((i + 1))
	done
}

# The back end's answer to any walk: it closes, or goes, with the front end.
walk_back_end()
{
	walk "$lies/state"
	xenstore-write "$fake/online" 0 "$lies/state" 6
	until_true is_closed
	xenstore-rm "$fake"
	xenstore-rm "$lies"
}

front_is_closed()
{
	[ "$(state "$victim")" = 6 ]
}

walk_front_end()
{
	local back_lies=/local/domain/0/data/lies
	victim=/local/domain/$id/device/vmsg/7
	xenstore-write "$victim" '' && xenstore-chmod "$victim" "n$id" r0
	xenstore-write "$back_lies" '' "$back_lies/frontend" "$victim" \
		"$back_lies/frontend-id" "$id" "$back_lies/state" 1
	xenstore-chmod "$back_lies" n0 "r$id"
	xenstore-chmod "$back_lies/state" n0 "r$id"
	xenstore-write "$victim/backend" "$back_lies" "$victim/backend-id" 0
	xenstore-write "$victim/state" 1
	walk "$back_lies/state"
	xenstore-write "$back_lies/state" 2
	xenstore-write "$back_lies/state" 6
	until_true front_is_closed
	xenstore-rm "$victim"
	xenstore-rm "$back_lies"
}

no_zombie()
{
	[ "$(xl list | wc -l)" = 2 ]
}

make_disk
check 'domU is created' create_domu
check 'front end loads' domu 'load kernel && load order'
check 'back end loads' load order
at_first=$(mapped)
attach
check 'ends connect' until_true has_link
check 'devices are served' serve_disk
check 'disk works' disk_works 16
check 'card works' net_works

before=$(mapped)
check 'windows are mapped' [ "$before" -gt "$at_first" ]
check 'disk works once more' disk_works 32
check 'no grant is mapped for requests' [ "$(mapped)" = "$before" ]

check 'I/O begins' start_io
check 'I/O goes on' requests_come
stop_serving KILL 2>/dev/null
check 'devices are served again after a kill' serve_disk
check 'I/O goes on after that' requests_come
unbind
check 'front end closes when the back end goes' until_true has_no_link
stop_serving KILL 2>/dev/null
check 'back end is reloaded' eval 'rmmod virtio_msg_xen && insmod /mod/virtio-msg-xen.ko'
check 'ends connect again' until_true has_link
check 'devices are served again' serve_disk
check 'disk works after that' disk_works 48

port=$(xenstore-read "$front/event-channel")
right=$(refs)
refuse_lies
check 'a storm of events is borne' bear_storm

for part in windows front back; do
	check "$part: memory is spoilt" spoil $part
	check "$part: ends connect again" connect_again
	check "$part: disk works" disk_works 64
done
check 'a FIFO is kept full' fill_fifo
check 'back end does not wait for who keeps it full' closes_at_once
check 'ends connect after that' connect_again
check 'disk works then' disk_works 64
check 'I/O ends' stop_io

old=$(refs)
stop_serving
detach
check 'device is detached' until_true has_no_link
refuse_revoked
check 'nothing is in quarantine in domU' domu until_true has_no_quarantine
check 'nothing stays mapped' [ "$(mapped)" = "$at_first" ]
forget_device
check 'back end bears any states' walk_back_end
check 'front end bears any states' walk_front_end

attach
check 'ends connect in spite of all' until_true has_link
check 'devices are served in spite of all' serve_disk
check 'disk works in spite of all' disk_works 80
check 'I/O begins once more' start_io
check 'I/O goes on once more' requests_come
xl destroy domu
xenstore-rm "/local/domain/0/backend/vmsg/$id"
check 'bus goes with the domain' until_true has_no_bus
stop_serving KILL 2>/dev/null
check 'nothing is left in dom0' until_true is_clean
check 'nothing is left of the domain' until_true no_zombie
check 'modules unload' unload_all
finish
