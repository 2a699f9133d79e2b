# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154	# variables of "guest"
#
# What "guest" measures: measure_PART prints samples.

#
# Probes: how long until there is a device, and how far away it is
#

TRACING=/sys/kernel/tracing
CONFIG_DISKS=8
PINGS=500

measure_probes()
{
	local round name
	for ((round = 1; round <= ROUNDS; round++)); do
		for name in $CONTENDERS; do
			start "$name" || continue
			echo "sample probe $name $round $took"
			stop "$name"
		done
		measure_config "$round"
		measure_ping "$round"
	done
}

# measure_config ROUND: GET_CONFIG is all that this function waits for.
measure_config()
{
	local i
	mount -t tracefs tracing "$TRACING" 2>/dev/null
	{
		echo 'p:bench/ask virtio_msg:virtio_msg_config_refresh'
		echo 'r:bench/know virtio_msg:virtio_msg_config_refresh'
	} >"$TRACING/kprobe_events" || return
	echo 1 >"$TRACING/events/bench/enable"
	for ((i = 0; i < CONFIG_DISKS; i++)); do
		attach config virtio-msg serve --bus "$BUS" "blk=$IMAGE,ro"
		stop config
	done
	echo 0 >"$TRACING/events/bench/enable"
	awk -v round="$1" '
		{ time = $0; sub(/: (ask|know).*/, "", time); sub(/.* /, "", time) }
		/: ask:/ { began = time }
		/: know:/ && began { sum += time - began; n++; began = 0 }
		END { if (n) printf "sample config serve %d %.2f\n", round, sum / n * 1e6 }
	' "$TRACING/trace"
	echo >"$TRACING/trace"
	echo >"$TRACING/kprobe_events"
}

measure_ping()
{
	virtio-msg ping -q -c "$PINGS" -i 0.0001 "$BUS" |
		awk -F/ -v round="$1" '
			/^rtt/ { printf "sample ping serve %d %.2f\n", round, $4 * 1000 }'
}

#
# Disks
#

# workload NAME CONTENDER: arguments of fio.  As many requests as it takes for a
# time that fio, which knows milliseconds, can tell to a percent.
workload()
{
	local scale=1
	[[ $2 != null ]] || scale=4
	case $1 in
	read-1) echo --rw=randread --bs=4k --iodepth=1 --number_ios=$((4000 * scale)) ;;
	write-1) echo --rw=randwrite --bs=4k --iodepth=1 --number_ios=$((4000 * scale)) ;;
	read-32) echo --rw=randread --bs=4k --iodepth=32 --number_ios=$((8000 * scale)) ;;
	write-32) echo --rw=randwrite --bs=4k --iodepth=32 --number_ios=$((8000 * scale)) ;;
	seqread) echo --rw=read --bs=128k --iodepth=1 --number_ios=$((1000 * scale)) ;;
	seqwrite) echo --rw=write --bs=128k --iodepth=1 --number_ios=$((1000 * scale)) ;;
	esac
}

# fio_iops: from the JSON of fio, requests per second.
fio_iops()
{
	awk -F'[:,]' '
		$1 ~ /"total_ios"/ && $2 > 0 { ios = $2 }
		$1 ~ /"runtime"/ && $2 > 0 && !time { time = $2 }
		$1 ~ /"iops"/ && $2 > 0 && !iops { iops = $2 }
		END { printf "%.1f", iops }
	'
}

# iops WORKLOAD CONTENDER: requests per second
iops()
{
	local arguments
	read -ra arguments <<<"$(workload "$1" "$2")"
	fio --name=bench --filename="${device[$2]}" --size="${IMAGE_MIB}M" \
		--direct=1 --ioengine=libaio --gtod_reduce=1 --thread \
		--randrepeat=1 --output-format=json "${arguments[@]}" | fio_iops
}

measure_disks()
{
	local round workload name
	start_all
	# Whoever has buffers finds the memory for them now.
	for name in "${!device[@]}"; do
		iops seqwrite "$name" >/dev/null
		iops read-32 "$name" >/dev/null
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		for workload in $WORKLOADS; do
			for name in $CONTENDERS; do
				[[ ! ${device[$name]:-} ]] ||
					echo "sample $workload $name $round $(iops "$workload" "$name")"
			done
		done
	done
	for name in "${!device[@]}"; do
		stop "$name"
	done
}

#
# Network: a card and the TAP behind it, and a pair of veth for the floor
#

HERE=10.73.0.1
THERE=10.73.0.2
NET_BYTES=32M
NET_PINGS=200

# net_up INTERFACE OTHER: the other one goes to a name space.
net_up()
{
	ip netns add there &&
		ip link set "$2" netns there &&
		ip address add "$HERE/24" dev "$1" && ip link set "$1" up &&
		ip -n there address add "$THERE/24" dev "$2" &&
		ip -n there link set "$2" up && ip -n there link set lo up &&
		within "$SOON" ping -q -c 1 -W 1 "$THERE"
}

# net_rate ARGUMENT...: MB/s
net_rate()
{
	iperf3 -c "$THERE" -n "$NET_BYTES" -J "$@" | awk -F'[:,]' '
		/"sum_received"/ { found = 1 }
		found && /"bits_per_second"/ { printf "%.1f", $2 / 8e6; exit }'
}

# measure_link WHO ROUND
measure_link()
{
	local server trips
	trips=$(ping -q -c "$NET_PINGS" -i 0.002 "$THERE" |
		awk -F/ '/^rtt/ { printf "%.1f", 1000 / $5 }')
	echo "sample net-trips $1 $2 $trips"
	ip netns exec there iperf3 -s >/dev/null &
	server=$!
	within "$SOON" iperf3 -c "$THERE" -n 64K
	echo "sample net-rate $1 $2 $(net_rate)"
	echo "sample net-back $1 $2 $(net_rate -R)"
	kill "$server"
	wait "$server" 2>/dev/null
}

net_serve()
{
	attach net -s virtio -a bind virtio-msg serve --bus "$BUS" net=bench0
	net_up bench0 "$(basename /sys/bus/virtio/drivers/virtio_net/virtio*/net/*)" &&
		measure_link serve "$1"
	kill "${front[net]}"
	ip netns delete there
	within "$SOON" test ! -e /sys/class/net/bench0
}

net_veth()
{
	ip link add veth0 type veth peer name veth1
	net_up veth0 veth1 && measure_link veth "$1"
	ip link delete veth0
	ip netns delete there
}

measure_net()
{
	local round
	modprobe -a virtio_net tun veth || return
	for ((round = 1; round <= ROUNDS; round++)); do
		net_serve "$round"
		net_veth "$round"
	done
}

#
# Many devices on one bus
#

MANY='1 10 100 1000'

# used_kib: memory in use, in KiB from some start: pages that were given out less
# those that came back.  What is free does not say it: the kernel keeps free pages
# for each processor.
used_kib()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^pgalloc_/ { pages += $2 } /^pgfree / { pages -= $2 }
		END { printf "%d\n", pages * 4 }' /proc/vmstat
}

measure_many()
{
	local n before after
	ulimit -n 16384
	modprobe virtio-rng || return
	for n in $MANY; do
		before=$(used_kib)
		attach many -s virtio -a bind -n "$n" /bench/many "$BUS" "$n" || return
		after=$(used_kib)
		awk -v n="$n" -v took="$took" -v kib="$((after - before))" 'BEGIN {
			printf "sample many-time-%d serve 1 %.1f\n", n, took / n
			printf "sample many-memory-%d serve 1 %.1f\n", n, kib / n
		}'
		kill "${front[many]}"
		within 60 grep -qx 0 "/sys/class/virtio-msg/$BUS/counters/claims"
		within 60 grep -qx 0 "/sys/class/virtio-msg/$BUS/counters/windows"
	done
}

#
# Whatever "run -x" was given
#

measure_extra()
{
	# shellcheck disable=SC1091	# what "run" has put there
	. /bench/extra
}
