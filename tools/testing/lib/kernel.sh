# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernels of the test beds, by name:
#
#   stock-6.12	Debian's 6.12 LTS cloud kernel, with its own headers
#   stock-7	Debian's newest 7.x cloud kernel, with its own headers and the
#		compiler that they ask for, from a small tree of that release
#   debug	the newest kernel source that Debian has, built with the
#		sanitizers and lock checks of qemu/config/debug.config
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

export CCACHE_DIR=$CACHE/ccache CCACHE_NOHASHDIR=1
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=virtio-msg KBUILD_BUILD_HOST=virtio-msg

SOURCE_SUITE=trixie-backports

# To be raised when something changes in how kernels are configured and built
# that neither their version nor their configuration tells.
RECIPE=1

CLANG=-19

kernel_names()
{
	echo stock-6.12 stock-7 debug uml uml-clang
}

# kernel_prepare NAME: see that the kernel is in the cache, and what it takes to
# build modules for it.
kernel_prepare()
{
	local name=$1
	case $name in
	stock-7) toolchain_prepare ;;
	debug | uml | uml-clang) source_prepare ;;
	esac
	apt_build_once "$(kernel_suite "$name")" deb kernel_dir \
		"kernel_build_${name%%-[0-9]*}" "$name"
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
	stock-6.12) echo bookworm-security ;;
	stock-7 | debug | uml | uml-clang) echo "$SOURCE_SUITE" ;;
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
	stock-6.12) make -C "$dir/kdir" "$@" ;;
	stock-7) toolchain_run "$dir" make -C "$dir/kdir" "$@" ;;
	debug) make -C "$dir/kdir" CC='ccache gcc' "$@" ;;
	uml) make -C "$dir/kdir" ARCH=um CC='ccache gcc' "$@" ;;
	uml-clang) make -C "$dir/kdir" ARCH=um LLVM="$CLANG" "$@" ;;
	esac
}

#
# Debian's binary kernels
#

stock_metapackages()
{
	case $1 in
	stock-6.12) echo linux-image-6.12-cloud-amd64 linux-headers-6.12-cloud-amd64 ;;
	stock-7) echo linux-image-cloud-amd64 linux-headers-cloud-amd64 ;;
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

	# The headers name each other by the path that they would have if
	# they were installed.
	grep -rlIZ --include=Makefile /usr/src/linux- "$dir/usr/src" |
		xargs -0 sed -i "s#/usr/src/linux-#$dir&#g"
	ln -s "$(basename "$dir"/usr/src/linux-headers-*-cloud-amd64)" "$dir/usr/src/kdir"
	ln -s usr/src/kdir "$dir/kdir"

	image=$(find "$dir" -name 'vmlinuz*' -type f -print -quit)
	ln -s "${image#"$dir"/}" "$dir/image"
	mkdir "$dir/modules"
	[[ ! -d $dir/usr/lib/modules ]] || ln -s ../usr/lib "$dir/modules/lib"
	[[ ! -d $dir/lib/modules ]] || ln -s ../lib "$dir/modules/lib"
	basename "$dir"/modules/lib/modules/* >"$dir/release"
}

#
# A tree of the release whose compiler stock-7 needs
#

TOOLCHAIN_SUITE=trixie
TOOLCHAIN_PACKAGES=gcc-14,libc6-dev,binutils,make,pahole,libelf1t64

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

# toolchain_run DIR COMMAND...: run COMMAND in the tree, where DIR and the build
# directory of this clone are found under the same names as outside.  objtool
# wants /proc.  The mounts go away with the mount namespace.
toolchain_run()
{
	# shellcheck disable=SC2016	# the arguments of the inner shell
	unshare --mount -- bash -euc '
		root=$1 kernel=$2 build=$3
		shift 3
		mkdir -p "$root$kernel" "$root$build"
		mount --bind "$kernel" "$root$kernel"
		mount --bind "$build" "$root$build"
		mount -t proc proc "$root/proc"
		exec chroot "$root" "$@"
	' bash "$(toolchain_dir)" "$1" "$BUILD" "${@:2}"
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
		awk '$1 == "Depends:" { print $2; exit }'
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
	uml) echo "$TESTING"/qemu/config/{base,uml,debug}.config ;;
	uml-clang) echo "$TESTING"/qemu/config/{base,uml}.config ;;
	esac
}

config_hash()
{
	local files compiler=gcc
	read -ra files <<<"$(config_files "$1")"
	[[ $1 != uml-clang ]] || compiler=clang$CLANG
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
	local name=$1 out=$2 arch=x86 files
	read -ra files <<<"$(config_files "$name")"
	[[ $name != uml* ]] || arch=um
	make -C "$(source_dir)" O="$out" ARCH=$arch tinyconfig
	(cd "$out" && "$(source_dir)/scripts/kconfig/merge_config.sh" -m -O "$out" \
		.config "${files[@]}")
	make -C "$out" ARCH=$arch "${@:3}" olddefconfig
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
	local dir=$2 out=$2/out
	mkdir "$out"
	quietly "$dir/configure.log" source_configure debug "$out"
	quietly "$dir/build.log" make -C "$out" CC='ccache gcc' -j "$JOBS" bzImage modules
	quietly "$dir/install.log" make -C "$out" CC='ccache gcc' \
		INSTALL_MOD_PATH="$dir/modules" modules_install
	ln -s out/arch/x86/boot/bzImage "$dir/image"
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
