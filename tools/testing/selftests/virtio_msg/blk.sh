#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 2
# memory: 1024
#
# Disks: data that is read is what was written, whatever the bus is like.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"

# try WHAT SERVE-ARGUMENT BUS-ATTRIBUTE...
try()
{
	local what=$1 flag=$2
	shift 2
	make_bus blk "$@" || { result 1 "$what: no bus" && return; }
	# shellcheck disable=SC2086	# an argument or none
	serve blk $flag "blk=$IMAGE" || { result 1 "$what: no server" && return; }
	within "$SOON" disk blk
	check "$what" verify "$(disk blk)"
	stop
	check "$what: nothing left" within "$SOON" clean blk
	remove_bus blk
}

test_buses()
{
	local size sizes=(264 104 64 52)
	! is_debug || sizes=(264 52)
	for size in "${sizes[@]}"; do
		try "d26, $size bytes" '' max_msg_size="$size" dialect=d26
	done
	try 'pr28, 48 bytes' '' max_msg_size=48 dialect=pr28
	is_debug || try 'pr28, 264 bytes, messages' --messages dialect=pr28
	is_debug || try 'd26, messages' --messages dialect=d26
	is_debug || try 'd26, no doorbell' '' dialect=d26 doorbell=0
	try 'd26, messages, no doorbell' --messages dialect=d26 doorbell=0
	try 'pr28, 48 bytes, messages, no doorbell' --messages dialect=pr28 \
		max_msg_size=48 doorbell=0
}

test_ext4()
{
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	check_ext4 "$(disk blk)"
	stop
	remove_bus blk
}

test_buses
test_ext4
rm -f "$IMAGE"
finish
