# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the guests of the demos have in common: words and numbers for people, and
# looking at a disk.  Who sources this has a function "fail", and WORK, MOUNT, PATIENCE.

# shellcheck disable=SC2154	# disk is the caller's

step=start

# now: microseconds.
now()
{
	echo "${EPOCHREALTIME//[!0-9]/}"
}

# begin STEP: what follows belongs to it.
begin()
{
	step=$1
	began=$(now)
}

# took: microseconds since the step began, at least 1.
took()
{
	local end
	end=$(now)
	echo "$((end > began ? end - began : 1))"
}

# done_with TEXT...: the step has succeeded; say what it did.
done_with()
{
	printf '  %-8s %-66s %5s s\n' "$step" "$*" "$(decimal "$(took)" 1000000)"
}

# decimal VALUE UNIT: VALUE / UNIT with one decimal.
decimal()
{
	local tenths=$((($1 * 10 + $2 / 2) / $2))
	echo "$((tenths / 10)).$((tenths % 10))"
}

megabytes()
{
	decimal "$1" 1000000
}

# rate BYTES MICROSECONDS
rate()
{
	echo "$(decimal "$1" "$2") MB/s"
}

# size BYTES: in a unit that suits.
size()
{
	if (($1 >= 1000000)); then
		echo "$(decimal "$1" 1000000) MB"
	elif (($1 >= 10000)); then
		echo "$(decimal "$1" 1000) kB"
	else
		echo "$1 bytes"
	fi
}

# wait_for WHAT COMMAND...: until COMMAND is true.
wait_for()
{
	local what=$1 end=$((SECONDS + PATIENCE))
	shift
	until "$@"; do
		((SECONDS < end)) || fail "no $what after $PATIENCE s"
		sleep 0.05
	done
}

# verify DIRECTORY SUMS: each file has the checksum that it should have.  As many
# processes as there are processors share the work.
verify()
{
	local bad
	rm -f "$WORK"/part.*
	split -n "l/$(nproc)" "$2" "$WORK/part."
	bad=$(cd "$1" && printf '%s\0' "$WORK"/part.* |
		xargs -0 -n 1 -P "$(nproc)" sha256sum --quiet -c 2>&1) ||
		fail "$(grep -c ': FAILED' <<<"$bad") files are not as they should be:" \
			"$(head -n 1 <<<"$bad")"
}

# disk_bytes FIELD: what the disk has read (3) or written (7).
disk_bytes()
{
	awk -v field="$1" '{ print $field * 512 }' "/sys/block/$disk/stat"
}

tree_bytes()
{
	find "$MOUNT" -xdev -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }'
}

# hex FILE [BYTES A LINE]
hex()
{
	od -An -v -tx1 -w"${2:-$(stat -c %s "$1")}" "$1" | tr -d ' '
}
