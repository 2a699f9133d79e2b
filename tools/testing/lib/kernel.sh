# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernels of the test beds, by name:
#
#   stock-6.12	Debian's 6.12 LTS cloud kernel, with its own headers
#   stock-7	Debian's newest 7.x cloud kernel, with its own headers and the
#		compiler that they ask for, from a small tree of that release
#   stock-arm64	Debian's newest 7.x kernel for arm64, its modules built by the
#		cross compiler of that tree; not the cloud kernel, which has no I2C
#   stock-arm64-16k	the same with pages of 16 KiB
#   debug	the newest kernel source that Debian has, built with the
#		sanitizers and lock checks of qemu/config/debug.config
#   coverage	the same source without these, but with gcov for our modules, and
#		with the failing allocations of debug
#   debug-arm64	debug for arm64, with little but what the FF-A bus needs
#   uml		the same source as a user-mode kernel, for KUnit
#   uml-clang	the tree of uml prepared for clang: builds modules, not booted
#
# A prepared kernel is a directory of the cache:
#
#   release	what uname -r will say
#   image	the kernel to boot
#   kdir	what to give to make as KDIR
#   modules/lib/modules/RELEASE
#
# Versions are those that the archive has today; none is written down here.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/common.sh"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/apt.sh"

# What one clone has compiled, another need not.
export CCACHE_DIR=$CACHE/ccache CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$TOP
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=virtio-msg KBUILD_BUILD_HOST=virtio-msg

SOURCE_SUITE=trixie-backports

# To be raised when something changes in how kernels are configured and built
# that neither their version nor their configuration tells.
RECIPE=1

CLANG=-19
CROSS_ARM64=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CC='ccache aarch64-linux-gnu-gcc')

kernel_names()
{
	echo stock-6.12 stock-6.12-full stock-7 stock-arm64 stock-arm64-16k debug coverage \
		debug-arm64 uml uml-clang
}

# kernel_prepare NAME: see that the kernel is in the cache, and what it takes to
# build modules for it.
kernel_prepare()
{
	local name=$1
	case $name in
	stock-7 | stock-arm64*) toolchain_prepare ;;
	debug* | coverage | uml | uml-clang) source_prepare ;;
	esac
	apt_build_once "$(kernel_suite "$name")" deb kernel_dir \
		"kernel_build_${name/#stock-*/stock}" "$name"
}

# kernel_dir NAME: where the kernel is, or will be once it is prepared.
kernel_dir()
{
	local name=$1
	case $name in
	stock-*) stock_dir "$name" ;;
	*) echo "$CACHE/kernel/$name-$(source_version)-$(config_hash "$name")" ;;
	esac
}

kernel_suite()
{
	case $1 in
	stock-6.12*) echo bookworm-security ;;
	stock-arm64*) echo "$SOURCE_SUITE:arm64" ;;
	stock-7 | debug* | coverage | uml | uml-clang) echo "$SOURCE_SUITE" ;;
	*) die "no kernel is named '$1'; there are: $(kernel_names)" ;;
	esac
}

# kernel_make NAME ARGUMENTS...: make in the kernel's build directory, with the
# compiler that built the kernel.
kernel_make()
{
	local name=$1 dir
	shift
	dir=$(kernel_dir "$name")
	case $name in
	stock-6.12*) make -C "$dir/kdir" DEBIAN_KERNEL_USE_CCACHE=1 "$@" ;;
	stock-7) toolchain_run "$dir" make -C "$dir/kdir" DEBIAN_KERNEL_USE_CCACHE=1 "$@" ;;
	stock-arm64*)
		toolchain_run "$dir" make -C "$dir/kdir" ARCH=arm64 \
			CROSS_COMPILE=aarch64-linux-gnu- DEBIAN_KERNEL_USE_CCACHE=1 "$@"
		;;
	debug | coverage) make -C "$dir/kdir" CC='ccache gcc' "$@" ;;
	debug-arm64) make -C "$dir/kdir" "${CROSS_ARM64[@]}" "$@" ;;
	uml) make -C "$dir/kdir" ARCH=um CC='ccache gcc' "$@" ;;
	uml-clang) make -C "$dir/kdir" ARCH=um LLVM="$CLANG" CC="ccache clang$CLANG" "$@" ;;
	esac
}

#
# Debian's binary kernels
#

stock_metapackages()
{
	case $1 in
	stock-6.12) echo linux-image-6.12-cloud-amd64 linux-headers-6.12-cloud-amd64 ;;
	stock-6.12-full) echo linux-image-6.12-amd64 linux-headers-6.12-amd64 ;;
	stock-7) echo linux-image-cloud-amd64 linux-headers-cloud-amd64 ;;
	stock-arm64) echo linux-image-arm64 linux-headers-arm64 ;;
	stock-arm64-16k) echo linux-image-arm64-16k linux-headers-arm64-16k ;;
	esac
}

# stock_packages NAME: everything of the kernel: image, modules, headers.
stock_packages()
{
	local meta
	read -ra meta <<<"$(stock_metapackages "$1")"
	apt_closure "$(kernel_suite "$1")" \
		'linux-(image|base|binary|modules|headers|kbuild)-[0-9]' "${meta[@]}" |
		grep -v -e '-unsigned$' -e '^linux-\(image\|headers\|base\)-[0-9.]*-cloud-amd64$'
}

stock_dir()
{
	local version
	version=$(apt_version "$(kernel_suite "$1")" "$(stock_metapackages "$1" | cut -d' ' -f1)")
	[[ -n $version && $version != '(none)' ]] || die "the archive has no $1"
	echo "$CACHE/kernel/$1-${version//[:~+]/-}"
}

kernel_build_stock()
{
	local name=$1 dir=$2 packages image
	mapfile -t packages < <(stock_packages "$name")
	quietly "$dir/log" apt_unpack "$(kernel_suite "$name")" "$dir" "${packages[@]}"
	[[ $name != stock-arm64* ]] || stock_kbuild "$dir" "${packages[@]}"

	# The headers name each other by the path that they would have if
	# they were installed.
	grep -rlIZ --include=Makefile /usr/src/linux- "$dir/usr/src" |
		xargs -0 sed -i "s#/usr/src/linux-#$dir&#g"
	image=$(find "$dir" -name 'vmlinuz*' -type f -print -quit)
	ln -s "${image#"$dir"/}" "$dir/image"
	mkdir "$dir/modules"
	[[ ! -d $dir/usr/lib/modules ]] || ln -s ../usr/lib "$dir/modules/lib"
	[[ ! -d $dir/lib/modules ]] || ln -s ../lib "$dir/modules/lib"
	basename "$dir"/modules/lib/modules/* >"$dir/release"
	ln -s "linux-headers-$(<"$dir/release")" "$dir/usr/src/kdir"
	ln -s usr/src/kdir "$dir/kdir"
}

# stock_kbuild DIR PACKAGE...: among the packages of another architecture are the
# programs that kbuild runs; in their place put those that run here.
stock_kbuild()
{
	local dir=$1 package
	shift
	apt_update "$SOURCE_SUITE" "$APT_FETCH_AGE"
	for package in "$@"; do
		[[ $package == linux-kbuild-* ]] || continue
		rm -r "$dir/usr/lib/$package"
		quietly "$dir/kbuild.log" apt_unpack "$SOURCE_SUITE" "$dir" "$package"
	done
}

#
# A tree of the release whose compiler stock-7 and stock-arm64 need
#

TOOLCHAIN_SUITE=trixie
TOOLCHAIN_PACKAGES=gcc-14,gcc-14-aarch64-linux-gnu,ccache,libc6-dev,binutils,make,pahole,libelf1t64

toolchain_dir()
{
	echo "$CACHE/toolchain/$TOOLCHAIN_SUITE-$(echo "$TOOLCHAIN_PACKAGES" | short_hash)"
}

toolchain_prepare()
{
	build_once "$(toolchain_dir)" toolchain_build "$(toolchain_dir)"
}

toolchain_build()
{
	quietly "$1.log" mmdebstrap --variant=apt --mode=root \
		--include="$TOOLCHAIN_PACKAGES" \
		--aptopt='APT::Install-Recommends "false"' \
		"$TOOLCHAIN_SUITE" "$1" \
		"deb [signed-by=$APT_KEYRING] $(apt_mirror "$TOOLCHAIN_SUITE") $TOOLCHAIN_SUITE main"
}

# toolchain_run DIR COMMAND...: run COMMAND in the tree, where DIR, the build
# directory of this clone and what ccache keeps are found under the same names as
# outside.  objtool wants /proc.  The mounts go away with the mount namespace.
toolchain_run()
{
	# shellcheck disable=SC2016	# the arguments of the inner shell
	unshare --mount -- bash -euc '
		root=$1
		while shift && [[ $1 != -- ]]; do
			mkdir -p "$1" "$root$1"
			mount --bind "$1" "$root$1"
		done
		shift
		mount -t proc proc "$root/proc"
		exec chroot "$root" "$@"
	' bash "$(toolchain_dir)" "$1" "$BUILD" "$CCACHE_DIR" -- "${@:2}"
}

#
# Kernels built from source
#

source_version()
{
	local version
	version=$(apt_version "$SOURCE_SUITE" "$(source_package)")
	[[ -n $version ]] || die "$SOURCE_SUITE has no kernel source"
	echo "${version//[:~+]/-}"
}

source_package()
{
	apt_in "$SOURCE_SUITE" apt-cache depends linux-source |
		awk '$1 == "Depends:" && !n++ { print $2 }'
}

source_dir()
{
	echo "$CACHE/source/linux-$(source_version)"
}

# source_prepare: see that the kernel's source is in the cache.
source_prepare()
{
	apt_build_once "$SOURCE_SUITE" deb source_dir source_build
}

source_build()
{
	local dir=$1
	mkdir "$dir/package"
	quietly "$dir.log" apt_unpack "$SOURCE_SUITE" "$dir/package" "$(source_package)"
	tar -xf "$dir"/package/usr/src/linux-source-*.tar.* -C "$dir" --strip-components=1
	rm -r "$dir/package"
}

config_files()
{
	case $1 in
	debug) echo "$TESTING"/qemu/config/{base,x86,debug}.config ;;
	coverage) echo "$TESTING"/qemu/config/{base,x86,coverage}.config ;;
	debug-arm64) echo "$TESTING"/qemu/config/{base,arm64,debug}.config ;;
	uml) echo "$TESTING"/qemu/config/{base,uml,debug}.config ;;
	uml-clang) echo "$TESTING"/qemu/config/{base,uml}.config ;;
	esac
}

config_hash()
{
	local files compiler=gcc
	read -ra files <<<"$(config_files "$1")"
	[[ $1 != uml-clang ]] || compiler=clang$CLANG
	[[ $1 != *-arm64 ]] || compiler=aarch64-linux-gnu-gcc
	{
		echo "$RECIPE"
		cat "${files[@]}"
		"$compiler" -dumpfullversion 2>/dev/null || "$compiler" -dumpversion
	} | short_hash
}

# source_configure NAME OUT: tinyconfig and the fragments; an option that does
# not survive Kconfig is an error.
source_configure()
{
	local name=$1 out=$2 kernel_arch=x86 files
	read -ra files <<<"$(config_files "$name")"
	[[ $name != uml* ]] || kernel_arch=um
	[[ $name != *-arm64 ]] || kernel_arch=arm64
	# Lists of packages that were read meanwhile may name a newer one.
	source_prepare
	make -C "$(source_dir)" O="$out" ARCH="$kernel_arch" "${@:3}" tinyconfig
	(cd "$out" && "$(source_dir)/scripts/kconfig/merge_config.sh" -m -O "$out" \
		.config "${files[@]}")
	make -C "$out" ARCH="$kernel_arch" "${@:3}" olddefconfig
	config_check "$out/.config" "${files[@]}"
}

# config_check CONFIG FRAGMENT...: the last word on each option is obeyed.
config_check()
{
	awk '
		{ name = value = "" }
		/^CONFIG_/ { split($0, part, "="); name = part[1]; value = substr($0, length(name) + 2) }
		/^# CONFIG_.* is not set/ { name = $2; value = "n" }
		name == "" { next }
		FILENAME == ARGV[1] { got[name] = value; next }
		{ want[name] = value }
		END {
			for (name in want) {
				have = (name in got) ? got[name] : "n"
				if (have == want[name])
					continue
				print "asked for " name "=" want[name] ", got " have
				bad = 1
			}
			exit bad
		}
	' "$@"
}

kernel_build_debug()
{
	local name=$1 dir=$2 out=$2/out
	mkdir "$out"
	quietly "$dir/configure.log" source_configure "$name" "$out"
	quietly "$dir/build.log" make -C "$out" CC='ccache gcc' -j "$JOBS" bzImage modules
	quietly "$dir/install.log" make -C "$out" CC='ccache gcc' \
		INSTALL_MOD_PATH="$dir/modules" modules_install
	ln -s out/arch/x86/boot/bzImage "$dir/image"
	source_finish "$dir"
}

kernel_build_coverage()
{
	kernel_build_debug "$@"
}

kernel_build_debug-arm64()
{
	local dir=$2 out=$2/out
	mkdir "$out"
	quietly "$dir/configure.log" source_configure debug-arm64 "$out" "${CROSS_ARM64[@]}"
	quietly "$dir/build.log" make -C "$out" "${CROSS_ARM64[@]}" -j "$JOBS" Image modules
	quietly "$dir/install.log" make -C "$out" "${CROSS_ARM64[@]}" \
		INSTALL_MOD_PATH="$dir/modules" modules_install
	ln -s out/arch/arm64/boot/Image "$dir/image"
	source_finish "$dir"
}

kernel_build_uml()
{
	local dir=$2 out=$2/out
	mkdir "$out"
	quietly "$dir/configure.log" source_configure uml "$out"
	quietly "$dir/build.log" make -C "$out" ARCH=um CC='ccache gcc' -j "$JOBS" linux modules
	ln -s out/linux "$dir/image"
	source_finish "$dir"
}

kernel_build_uml-clang()
{
	local dir=$2 out=$2/out
	mkdir "$out"
	quietly "$dir/configure.log" source_configure uml-clang "$out" LLVM="$CLANG"
	quietly "$dir/build.log" make -C "$out" ARCH=um LLVM="$CLANG" -j "$JOBS" modules_prepare
	source_finish "$dir"
}

source_finish()
{
	local dir=$1
	ln -s out "$dir/kdir"
	cp "$dir/out/include/config/kernel.release" "$dir/release"
}
