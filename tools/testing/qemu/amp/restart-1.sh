#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# smp: 1
# memory: 512
#
# Either guest is killed and comes back, again and again: each time there is a
# disk again, it has all that was flushed, and it works.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

FLUSHED=${0%/*}/flushed
ACKS=/tmp/acks

# Load beside that on the flushed blocks, until the disk goes.
start_fio()
{
	fio --name=load "--filename=/dev/$1" --direct=1 --ioengine=libaio --iodepth=8 \
		--rw=randrw --bsrange=4k-64k --offset=8M --size=16M --time_based \
		--runtime=600 --output-format=terse >/dev/null 2>&1 &
	fio=$!
}

stop_fio()
{
	kill "$fio" 2>/dev/null
	wait "$fio" 2>/dev/null
}

# one_life: what happens until the disk goes, or somebody says stop.
one_life()
{
	local disk status=0
	within "$BOOT_SOON" amp_disk || { echo '# no disk' && return 1; }
	disk=$(amp_disk) && within "$SOON" test -b "/dev/$disk" || return 2
	start_fio "$disk"
	"$FLUSHED" "/dev/$disk" "$ACKS" "$(port acks)" <&"$control" || status=$?
	stop_fio
	return "$status"
}

lives()
{
	local status=2
	while ((status == 2)); do
		status=0
		one_life || status=$?
	done
	return "$status"
}

load_amp
listen
cp "$TESTBED/acks" "$ACKS"
status=0
lives || status=$?
result "$status" "all that was flushed is there"
finish
