#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 14400
# smp: 2
# memory: 1024
#
# Devices that come and go for long, under load: bound and unbound, reset, killed with
# their server, put to sleep, modules loaded and unloaded.  The command line of the
# kernel says for how many rounds (SOAK_ROUNDS) or minutes (SOAK_MINUTES).  After each
# round nothing may be left, and the kernel's memory is as it was after the first.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/../selftests/virtio_msg/blk_util.sh"

# Of each in one round; the whole is 1,000 of each in 50.
CYCLES=20
# What the kernel's memory may grow by for each of them, in bytes, and at all: caches of
# slabs and of processors come and go.
GROWTH=64
NOISE=$((4 << 20))

DRIVERS=/sys/bus/virtio/drivers
POWER=/sys/power

rounds=$(sed -nE 's/.*\bSOAK_ROUNDS=([0-9]+).*/\1/p' /proc/cmdline)
minutes=$(sed -nE 's/.*\bSOAK_MINUTES=([0-9]+).*/\1/p' /proc/cmdline)
[[ $rounds || $minutes ]] || skip 'neither SOAK_ROUNDS nor SOAK_MINUTES is set'
modprobe -q virtio-rng || skip 'no virtio-rng'

declare -A done_so_far=([rebind]=0 [reset]=0 [kill]=0 [sleep]=0 [module]=0)

load_begin()
{
	read_on soak &
	load=$!
}

load_end()
{
	kill "$load"
	wait "$load" 2>/dev/null
	:
}

up()
{
	make_bus soak && serve soak "blk=$IMAGE" && within "$SOON" disk soak
}

down()
{
	stop && within "$SOON" clean soak && remove_bus soak
}

# rebind DRIVER: its driver lets our device go, and takes it again.
rebind()
{
	local dev
	dev=$(device_at soak) && echo "$dev" >"$DRIVERS/$1/unbind" &&
		echo "$dev" >"$DRIVERS/$1/bind"
}

# many WHAT COMMAND...: as many as belong in a round.
many()
{
	local i
	for ((i = 0; i < CYCLES; i++)); do
		"${@:2}" || return
		done_so_far[$1]=$((done_so_far[$1] + 1))
	done
}

rebinds()
{
	up && load_begin || return
	many rebind rebind virtio_blk && load_end && within "$SOON" disk soak && down
}

# Each time a driver takes a device or lets it go it resets it: these have no load
# that keeps the driver from doing so at once.
resets()
{
	make_bus soak && serve soak rng || return
	within "$SOON" is 1 counter soak device_added &&
		many reset rebind virtio_rng && down
}

kill_one()
{
	stop KILL
	within "$SOON" clean soak && serve soak "blk=$IMAGE" && within "$SOON" disk soak
}

kills()
{
	up && load_begin || return
	many kill kill_one && load_end && down
}

nap()
{
	echo freeze >"$POWER/state"
}

can_sleep()
{
	grep -qw freeze "$POWER/state" 2>/dev/null && [[ -w $POWER/pm_test ]]
}

# The kernel waits a second each time.  The load is one that waits where it can be
# frozen, as that of load_begin cannot once the server is.
naps()
{
	echo freezer >"$POWER/pm_test" && up || return
	verify "$(disk soak)" 5 >/dev/null 2>&1 &
	load=$!
	within "$SOON" has_requests soak 2 && CYCLES=2 many sleep nap && wait "$load" &&
		down && echo none >"$POWER/pm_test"
}

reload()
{
	modprobe -r virtio-msg-loopback && modprobe virtio-msg-loopback
}

# memory: what the kernel has for itself, in bytes.
memory()
{
	local name value sum=0
	while read -r name value _; do
		case $name in
		SUnreclaim: | VmallocUsed: | Percpu: | PageTables:)
			sum=$((sum + value * 1024)) ;;
		esac
	done </proc/meminfo
	echo "$sum"
}

# complaint: what the kernel says that fails a run at its end; here it ends it.
complaint()
{
	dmesg | sed '0,/testbed: start/d' |
		grep -m 1 -aE "$(grep -vE '^(#|$)' "${0%/*}/../qemu/splat-deny")"
}

quiet()
{
	! complaint
}

total()
{
	local count sum=0
	for count in "${done_so_far[@]}"; do
		sum=$((sum + count))
	done
	echo "$sum"
}

# As it was after the first round. Where freed memory is kept to find who still uses it
# there is nothing to compare; there kmemleak looks.
same_memory()
{
	local grown
	grown=$(($(memory) - first_memory))
	echo "$grown bytes more"
	is_debug || ((grown < NOISE + GROWTH * $(total)))
}

round()
{
	local what
	for what in rebinds resets kills; do
		check "round $1: $what" "$what" || return
	done
	! can_sleep || check "round $1: naps" naps || return
	check "round $1: modules" many module reload || return
	check "round $1: no complaint" quiet || return
	echo 3 >/proc/sys/vm/drop_caches
	: "${first_memory:=$(memory)}"
	check "round $1: memory" same_memory || return
	echo "# $SECONDS s: ${done_so_far[rebind]} rebinds, ${done_so_far[reset]} resets," \
		"${done_so_far[kill]} kills, ${done_so_far[sleep]} times asleep," \
		"${done_so_far[module]} reloads; $(($(memory) - first_memory)) bytes more"
}

if [[ -w /sys/module/suspend/parameters/pm_test_delay ]]; then
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
fi
for ((i = 1; ; i++)); do
	round "$i" || break
	((i < ${rounds:-i + 1} && SECONDS < ${minutes:-60} * 60)) || break
done
rm -f "$IMAGE"
finish
