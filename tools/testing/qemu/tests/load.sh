#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
#
# Each of our modules loads, unloads and loads again.

set -u

count=0
failed=0

check()
{
	local what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $what"
	else
		echo "not ok $count $what"
		failed=1
	fi
}

echo 'TAP version 13'
for path in "/lib/modules/$(uname -r)"/updates/*.ko; do
	module=$(basename "$path" .ko)
	check "load $module" modprobe "$module"
	check "unload $module" modprobe -r "$module"
	check "load $module again" modprobe "$module"
	check "unload $module again" modprobe -r "$module"
done
echo "1..$count"
exit "$failed"
