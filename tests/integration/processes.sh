# SPDX-License-Identifier: Apache-2.0
# Waiting for what has to come, and ending what was started; sourced, not run.
#
#   await TENTHS COMMAND...   until it says yes. So many tenths of a second are plenty on
#                             a quiet machine; a busy one has six times as long, and a
#                             minute at least. Only what never comes takes all of it.
#   within TENTHS COMMAND...  the same and no longer, for what need not come
#   is_running PID            also one that is not our child
#   end_process PID           by SIGTERM, and by SIGKILL where that is not enough

# poll_until SECOND COMMAND...: by the day's clock
poll_until() {
	local end=$1 polls=0
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		polls=$((polls + 1))
		# Who asks takes the processor from those that are waited for.
		sleep "0.$((polls < 20 ? 1 : 3))"
	done
}
await() {
	local seconds=$(($1 * 6 / 10))
	shift
	poll_until $(($(date +%s) + (seconds > 60 ? seconds : 60))) "$@"
}
within() {
	local seconds=$((($1 + 9) / 10))
	shift
	poll_until $(($(date +%s) + seconds + 1)) "$@"
}

is_running() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }
has_ended() { ! is_running "$1"; }
end_process() {
	is_running "$1" || return 0
	# A stopped one, too.
	kill -CONT "$1"
	kill "$1"
	within 200 has_ended "$1" || kill -9 "$1"
}
