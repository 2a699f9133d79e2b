#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: stock-6.12
# timeout: 300
# smp: 2
# memory: 1024
#
# A directory of virtiofsd.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vhost_user.sh"

VIRTIOFSD=${VIRTIOFSD:-/usr/lib/qemu/virtiofsd}
[[ -x $VIRTIOFSD ]] || VIRTIOFSD=$(command -v virtiofsd) || skip 'no virtiofsd'
TOP=$(realpath "$(dirname "$0")/../../../..")
SHARED=$WORK/shared
MOUNT=$WORK/mount
mkdir -p "$SHARED" "$MOUNT"
load virtiofs

daemon()
{
	start_backend "$VIRTIOFSD" --socket-path="$SOCKET" -o "source=$SHARED" \
		-o sandbox=chroot -o xattr -o posix_lock -o flock -o cache=auto
}

up()
{
	make_bus fs
	: >"$BRIDGE_LOG"
	must 'back end starts' daemon
	must 'bridge starts' bridge fs --type fs --tag shared
	check 'mount' within "$SOON" mount -t virtiofs shared "$MOUNT"
}

down()
{
	check 'unmount' umount "$MOUNT"
	stop
	check 'nothing left' within "$SOON" clean fs
	stop_backend
	check 'bus gone' remove_bus fs
}

# Both sides see the same.
test_content()
{
	check 'write' dd if=/dev/urandom of="$MOUNT/big" bs=1M count=24 conv=fsync
	check 'the back end sees it' cmp "$MOUNT/big" "$SHARED/big"
	check 'direct reads of 1 MiB' dd if="$MOUNT/big" of="$WORK/copy" bs=1M \
		iflag=direct
	check 'are right' cmp "$WORK/copy" "$SHARED/big"
	check 'direct writes of 1 MiB' dd if="$WORK/copy" of="$MOUNT/direct" \
		bs=1M oflag=direct
	check 'are right, too' cmp "$WORK/copy" "$SHARED/direct"
	rm -f "$WORK/copy" "$MOUNT/direct" "$MOUNT/big"
	check 'unlink' test ! -e "$SHARED/big"
}

test_calls()
{
	check 'system calls' python3 -B "${0%/*}/vhost_user_fs.py" "$MOUNT"
	check 'nothing is left of them' test -z "$(ls "$SHARED")"
}

make_repository()
{
	local source=$WORK/source
	mkdir -p "$source/drivers/virtio-msg" "$source/tools" &&
		cp -r "$TOP/include" "$source" &&
		cp "$TOP"/drivers/virtio-msg/protocol.[ch] \
			"$source/drivers/virtio-msg" &&
		mkdir "$source/tools/virtio-msg" &&
		cp -r "$TOP"/tools/virtio-msg/{lib,shim,tests,Makefile,*.h} \
			"$source/tools/virtio-msg" || return
	git -C "$source" init -q && git -C "$source" add . &&
		git -C "$source" -c user.name=test -c user.email=test@test \
			commit -qm test
}

# Two files only: compilers are slow here.
build()
{
	make -s -C "$MOUNT/clone/tools/virtio-msg" CFLAGS=-O0 \
		OUT="$MOUNT/clone/out" "$MOUNT/clone/out/obj/lib/outbox.o" \
		"$MOUNT/clone/out/obj/lib/chain.o"
}

test_build()
{
	check 'a repository' make_repository
	check 'git clone' git clone -q --no-local "$WORK/source" "$MOUNT/clone"
	check 'git fsck' git -C "$MOUNT/clone" fsck --strict
	check 'build' build
	check 'the objects are there' nm "$SHARED/clone/out/obj/lib/outbox.o"
	check 'remove it all' rm -rf "$MOUNT/clone"
	check 'all is removed' test ! -e "$SHARED/clone"
}

# Nobody hangs when the back end dies.
test_killed()
{
	local job
	echo content >"$SHARED/file"
	(while cat "$MOUNT/file"; do :; done) >/dev/null 2>&1 &
	job=$!
	stop_backend KILL
	check 'killed: device goes' within "$SOON" said 'is removed'
	check 'killed: reads end' within "$SOON" ended "$job"
	check 'killed: unmount' umount "$MOUNT"
	check 'killed: nothing left' within "$SOON" clean fs
	daemon
	check 'killed: mount again' within "$SOON" mount -t virtiofs shared "$MOUNT"
	check 'killed: content' grep -q content "$MOUNT/file"
}

up
test_content
test_calls
test_build
check 'unmount' umount "$MOUNT"
check 'mount again' mount -t virtiofs shared "$MOUNT"
test_killed
down
finish
