#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# smp: 1
# memory: 512
#
# Serves a disk, to whoever comes, until told to stop.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

serve_disk /dev/vda
