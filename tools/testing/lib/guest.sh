# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guests of the test beds: what they are told, what they get, how they start.

# shellcheck disable=SC2034,SC2154	# the state is that of "run" or "pair"

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/modules.sh"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/arm64.sh"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/ffa.sh"

QEMU_DIR=$TESTING/qemu
VIRTIOFSD=/usr/lib/qemu/virtiofsd

# Seconds that a guest may take to boot and to end, and by how much the tests
# may be slower than they say, without and with the sanitizers.
BOOT_LIMIT=120
DEBUG_BOOT_LIMIT=400
DEBUG_FACTOR=3

# Seconds after its time limit until a test that goes on makes its guest a hung
# one, and for how long such a guest may then say what its tasks do.
HANG_GRACE=30
DUMP_LIMIT=30

# An NMI, by which the host asks, makes the kernel print its tasks and end.
ON_NMI='unknown_nmi_panic panic_print=0x41'

# A processor of a guest may get nothing for a while.
PATIENT='watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=120'

# What a test gets that asks for nothing.
DEFAULT_TIMEOUT=120
DEFAULT_SMP=2
DEFAULT_MEMORY=1024
DEFAULT_ISA=1

# is_arm64: is the guest's kernel one for arm64?
is_arm64()
{
	[[ $kernel == *-arm64 ]]
}

# prepare_programs: those that the guest has in place of this machine's.
prepare_programs()
{
	is_arm64 || return 0
	arm64_prepare
	ffa_build
	[[ ${firmware:-} != spmc ]] || tfa_prepare
}

# test_option TEST NAME DEFAULT: what the test declares.
test_option()
{
	local test=$1 name=$2 value='' settings
	settings=$(dirname "$test")/settings
	if [[ $(head -c 2 "$test") == '#!' ]]; then
		value=$(sed -nE "1,40{s/^# $name: *([0-9]+).*/\1/p;T;q}" "$test")
	elif [[ -e $settings ]]; then
		value=$(sed -nE "s/^$name=([0-9]+)$/\1/p;T;q" "$settings")
	fi
	echo "${value:-$3}"
}

# largest NAME DEFAULT: the most that any test asks for.
largest()
{
	local most=0 value test
	for test in "${tests[@]}"; do
		value=$(test_option "$test" "$1" "$2")
		((value <= most)) || most=$value
	done
	echo "$most"
}

# write_plan: the guest's orders; leaves in boot_limit how long it may take to
# boot and to end, and in total the limit of the whole run.
write_plan()
{
	local test timeout factor=1
	boot_limit=$BOOT_LIMIT
	if [[ $kernel == debug* ]]; then
		boot_limit=$DEBUG_BOOT_LIMIT
		factor=$DEBUG_FACTOR
	fi
	total=$boot_limit
	for test in "${tests[@]}"; do
		timeout=$(($(test_option "$test" timeout "$DEFAULT_TIMEOUT") * factor))
		total=$((total + timeout))
		printf '%s %s\n' "$timeout" "$test"
	done >"$work/plan"
	total=${limit:-$total}
}

# stage: the number of the test that runs, or how far the guest has come.
stage()
{
	awk 'END { print $1 == "start" ? $2 : NR ? $1 $2 : "boot" }' "$work/verdict" 2>/dev/null ||
		echo boot
}

# stage_limit STAGE: for how many seconds a guest may stay there.
stage_limit()
{
	case $1 in
	[0-9]*) echo "$(($(sed -n "$1s/ .*//p" "$work/plan") + HANG_GRACE))" ;;
	*) echo "$boot_limit" ;;
	esac
}

# stage_name STAGE: as a person would call it.
stage_name()
{
	case $1 in
	[0-9]*) basename "$(sed -n "$1s/[0-9]* //p" "$work/plan")" ;;
	*) echo "stage '$1'" ;;
	esac
}

# watch_guest: end a guest that hangs, and leave the name of where in "hung".
watch_guest()
{
	local stage=boot now since=$SECONDS began=$SECONDS
	while sleep 1; do
		now=$(stage)
		if [[ $now != "$stage" ]]; then
			stage=$now since=$SECONDS
		fi
		((SECONDS - since <= $(stage_limit "$stage") && SECONDS - began <= total)) || break
	done
	stage_name "$stage" >"$work/hung"
	dump_guest
	kill -KILL "$qemu_pid"
}

# dump_guest: have the kernel print what its tasks do and panic, so that QEMU
# ends; wait for that, but not long.  QEMU's arm64 machine has no NMI.
dump_guest()
{
	! is_arm64 || return 0
	echo nmi 1<>"$work/monitor.in"
	timeout "$DUMP_LIMIT" tail -f --pid="$qemu_pid" /dev/null || :
}

# build_modules: ours and those of further directories, ready for modprobe.
build_modules()
{
	local directory copy built=() directories=("${directories[@]}")
	! is_arm64 || directories+=("$FFA_DIR/module")
	if [[ ${with_suites:-} ]]; then
		modules_build_suites "$kernel"
		built+=("$BUILD/$kernel/suites")
	elif [[ -n $with_modules ]]; then
		modules_build "$kernel"
		built+=("$BUILD/$kernel/src")
	fi
	for directory in "${directories[@]}"; do
		copy=$BUILD/$kernel/$(basename "$directory")
		modules_build_from "$kernel" "$copy" "$directory/"
		built+=("$copy")
	done
	modules_install "$kernel" "$work" "${built[@]}"
}

# make_initramfs: busybox, our first process and what it takes to mount.
make_initramfs()
{
	local root=$work/initramfs module busybox
	mkdir -p "$root/bin" "$root/modules"
	busybox=$(command -v busybox)
	! is_arm64 || busybox=$(arm64_root)/usr/bin/busybox
	cp "$busybox" "$root/bin/busybox"
	cp "$QEMU_DIR/init" "$root/init"
	for module in "$kernel_path/modules/lib/modules"/*/kernel/fs/overlayfs/overlay.ko*; do
		case $module in
		*.xz) xz -dc "$module" >"$root/modules/overlay.ko" ;;
		*.ko) cp "$module" "$root/modules/overlay.ko" ;;
		esac
	done
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs.gz"
}

# await_socket PROCESS SOCKET: until the daemon listens, unless it ends first.
await_socket()
{
	local end=$((SECONDS + 60))
	until [[ -S $2 ]]; do
		((SECONDS < end)) && kill -0 "$1" 2>/dev/null || return
		sleep 0.05
	done
}

# start_virtiofsd: serve all files of this machine, read-only, on fs.sock; a guest
# that cannot run its programs gets others in their place.  The daemon locks a file in /run that is named after its socket, so that two of them
# would be in each other's way; it gets a /run of its own.
start_virtiofsd()
{
	local programs=''
	! is_arm64 || programs=$(arm64_root)
	mkdir "$work/host"
	# shellcheck disable=SC2016	# the arguments of the inner shell
	unshare --mount -- bash -euc '
		mount --rbind / "$1/host"
		if [ "$3" ]; then
			mount --bind "$3/usr" "$1/host/usr"
			mount --bind "$3/etc" "$1/host/etc"
		fi
		mount -o remount,bind,ro "$1/host"
		mount -t tmpfs run /run
		cd "$1"
		exec "$2" --socket-path="$1/fs.sock" -f -o source="$1/host" \
			-o sandbox=chroot -o cache=always -o log_level=warn
	' bash "$work" "$VIRTIOFSD" "$programs" >"$work/virtiofsd.log" 2>&1 &
	virtiofsd_pid=$!
	await_socket "$virtiofsd_pid" "$work/fs.sock" ||
		die "virtiofsd does not start: $(<"$work/virtiofsd.log")"
}

# x86_machine MEMORY: see ffa_machine.  On a busy machine the kernel would find the
# timer too slow to be one; and that of 7.3, as its processors compare their clocks,
# can wait for one that another stop_machine() has stopped, by a clock that stands
# still with it.
x86_machine()
{
	local cpu=qemu64
	(($(largest isa "$DEFAULT_ISA") < 2)) || cpu=Nehalem
	size=$1
	# shellcheck disable=SC2054	# commas of QEMU
	machine=(-accel tcg -cpu "$cpu" -M q35,memory-backend=memory
		-kernel "$kernel_path/image" -initrd initramfs.gz
		-append "console=ttyS0 no_timer_check tsc=nowatchdog $ON_NMI $cmdline")
}

# guest_arguments: leave in arguments what QEMU is told, who runs in $work, and its
# name in qemu_program.  Logs are appended to, so that a guest may be started again.
guest_arguments()
{
	local memory smp machine size
	local cmdline="quiet loglevel=6 panic=-1 $PATIENT TESTBED=$work VIRTIO_MSG_KERNEL=$kernel $append"
	rm -f "$work"/monitor.{in,out}
	mkfifo "$work"/monitor.{in,out}
	memory=$(largest memory "$DEFAULT_MEMORY")
	smp=$(largest smp "$DEFAULT_SMP")
	if is_arm64; then
		qemu_program=qemu-system-aarch64
		ffa_machine "$memory"
	else
		qemu_program=qemu-system-x86_64
		x86_machine "$memory"
	fi
	# shellcheck disable=SC2054	# commas of QEMU
	arguments=(
		-nodefaults -no-user-config -nographic -no-reboot
		"${machine[@]}" -smp "$smp" -m "$size"
		-object "memory-backend-memfd,id=memory,size=${size}M,share=on"
		-chardev pipe,id=monitor,path=monitor -mon chardev=monitor
		-chardev "file,id=console,path=$log.log,append=on" -serial chardev:console
		-chardev socket,id=fs,path=fs.sock
		-device vhost-user-fs-pci,chardev=fs,tag=host,queue-size=1024
		-device virtio-serial-pci
		-chardev "file,id=output,path=$log.tap,append=on"
		-device virtserialport,chardev=output,name=output
		-chardev file,id=verdict,path=verdict,append=on
		-device virtserialport,chardev=verdict,name=verdict
	)
}
