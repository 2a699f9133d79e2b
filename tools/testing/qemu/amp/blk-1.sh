#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# smp: 1
# memory: 512
#
# A disk that the other guest serves: what is read is what was written.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

load_amp
check 'a bus' within "$BOOT_SOON" bus
check 'a ping' "$VIRTIO_MSG" ping -c 3 "$(bus)"
check 'a disk' within "$BOOT_SOON" amp_disk
check 'read' dd "if=/dev/$(amp_disk)" of=/dev/null bs=1M count=16 iflag=direct
check 'verify' fio --name=verify "--filename=/dev/$(amp_disk)" --direct=1 \
	--ioengine=libaio --iodepth=16 --rw=randrw --bsrange=512-64k --size=16M \
	--io_size=2M --verify=crc32c --verify_fatal=1 --output-format=terse
finish
