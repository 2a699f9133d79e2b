#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# smp: 2
# memory: 1024
#
# The machine falls asleep while a disk, its server and a load are at work: what
# was under way goes on when it wakes. It goes as far as to freeze all processes
# and workqueues. The step after that puts devices to sleep, which virtiofs
# cannot do and on which this machine's files are; a bus of the same kernel has
# nothing to do there.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"

POWER=/sys/power
ROUNDS=3

grep -qw freeze "$POWER/state" 2>/dev/null || skip 'this kernel cannot sleep'
[[ -w $POWER/pm_test ]] || skip 'this kernel has no pm_test'

# nap: fall asleep, and wake at once.
nap()
{
	echo freezer >"$POWER/pm_test" && echo freeze >"$POWER/state"
}

test_under_load()
{
	local i job status=0
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	verify "$(disk blk)" 5 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk 2
	for ((i = 1; i <= ROUNDS; i++)); do
		check "sleep ($i)" nap
	done
	wait "$job" || status=$?
	result "$status" 'no request was lost'
	check 'no device failed' is 0 counter blk device_failed
	check 'no request timed out' is 0 counter blk timeout
	check 'data afterwards' verify "$(disk blk)"
	stop
	check 'nothing left' within "$SOON" clean blk
	remove_bus blk
}

# A server that does not answer does not keep the machine awake.
test_without_server()
{
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	kill -STOP "$server"
	check 'sleep, server stopped' nap
	stop KILL
	check 'server stopped: nothing left' within "$SOON" clean blk
	remove_bus blk
}

# The kernel waits this long before it wakes up again, in s.
if [[ -w /sys/module/suspend/parameters/pm_test_delay ]]; then
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
fi
test_under_load
test_without_server
echo none >"$POWER/pm_test"
rm -f "$IMAGE"
finish
