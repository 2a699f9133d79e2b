# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# A domU is saved while its disk is used, goes on, and is restored.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

# Less than it takes for the back end to look dead, in hundredths of a second.
LETS_GO=1500

serve_disk()
{
	serve "$(bus)" blk=/run/disk
}

# restored_paused: what xl does not do for a device that it does not know is done before
# the domain runs.
restored_paused()
{
	patiently silently xl restore -p /run/saved || return 1
	link_domains "$(xl domid domu)" 0
	attach
	open_console domu 5
	xl unpause domu
}

# lets_go: the driver, without waiting for a back end that does not know it.
lets_go()
{
	local began
	began=$(now)
	domu 'front_driver unbind && has_no_bus' &&
		[ $(($(now) - began)) -lt $LETS_GO ]
}

# restored_first: or afterwards, of which the domU's kernel hears nothing.
restored_first()
{
	patiently silently xl restore /run/saved || return 1
	link_domains "$(xl domid domu)" 0
	open_console domu 5
	lets_go || return 1
	attach
	# Since 7.2 kernels look by themselves, and it has a driver.
	domu 'front_driver bind 2>/dev/null; true'
}

save()
{
	silently xl save domu /run/saved || return 1
	xenstore-rm "/local/domain/0/backend/vmsg/$id"
	until_true has_no_bus || return 1
	stop_serving KILL 2>/dev/null
	until_true is_clean
}

# goes_on HOW BLOCK: saved while there is I/O, restored, and used.
goes_on()
{
	check "$1: domU is saved, and goes" save
	check "$1: domU is restored" "$1"
	check "$1: ends connect" until_true has_link
	check "$1: disk is served" serve_disk
	check "$1: I/O goes on" with_io
	check "$1: I/O ends" domu end_io
	check "$1: disk works" disk_works "$2"
	check "$1: nothing is in quarantine in domU" domu until_true has_no_quarantine
	check "$1: I/O begins" domu begin_io
	check "$1: disk is used" with_io
}

make_disk
connect_domu
check 'disk is served' serve_disk
check 'disk works' disk_works 16
check 'I/O begins' domu begin_io
check 'I/O goes on' with_io

domu 'echo "= $(cat /sys/block/$disk/diskseq)"'
disk_is=$answer
check 'domU is saved, and goes on' silently xl save -c domu /run/saved
check 'ends are connected after that' until_true has_link
check 'I/O goes on after that' with_io
check 'no request has failed' domu '[ ! -e /tmp/io-failed ]'
check 'disk is the one that was' domu "[ \$(cat /sys/block/\$disk/diskseq) = $disk_is ]"

goes_on restored_paused 32
goes_on restored_first 48

check 'I/O ends' domu end_io
stop_serving
xl destroy domu
xenstore-rm "/local/domain/0/backend/vmsg/$id"
check 'bus goes in the end' until_true has_no_bus
check 'nothing is left in the end' until_true is_clean
check 'modules unload' unload_all
finish
