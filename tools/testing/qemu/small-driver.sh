#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# smp: 1
# memory: 512
#
# The devices of a machine without an operating system, by their usual drivers.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp/amp.sh"

RESTARTS=3
RNG=/sys/class/misc/hw_random

adapter()
{
	local device
	device=$(device_of 0x0022) &&
		basename "$(echo "$device"/i2c-*[0-9])" | grep -o '[0-9]*$'
}

entropy()
{
	local name
	name=$(tr ' ' '\n' <"$RNG/rng_available" | grep -m 1 virtio) &&
		echo "$name" >"$RNG/rng_current" &&
		(($(head -c 4096 /dev/hwrng | sort -u | wc -c) > 1000))
}

byte_is()
{
	[[ $(i2cget -y "$(adapter)" 0x50 0x10) == "$1" ]]
}

set_byte()
{
	i2cset -y "$(adapter)" 0x50 0x10 "$1"
}

eeprom()
{
	local i
	check 'an adapter' within "$BOOT_SOON" adapter
	check 'the EEPROM is erased' within "$SOON" byte_is 0xff
	for ((i = 1; i <= RESTARTS; i++)); do
		check 'write' set_byte "0x1$i"
		check 'read' byte_is "0x1$i"
		echo '# restart'
		check "another machine, $i" within "$BOOT_SOON" byte_is 0xff
		check "its entropy, $i" within "$SOON" entropy
	done
}


load_amp
modprobe virtio-rng
check 'a bus' within "$BOOT_SOON" bus
check 'a ping' "$VIRTIO_MSG" ping -c 3 "$(bus)"
check 'entropy' within "$BOOT_SOON" entropy
# Debian's kernel for clouds has no I2C.
! modprobe -qa i2c-virtio i2c-dev || eeprom
finish
