#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: stock-6.12
# timeout: 240
# smp: 2
# memory: 1024
#
# What Documentation/vhost-user.rst tells people to type.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

RST=$(dirname "$0")/../../../../Documentation/vhost-user.rst
SCRIPT=/dev/shm/vhost-user-doc.sh

for what in "$RST" /usr/lib/qemu/virtiofsd "$(command -v qemu-storage-daemon)"; do
	[[ -e $what ]] || skip "no $what"
done
load virtio_blk virtiofs

{
	echo 'set -e'
	sed -n 's/^   # //p' "$RST"
	# shellcheck disable=SC2016	# to be expanded later
	echo 'kill $(jobs -p)'
} >"$SCRIPT"

PATH=$(dirname "$VIRTIO_MSG"):$PATH
check 'there are commands' test "$(wc -l <"$SCRIPT")" -gt 15
check 'they work' bash -x "$SCRIPT"
check 'they say what is written' is hello cat /tmp/shared/file
check 'nothing left' within "$SOON" clean vm0
check 'bus gone' remove_bus vm0
finish
