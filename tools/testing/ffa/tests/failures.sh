#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Calls of FF-A that fail, one after the other, from the first one of the driver to
# the last, and shares that are refused half way through their fragments.

set -u

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/bed.sh"

# NO_MEMORY, BUSY, DENIED, RETRY, ABORTED
ERRORS=(-3 -4 -6 -7 -8)
# The calls that the driver makes, by their numbers in manager.h.
declare -A CALLS=([NOTIFICATION_BIND]=0x7f [NOTIFICATION_UNBIND]=0x80 [MEM_SHARE]=0x73
	[MEM_RECLAIM]=0x77 [DIRECT_REQ2]=0x8d)

# unbind, bind: the driver, which stays loaded.
unbind()
{
	timeout 60 tee "$DRIVER_DIR/unbind" <<<"$partition" >/dev/null
}

unbound()
{
	[[ ! -e $DRIVER_DIR/$partition ]]
}

bind()
{
	tee "$DRIVER_DIR/bind" <<<"$partition" >/dev/null
}

failed()
{
	manager "$FAILED"
	((answer))
}

# settle: there is a disk, or nothing comes of it since the call has failed.
settle()
{
	within "$PERHAPS" find_disk || failed || within "$SOON" find_disk
}

# once CALL AFTER: false: there are not so many of these calls.
once()
{
	local error=${ERRORS[$2 % ${#ERRORS[@]}]} status=0
	manager "$FAIL" "$2" "$error" "${CALLS[$1]}"
	bind
	settle
	read_disk 3 || status=1
	unbind
	if ! failed; then
		result "$status" "$1: no more than $2: the disk is read"
		return 1
	fi
	check "$1 $2 fails with $error: the driver ends" unbound
	check "$1 $2: no page is given away" safe
	recover
}

load_bed
check 'the bed' test -e "$BED/counters"
twice=$(counter 'memory wrong shared twice')

load
check 'the disk' within "$SOON" find_disk
partition=$(cd "$DRIVER_DIR" && echo arm-ffa-*)
unbind
for call in "${!CALLS[@]}"; do
	calls=0 steps=1
	# Calls take long there; which are left out is found in the other kernels.
	[[ $VIRTIO_MSG_KERNEL != debug* || $call != DIRECT_REQ2 ]] || steps=4
	while once "$call" "$calls"; do
		((calls += steps))
	done
	recover
	check "$call has failed" test "$calls" -gt 0
done

for fragment in 1 2; do
	manager "$REFUSE_FRAGMENT" "$fragment"
	bind
	within "$PERHAPS" find_disk
	unload
	check "fragment $fragment refused: the driver ends" unloaded
	check "fragment $fragment refused: no page is given away" safe
	recover
	load
	unbind
done
unload

load
check 'after all of this there is the disk' within "$SOON" find_disk
check 'it can be read' read_disk
check 'and the driver unloaded' unload
check 'no page was shared twice' test "$(counter 'memory wrong shared twice')" = "$twice"
sed 's/^/# /' "$BED/counters"
finish
