#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 7000
# smp: 2
# memory: 1024
#
# resume.sh with 100 deaths under each load.

KILLS=100 exec "${0%/*}/resume.sh"
