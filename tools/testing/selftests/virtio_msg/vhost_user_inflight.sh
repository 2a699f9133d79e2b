#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: stock-7
# timeout: 300
# smp: 2
# memory: 1024
#
# A disk whose back end is killed and comes back: no request is lost, and none
# that was done is done again over what came after it.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"
. "${0%/*}/vhost_user.sh"

KILLS=5

# daemon [N]: it dies after N requests.
daemon()
{
	VHU_DIE=${1:-0} start_backend "${0%/*}/vhu_blk" "$SOCKET" "$IMAGE"
}

resumed_some()
{
	grep -q 'resumed [1-9]' "$WORK/backend.log"
}

# Until it is enough.
load_on()
{
	until [[ -e $WORK/enough ]]; do
		verify "$(disk blk)" || return
	done
}

test_resume()
{
	local i job
	make_bus blk
	must 'back end starts' daemon 100
	must 'bridge starts' bridge blk --type blk --dev 5
	check 'disk is there' within "$SOON" disk blk
	load_on >"$WORK/load" 2>&1 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk
	for ((i = 1; i <= KILLS; i++)); do
		check "killed ($i): waits" within "$SOON" said 'waits for it'
		: >"$BRIDGE_LOG"
		stop_backend KILL
		daemon "$((i < KILLS ? 30 + i : 0))"
		check "killed ($i): goes on" within "$SOON" said 'goes on'
	done
	touch "$WORK/enough"
	check 'no request is lost' wait "$job"
	check 'device never failed' is 0 counter blk device_failed
	check 'requests were in flight' resumed_some
	check 'data afterwards' verify "$(disk blk)"
}

# It does not come back.
test_given_up()
{
	local job
	stop
	check 'nothing left' within "$SOON" clean blk
	: >"$BRIDGE_LOG"
	must 'bridge starts' bridge blk --type blk --dev 5 --resume 1
	check 'disk is there' within "$SOON" disk blk
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk
	stop_backend KILL
	check 'given up: it waited' within "$SOON" said 'waits for it'
	check 'given up: device goes' within "$SOON" said 'is removed'
	check 'given up: I/O ends' within "$SOON" ended "$job"
	check 'given up: nothing left' within "$SOON" clean blk
}

test_resume
test_given_up
stop
check 'bus gone' remove_bus blk
rm -f "$IMAGE"
finish
