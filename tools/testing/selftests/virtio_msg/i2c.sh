#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
#
# An I2C adapter with two EEPROMs, by i2c-tools.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

SMALL=/dev/shm/vmsg-24c02
LARGE=/dev/shm/vmsg-24c32

load virtio-rng
modprobe -q i2c-virtio || [[ -d /sys/bus/virtio/drivers/i2c_virtio ]] || skip 'no i2c-virtio'
modprobe -q i2c-dev || [[ -d /sys/class/i2c-dev ]] || skip 'no i2c-dev'
command -v i2cget >/dev/null || skip 'no i2c-tools'

adapter()
{
	local dev
	dev=$(device_at i2c) &&
		basename "$(echo "/sys/bus/virtio/devices/$dev"/i2c-*[0-9])" | grep -o '[0-9]*$'
}

refused()
{
	! "$@"
}

# i2ctransfer warns of messages that were not sent, and succeeds.
none_sent()
{
	[[ $("$@" 2>&1) != 0x* ]]
}

many_fail()
{
	local i
	for ((i = 0; i < 50; i++)); do
		none_sent i2ctransfer -y "$bus" w1@0x33 0 r1 w1 0 r16 || return
	done
}

# Refused or done in part, but not answered with what nobody read.
larger_than_a_request()
{
	local answer
	answer=$(i2ctransfer -y "$bus" w2@0x54 0 0 r8192 2>/dev/null) || return 0
	[[ ! $answer || $answer == "$(od -An -v -tx1 -w1 "$LARGE" "$LARGE" | sed 's/ /0x/' | paste -sd ' ')" ]]
}

found()
{
	i2cdetect -y "$bus" "$1" "$1" | grep -qw "${1#0x}"
}

head -c 256 /dev/zero | tr '\0' '\377' >"$SMALL"
head -c 4096 /dev/urandom >"$LARGE"
make_bus i2c
check 'serve' serve i2c "i2c=$SMALL@0x50,$LARGE@0x54"
check 'adapter' within "$SOON" adapter
bus=$(adapter)
within "$SOON" test -e "/dev/i2c-$bus"

check 'get' is 0xff i2cget -y "$bus" 0x50 0x10
check 'set' i2cset -y "$bus" 0x50 0x10 0xa7
check 'get what was set' within 5 is 0xa7 i2cget -y "$bus" 0x50 0x10
check 'set several' i2ctransfer -y "$bus" w5@0x50 0x20 1 2 3 4
check 'get several' within 5 is '0x01 0x02 0x03 0x04' \
	i2ctransfer -y "$bus" w1@0x50 0x20 r4
check 'two bytes of address' is "$(od -An -tx1 -j291 -N3 "$LARGE" | sed 's/ \(..\)/0x\1 /g; s/ $//')" \
	i2ctransfer -y "$bus" w2@0x54 0x01 0x23 r3
check 'dump' i2cdump -y "$bus" 0x50 b
check 'no answer at another address: get' none_sent i2ctransfer -y "$bus" r1@0x33
# After the first failed one, i2c-virtio frees them all.
check 'no answer at another address: many' many_fail
check 'no answer at another address: set' refused i2cset -y "$bus" 0x33 0 0
check 'a page and more' i2ctransfer -y "$bus" w1@0x50 0 r4100
check 'larger than a request may be' larger_than_a_request
check 'afterwards' is 0xa7 i2cget -y "$bus" 0x50 0x10
check 'detect' found 0x54
check 'detect nothing' refused found 0x55

stop KILL
check 'nothing left' within "$SOON" clean i2c
check 'bus gone' remove_bus i2c
rm -f "$SMALL" "$LARGE"
finish
