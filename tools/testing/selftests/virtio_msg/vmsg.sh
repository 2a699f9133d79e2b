# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests that are scripts share: results, buses, servers.  A process costs
# much under an emulator: what is called often starts none.

set -u

CONFIGFS=/sys/kernel/config/virtio-msg-loopback
CLASS=/sys/class/virtio-msg
VIRTIO_MSG=${VIRTIO_MSG:-$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../../virtio-msg/virtio-msg")}
KSFT_SKIP=4
# How long what should happen at once may take, in s, where two guests more are at
# work on the same machine.
SOON=90

output=$(mktemp)
results=0
failures=0
server=

# What nobody ever writes to, so that a read from it waits.
mkfifo "$output.never"
exec {never}<>"$output.never"
rm "$output.never"

# skip REASON: the kernel cannot run this test.
skip()
{
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

# result STATUS WHAT
result()
{
	results=$((results + 1))
	if (($1 == 0)); then
		echo "ok $results ${*:2}"
	else
		echo "not ok $results ${*:2}"
		failures=$((failures + 1))
	fi
}

# check WHAT COMMAND...: one result, with the command's output if it fails. No
# subshell: what the command starts and sets is to stay.
check()
{
	local what=$1 status=0
	shift
	"$@" >"$output" 2>&1 || status=$?
	((status == 0)) || sed 's/^/# /' "$output"
	result "$status" "$what"
	return "$status"
}

finish()
{
	echo "1..$results"
	((failures == 0))
	exit
}

# within SECONDS COMMAND...: run COMMAND until it succeeds.
within()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		read -r -t 0.02 -u "$never" || :
	done
}

# is_debug: the kernel has sanitizers, so that everything takes longer.
is_debug()
{
	[[ -e /sys/kernel/debug/kmemleak ]]
}

# in_full: on one kernel of the test beds a test does all there is; on others, some.
in_full()
{
	[[ ${VIRTIO_MSG_KERNEL:-stock-7} == stock-7 ]]
}

# ended PROCESS: it is no more, or waits to be reaped, which bash may not do for long.
ended()
{
	local state
	read -r state <"/proc/$1/stat" || return 0
	[[ ${state##*) } == [ZX]* ]]
}

counter()
{
	local value
	read -r value <"$CLASS/$1/counters/$2" && echo "$value"
}

is()
{
	[[ $("${@:2}") == "$1" ]]
}

# clean BUS: nothing is left of devices that were there.
clean()
{
	local name value
	for name in claims windows window_bytes quarantined; do
		read -r value <"$CLASS/$1/counters/$name" && ((value == 0)) || return
	done
}

# make_bus NAME ATTRIBUTE=VALUE...
make_bus()
{
	local name=$1 setting
	shift
	mkdir "$CONFIGFS/$name" || return
	for setting in "$@" live=1; do
		echo "${setting#*=}" >"$CONFIGFS/$name/${setting%%=*}" || return
	done
}

remove_bus()
{
	rmdir "$CONFIGFS/$1"
}

load()
{
	local module
	[[ -x $VIRTIO_MSG ]] || skip "no $VIRTIO_MSG"
	modprobe virtio-msg-loopback || skip 'no virtio-msg-loopback'
	for module in "$@"; do
		modprobe -q "$module" || skip "no $module"
	done
}

# serve BUS ARGUMENT...: start a server, and return when it serves, or has ended: then
# nobody has the FIFO open for writing.
serve()
{
	local bus=$1 ready told fifo status=0
	shift
	fifo=$(mktemp -u)
	mkfifo "$fifo"
	exec {ready}<>"$fifo"
	exec {told}<"$fifo"
	rm "$fifo"
	"$VIRTIO_MSG" serve --bus "$bus" --ready-fd "$ready" "$@" >/dev/null &
	server=$!
	exec {ready}>&-
	read -r -t "$SOON" -u "$told" || status=$?
	exec {told}<&-
	return "$status"
}

# stop [SIGNAL]: end the server.
stop()
{
	[[ $server ]] || return 0
	kill "-${1:-TERM}" "$server"
	wait "$server" 2>/dev/null
	server=
}

# device_at BUS: the virtio device of the only device of this bus.
device_at()
{
	local info key value
	for info in "/sys/kernel/debug/virtio-msg/$1"/*/info; do
		while read -r key value; do
			[[ $key != name ]] || { echo "$value" && return; }
		done <"$info"
	done 2>/dev/null
	return 1
}

# child_of DEVICE KIND: what its driver made of this virtio device.
child_of()
{
	local path
	for path in "/sys/bus/virtio/devices/$1/$2"/*; do
		[[ -e $path ]] && echo "${path##*/}" && return
	done
	return 1
}

clean_up()
{
	local bus
	stop KILL
	rm -f "$output"
	for bus in "$CONFIGFS"/*/; do
		[[ ! -d $bus ]] || rmdir "$bus"
	done
}
trap clean_up EXIT
