#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 600
# smp: 1
# memory: 512
#
# Measures a disk that another guest serves, round by round beside one that QEMU
# serves by virtio-pci, and how far away the other guest is. Prints lines as
# "guest" does, behind "# ", of rounds as many as ROUNDS says.

# shellcheck disable=SC2034,SC2154,SC2317	# for who is read below; by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/../qemu/amp/amp.sh"
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/measure.sh"

ROUNDS=${ROUNDS:-3}
IMAGE_MIB=64
declare -A device=([pci]=/dev/vda)

# sample WHAT WHO ROUND NUMBER: false if there is none, as after an error of fio.
sample()
{
	[[ ${4:-0.0} != 0.0 ]] && echo "# sample $*"
}

# trip: microseconds of a PING and its answer.
trip()
{
	"$VIRTIO_MSG" ping -q -c "$PINGS" -i 0.0001 "$(bus)" |
		awk -F/ '/^rtt/ { printf "%.2f", $4 * 1000 }'
}

# measure_round ROUND: the trip is compared with a whole request of virtio-pci.
measure_round()
{
	local workload who number
	for workload in read-1 read-32; do
		for who in amp pci; do
			number=$(iops "$workload" "$who")
			sample "across-$workload" "$who" "$1" "$number" || return
			[[ $workload$who != read-1pci ]] ||
				sample across-trip pci "$1" \
					"$(awk -v n="$number" 'BEGIN { printf "%.2f", 1e6 / n }')" ||
				return
		done
	done
	sample across-trip amp "$1" "$(trip)"
}

measure_rounds()
{
	local round
	for ((round = 1; round <= ROUNDS; round++)); do
		measure_round "$round" >&3 || return
	done
}

load_amp
check 'a bus' within "$BOOT_SOON" bus
check 'a disk' within "$BOOT_SOON" amp_disk || finish
device[amp]=/dev/$(amp_disk)
exec 3>&1
# Whoever has buffers finds the memory for them now.
check 'warm up' iops read-32 amp
check 'measured' measure_rounds
finish
