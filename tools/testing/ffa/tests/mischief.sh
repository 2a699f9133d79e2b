#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
#
# Partitions that lie, are busy, die and restart, while the driver finds them and
# while it reads a disk: no hang, no splat, and no page goes back to the kernel that
# a partition still holds.

set -u

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/bed.sh"

# works TEXT: a fresh driver finds the disk, and reads it.
works()
{
	recover
	load
	within "$SOON" find_disk
	check "$1: the next driver reads the disk" read_disk
	check "$1: and is unloaded" unload
}

# happened TIMES: since there were $before.
happened()
{
	(($(counter 'mischief done') >= before + $1))
}

found()
{
	find_disk || happened "$1"
}

# in_probe KIND SKIP COUNT
in_probe()
{
	local before
	before=$(counter 'mischief done')
	manager "$MISBEHAVE" "${KIND[$1]}" "$2" "$3"
	load_impatient events="$ANY_WAY"
	check "$1 for $3 messages after $2, probing: it happens" within "$SOON" happened 1
	within "$SOON" found 3
	within "$PERHAPS" find_disk
	unload
	check "$1 for $3 messages after $2, probing: the driver ends" unloaded
	check "$1, probing: no page is given away" safe
	recover
}

# in_use KIND COUNT
in_use()
{
	local before
	load_impatient events="$ANY_WAY"
	{ within "$SOON" find_disk && hurry; } || { result 1 "$1: no disk"; return; }
	before=$(counter 'mischief done')
	manager "$MISBEHAVE" "${KIND[$1]}" 5 "$2"
	read_disk 50
	check "$1 for $2 messages, reading: it happens" happened 1
	unload
	check "$1, reading: the driver ends" unloaded
	check "$1, reading: no page is given away" safe
	works "$1"
}

load_bed
check 'the bed' test -e "$BED/counters"
twice=$(counter 'memory wrong shared twice')
others=$(counter "memory wrong not the kernel's")

# The same in each run.
RANDOM=1
for kind in busy short long token kind garbage gone release refuse; do
	in_probe "$kind" $((RANDOM % 30)) 3
done
in_probe gone 0 100000
in_probe busy 0 100000
for kind in restart busy short long token kind gone scribble garbage release; do
	in_use "$kind" 5
done
# One call takes long, in which the driver is told to end: up to RUNS of limits.h.
RUNS=2000
for kind in yield interrupt; do
	runs=$(counter 'call RUN')
	in_use "$kind" 1
	runs=$(($(counter 'call RUN') - runs))
	check "$kind: it is run again and again ($runs)" test "$runs" -gt 100 -a "$runs" -le "$RUNS"
done
in_use gone 100000
in_use busy 100000

# It says that it gave the memory back; the manager knows better.
load
within "$SOON" find_disk
check 'keep: the disk' read_disk
manager "$MISBEHAVE" "${KIND[keep]}" 0 100000
unload
check 'keep: the driver ends' unloaded
check 'keep: the manager refuses' test "$(counter 'memory held')" -gt 0
check 'keep: no page is given away' safe
works keep

check 'no page was shared twice' test "$(counter 'memory wrong shared twice')" = "$twice"
check 'nor one that is not the kernel'\''s' test "$(counter "memory wrong not the kernel's")" = "$others"
sed 's/^/# /' "$BED/counters"
finish
