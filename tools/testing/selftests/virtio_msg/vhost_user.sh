# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317	# functions are called by name
#
# What the tests of vhost-user share: back ends, and the bridge to them.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/vmsg.sh"

WORK=$(mktemp -d -p /dev/shm)
SOCKET=$WORK/socket
BRIDGE_LOG=$WORK/bridge.log
backend=

# must WHAT COMMAND...: check, and there is no point in going on if it fails.
must()
{
	check "$@" && return
	tail -n 20 "$BRIDGE_LOG" "$WORK/backend.log" | sed 's/^/# /'
	finish
}

# bridge BUS ARGUMENT...: start a bridge, and return when its device is there.
bridge()
{
	start_bridge "$@" && bridge_ready
}

start_bridge()
{
	local bus=$1 fifo
	shift
	fifo=$(mktemp -u)
	mkfifo "$fifo"
	exec {ready_fd}<>"$fifo"
	rm "$fifo"
	"$VIRTIO_MSG" vhost-user --bus "$bus" --socket "$SOCKET" \
		--ready-fd "$ready_fd" "$@" >>"$BRIDGE_LOG" 2>&1 &
	server=$!
}

bridge_ready()
{
	local status=0
	read -r -t "$SOON" -u "$ready_fd" || status=$?
	exec {ready_fd}>&-
	((status == 0)) || cat "$BRIDGE_LOG"
	return "$status"
}

# said TEXT: the bridge has printed it.
said()
{
	grep -q -- "$1" "$BRIDGE_LOG"
}

# start_backend COMMAND...: returns when it listens at SOCKET.
start_backend()
{
	rm -f "$SOCKET"
	"$@" <&0 >>"$WORK/backend.log" 2>&1 &
	backend=$!
	within "$SOON" listening
	[[ -S $SOCKET ]] || { cat "$WORK/backend.log" && return 1; }
}

# It listens, or never will.
listening()
{
	[[ -S $SOCKET ]] || ! kill -0 "$backend"
}

stop_backend()
{
	[[ $backend ]] || return 0
	kill "-${1:-TERM}" "$backend" 2>/dev/null
	wait "$backend" 2>/dev/null
	backend=
}

clean_up_vhost_user()
{
	stop_backend KILL
	clean_up
	rm -rf "$WORK"
}
trap clean_up_vhost_user EXIT
