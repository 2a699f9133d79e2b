#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# smp: 1
# memory: 512
#
# Serves a disk, whatever becomes of the shared memory.

# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

load_amp
serve_until_stop blk=/dev/vda
check 'still served' kill -0 "$server"
stop
check 'unload' modprobe -r virtio-msg-ivshmem
finish
