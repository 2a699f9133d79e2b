# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Our modules for one kernel.  They are built in a copy of the sources, one for
# each kernel, so that several kernels can be served by one clone and none of
# them finds the objects of another.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/kernel.sh"

MODULE_SOURCES=(Kbuild Kconfig drivers include)

# modules_sources: the files and directories that make up our modules.
modules_sources()
{
	local part
	[[ -e $TOP/Kbuild ]] || die "there is no Kbuild in $TOP, so nothing to build"
	for part in "${MODULE_SOURCES[@]}"; do
		[[ ! -e $TOP/$part ]] || echo "$TOP/$part"
	done
}

# modules_options NAME: what make is told. Modules for guests have the fault
# laboratory; those for UML are built as they are by default; those that count what
# runs have all there is, so that counts of different guests are of the same modules,
# and do so where it is written: what is inlined is counted once.
modules_options()
{
	case $1 in
	uml*) ;;
	coverage)
		echo CONFIG_VIRTIO_MSG_LOOPBACK_LAB=y CONFIG_VIRTIO_MSG_KUNIT_TEST=y \
			GCOV_PROFILE=y KCFLAGS=-fno-early-inlining
		;;
	*) echo CONFIG_VIRTIO_MSG_LOOPBACK_LAB=y ;;
	esac
}

# modules_build NAME [MAKE ARGUMENTS...]: our modules, in build/NAME/src.
modules_build()
{
	local name=$1 sources options
	sources=$(modules_sources | paste -sd ' ')
	read -ra options <<<"$(modules_options "$name")"
	modules_build_from "$name" "$BUILD/$name/src" "$sources" "${options[@]}" "${@:2}"
}

# modules_build_suites NAME: the same with their KUnit suites, in build/NAME/suites.
modules_build_suites()
{
	modules_build_from "$1" "$BUILD/$1/suites" "$(modules_sources | paste -sd ' ')" \
		CONFIG_VIRTIO_MSG_KUNIT_TEST=y
}

# modules_log COPY: what the build of the modules in COPY said.
modules_log()
{
	local copy=${1#"$BUILD"/}
	echo "$BUILD/logs/modules-${copy//\//-}.log"
}

# modules_build_from NAME COPY SOURCES [MAKE ARGUMENTS...]: the modules of
# SOURCES, files and directories separated by spaces, in the directory COPY.
modules_build_from()
{
	local copy=$2
	mkdir -p "$copy"
	(
		flock 9
		modules_build_locked "$@" 9>&-
	) 9>"$copy.lock"
}

modules_build_locked()
{
	local name=$1 copy=$2 sources
	read -ra sources <<<"$3"
	modules_copy "$copy" "${sources[@]}"
	quietly "$(modules_log "$copy")" \
		kernel_make "$name" M="$copy" -j "$JOBS" "${@:4}" modules
}

# modules_copy COPY SOURCE...: make COPY's sources equal to SOURCE, but leave
# the objects there alone.
modules_copy()
{
	local copy=$1
	shift
	rsync -rl --perms --checksum --delete --exclude='*.o' --exclude='*.ko' --exclude='*.a' \
		--exclude='*.gcno' \
		--exclude='*.mod' --exclude='*.mod.c' --exclude='.*.cmd' \
		--exclude=modules.order --exclude=Module.symvers \
		"$@" "$copy/"
}

# modules_list COPY: the modules that were built in the directory COPY.
modules_list()
{
	local copy=$1 module
	[[ -e $copy/modules.order ]] || return 0
	while read -r module; do
		[[ $module == /* ]] || module=$copy/$module
		echo "${module%.*}.ko"
	done <"$copy/modules.order"
}

# modules_install NAME DIR COPY...: make DIR/lib/modules serve modprobe: with the
# kernel's own modules and those that were built in each COPY.
modules_install()
{
	local name=$1 dir=$2 kernel release from to copy modules
	shift 2
	kernel=$(kernel_dir "$name")
	release=$(<"$kernel/release")
	from=$kernel/modules/lib/modules/$release
	to=$dir/lib/modules/$release
	mapfile -t modules < <(for copy in "$@"; do modules_list "$copy"; done)

	mkdir -p "$to/updates"
	if [[ -d $from ]]; then
		ln -s "$from/kernel" "$to/kernel"
		cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
	else
		touch "$to"/modules.{builtin,builtin.modinfo,order}
	fi
	((${#modules[@]} == 0)) || cp "${modules[@]}" "$to/updates/"
	depmod -b "$dir" "$release"
}
