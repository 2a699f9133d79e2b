#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
# smp: 2
# memory: 1024
#
# Disks whose server is killed again and again, at random moments, and started
# anew: no request is lost, none fails, and what is read is what was written.
# resume_100.sh kills a hundred times.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"

in_full && KILLS=${KILLS:-10} || KILLS=${KILLS:-5}
DEV=3
DIR=$(mktemp -d)
RESUMABLE=(--dev "$DEV" --resumable=120000)
# What the kernel has said before is of other tests.
BEGIN="resume.sh: begin"
echo "$BEGIN" >/dev/kmsg

start()
{
	serve blk "$@" "${RESUMABLE[@]}" "blk=$IMAGE"
}

# answers: how many requests the device has answered.
answers()
{
	sed -n 's/.* answers \([0-9]*\) .*/\1/p' "/sys/kernel/debug/virtio-msg/blk/$DEV/queues"
}

# more_than NUMBER: it has answered more.
more_than()
{
	(($(answers) > $1))
}

# kill_again OPTION...: kill the server, after some more answers and some time,
# and start it.
kill_again()
{
	local i before
	for ((i = 0; i < KILLS; i++)); do
		before=$(answers) || return
		within "$SOON" more_than "$((before + RANDOM % 50))" || return
		read -r -t "0.0$((RANDOM % 100))" -u "$never"
		stop KILL
		# A while without one, or none.
		((RANDOM % 2)) || read -r -t "0.$((RANDOM % 3))" -u "$never"
		start "$@" || return
	done
}

# nothing_failed: to the driver, the disk was slow.
nothing_failed()
{
	grep -H . "$CLASS"/blk/counters/*
	dmesg | sed "1,/$BEGIN/d" | grep -i 'i/o error' && return 1
	is 1 counter blk device_added && is 0 counter blk device_removed &&
		is 0 counter blk device_failed && is 0 counter blk relay_failed &&
		is 0 counter blk timeout && is 0 counter blk resume_refused
}

# load_disk: random writes and reads with fsync, and a look at all that was
# written, again and again until "end" is there.
load_disk()
{
	rm -f "$DIR/end"
	until [[ -e $DIR/end ]]; do
		fio "${VERIFY[@]}" "--io_size=$((BYTES / 2))" --fsync=8 --name=load \
			"--filename=/dev/$(disk blk)" || return
	done
}

# end_load PROCESS: it comes to its end, without having found an error.
end_load()
{
	local status=0
	touch "$DIR/end"
	within $((4 * SOON)) ended "$1" || return
	wait "$1" || status=$?
	tail -n 5 "$DIR/load"
	return "$status"
}

test_load()
{
	local what=$1 job
	shift
	make_bus blk "doorbell=$1" && shift
	start "$@" && within "$SOON" disk blk
	load_disk >"$DIR/load" 2>&1 &
	job=$!
	check "$what: there is a load" within "$SOON" has_requests blk
	check "$what: killed $KILLS times" kill_again "$@"
	check "$what: the load found no error" end_load "$job"
	check "$what: data afterwards" verify "$(disk blk)"
	check "$what: same image" same "$(disk blk)"
	check "$what: nothing failed" nothing_failed
	echo "# $what: $(counter blk resumed) times, $(counter blk relay_replayed) requests again"
	stop KILL
	check "$what: bus removed on hold" remove_bus blk
}

# Files that are written, synced and read back, until "end" is there.
use_files()
{
	local i=0 sum
	rm -f "$DIR/end"
	until [[ -e $DIR/end ]]; do
		i=$(((i + 1) % 8))
		dd if=/dev/urandom of="$DIR/random" bs=32k count=4 status=none &&
			dd if="$DIR/random" of="$DIR/mnt/$i" bs=32k conv=fsync status=none || return
		echo 1 >/proc/sys/vm/drop_caches
		sum=$(md5 "$DIR/random")
		[[ $(md5 "$DIR/mnt/$i") == "$sum" ]] || return
	done
}

test_ext4()
{
	local job
	make_bus blk && start && within "$SOON" disk blk
	mkdir "$DIR/mnt"
	check 'ext4: make' mkfs.ext4 -q -F "/dev/$(disk blk)"
	check 'ext4: mount' mount -o errors=remount-ro "/dev/$(disk blk)" "$DIR/mnt"
	use_files >"$DIR/load" 2>&1 &
	job=$!
	check "ext4: killed $KILLS times" kill_again
	check 'ext4: what is read is what was written' end_load "$job"
	check 'ext4: unmount' umount "$DIR/mnt"
	check 'ext4: fsck' fsck.ext4 -n -f "/dev/$(disk blk)"
	check 'ext4: nothing failed' nothing_failed
	stop KILL
	check 'ext4: bus removed on hold' remove_bus blk
}

# Nobody comes: what waits gets an error, as without the option.
test_given_up()
{
	local job status=0 RESUMABLE=(--dev "$DEV" --resumable=500)
	make_bus blk && start && within "$SOON" disk blk
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'given up: there is a load' within "$SOON" has_requests blk
	stop KILL
	check 'given up: I/O ends' within "$SOON" ended "$job"
	wait "$job" || status=$?
	check 'given up: with an error' test "$status" -ne 0
	check 'given up: counted' is 1 counter blk resume_expired
	check 'given up: nothing left' within "$SOON" clean blk
	check 'given up: bus removed' remove_bus blk
}

# The time in which a disk must answer stands still while nobody serves.
test_io_timeout()
{
	local job
	make_bus blk && echo 4000 >"$CLASS/blk/io_timeout_ms"
	start && within "$SOON" disk blk
	load_disk >"$DIR/load" 2>&1 &
	job=$!
	check 'slow: there is a load' within "$SOON" has_requests blk
	stop KILL
	# Twice as long.
	read -r -t 8 -u "$never"
	check 'slow: served again' start
	check 'slow: the load found no error' end_load "$job"
	check 'slow: nothing failed' nothing_failed
	stop KILL
	remove_bus blk
}

# Unbinding waits for what is in flight, and no longer than for the next server.
test_unbind()
{
	local job unbind dev driver=/sys/bus/virtio/drivers/virtio_blk
	make_bus blk && start && within "$SOON" disk blk
	verify "$(disk blk)" 100 >/dev/null 2>&1 &
	job=$!
	check 'unbind: there is a load' within "$SOON" has_requests blk
	dev=$(device_at blk)
	stop KILL
	write_to "$driver/unbind" "$dev" &
	unbind=$!
	check 'unbind: served again' start
	check 'unbind: ends' within "$SOON" ended "$unbind"
	check 'unbind: I/O ends' within "$SOON" ended "$job"
	check 'unbind: bind again' write_to "$driver/bind" "$dev"
	check 'unbind: data' same "$(disk blk)"
	sync
	stop KILL
	check 'unbind: nobody is needed for it' write_to "$driver/unbind" "$dev"
	check 'unbind: another device does not go on' refused
	check 'unbind: the same does' start
	check 'unbind: and is bound' write_to "$driver/bind" "$dev"
	check 'unbind: data afterwards' same "$(disk blk)"
	stop KILL
	remove_bus blk
}

# What the driver wrote to the configuration is written again: without, a cache
# that it believes to be off would be on.
test_config()
{
	local type
	make_bus blk && start && within "$SOON" disk blk
	type=/sys/block/$(disk blk)/cache_type
	check 'config: cache off' write_to "$type" 'write through'
	check 'config: it is off' is 'write through' cat "$type"
	stop KILL
	check 'config: served again' start
	check 'config: resumed' within "$SOON" is 1 counter blk resumed
	check 'config: data' same "$(disk blk)"
	check 'config: still off' is 'write through' cat "$type"
	stop KILL
	remove_bus blk
}

write_to()
{
	echo "$2" >"$1"
}

# refused: an entropy device is not a disk: its process ends, and says so.
refused()
{
	local status=0
	timeout "$SOON" "$VIRTIO_MSG" serve --bus blk "${RESUMABLE[@]}" rng || status=$?
	((status != 0 && status != 124))
}

test_load 'load' 1
test_load 'load, messages' 0 --messages
test_ext4
test_io_timeout
test_given_up
test_unbind
test_config
rm -rf "$IMAGE" "$DIR"
finish
