# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# demo -x: dom0 serves a disk, a network card and entropy; the domU's drivers use
# them. What is not as it should be ends it.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

NET_BYTES=20000000
NET_HOST=10.99.0.1
NET_GUEST=10.99.0.2
NET_PORT=8080
PINGS=5
RNG_BYTES=1024

fail()
{
	echo
	echo "FAILED: $step: $*"
	count=$((count + 1))
	echo "not ok $count $step"
	finish
	exit 1
}

begin()
{
	step=$1
	began=$(now)
}

# done_with TEXT...
done_with()
{
	local took
	took=$((($(now) - began + 5) / 10))
	printf '  %-8s %-66s %5s s\n' "$step" "$*" "$((took / 10)).$((took % 10))"
	count=$((count + 1))
	echo "ok $count $step"
}

must()
{
	local what=$1
	shift
	"$@" || fail "$what"
}

set_up_bus()
{
	begin bus
	must 'the domU does not start' create_domu
	at_first=$(mapped)
	must 'the domU does not load the drivers' domu 'load kernel && load order'
	must 'the modules do not load' load order
	attach
	must 'no link' until_true has_link
	head -c 4096 /dev/urandom >/run/entropy
	must 'devices are not served' serve "$(bus)" blk=/dev/vda,serial=demo net=tap0 rng=/run/entropy
	must 'the domU finds no disk' domu until_true has_disk
	must 'the domU finds no card' domu until_true has_card
	virtio-msg ping -c 3 "$(bus)" | sed 's/^/# /'
	done_with 'dom0 serves 3 devices; the domU has found them'
}

demo_disk()
{
	local before
	begin disk
	before=$(mapped)
	must 'it cannot be mounted' domu 'mkdir -p /mnt && mount -t ext4 /dev/$disk /mnt'
	must 'files are not as they should be' \
		domu 'check_sums /sums /mnt'
	domu 'echo "= $(wc -l </sums) files, $(awk "{ print int(\$3 * 512 / 1000000) }" /sys/block/$disk/stat) MB"'
	done_with "read $answer: all checksums right"
	begin disk
	must 'it cannot be written' \
		domu 'head -c 5000000 /dev/urandom >/mnt/new && sha256sum /mnt/new >/tmp/sum && umount /mnt'
	must 'what was written is not read' \
		domu 'mount -t ext4 /dev/$disk /mnt && sha256sum -c /tmp/sum >/tmp/said && umount /mnt'
	done_with 'wrote 5.0 MB, mounted again: same bytes'
	must 'pages were mapped for requests' [ "$(mapped)" = "$before" ]
}

demo_net()
{
	begin net
	ip addr add "$NET_HOST/24" dev tap0
	ip link set tap0 up
	must 'no address' domu "ip addr add $NET_GUEST/24 dev \$card && ip link set \$card up"
	must 'no answer to ping' domu "ping -q -c $PINGS -W 60 $NET_HOST >/tmp/ping && grep -q '$PINGS packets received' /tmp/ping"
	domu "echo \"= \$(sed -n 's/^round-trip [^=]*= //p' /tmp/ping)\""
	done_with "$PINGS pings answered in $answer (min/avg/max)"

	mkdir -p /run/web
	head -c "$NET_BYTES" /dev/urandom >/run/web/download
	sum=$(sha256sum </run/web/download)
	httpd -p "$NET_HOST:$NET_PORT" -h /run/web
	begin net
	must 'the transfer has failed' \
		domu "watched /sys/class/net/\$card/statistics/rx_bytes download http://$NET_HOST:$NET_PORT/download && echo \"= \$(cat /tmp/sum)\""
	[ "$answer" = "$sum" ] || fail 'other bytes arrived than were sent'
	domu 'echo "= $(cat /sys/class/net/$card/statistics/rx_bytes)"'
	[ "$answer" -ge "$NET_BYTES" ] || fail 'the bytes did not cross the card'
	done_with "$((NET_BYTES / 1000000)) MB in, by HTTP: same bytes"
}

hex()
{
	hexdump -v -e '1/1 "%02x"' "$1"
}

demo_rng()
{
	local all part
	begin rng
	must 'another source' domu 'grep -q ^virtio_rng /sys/class/misc/hw_random/rng_current'
	must 'no entropy' domu "head -c $RNG_BYTES /dev/hwrng >/tmp/rng && echo \"= \$(hexdump -v -e '1/1 \"%02x\"' /tmp/rng)\""
	all=$(hex /run/entropy)
	[ ${#answer} = $((2 * RNG_BYTES)) ] || fail "${#answer} digits"
	for part in $(echo "$answer" | fold -w 32); do
		case $all$all in
		*$part*) ;;
		*) fail 'bytes that the device never gave' ;;
		esac
	done
	done_with "$RNG_BYTES bytes of /dev/hwrng: all of them the device's"
}

# What a peer, or we, have done wrong.
bad_counters()
{
	(cd "/sys/class/virtio-msg/$(bus)/counters" && grep -v '^0$' ./* |
		grep -vE '^./(sent|received|notified|send_again|config_events|ping_received|claims):')
}

demo_end()
{
	begin end
	bad_counters && fail 'errors were counted'
	must 'the server fails' stop_serving
	must 'devices stay' domu until_true has_no_disk
	detach
	must 'the link stays' until_true has_no_link
	must 'something stays shared' until_true is_clean
	must 'something stays mapped' [ "$(mapped)" = "$at_first" ]
	xl destroy domu
	xenstore-rm "/local/domain/0/backend/vmsg/$id"
	must 'the bus stays' until_true has_no_bus
	must 'a module stays' unload_all
	done_with 'no error counted; devices, link and modules removed'
}

echo
set_up_bus
demo_disk
demo_net
demo_rng
demo_end
echo
finish
