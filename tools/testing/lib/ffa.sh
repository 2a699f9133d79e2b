# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The machine of arm64 guests: QEMU's "virt" with our partition manager, at EL2 in
# front of the kernel.  Addresses are those of ffa/limits.h.

# shellcheck disable=SC2034,SC2154	# the state is that of "run"

FFA_DIR=$TESTING/ffa
FFA_OUT=$BUILD/ffa

# MiB of memory below the kernel's.
FFA_BELOW=128

# ffa_limit NAME: a number of limits.h.
ffa_limit()
{
	awk -v name="$1" '$1 == "#define" && $2 == name { print $3 }' "$FFA_DIR/limits.h"
}

# ffa_build: the manager.
ffa_build()
{
	make_once_at_a_time ffa "$FFA_DIR"
}

#
# TF-A, for the manager at S-EL2
#

TFA_SUITE=trixie
# To be raised when tfa_build does something else than before.
TFA_RECIPE=1

tfa_dir()
{
	local version
	version=$(apt_in "$TFA_SUITE" apt-cache showsrc --only-source arm-trusted-firmware |
		awk '$1 == "Version:" && !n++ { print $2 }')
	echo "$CACHE/tfa/tfa-${version//[:~+]/-}-$({
		echo "$TFA_RECIPE"
		cat "$FFA_DIR"/tfa/*.dts
	} | short_hash)"
}

tfa_prepare()
{
	apt_build_once "$TFA_SUITE" deb-src tfa_dir tfa_build
}

# tfa_build DIR: what a machine loads, but for the manager and the kernel.
tfa_build()
{
	local dir=$1 out=$1/out/qemu/release
	(
		cd "$dir" || exit
		quietly "$dir/source.log" apt_in "$TFA_SUITE" \
			apt-get source --only-source arm-trusted-firmware
		touch nothing
		quietly "$dir/build.log" env PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			make -C arm-trusted-firmware-*/ -j "$JOBS" \
			CROSS_COMPILE=aarch64-linux-gnu- PLAT=qemu BUILD_BASE="$dir/out" \
			QEMU_USE_GIC_DRIVER=QEMU_GICV3 SPD=spmd SPMD_SPM_AT_SEL2=1 \
			ENABLE_FEAT_MTE2=2 ARM_LINUX_KERNEL_AS_BL33=1 \
			NEED_BL32=yes BL32="$dir/nothing" BL32_RAM_LOCATION=tdram \
			SP_LAYOUT_FILE={} \
			QEMU_TOS_FW_CONFIG_DTS="$FFA_DIR/tfa/tos_fw_config.dts" \
			QEMU_TB_FW_CONFIG_DTS="$FFA_DIR/tfa/tb_fw_config.dts" \
			bl1 bl2 bl31 dtbs
		cp "$out"/bl1.bin "$out"/bl2.bin "$out"/bl31.bin \
			"$out"/fdts/tos_fw_config.dtb "$out"/fdts/tb_fw_config.dtb .
		rm -rf arm-trusted-firmware* out nothing
	)
}

#
# Machines
#

# ffa_disk: put the content of the partition's disk, if there is a file "disk",
# behind the memory of machine, of size MiB.
ffa_disk()
{
	local bytes at
	[[ $disk ]] || return 0
	bytes=$(stat -L -c %s "$disk")
	at=$(($(ffa_limit RAM_BASE) + (size << 20)))
	machine+=(-device "loader,file=$disk,addr=$at,force-raw=on")
	cmdline+=" ffa_disk=$at,$bytes"
	size=$((size + (bytes >> 20) + 1))
}

# ffa_machine MEMORY: leave in machine what QEMU is told of a machine that has so
# many MiB for the kernel, of the kernel and of its command line; and in size what
# memory it has in all.
ffa_machine()
{
	cmdline="console=ttyAMA0 $cmdline"
	# shellcheck disable=SC2054	# commas of QEMU
	machine=(-accel tcg -semihosting-config enable=on,target=native)
	if [[ ${firmware:-} == spmc ]]; then
		size=$1
		ffa_disk
		spmc_machine
		return
	fi
	size=$(($1 + FFA_BELOW))
	ffa_disk
	# shellcheck disable=SC2054
	machine+=(-M virt,virtualization=on,gic-version=3,memory-backend=memory -cpu cortex-a72
		-kernel "$FFA_OUT/el2.bin" -initrd initramfs.gz -append "$cmdline"
		-device "loader,file=$kernel_path/image,addr=$(ffa_limit KERNEL_ENTRY),force-raw=on")
}

# Where the initramfs is put: TF-A's kernel begins at 0x60000000.
SPMC_INITRAMFS=0x58000000

# spmc_machine: TF-A loads the manager and the kernel, from the directory in which
# QEMU runs; what the kernel is told has to be in the device tree.
spmc_machine()
{
	local options=virt,secure=on,virtualization=on,gic-version=3,acpi=off
	local cpu=max,pauth-impdef=on,sme=off file end
	for file in "$(tfa_dir)"/*.{bin,dtb}; do
		ln -sf "$file" "$work/"
	done
	ln -sf "$FFA_OUT/spmc.bin" "$work/bl32.bin"
	ln -sf "$kernel_path/image" "$work/bl33.bin"
	quietly "$work/dtb.log" qemu-system-aarch64 -M "$options,dumpdtb=$work/machine.dtb" \
		-cpu "$cpu" -smp "$smp" -m "$size" -display none
	end=$((SPMC_INITRAMFS + $(stat -c %s "$work/initramfs.gz")))
	fdtput -t x "$work/machine.dtb" /chosen linux,initrd-start "$SPMC_INITRAMFS"
	fdtput -t x "$work/machine.dtb" /chosen linux,initrd-end "$(printf %x "$end")"
	fdtput -t s "$work/machine.dtb" /chosen bootargs "$cmdline"
	machine+=(-M "$options,memory-backend=memory" -cpu "$cpu" -dtb machine.dtb -bios bl1.bin
		-device "loader,file=initramfs.gz,addr=$SPMC_INITRAMFS,force-raw=on")
}
