# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# A disk of a vhost-user back end, which knows nothing of Xen. It is killed and comes back
# while the domU uses the disk.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

SOCKET=/run/blk.sock

start_back_end()
{
	rm -f $SOCKET
	/vhu_blk $SOCKET /run/disk >/tmp/back-end.log 2>&1 &
	back_end=$!
}

start_bridge()
{
	virtio-msg vhost-user --bus "$(bus)" --type blk --socket $SOCKET \
		>/tmp/server.log 2>&1 &
	server=$!
}

kill_back_end()
{
	kill -KILL "$back_end"
	wait "$back_end" 2>/dev/null
	until_true grep -q 'waits for it' /tmp/server.log
}

goes_on()
{
	grep -q 'goes on' /tmp/server.log
}

make_disk
connect_domu
at_first=$(mapped)
check 'vhost-user back end starts' start_back_end
check 'bridge starts' start_bridge
check 'disk works' disk_works 16
check 'windows are mapped' [ "$(mapped)" -gt "$at_first" ]
check 'I/O begins' domu begin_io
check 'I/O goes on' with_io
check 'bridge waits for who was killed' kill_back_end
start_back_end
check 'vhost-user back end goes on' until_true goes_on
check 'I/O goes on after that' with_io
check 'I/O ends' domu end_io
check 'disk works after that' disk_works 32
check 'bridge ends' stop_serving
check 'disk goes' domu until_true has_no_disk
check 'nothing stays mapped' [ "$(mapped)" = "$at_first" ]
kill "$back_end"
wait "$back_end"
xl destroy domu
xenstore-rm "/local/domain/0/backend/vmsg/$id"
check 'bus goes with the domain' until_true has_no_bus
check 'nothing is left in dom0' until_true is_clean
check 'modules unload' unload_all
finish
