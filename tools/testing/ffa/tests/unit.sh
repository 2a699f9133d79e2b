#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 120
#
# What the KUnit suites of the modules said when these were loaded.

set -eu

RESULTS=/sys/kernel/debug/kunit

modprobe virtio-msg-ffa
cat "$RESULTS"/virtio_msg_ffa*/results | sed -n 's/^    \(ok\|not ok\|# \)/\1/p'
# There are suites at all, and the modules can go.
ls -d "$RESULTS"/virtio_msg_ffa_*/ >/dev/null
modprobe -r virtio-msg-ffa
