# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# A file of dom0 as a disk of the domU, by virtio-msg serve and by Xen's own block
# devices, with persistent grants and without, in turn. Prints lines "sample WHAT WHO
# ROUND NUMBER" behind "# "; in /rounds is how many rounds there are.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

TRACING=/sys/kernel/tracing
# Functions of Linux with which dom0 has Xen map, unmap or copy what is granted, and
# which of their arguments says how many pages.
GRANT_CALLS='gnttab_map_refs:4 gnttab_unmap_refs:4 gnttab_batch_copy:2 gnttab_batch_map:2'
RUN_MS=4000
WARM_MS=1000
PINGS=50
DISK_BYTES=16777216
# Numbers of Linux's xvda and xvdb.
XVDA=51712
XVDB=51728

ROUNDS=$(cat /rounds)

count_grants()
{
	local call
	mount -t tracefs tracefs $TRACING || return 1
	for call in $GRANT_CALLS; do
		echo "p:grants/${call%:*} ${call%:*} pages=\$arg${call#*:}:u32" \
			>>$TRACING/kprobe_events || return 1
		echo 'hist:keys=pages' >"$TRACING/events/grants/${call%:*}/trigger" ||
			return 1
	done
}

# grants: calls until now, and pages of all of them.
grants()
{
	cat $TRACING/events/grants/*/hist | tr -d '{},' | awk '
		$1 == "pages:" { calls += $4; pages += $2 * $4 }
		END { print calls + 0, pages + 0 }'
}

# attach_vbd NUMBER NAME LOOP: as xl does it for a disk.
attach_vbd()
{
	local b=/local/domain/0/backend/vbd/$id/$1 f=/local/domain/$id/device/vbd/$1
	losetup "/dev/loop$3" /run/disk || return 1
	xenstore-write "$b" '' && xenstore-chmod "$b" n0 "r$id"
	xenstore-write "$f" '' && xenstore-chmod "$f" "n$id" r0
	xenstore-write "$b/frontend" "$f" "$b/frontend-id" "$id" "$b/online" 1 \
		"$b/removable" 0 "$b/bootable" 0 "$b/mode" w "$b/dev" "$2" \
		"$b/type" phy "$b/params" "/dev/loop$3" "$b/physical-device" "7:$3"
	xenstore-write "$f/backend" "$b" "$f/backend-id" 0 "$f/virtual-device" "$1" \
		"$f/device-type" disk
	xenstore-write "$b/state" 1 "$f/state" 1
	domu "until_true test -b /dev/$2"
}

attach_vbds()
{
	attach_vbd $XVDA xvda 0 || return 1
	echo 0 >/sys/module/xen_blkback/parameters/feature_persistent
	attach_vbd $XVDB xvdb 1
}

# iops DEVICE OPERATION DEPTH MILLISECONDS: requests and microseconds in $answer.
iops()
{
	domu "/iops $1 $2 $3 $4"
}

# measure DEVICE WHO OPERATION DEPTH ROUND
measure()
{
	local before after
	iops "$1" "$3" "$4" $WARM_MS || return 1
	before=$(grants)
	iops "$1" "$3" "$4" $RUN_MS || return 1
	after=$(grants)
	echo "# sample xen-$3-$4 $2 $5 $(echo "$answer" | awk '{ printf "%.1f", $1 * 1e6 / $2 }')"
	echo "# sample xen-calls-$3-$4 $2 $5 $(echo "$answer $before $after" | awk '{ printf "%.3f", ($5 - $3) / $1 }')"
	echo "# sample xen-grants-$3-$4 $2 $5 $(echo "$answer $before $after" | awk '{ printf "%.3f", ($6 - $4) / $1 }')"
	[ "$3-$4" != read-1 ] || [ "$2" = vmsg ] ||
		echo "# sample xen-trip $2 $5 $(echo "$answer" | awk '{ printf "%.1f", $2 / $1 }')"
}

trip()
{
	echo "# sample xen-trip vmsg $1 $(virtio-msg ping -q -c $PINGS -i 0.001 "$(bus)" |
		awk -F/ '/^rtt/ { printf "%.1f", $4 * 1000 }')"
}

measure_round()
{
	local operation depth
	for operation in read write; do
		for depth in 1 8; do
			measure "/dev/$disk" vmsg $operation $depth "$1" || return 1
			measure /dev/xvda persistent $operation $depth "$1" || return 1
			measure /dev/xvdb map $operation $depth "$1" || return 1
		done
	done
	trip "$1"
}

measure_rounds()
{
	local round=1
	while [ $round -le "$ROUNDS" ]; do
		measure_round $round || return 1
		round=$((round + 1))
	done
}

find_disk()
{
	domu 'until_true has_disk && echo "= $disk"' && disk=$answer
}

head -c $DISK_BYTES /dev/urandom >/run/disk
check 'calls are counted' count_grants
check 'domU is created' create_domu
check 'drivers load' domu 'load kernel && load order'
check 'back end loads' load order
attach
check 'ends connect' until_true has_link
check 'disk is served' serve "$(bus)" blk=/run/disk
check 'disk is found' find_disk
check "Xen's own disks are found" attach_vbds
check 'all is measured' measure_rounds
stop_serving TERM
xl destroy domu
finish
