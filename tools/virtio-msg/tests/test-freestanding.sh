#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# The core, built freestanding, needs nothing but memcpy(), memset(), the codec
# and itself.

echo "1..$#"
num=0
bad=0
for object in "$@"; do
	num=$((num + 1))
	foreign=$(nm -u "$object" | awk '{ print $2 }' |
		grep -vxE 'memcpy|memset|v(irtio_)?msg_[a-z0-9_]+')
	if [ -z "$foreign" ]; then
		echo "ok $num - $(basename "$object")"
	else
		bad=1
		echo "not ok $num - $(basename "$object") needs: $(echo "$foreign" | tr "\n" " ")"
	fi
done
exit $bad
