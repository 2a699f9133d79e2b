#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# smp: 2
# memory: 1024
#
# Disks whose driver comes and goes, and whose server vanishes.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"

DRIVER=/sys/bus/virtio/drivers/virtio_blk
REBINDS=200
KILLS=3
if ! in_full; then
	REBINDS=20
	KILLS=1
fi

rebind()
{
	local i dev
	dev=$(device_at blk)
	for ((i = 0; i < REBINDS; i++)); do
		echo "$dev" >"$DRIVER/unbind" && echo "$dev" >"$DRIVER/bind" || return
	done
	within "$SOON" disk blk
}

test_rebind()
{
	local job
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	read_on blk &
	job=$!
	check "bind and unbind $REBINDS times under load" rebind
	kill "$job"
	wait "$job"
	check 'one window' is 1 counter blk windows
	check 'data afterwards' same "$(disk blk)"

	# Under load, whose requests are the first ones: what is in flight fails or is done,
	# and nothing hangs.
	REBINDS=1 rebind >/dev/null
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	dev=$(device_at blk)
	check 'there is a load' within "$SOON" has_requests blk
	echo "$dev" >"$DRIVER/unbind"
	check 'unbind under load: I/O ends' within "$SOON" ended "$job"
	wait "$job"
	echo "$dev" >"$DRIVER/bind"
	check 'bind again' within "$SOON" disk blk
	check 'data again' verify "$(disk blk)"
	stop
	check 'nothing left' within "$SOON" clean blk
	remove_bus blk
}

# blocked PROCESS: it waits and cannot be interrupted.
blocked()
{
	[[ $(sed 's/.*) //' "/proc/$1/stat") == D* ]]
}

gone()
{
	! compgen -G "/sys/kernel/debug/virtio-msg/$1/*/info"
}

test_surprise()
{
	local i job status
	for ((i = 1; i <= KILLS; i++)); do
		make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
		verify "$(disk blk)" 100 >/dev/null 2>&1 &
		job=$!
		check 'there is a load' within "$SOON" has_requests blk
		stop KILL
		check "server killed ($i): I/O ends" within "$SOON" ended "$job"
		status=0
		wait "$job" || status=$?
		check "server killed ($i): with an error" test "$status" -ne 0
		check "server killed ($i): device gone" within "$SOON" gone blk
		check "server killed ($i): nothing left" within "$SOON" clean blk
		check "server killed ($i): bus gone" remove_bus blk
	done
}

# A server that stops without a word, and holds what it was given. It may be
# slow for good reasons, so that the disk waits; its end is the end of that.
test_stalled()
{
	local job unbind dev
	make_bus blk && serve blk "blk=$IMAGE" && within "$SOON" disk blk
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk
	kill -STOP "$server"
	dev=$(device_at blk)
	echo "$dev" >"$DRIVER/unbind" &
	unbind=$!
	check 'server stopped: unbind waits' within "$SOON" blocked "$unbind"
	stop KILL
	check 'server stopped: I/O ends' within "$SOON" ended "$job"
	check 'server stopped: unbind ends' within "$SOON" ended "$unbind"
	check 'server stopped: device gone' within "$SOON" gone blk
	check 'server stopped: nothing left' within "$SOON" clean blk
	check 'server stopped: bus gone' remove_bus blk
}

# The same, but nobody waits for it any longer than the bus says.
test_silent()
{
	local job
	make_bus blk && echo 5000 >/sys/class/virtio-msg/blk/io_timeout_ms
	serve blk "blk=$IMAGE" && within "$SOON" disk blk
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'there is a load' within "$SOON" has_requests blk
	kill -STOP "$server"
	check 'server silent: I/O ends' within "$SOON" ended "$job"
	check 'server silent: device failed' is 1 counter blk device_failed
	stop KILL
	check 'server silent: nothing left' within "$SOON" clean blk
	check 'server silent: bus gone' remove_bus blk
}

test_surprise
test_stalled
test_silent
test_rebind
rm -f "$IMAGE"
finish
