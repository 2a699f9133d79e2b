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

variants=()
servers=()

# up WHAT SERVE-ARGUMENT BUS-ATTRIBUTE...: one more disk, on a bus of its own.
up()
{
	local what=$1 flag=$2 bus=blk${#variants[@]}
	shift 2
	make_bus "$bus" "$@" || { result 1 "$what: no bus" && return; }
	truncate -s "$BYTES" "$IMAGE-$bus"
	# shellcheck disable=SC2086	# an argument or none
	serve "$bus" $flag "blk=$IMAGE-$bus" || result 1 "$what: no server"
	within "$SOON" disk "$bus" || result 1 "$what: no disk"
	variants+=("$what")
	servers+=("$server")
	server=
}

# verify_all: load for all disks at a time, by one fio; its word on each.
verify_all()
{
	local i jobs=() words
	for i in "${!variants[@]}"; do
		jobs+=("--name=blk$i" "--filename=/dev/$(disk "blk$i")")
	done
	words=$(fio "${VERIFY[@]}" --thread "${jobs[@]}" 2>&1)
	for i in "${!variants[@]}"; do
		check "${variants[i]}" has_no_error "blk$i" "$words"
		check "${variants[i]}: same image" same "$(disk "blk$i")" "$IMAGE-blk$i"
	done
}

# has_no_error JOB WORDS: what fio says of this job, and that it says so.
has_no_error()
{
	echo "$2"
	awk -F';' -v job="$1" '$3 == job { error = $5; n++ }
		END { exit !(n == 1 && error == 0) }' <<<"$2"
}

down_all()
{
	local i
	for i in "${!variants[@]}"; do
		server=${servers[i]}
		stop
		check "${variants[i]}: nothing left" within "$SOON" clean "blk$i"
		remove_bus "blk$i"
		rm -f "$IMAGE-blk$i"
	done
}

more_buses()
{
	up 'd26, 104 bytes' '' dialect=d26 max_msg_size=104
	up 'd26, 64 bytes' '' dialect=d26 max_msg_size=64
	up 'd26, messages' --messages dialect=d26
	up 'd26, no doorbell' '' dialect=d26 doorbell=0
	up 'pr28, 264 bytes, messages' --messages dialect=pr28
}

test_buses()
{
	up 'd26, 264 bytes' '' dialect=d26
	up 'd26, 52 bytes' '' dialect=d26 max_msg_size=52
	up 'pr28, 48 bytes' '' dialect=pr28 max_msg_size=48
	up 'd26, messages, no doorbell' --messages dialect=d26 doorbell=0
	up 'pr28, 48 bytes, messages, no doorbell' --messages dialect=pr28 \
		max_msg_size=48 doorbell=0
	is_debug || more_buses
	verify_all
	down_all
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
