#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
# smp: 2
# memory: 1024
#
# Loads on buses that are at fault: afterwards devices work, or have gone in good
# order and can be served again, and nothing is left of them. With VMSG_LAB=all in
# the environment, as the kernel's command line can have it, with every fault.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/blk_util.sh"

LAB=/sys/kernel/debug/virtio-msg-loopback
TAP=vmsglab
SPACE=vmsglab
HERE=10.74.0.1
THERE=10.74.0.2
ROM=/dev/shm/vmsg-lab-24c32
DATA=/dev/shm/vmsg-lab-data
# How long a device may take on a bus that loses messages.
TIMEOUT=1000
! is_debug || TIMEOUT=2000

declare -A servers=() loads=() arguments=([blk]="blk=$IMAGE" [net]="net=$TAP" [i2c]="i2c=$ROM@0x50")
declare -A drivers=([blk]=virtio_blk [net]=virtio_net [i2c]=i2c_virtio)
kinds=(blk)

# can_have KIND PROGRAM MODULE...
can_have()
{
	local kind=$1 module
	command -v "$2" >/dev/null || return
	for module in "${@:3}"; do
		modprobe -q "$module" || return
	done
	kinds+=("$kind")
}

# Knobs

# set_knob FAULT SETTING...: on every bus.
set_knob()
{
	local kind setting
	for kind in "${kinds[@]}"; do
		for setting in "${@:2}"; do
			echo "${setting#*=}" >"$LAB/$kind/$1/${setting%%=*}" || return
		done
	done
}

knob_off()
{
	set_knob "$1" rate=0 skip=0 times=-1 device=-1
	[[ $1 == window_* ]] || set_knob "$1" msg_id=-1 type=-1 direction=0
}

# happened FAULT: so often, on all buses.
happened()
{
	local kind n sum=0
	for kind in "${kinds[@]}"; do
		read -r n <"$LAB/$kind/$1/count"
		sum=$((sum + n))
	done
	echo "$sum times"
	((sum > 0))
}

# Devices

start()
{
	serve "$1" "${arguments[$1]}" || return
	servers[$1]=$server
	server=
}

# end KIND [SIGNAL]
end()
{
	server=${servers[$1]:-}
	servers[$1]=
	stop "${2:-TERM}"
}

card()
{
	local dev
	dev=$(device_at net) && child_of "$dev" net
}

adapter()
{
	local dev path
	dev=$(device_at i2c) || return
	for path in "/sys/bus/virtio/devices/$dev"/i2c-*; do
		[[ -e $path ]] && echo "${path##*-}" && return
	done
	return 1
}

# Each card that comes is another one, the TAP as well.
connect()
{
	local name
	name=$(card) && ip link set "$name" netns "$SPACE" &&
		ip -n "$SPACE" address add "$THERE/24" dev "$name" &&
		ip -n "$SPACE" link set "$name" up
	ip address add "$HERE/24" dev "$TAP" 2>/dev/null
	ip link set "$TAP" up
}

works_blk()
{
	local name
	name=$(disk blk) &&
		timeout "$SOON" dd if="$DATA" of="/dev/$name" bs=64k count=1 oflag=direct &&
		cmp -n 65536 "$DATA" "$IMAGE"
}

works_net()
{
	connect
	ping -c 1 -W 1 "$THERE"
}

works_i2c()
{
	local bus
	bus=$(adapter) && is "$first_byte" timeout "$SOON" i2ctransfer -y "$bus" w2@0x50 0 0 r1
}

gone()
{
	clean "$1" && ! device_at "$1"
}

# works_again KIND: as it is, or once it is served again. If the word that a device
# has gone was lost, that takes another bus.
works_again()
{
	within 5 "works_$1" && return
	end "$1" KILL
	if within 10 gone "$1"; then
		start "$1" && within "$SOON" "works_$1" && return
	else
		echo "# $1: another bus"
		remove_bus "$1" && up "$1" && return
	fi
	"$VIRTIO_MSG" ls
	ip link
	ip -n "$SPACE" link
	return 1
}

# Loads: whether they succeed is of no importance, as long as they end and no data
# are wrong.

# What is written is what is read, unless either fails. No fio: to start it costs
# more than the load.
load_blk()
{
	local name
	name=$(disk blk) || return
	timeout "$SOON" dd if="$DATA" of="/dev/$name" bs=64k oflag=direct || return 0
	timeout "$SOON" dd if="/dev/$name" of="$DATA.back" bs=64k count=8 iflag=direct ||
		return 0
	cmp "$DATA" "$DATA.back" || touch "$DATA.differs"
}

load_net()
{
	timeout "$SOON" ping -q -c 5 -i 0.05 -W 1 "$THERE"
}

load_i2c()
{
	local bus i
	bus=$(adapter) || return
	for i in 1 2 3; do
		timeout "$SOON" i2ctransfer -y "$bus" w2@0x50 0 "$i" r16
	done
}

refused()
{
	! "$@"
}

# rebind KIND: its driver lets go of the device and takes it again.
rebind()
{
	local dev driver=/sys/bus/virtio/drivers/${drivers[$1]}
	dev=$(device_at "$1") || return
	echo "$dev" >"$driver/unbind"
	echo "$dev" >"$driver/bind"
}

# again KIND: the device goes and comes.
again()
{
	end "$1"
	start "$1"
}

# under_load: all that is done while something is at fault; true if it ends. Each
# load says so in a file: a process that bash has not reaped yet seems to go on.
under_load()
{
	local kind
	rm -f "$DATA.ended-"*
	for kind in "${kinds[@]}"; do
		{
			"load_$kind"
			rebind "$kind"
			"load_$kind"
			: >"$DATA.ended-$kind"
		} >/dev/null 2>&1 &
		loads[$kind]=$!
	done
	for kind in "${kinds[@]}"; do
		within $((4 * SOON)) test -e "$DATA.ended-$kind" || {
			echo "$kind:"
			ps -N --ppid 2 -o pid,stat,wchan:32,args
			return 1
		}
		wait "${loads[$kind]}"
	done
	for kind in "${kinds[@]}"; do
		again "$kind"
	done
	return 0
}

# load_until_happened "FAULT SETTING..."...: each of them, at least once.
load_until_happened()
{
	local round fault missing
	for ((round = 0; round < 5; round++)); do
		under_load || return
		missing=
		for fault in "$@"; do
			happened "${fault%% *}" >/dev/null || missing=1
		done
		[[ $missing ]] || break
	done
}

# try WHAT "FAULT SETTING..."...: with these faults.
try()
{
	local what=$1 fault kind words
	shift
	for fault in "$@"; do
		read -ra words <<<"$fault"
		for kind in "${kinds[@]}"; do
			echo 0 >"$LAB/$kind/${words[0]}/count"
		done
		set_knob "${words[@]}" || result 1 "$what: no such knob"
	done
	check "$what: all that was begun ends" load_until_happened "$@"
	for fault in "$@"; do
		check "$what: ${fault%% *}" happened "${fault%% *}"
		knob_off "${fault%% *}"
	done
	check "$what: no data are wrong" refused test -e "$DATA.differs"
	rm -f "$DATA.differs"
	for kind in "${kinds[@]}"; do
		check "$what: $kind afterwards" works_again "$kind"
	done
}

up()
{
	local kind=$1
	make_bus "$kind" "timeout_ms=$TIMEOUT" "${@:2}" &&
		echo "$TIMEOUT" >"$CLASS/$kind/io_timeout_ms" && start "$kind" &&
		within "$SOON" "works_$kind"
}

down()
{
	end "$1" && within "$SOON" clean "$1" && remove_bus "$1"
}

[[ -d $LAB ]] || skip 'the loopback bus has no laboratory'
can_have net ip virtio_net tun
head -c 4096 /dev/urandom >"$ROM"
head -c 524288 /dev/urandom >"$DATA"
first_byte=0x$(od -An -tx1 -N1 "$ROM" | tr -d ' ')
can_have i2c i2ctransfer i2c-virtio i2c-dev
ip netns add "$SPACE"
for kind in "${kinds[@]}"; do
	check "$kind: up" up "$kind" || finish
done

RESPONSE=1
EVENT_USED=66
SET_STATUS=8
try 'late' 'delay rate=200' 'reorder rate=200' 'duplicate rate=300'
try 'lost' 'drop rate=20' 'corrupt rate=20' 'truncate rate=20'
try 'failures' 'send_full rate=300' 'send_fail rate=30' 'window_alloc rate=1000 times=1'
if in_full || [[ ${VMSG_LAB:-} == all ]]; then
	try 'delayed' 'delay rate=300'
	try 'out of order' 'reorder rate=300'
	try 'dropped' 'drop rate=20'
	try 'an answer is dropped' "drop rate=1000 times=1 skip=5 type=$RESPONSE"
	try 'the next reset is dropped' "drop rate=1000 times=1 type=0 msg_id=$SET_STATUS"
	try 'no word of what was used' "drop rate=300 type=0 msg_id=$EVENT_USED"
	try 'twice' 'duplicate rate=500'
	try 'all answers twice' "duplicate rate=1000 type=$RESPONSE"
	try 'cut' 'truncate rate=30'
	try 'to devices: spoiled' 'corrupt rate=50 direction=1'
	try 'to drivers: spoiled' 'corrupt rate=50 direction=2'
	try 'bus full' 'send_full rate=300'
	try 'bus fails' 'send_fail rate=20'
	try 'no windows' 'window_alloc rate=1000 times=2'
	try 'windows cannot be mapped' 'window_map rate=1000 times=1'
fi

for kind in "${kinds[@]}"; do
	check "$kind: nothing left" down "$kind"
done
ip netns delete "$SPACE"
rm -f "$IMAGE" "$ROM" "$DATA"*
finish
