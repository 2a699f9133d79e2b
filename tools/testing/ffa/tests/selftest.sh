#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 60
#
# The bed itself: the kernel's FF-A, and the manager.

set -eu

modprobe ffa-module
modprobe ffa-bed
cat /sys/kernel/debug/ffa-bed/selftest
sed 's/^/# /' /sys/kernel/debug/ffa-bed/counters
modprobe -r ffa-bed
