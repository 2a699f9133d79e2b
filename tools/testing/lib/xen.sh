# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The machines on which Xen is booted, each with a kernel of kernel.sh in all of its
# domains:
#
#   x86		Xen of Debian 12, PV domains of stock-6.12-full
#   arm64	Xen of Debian 13, domains of stock-arm64; as PVH domains of x86 they
#		have memory of their own addresses
#   arm64-16k	the same with stock-arm64-16k: four pages of Xen are one of theirs
#
# Xen and its tools are packages, unpacked in the cache.

# shellcheck disable=SC2034,SC2154	# the state is that of "run"

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/modules.sh"

XEN_LIBRARIES=(libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1
	libxengnttab1 libxenhypfs1 libxenstore4 libxentoolcore1 libxentoollog1)
LIBRARY_PACKAGES=(libyajl2 libuuid1 libgcc-s1 liblzma5 libzstd1 zlib1g libc6
	busybox-static)
XEN_TOOLS=(xl xenstored xenconsoled xen-init-dom0 libxl-save-helper xenctx)
STORE_TOOLS=(xenstore-read xenstore-write xenstore-chmod xenstore-rm
	xenstore-exists)

# Where arm64's dom0 finds its kernel and its initramfs, behind the kernel.
XEN_KERNEL_AT=0x49000000
XEN_INITRD_AT=0x50000000

# xen_choose MACHINE: what the other functions speak of.
xen_choose()
{
	case $1 in
	x86)
		xen_arch=amd64 xen_version=4.17 xen_triplet=x86_64-linux-gnu
		xen_suite=bookworm-security library_suite=bookworm
		kernel=stock-6.12-full xen_cc=gcc
		library_packages=("${LIBRARY_PACKAGES[@]}")
		;;
	arm64 | arm64-16k)
		xen_arch=arm64 xen_version=4.20 xen_triplet=aarch64-linux-gnu
		xen_suite=trixie:arm64 library_suite=trixie:arm64
		kernel=stock-$1 xen_cc=aarch64-linux-gnu-gcc
		library_packages=("${LIBRARY_PACKAGES[@]}" libfdt1)
		;;
	*) die "no machine with Xen is named '$1'; there are: x86 arm64 arm64-16k" ;;
	esac
	machine_name=$1
	xen_packages=("xen-hypervisor-$xen_version-$xen_arch" "xen-utils-$xen_version"
		xenstore-utils "libxenmisc$xen_version" "${XEN_LIBRARIES[@]}")
}

# xen_dir: where the packages are unpacked.
xen_dir()
{
	local version
	version=$(apt_version "$xen_suite" "${xen_packages[0]}")
	echo "$CACHE/xen/$xen_arch-$(echo "$version" "${xen_packages[@]}" \
		"${library_packages[@]}" | short_hash)"
}

# xen_prepare: see that everything is in the cache.
xen_prepare()
{
	kernel_prepare "$kernel"
	apt_update "$library_suite"
	apt_build_once "$xen_suite" deb xen_dir xen_build
}

# xen_build DIR: fill it.
xen_build()
{
	local dir=$1
	quietly "$dir/log" apt_unpack "$xen_suite" "$dir" "${xen_packages[@]}"
	apt_update "$library_suite"
	quietly "$dir/log" apt_unpack "$library_suite" "$dir" "${library_packages[@]}"
}

# xen_tool: build the command virtio-msg for the machine, and print its name.
xen_tool()
{
	[[ $xen_cc != gcc ]] || {
		tools_build
		echo "$TOP/tools/virtio-msg/virtio-msg"
		return
	}
	make_once_at_a_time "tools-$xen_arch" "$TOP/tools/virtio-msg" \
		CC="$xen_cc" OUT="$BUILD/tools-$xen_arch"
	echo "$BUILD/tools-$xen_arch/virtio-msg"
}

# xen_add_tools ROOT: the tools of dom0, and the libraries that they need.
xen_add_tools()
{
	local root=$1 bed name lib=usr/lib/$xen_triplet
	bed=$(xen_dir)
	mkdir -p "$root"/{lib,lib64} "$root/$lib" "$root/usr/lib/xen-$xen_version"/{bin,boot}
	for name in "${XEN_TOOLS[@]}"; do
		cp "$bed/usr/lib/xen-$xen_version/bin/$name" \
			"$root/usr/lib/xen-$xen_version/bin/"
	done
	for name in "${STORE_TOOLS[@]}"; do
		cp -L "$bed/usr/bin/$name" "$root/bin/"
	done
	find "$bed/lib/$xen_triplet" "$bed/$lib" -maxdepth 1 -name '*.so.*' \
		-exec cp -Lf {} "$root/$lib/" \; 2>/dev/null || :
	for name in "$root/$lib"/ld-linux-*; do
		cp "$name" "$root/lib/"
		cp "$name" "$root/lib64/"
	done
}

# xen_domain_config: what a domU's configuration has to say of the machine. On arm64,
# Xen's virt_timer_expired() masks the timer of a processor that another one may have
# begun to run meanwhile, which then never has a timer again: if the host interrupts the
# first one there, that takes long enough. So none moves there.
xen_domain_config()
{
	case $machine_name in
	x86) printf '%s\n' 'type = "pv"' 'memory = 128' ;;
	arm64) printf '%s\n' 'memory = 192' 'cpus = "1"' ;;
	arm64-16k) printf '%s\n' 'memory = 320' 'cpus = "1"' ;;
	esac
}

# xen_machine XEN INITRD COMMAND-LINE XEN-ARGUMENTS: leave in machine the QEMU and what
# it is told of a machine that boots dom0. No KVM, since Xen is to have the machine for
# itself anywhere. A disk and ports of the host's are to be devices of the kind in bus.
xen_machine()
{
	local image cpu=cortex-a57
	image=$(kernel_dir "$kernel")/image
	# It has no pages of 16 KiB.
	[[ $machine_name != arm64-16k ]] || cpu=max,pauth-impdef=on,sme=off,sve=off
	# shellcheck disable=SC2054	# commas of QEMU
	case $machine_name in
	x86)
		bus=pci
		zcat "$(xen_dir)/boot/xen-$xen_version-amd64.gz" >"$1"
		machine=(qemu-system-x86_64 -machine pc -cpu qemu64 -m 1024
			-append "console=com1 com1=115200,8n1 conring_size=1M dom0_mem=512M,max:512M dom0_max_vcpus=1 $4"
			-initrd "$image $3,$2")
		;;
	arm64*)
		bus=device
		cp "$(xen_dir)/boot/xen-$xen_version-arm64" "$1"
		machine=(qemu-system-aarch64 -machine virt,virtualization=on,gic-version=3
			-cpu "$cpu" -m 1536
			-append "console=dtuart dtuart=/pl011@9000000 conring_size=1M dom0_mem=512M dom0_max_vcpus=1 dom0_vcpus_pin $4"
			-device "guest-loader,addr=$XEN_KERNEL_AT,kernel=$image,bootargs=$3"
			-device "guest-loader,addr=$XEN_INITRD_AT,initrd=$2")
		;;
	esac
	machine+=(-accel tcg -smp 2 -kernel "$1")
}
