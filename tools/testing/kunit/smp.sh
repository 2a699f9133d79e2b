#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# smp: 2
#
# What the KUnit suites of all modules say as these are loaded.

set -eu

RESULTS=/sys/kernel/debug/kunit

find "/lib/modules/$(uname -r)/" -name 'virtio-msg*.ko' -printf '%f\n' |
	while read -r module; do
		modprobe "${module%.ko}"
	done
cat "$RESULTS"/virtio[_-]msg*/results | sed -n 's/^    \(ok\|not ok\|# \)/\1/p'
# There are suites at all.
ls -d "$RESULTS"/virtio[_-]msg*/ >/dev/null
