# SPDX-License-Identifier: Apache-2.0
# What attestd costs a machine, as figures; sourced, not run. Each round boots the same guest
# twice, with attestd and with its unit masked, and compares the two.

figure_rounds=${ATTESTD_FIGURE_ROUNDS:-3}
# As long as from one attestation of the class to the next: one of them is in it.
figure_idle_s=${ATTESTD_FIGURE_IDLE_S:-40}

# figure NAME UNIT COMPARED-WITH WANTED SAMPLE...: one line, as those of make bench.
figure() {
	jq -nc --arg name "$1" --arg unit "$2" --arg other "$3" --arg wanted "$4" '
		def at($p): . as $s | ((length - 1) * $p) as $i | ($i | floor) as $l |
			$s[$l] + (($s[$l + 1] // $s[$l]) - $s[$l]) * ($i - $l);
		($ARGS.positional | map(tonumber) | sort) as $samples | ($samples | at(0.5)) as $median |
		{name: $name, value: $median, unit: $unit,
		 compared_with: (if $other == "" then null else $other end),
		 wanted: (if $wanted == "" then null else $wanted end),
		 n: ($samples | length), median: $median,
		 spread: (($samples | at(0.75)) - ($samples | at(0.25)))}' --args "${@:5}"
}
ratio() { jq -n "$1 / $2"; }

# The same disk, whose command line leaves attestd out.
image_plain() {
	[ ! -e "$machine/plain.img" ] || return 0
	image_esp plain-esp initramfs && image_command_line "$command_line systemd.mask=attestd.service" plain-esp &&
		cp --sparse=always "$machine/disk.img" "$machine/plain.img" && image_fat plain-esp &&
		image_place plain-esp 1 plain.img
}

# Microseconds of systemd-analyze's "userspace": from init to the last job's end.
userspace_us() {
	guest 'systemctl show -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic' |
		sed -nE 's/^Finish.*=([0-9]+)/\1/p; s/^User.*=([0-9]+)/\1/p' | paste -sd' ' |
		{ read -r one other && echo $((one > other ? one - other : other - one)); }
}
is_booted() { guest 'systemctl is-system-running' | grep -qE 'running|degraded'; }
used_kb() { guest 'cat /proc/meminfo' | awk '/^MemTotal/ { all = $2 } /^MemAvailable/ { print all - $2 }'; }
# each_of_attestd FILES: those of /proc of each of its processes.
each_of_attestd() {
	guest "for p in \$(cat /sys/fs/cgroup/system.slice/attestd.service/cgroup.procs); do cat /proc/\$p/$1; done"
}
# Bytes that its processes alone have in memory, and switches of all their threads.
attestd_bytes() { each_of_attestd smaps_rollup | awk '/^Private_Dirty/ { sum += $2 } END { print sum * 1024 }'; }
attestd_switches() { each_of_attestd 'task/*/status' | awk '/_ctxt_switches/ { sum += $2 } END { print sum }'; }
guest_switches() { guest "sed -n 's/^ctxt //p' /proc/stat"; }
# a_minute COMMAND...: what the count of each grows by in a minute, the same one.
a_minute() {
	local before=() count at=0
	for count in "$@"; do
		before+=("$("$count")") || return 1
	done
	sleep "$figure_idle_s"
	for count in "$@"; do
		echo $((($("$count") - before[at++]) * 60 / figure_idle_s))
	done
}

figures_without() {
	machine_boot "$machine/plain.img" "$work/tpm"
	await 600 is_booted || fail "the machine without attestd does not finish booting"
	plain_us=$(userspace_us) && plain_kb=$(used_kb) && plain_switches=$(a_minute guest_switches) ||
		fail "the machine without attestd gives no figures"
	machine_off
}

figures_with() {
	local since counted
	machine_boot "$machine/disk.img" "$work/tpm"
	await 600 is_booted || fail "the machine does not finish booting"
	boot_ratio+=("$(ratio "$(userspace_us)" "$plain_us")")
	load_identity || fail "the identity module does not load"
	await_state trusted 240
	await 600 has_svid || fail "the guest has no SVID"
	sleep 5
	memory_ratio+=("$(ratio "$(used_kb)" "$plain_kb")")
	memory_bytes+=("$(attestd_bytes)")
	mapfile -t counted < <(a_minute attestd_switches guest_switches)
	switches+=("${counted[0]}")
	switches_ratio+=("$(ratio "${counted[1]}" "$plain_switches")")
	# What nobody approved is measured after since, and before the guest has answered.
	since=$(milliseconds)
	guest 'cp /usr/bin/nproc /run/nproc; echo >>/run/nproc; /run/nproc' >/dev/null || fail "an unknown program"
	await 300 state_is untrusted || fail "the node is $(state) with an unknown program"
	verdict_ms+=($(($(milliseconds) - since)))
	machine_off
}

scenario_figures() {
	local plain_us plain_kb plain_switches
	local boot_ratio=() memory_ratio=() memory_bytes=() switches=() switches_ratio=() verdict_ms=()
	[ -z "$booted" ] || machine_off
	booted=
	image_plain || fail "the disk without attestd"
	is_running "$verifierd" || verifier_start
	for _ in $(seq "$figure_rounds"); do
		figures_without
		figures_with
	done
	local plain="the same guest without attestd"
	figure guest-boot ratio "$plain" "" "${boot_ratio[@]}"
	figure guest-memory ratio "$plain" "" "${memory_ratio[@]}"
	figure guest-attestd-private-memory bytes "" "at most 8388608" "${memory_bytes[@]}"
	figure guest-switches ratio "$plain" "" "${switches_ratio[@]}"
	figure guest-attestd-switches "a minute" "" "" "${switches[@]}"
	figure guest-measurement-to-verdict milliseconds "" "at most 5000" "${verdict_ms[@]}"
	said="$figure_rounds rounds, each with and without attestd"
}
