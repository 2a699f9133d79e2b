#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 1
# memory: 512
#
# Serves a disk to the other guest.

# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

load_amp
serve_until_stop blk=/dev/vda
check 'served once' is 1 echo "$served"
check 'still served' kill -0 "$server"
stop
check 'nothing left' within "$SOON" clean "$(bus)"
check 'unload' modprobe -r virtio-msg-ivshmem
finish
