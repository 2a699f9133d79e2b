# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC3045,SC2016
#
# What tests in dom0 have in common.

# shellcheck source-path=SCRIPTDIR
. /common.sh

# shellcheck disable=SC2034	# some of it is for the tests

BACK_DRIVER=/sys/bus/xen-backend/drivers/virtio-msg-xen-back
PARAMETERS=/sys/module/virtio_msg_xen/parameters

count=0
number=0

# check WHAT COMMAND...
check()
{
	local what=$1 began took
	shift
	count=$((count + 1))
	began=$(now)
	if "$@"; then
		took=$(($(now) - began))
		echo "ok $count $what # $((took / 100)).$((took % 100 / 10)) s"
	else
		echo "not ok $count $what"
		echo "# back $(state "$back") front $(state "$front")"
	fi
}

# silently COMMAND...: what it says is said if it fails.
silently()
{
	"$@" >/tmp/said 2>&1 || {
		sed 's/^/# /' /tmp/said
		return 1
	}
}

#
# Other domains
#

# patiently COMMAND...: a second time, and a third: libxl waits for 10 s, and the machine
# may be busy.
patiently()
{
	local tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 3 ] || return 1
	done
}

# create NAME FD [SETTING]: a domain, whose console becomes file FD of the test.
create()
{
	patiently xl create -q /dom/domu.cfg "name=\"$1\"" ${3:+"$3"} || return 1
	number=0
	open_console "$1" "$2" && wait_in "$2"
}

# open_console NAME FD
open_console()
{
	local tty
	tty=/local/domain/$(xl domid "$1")/console/tty
	until_true xenstore-exists "$tty" || return 1
	tty=$(xenstore-read "$tty")
	stty -F "$tty" raw -echo
	eval "exec $2<>$tty"
}

# wait_in FD: for what was begun there: its status. What it said after "= " is in $answer.
wait_in()
{
	local line
	# Longer than what it waits for there.
	while read -r -t "$((2 * PATIENCE))" line <&"$1"; do
		case $line in
		"<$number> "*) return "${line#* }" ;;
		'= '*) answer=${line#= } ;;
		esac
	done
	echo "# file $1 does not answer to $number"
	show_domains >/dev/console 2>&1
	return 99
}

# show_domains: on the console: whether they run, where their kernels are, and what
# interrupts, timers and event channels they have.
show_domains()
{
	local key id
	xl vcpu-list
	for id in $(xl list | awk 'NR > 2 { print $2 }'); do
		xenctx "$id" 0
	done
	for key in q a e; do
		xl debug-keys "$key"
	done
}

# run_in FD COMMAND...
run_in()
{
	local where=$1
	shift
	number=$((number + 1))
	echo "$number $*" >&"$where"
	wait_in "$where"
}

# domu COMMAND...: done in the domU that has drivers.
domu()
{
	run_in 5 "$@"
}

# create_domu: whose devices are dom0's.
create_domu()
{
	create domu 5 || return 1
	link_domains "$(xl domid domu)" 0
}

#
# The device
#

# link_domains FRONT BACK: it is of these, by number.
link_domains()
{
	id=$1 back_id=$2
	back=/local/domain/$2/backend/vmsg/$1/0
	front=/local/domain/$1/device/vmsg/0
}

state()
{
	xenstore-read "$1/state" 2>/dev/null
}

are_connected()
{
	[ "$(state "$back")" = 4 ] && [ "$(state "$front")" = 4 ]
}

bus()
{
	echo "xen-back-$id-0"
}

has_bus()
{
	is_alive "$(bus)"
}

has_no_bus()
{
	is_gone "$(bus)"
}

has_link()
{
	are_connected && has_bus && domu until_true has_bus
}

has_no_link()
{
	! has_bus && [ "$(state "$front")" = 6 ]
}

is_clean()
{
	has_no_quarantine && [ "$(cat $PARAMETERS/busy_mappings)" = 0 ]
}

# connect_domu: a new domU to dom0.
connect_domu()
{
	check 'domU is created' create_domu
	check 'front end loads' domu 'load kernel && load order'
	check 'back end loads' load order
	attach
	check 'ends connect' until_true has_link
}

# What is above the device belongs to the domain, too.
own_parents()
{
	local top=/local/domain/$1 node=$2
	while [ "$node" != "$top" ]; do
		node=${node%/*}
		[ "$node" = "$top" ] || xenstore-chmod "$node" "n$1"
	done
}

# Permissions first, since nodes below inherit them; states last.
attach()
{
	xenstore-write "$back" '' && xenstore-chmod "$back" "n$back_id" "r$id"
	xenstore-write "$front" '' && xenstore-chmod "$front" "n$id" "r$back_id"
	[ "$back_id" = 0 ] || own_parents "$back_id" "$back"
	xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$id" \
		"$back/online" 1 "$front/backend" "$back" "$front/backend-id" "$back_id"
	xenstore-write "$back/state" 1 "$front/state" 1
}

detach()
{
	xenstore-write "$back/online" 0 "$back/state" 5
}

forget_device()
{
	xenstore-rm "$back"
	xenstore-rm "$front"
}

unbind()
{
	echo "vmsg-$id-0" >$BACK_DRIVER/unbind
}

unload_all()
{
	rmmod virtio_msg_xen virtio_msg_shmem virtio_msg_fifo virtio_msg
}

# in_front COMMAND...: done in the domain that has the disk; what it said after "= " is
# in $answer.
in_front()
{
	domu "$@"
}

io_goes_on()
{
	in_front 'echo "= $(ios)"' && [ "$answer" -gt "$seen" ]
}

# with_io: the disk answers requests.
with_io()
{
	in_front 'until_true has_disk && echo "= $(ios)"' || return 1
	seen=$answer
	until_true io_goes_on
}

# Bytes of a disk that are compared. Behind them begin_io writes, also while they are, and
# over what a spoilt window may have had written there.
COMPARED=1048576

# make_disk: the file /run/disk.
make_disk()
{
	head -c "$COMPARED" /dev/urandom >/run/disk
	head -c "$COMPARED" /dev/zero >>/run/disk
}

# disk_works BLOCK: the disk reads as the file /run/disk does, and what is written to it
# from there on is in it.
disk_works()
{
	domu 'until_true has_disk' || return 1
	domu "echo \"= \$(head -c $COMPARED /dev/\$disk | sha256sum)\""
	[ "$answer" = "$(head -c "$COMPARED" /run/disk | sha256sum)" ] || return 1
	domu "head -c 65536 /dev/urandom >/tmp/some; dd if=/tmp/some of=/dev/\$disk bs=4k seek=$1 conv=fsync 2>/dev/null && echo \"= \$(sha256sum </tmp/some)\"" ||
		return 1
	[ "$answer" = "$(dd if=/run/disk bs=4k skip="$1" count=16 2>/dev/null | sha256sum)" ]
}

# mapped: how many pages of the domU others have mapped, as Xen says.
mapped()
{
	xl dmesg -c >/dev/null
	xl debug-keys g
	xl dmesg | awk -v domain="d$id" '
		/grant-table for/ { ours = $0 ~ domain "( |$|\\()" }
		/\[0x[0-9a-f]+\]/ && ours { n++ }
		END { print n + 0 }'
}

# events NAME: how many came from the event channel of that bus.
events()
{
	awk -v name="$1" '
		$NF == name { for (i = 2; i < NF; i++) if ($i ~ /^[0-9]+$/) n += $i }
		END { print n + 0 }' /proc/interrupts
}

finish()
{
	[ ! -s /tmp/server.log ] || sed 's/^/# server: /' /tmp/server.log
	echo "1..$count"
}
