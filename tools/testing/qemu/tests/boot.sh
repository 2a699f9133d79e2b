#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 120
#
# The guest is what tests may rely on: our own /proc and /tmp, the host's
# programs, file systems for debugging, a root file system that can be written.

set -eu

count=0

check()
{
	local what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $what"
	else
		echo "not ok $count $what"
	fi
}

echo 'TAP version 13'
check 'the kernel is the one asked for' test -n "$VIRTIO_MSG_KERNEL"
check 'one of the host programs runs' fio --version
check 'debugfs is mounted' mountpoint -q /sys/kernel/debug
check 'tracefs is mounted' mountpoint -q /sys/kernel/tracing
check 'configfs is mounted' mountpoint -q /sys/kernel/config
check 'files can be written' touch /tmp/file /etc/file
check 'modules can be loaded' modprobe tun
check 'loopback network is up' ping -q -c 1 127.0.0.1
echo "1..$count"
