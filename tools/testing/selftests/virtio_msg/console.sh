#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
#
# A console whose other end says what it hears.

# shellcheck disable=SC2317	# functions are called by name
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/vmsg.sh"

# echoes TERMINAL TEXT: what is written comes back.
echoes()
{
	python3 -c '
import os, select, sys, termios, time, tty
text = sys.argv[2].encode()
try:
    fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
except OSError:
    sys.exit(1)
tty.setraw(fd)
end = time.monotonic() + float(sys.argv[3])
sent = got = b""
while got != text and time.monotonic() < end:
    left = text[len(sent):]
    can = select.select([fd], [fd] if left else [], [], 1)
    if can[1]:
        try:
            sent += left[:os.write(fd, left[:64])]
        except BlockingIOError:
            time.sleep(0.01)
    if can[0]:
        got += os.read(fd, 4096)
print(len(sent), "bytes sent,", len(got), "received")
termios.tcflush(fd, termios.TCIOFLUSH)
sys.exit(got != text)
' "$@"
}

load virtio-rng
command -v python3 >/dev/null || skip 'no python3'
grep -q virtio_console /proc/modules || modprobe -q virtio_console ||
	[[ -d /sys/bus/virtio/drivers/virtio_console ]] || skip 'no virtio_console'
make_bus console
check 'serve' serve console console=echo
check 'device' within "$SOON" is 1 counter console device_added
for terminal in /dev/hvc*; do
	! echoes "$terminal" probe 30 >/dev/null 2>&1 || break
	terminal=
done
check "a word comes back ($terminal)" test -n "$terminal"
if [[ $terminal ]]; then
	check '2,000 characters come back' echoes "$terminal" "$(printf 'x%.0s' {1..2000})" "$SOON"
fi
stop KILL
check 'nothing left' within "$SOON" clean console
check 'bus gone' remove_bus console
finish
