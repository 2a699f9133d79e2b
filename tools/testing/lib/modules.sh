# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Our modules for one kernel.  They are built in a copy of the sources, one for
# each kernel, so that several kernels can be served by one clone and none of
# them finds the objects of another.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/kernel.sh"

MODULE_SOURCES=(Kbuild Kconfig drivers include)

# modules_build NAME [MAKE ARGUMENTS...]: the result is in build/NAME/src.
modules_build()
{
	local name=$1
	mkdir -p "$BUILD/$name"
	(
		flock 9
		modules_build_locked "$@" 9>&-
	) 9>"$BUILD/$name/lock"
}

modules_build_locked()
{
	local name=$1 src=$BUILD/$1/src
	shift
	modules_copy "$src"
	quietly "$BUILD/logs/$name-modules.log" \
		kernel_make "$name" M="$src" -j "$JOBS" "$@" modules
}

# modules_copy DIR: make DIR's sources equal to ours, leave its objects alone.
modules_copy()
{
	local dir=$1 part
	local sources=()
	for part in "${MODULE_SOURCES[@]}"; do
		[[ ! -e $TOP/$part ]] || sources+=("$TOP/$part")
	done
	[[ -e $TOP/Kbuild ]] || die "there is no Kbuild in $TOP, so nothing to build"
	mkdir -p "$dir"
	rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.a' \
		--exclude='*.mod' --exclude='*.mod.c' --exclude='.*.cmd' \
		--exclude=modules.order --exclude=Module.symvers \
		"${sources[@]}" "$dir/"
}

# modules_list NAME: the modules that were built.
modules_list()
{
	local src=$BUILD/$1/src module
	[[ -e $src/modules.order ]] || return 0
	while read -r module; do
		module=${module%.o}
		[[ $module == /* ]] || module=$src/$module
		echo "${module%.ko}.ko"
	done <"$src/modules.order"
}

# modules_install NAME DIR: make DIR/lib/modules serve modprobe: the kernel's
# own modules and ours.
modules_install()
{
	local name=$1 dir=$2 kernel release from to modules
	kernel=$(kernel_dir "$name")
	release=$(<"$kernel/release")
	from=$kernel/modules/lib/modules/$release
	to=$dir/lib/modules/$release
	mapfile -t modules < <(modules_list "$name")

	mkdir -p "$to/updates"
	ln -s "$from/kernel" "$to/kernel"
	cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
	((${#modules[@]} == 0)) || cp "${modules[@]}" "$to/updates/"
	depmod -b "$dir" "$release"
}
