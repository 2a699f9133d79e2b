# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2016
#
# Links in which dom0 is not the back end: a driver domain has disks of a domU and of
# dom0, and is destroyed while both use them.

# shellcheck source-path=SCRIPTDIR/..
. /words.sh

# other COMMAND...: done in the driver domain.
other()
{
	run_in 6 "$@"
}

# create_other: where dom0 runs, so that it does while the domU does.
create_other()
{
	create other 6 'cpus="0"' || return 1
	other_id=$(xl domid other)
	other 'load kernel && load order'
}

# Of the link in question, which may be that of this domain.
in_front()
{
	[ "$id" = 0 ] || {
		domu "$@"
		return
	}
	answer=$(eval "$*") || return 1
	answer=${answer#= }
}

ends_have_link()
{
	are_connected && other "until_true is_alive $(bus)" &&
		in_front 'until_true is_alive xen-front-0'
}

ends_have_no_link()
{
	[ "$(state "$front")" = 6 ] && other "is_gone $(bus)"
}

# A disk of its own for each front end.
serve_disk()
{
	other "head -c 1048576 /dev/urandom >/tmp/disk-$id && serve $(bus) blk=/tmp/disk-$id"
}

# other_disk_works BLOCK: as disk_works, whose file is in the driver domain.
other_disk_works()
{
	local sum
	in_front 'until_true has_disk && echo "= $(sha256sum </dev/$disk)"' || return 1
	sum=$answer
	other "echo \"= \$(sha256sum </tmp/disk-$id)\""
	[ "$answer" = "$sum" ] || return 1
	in_front "has_disk && head -c 65536 /dev/urandom >/tmp/some && dd if=/tmp/some of=/dev/\$disk bs=4k seek=$1 conv=fsync 2>/dev/null && echo \"= \$(sha256sum </tmp/some)\"" ||
		return 1
	sum=$answer
	other "echo \"= \$(dd if=/tmp/disk-$id bs=4k skip=$1 count=16 2>/dev/null | sha256sum)\""
	[ "$answer" = "$sum" ]
}

# connect WHO: the domain of this number to the driver domain.
connect()
{
	link_domains "$1" "$other_id"
	attach
	until_true ends_have_link
}

# What a front end has left when its back end's domain is no more.
front_is_well()
{
	in_front 'until_true has_no_disk && until_true has_no_quarantine' || return 1
	xenstore-rm "$front"
	in_front 'until_true is_gone xen-front-0'
}

check 'domU is created' create_domu
domu_id=$id
check 'drivers load in it' domu 'load kernel && load order'
check 'driver domain is created' create_other
check 'domU connects to it' connect "$domu_id"
at_first=$(mapped)
check 'it serves a disk' serve_disk
check 'disk of the domU works' other_disk_works 16
before=$(mapped)
check 'windows are mapped' [ "$before" -gt "$at_first" ]
check 'that works once more' other_disk_works 32
check 'no grant is mapped for requests' [ "$(mapped)" = "$before" ]
check 'it serves no more' other stop_serving
check 'disk goes' domu until_true has_no_disk
check 'windows are mapped no more' [ "$(mapped)" = "$at_first" ]
detach
check 'device is detached' until_true ends_have_no_link
check 'nothing is in quarantine' domu until_true has_no_quarantine
forget_device

check 'drivers load in dom0' load order
check 'dom0 connects to the driver domain' connect 0
check 'it serves a disk of dom0' serve_disk
check 'disk of dom0 works' other_disk_works 16
check 'domU connects again' connect "$domu_id"
check 'it serves a disk of the domU again' serve_disk
check 'disk of the domU works again' other_disk_works 16

check 'I/O begins in the domU' in_front begin_io
check 'I/O goes on in the domU' with_io
link_domains 0 "$other_id"
begin_io
check 'I/O goes on in dom0' with_io
xl destroy other
check 'dom0 is well without it' front_is_well
end_io
link_domains "$domu_id" "$other_id"
check 'domU is well without it' front_is_well
check 'I/O ends' domu end_io

check 'driver domain is created again' create_other
check 'domU connects to that' connect "$domu_id"
check 'that serves a disk' serve_disk
check 'disk of that works' other_disk_works 48
check 'I/O begins again' domu begin_io
check 'I/O goes on again' with_io
xl destroy domu
check 'bus goes with the domU' other "until_true is_gone $(bus)"
xl destroy other
check 'nothing is left in dom0' until_true is_clean
check 'modules unload' unload_all
finish
