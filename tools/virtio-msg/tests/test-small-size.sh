#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# test-small-size.sh DIR: link whole programs for processors without an operating
# system, each with one small device, or with all of them as FF-A partition, and see that they are small: code with
# constants, and data, in bytes. They are left in DIR.

src=$(cd "$(dirname "$0")/.." && pwd)
top=$src/../..
out=$1
mkdir -p "$out"
num=0
bad=0

# build FILE "COMPILER" DEVICE
build()
{
	# shellcheck disable=SC2086 # one word each
	$2 -std=gnu11 -Os -flto -ffreestanding -fno-strict-aliasing \
		-fno-stack-protector -fno-asynchronous-unwind-tables \
		-Wall -Wextra -Wno-unused-parameter -U_FORTIFY_SOURCE \
		-DVIRTIO_MSG_SMALL_DEVICE -DVMSG_QUEUE_MAX=8 \
		-DVMSG_WINDOWS_MAX=1 -DVMSG_SMALL_DEVICES=1 -D"SMALL_$3" \
		-I"$src/shim" -I"$top/include/uapi" -I"$src" -I"$src/lib" \
		-I"$src/small" -I"$top/drivers/virtio-msg" \
		-ffunction-sections -fdata-sections -nostdlib -static -no-pie \
		-Wl,--gc-sections,-z,noseparate-code,--build-id=none,-e,_start \
		-Wl,--defsym=shared_in=0x10000000,--defsym=shared_out=0x10001000 \
		-Wl,--defsym=shared_window=0x10002000 \
		-Wl,--defsym=board_disk=0x11000000,--defsym=board_retrieve=0x500000 \
		-Wl,--defsym=board_relinquish=0x500100,--defsym=board_notify=0x500200 \
		-Wl,--defsym=board_wait=0x500300 \
		-Wl,--defsym=board_doorbell=0x20000000,--defsym=board_random=0x20000004 \
		-o "$1" "$src"/small/*.c \
		"$src"/lib/device.c "$src"/lib/message.c "$src"/lib/chain.c \
		"$src"/lib/queue.c "$top/drivers/virtio-msg/protocol.c" \
		"$top/drivers/virtio-msg/amp/fifo.c" -lgcc
}

# check NAME "COMPILER" SIZE-PROGRAM CODE DATA "DEVICES"
check()
{
	for device in $6; do
		num=$((num + 1))
		image=$out/$1-$device.elf
		text=0 data=0 bss=0
		if build "$image" "$2" "$device"; then
			# shellcheck disable=SC2046 # three words
			set -- "$1" "$2" "$3" "$4" "$5" \
				$($3 "$image" | awk 'NR == 2 { print $1, $2, $3 }')
			text=$6 data=$7 bss=$8
		fi
		words="$device for $1: $((text + data)) bytes of code, $((data + bss)) of data"
		if [ "$text" -gt 0 ] && [ $((text + data)) -le "$4" ] &&
		   [ $((data + bss)) -le "$5" ]; then
			echo "ok $num - $words"
			echo "# note: $words"
		else
			bad=1
			echo "not ok $num - $words, allowed are $4 and $5"
		fi
	done
}

check thumb2 'arm-none-eabi-gcc -mthumb -mcpu=cortex-m3' arm-none-eabi-size 8192 1024 'RNG EEPROM'
check x86-64 'gcc -m64 -fno-pie -fcf-protection=none' size 11264 1536 'RNG EEPROM'
check aarch64 'aarch64-linux-gnu-gcc -mgeneral-regs-only -mno-outline-atomics' aarch64-linux-gnu-size \
	18432 5120 FFA
echo "1..$num"
exit $bad
