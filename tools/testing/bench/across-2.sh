#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 700
# smp: 1
# memory: 512
#
# Serves the disk that is measured, a file in tmpfs, to the other guest.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/../qemu/amp/amp.sh"

IMAGE_SIZE=$((64 << 20))

head -c "$IMAGE_SIZE" /dev/urandom >/dev/shm/disk
serve_disk /dev/shm/disk
