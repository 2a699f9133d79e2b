#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 120
# smp: 2
# memory: 1024
#
# A disk of QEMU's storage daemon.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"
. "${0%/*}/vhost_user.sh"

command -v qemu-storage-daemon >/dev/null || skip 'no qemu-storage-daemon'

daemon()
{
	start_backend qemu-storage-daemon \
		--blockdev "file,filename=$IMAGE,node-name=disk" \
		--export "vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path=$SOCKET"
}

test_data()
{
	make_bus blk
	check 'back end starts' daemon
	check 'bridge starts' bridge blk --type blk --dev 5
	check 'disk is there' within "$SOON" disk blk
	check 'data' verify "$(disk blk)"
	stop
	check 'nothing left' within "$SOON" clean blk
	stop_backend
	remove_bus blk
}

test_data
cat "$BRIDGE_LOG"
finish
