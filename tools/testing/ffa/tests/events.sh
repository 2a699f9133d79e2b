#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Events that are not in answers, by each way in which they may come, of partitions
# that behave and of those that do not; and messages that are not calls.

set -u

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/bed.sh"

# What the driver's parameter "events" is told, and which counters of the manager say
# that events came that way.
declare -A WAYS=([poll]=0 [notification]=2 [indirect]=4 [FIFO]=8)
declare -A DELIVERED=([poll]='event asked for' [notification]='event asked for'
	[indirect]='event sent' [FIFO]='event written to FIFO')
# Events of a flood: EVENTS_FLOOD of limits.h.
FLOOD=50
READS=40

# link COUNTER: of the driver.
link()
{
	cat "$DRIVER_DIR"/arm-ffa-*/virtio_msg/"$1"
}

# more THAN COMMAND...: does it print a larger number?
more()
{
	(($("${@:2}") > $1))
}

flooded()
{
	more "$((unexpected + FLOOD - 1))" link unexpected
}

# well WAY: the disk is read, and this is how its events come.
well()
{
	local delivered raised asked began=$SECONDS
	delivered=$(counter "${DELIVERED[$1]}")
	asked=$(counter 'event asked for')
	raised=$(counter 'notification raised')
	load events="${WAYS[$1]}"
	check "$1: there is a disk" within "$SOON" find_disk
	check "$1: it is read" read_disk "$READS"
	# What is found in the queue before its event is taken may have none.
	check "$1: so events came" more "$((delivered + READS / 4))" counter "${DELIVERED[$1]}"
	case $1 in
	notification | FIFO) check "$1: they were notified" more "$raised" counter 'notification raised' ;;
	poll) check "$1: no notification came" test "$(link notifications)" = 0 ;;
	esac
	case $1 in
	indirect | FIFO) check "$1: hardly any was asked for" test $(($(counter 'event asked for') - asked)) -lt $((READS / 4 + SECONDS - began)) ;;
	esac
	check "$1: all of them make sense" test "$(link bad)" = 0
}

# flood WAY: more than there is room for, of which none is lost.
flood()
{
	local unexpected
	unexpected=$(link unexpected)
	manager "$MISBEHAVE" "${KIND[flood]}" 0 1
	read_disk 1
	check "$1: $FLOOD events at once are all taken" within "$SOON" flooded
	check "$1: and the disk is read" read_disk
}

# ill WAY KIND: the partition does that a few times while the disk is read.
ill()
{
	local before
	load_impatient events="${WAYS[$1]}"
	{ within "$SOON" find_disk && hurry; } || { result 1 "$1: no disk"; return; }
	before=$(counter 'mischief done')
	manager "$MISBEHAVE" "${KIND[$2]}" 5 5
	read_disk 50
	check "$1, $2: it happens" test "$(counter 'mischief done')" -gt "$before"
	unload
	check "$1, $2: the driver ends" unloaded
	check "$1, $2: no page is given away" safe
	recover
}

# ill_in_use WAY KIND...: and well afterwards.
ill_in_use()
{
	local kind
	for kind in "${@:2}"; do
		ill "$1" "$kind"
	done
	well "$1"
	unload
}

# find_again: the partition, and what it takes.
find_again()
{
	modprobe -r ffa-bed ffa-module
	load_bed
}

load_bed
check 'the bed' test -e "$BED/counters"
twice=$(counter 'memory wrong shared twice')
manager "$APART" 1
for way in poll notification indirect FIFO; do
	well "$way"
	flood "$way"
	unload
	check "$way: the driver ends" unloaded
	check "$way: no page is given away" safe
done
ill_in_use notification garbage restart
ill_in_use indirect short long garbage restart
ill_in_use FIFO short long garbage scribble restart gone

# Now it takes no calls: messages and answers are indirect, too.
manager "$UNCALLABLE" 1
find_again
before=$(counter 'call DIRECT_REQ2')
well indirect
flood indirect
check 'nothing was a call' test "$(counter 'call DIRECT_REQ2')" = "$before"
unload
ill_in_use indirect short garbage restart gone
check 'nothing was a call after all' test "$(counter 'call DIRECT_REQ2')" = "$before"

manager "$UNCALLABLE" 0
manager "$APART" 0
find_again
load
check 'after all of this the partition is called' within "$SOON" find_disk
check 'the disk is read' read_disk
check 'and the driver unloaded' unload
check 'no event was lost' test "$(counter 'event lost')" = 0
check 'no page was shared twice' test "$(counter 'memory wrong shared twice')" = "$twice"
sed 's/^/# /' "$BED/counters"
finish
