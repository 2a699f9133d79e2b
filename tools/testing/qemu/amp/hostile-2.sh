#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 400
# smp: 1
# memory: 512
#
# Serves a disk and an EEPROM, whatever becomes of the shared memory.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/amp.sh"

serve_disk /dev/vda i2c=/dev/shm/eeprom@0x50
