#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 1
# memory: 512
#
# Serves a disk to the other guest.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

load_amp
serve_until_stop blk=/dev/vda
check 'has served' test "$served" -ge 1
check 'nothing left' within "$SOON" stop_serving
check 'unload' modprobe -r virtio-msg-ivshmem
finish
