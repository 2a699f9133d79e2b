# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What happened to a guest, from the traces that it left: the words of the
# script "guest", the output of the tests, the console log.

# shellcheck disable=SC2154	# the state of the run is that of "run"

# find_splats KERNEL CONSOLE: print, with its number, each line of the console
# log that should not be there; true if there is one.
find_splats()
{
	local kernel=$1 console=$2 deny allow
	deny=$(grep -vE '^(#|$)' "$TESTING/qemu/splat-deny")
	allow=$(awk -F'\t+' -v kernel="$kernel" '
		/^#/ || $3 == "" { next }
		$1 == "*" || $1 == kernel { print $2 }
	' "$TESTING/qemu/splat-allow")
	grep -naE -e "$deny" "$console" | {
		if [[ -n $allow ]]; then
			grep -vaE -e "$allow"
		else
			cat
		fi
	} | grep -a .
}

# tap_part NUMBER FILE: what the test of this number printed.
tap_part()
{
	awk -v begin="# testbed: start $1" -v end="# testbed: end $1" '
		$0 == begin { inside = 1; next }
		$0 == end { exit }
		inside
	' "$2"
}

# tap_count: of the TAP stream on standard input, print how many results passed,
# failed and were skipped.  A result that the plan promises and that is missing
# has failed.  Subtests are indented and have no say.
tap_count()
{
	awk '
		/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0 }
		/^ok( .*)?# *(SKIP|XFAIL)/ { skipped++; next }
		/^ok( |$)/ { passed++ }
		/^not ok( |$)/ { failed++ }
		/^Bail out!/ { failed++ }
		END {
			missing = plan - passed - failed - skipped
			if (missing > 0)
				failed += missing
			print passed + 0, failed + 0, skipped + 0
		}
	'
}

# tap_failures: of the TAP stream on standard input, each result that is not ok,
# with what was said since the result before it.
tap_failures()
{
	awk '
		{ said[++n] = $0 }
		/^not ok( |$)/ || /^Bail out!/ {
			for (i = n > 15 ? n - 15 + 1 : 1; i <= n; i++)
				print said[i]
		}
		/^(not )?ok( |$)/ { n = 0 }
	'
}

# judge SECONDS: the verdict on a run; reads what main of "run" knows.
judge()
{
	local passed=0 failed=0 skipped=0 number
	for number in "${!tests[@]}"; do
		judge_test "$((number + 1))" "$(basename "${tests[number]}")"
	done
	judge_guest
	if ((passed + failed == 0)) && [[ -z $skip_passes ]]; then
		fail_run 'all tests were skipped'
	fi
	((failed == 0)) || show_logs "$log.tap" "$log.log"
	[[ ! -e $work/hung ]] || show_tasks "$log.log"
	say "$kernel: $label: $1 s"
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0))
}

# judge_test NUMBER NAME: add the results of one test.
judge_test()
{
	local number=$1 name=$2 status good bad idle
	status=$(awk -v n="$number" '$1 == "end" && $2 == n { print $3 }' "$work/verdict")
	read -r good bad idle < <(tap_part "$number" "$log.tap" | tap_count)
	case $status in
	'') good=0 idle=0 bad=1 status='no exit status' ;;
	0) ((good + bad + idle > 0)) || good=1 ;;
	4) ((bad > 0 || idle > 0)) || idle=1 ;;
	*) ((bad > 0)) || bad=1 ;;
	esac
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + idle))
	if ((bad > 0)); then
		say "FAIL $kernel: $name: $bad failed, $good passed ($(status_text "$status"))"
		tap_part "$number" "$log.tap" | tap_failures >&2
	elif ((good > 0)); then
		say "PASS $kernel: $name: $good passed, $idle skipped"
	else
		say "SKIP $kernel: $name: $idle skipped"
	fi
}

status_text()
{
	case $1 in
	124 | 137) echo "status $1: it ran into its time limit" ;;
	[0-9]*) echo "status $1" ;;
	*) echo "$1" ;;
	esac
}

# judge_guest: did the guest itself come and go as it should?
judge_guest()
{
	if [[ -e $work/hung ]]; then
		fail_run "the guest hung in $(<"$work/hung")"
	elif ((qemu_status != 0)); then
		fail_run "QEMU failed: $(tail -n 3 "$work/qemu.log")"
	elif ! grep -qx boot "$work/verdict"; then
		fail_run 'the guest did not boot'
	elif ! grep -qx 'done' "$work/verdict"; then
		fail_run 'the guest died'
	fi
	! grep -qx leak "$work/verdict" || fail_run 'kmemleak found leaks'
	check_splats "$log.log"
}

# show_splats CONSOLE SPLATS: what find_splats printed, and all of the first.
show_splats()
{
	local first=${2%%:*}
	head -n 5 <<<"$2" >&2
	say "--- ${1#"$TOP"/} from line $first on:"
	sed -n "$first,$((first + 40))p" "$1" >&2
}

# check_splats CONSOLE: did the kernel complain?
check_splats()
{
	local splats
	if splats=$(find_splats "$kernel" "$1"); then
		fail_run 'the kernel complained:'
		show_splats "$1" "$splats"
	fi
}

# fail_run MESSAGE: one more failure, which is not that of a test.
fail_run()
{
	failed=$((failed + 1))
	say "FAIL $kernel: $*"
}

# stale_breakpoint CONSOLE...: did a kernel die of a breakpoint of its own?  While it
# patches a branch there is one, and with QEMU before 8.1 a processor may go on with it
# that translated the branch in that moment.
stale_breakpoint()
{
	grep -qsa '\bOops: int3\b' "$@"
}

# begin_again CONSOLE ARGUMENT...: this script, once.
begin_again()
{
	local kept=${1%.log}-int3.log
	[[ ! ${VIRTIO_MSG_AGAIN:-} ]] || return 0
	say "${1#"$TOP"/}: the emulator let a breakpoint stand; once more (see $(basename "$kept"))"
	mv "$1" "$kept"
	trap - EXIT
	clean_up
	VIRTIO_MSG_AGAIN=y exec "$0" "${@:2}"
}

# show_tasks CONSOLE: of what the kernel printed of its tasks when it was ended,
# those that cannot be interrupted and those of programs.
show_tasks()
{
	say '--- tasks:'
	awk '
		/\] task:/ { shown = / state:D/ || !/ ppid:2 / }
		/\] (Sched Debug|Showing|Sending NMI|NMI backtrace)/ { shown = 0 }
		shown && !/\] R[0-9A-Z]+: / {
			print
			if (++n == 80)
				exit
		}
	' "$1" >&2
}

# show_logs LOG...: the end of each log, under its name.
show_logs()
{
	local part
	for part in "$@"; do
		[[ -s $part ]] || continue
		say "--- the end of ${part#"$TOP"/}:"
		tail -n 30 "$part" >&2
	done
}
