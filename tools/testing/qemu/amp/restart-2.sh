#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# smp: 1
# memory: 512
#
# Serves a disk, to whoever comes, until told to stop.

# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

load_amp
serve_until_stop blk=/dev/vda
check 'still served' kill -0 "$server"
stop
check 'nothing left' within "$SOON" clean "$(bus)"
check 'unload' modprobe -r virtio-msg-ivshmem
finish
