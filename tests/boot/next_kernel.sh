# SPDX-License-Identifier: Apache-2.0
# From one release to the next, with another kernel; sourced, not run.

accept_previous_s=100

# What release N+1 is made of: the distribution's kernel before this one, and a package
# of the base system that was updated. The machine of release N stays as it is.
next_image() {
	local machine=$work/next release kernel userland loader busybox identity_file
	image_begin "$1" && image_attestd "$build" && machine_configuration &&
		echo >>"$machine/tree/usr/bin/nproc" && image_foreign || return 1
	identity_file=$(module_file "$identity_module")
	identity_file=${identity_file#"$kernel"}
	release_collect >>"$work/release.log" 2>&1 && image_disk
}
# The next release's disk in the same machine.
next_machine() {
	local machine=$work/next
	judged_machine
}

# One team's word is not enough; what is in force stays.
publish_next() {
	release_approved platform "another kernel, an update of coreutils" || fail "platform cannot approve"
	"$attestctl" release publish "$line" 2>"$work/refused.log" && fail "published with one approval"
	grep -q approvals-missing "$work/refused.log" || fail "one approval: $(cat "$work/refused.log")"
	release_approved identity-security "reviewed: another kernel" || fail "identity security cannot approve"
	accept_until=$(($(date +%s) + accept_previous_s))
	"$attestctl" release publish "$line" --accept-previous "$accept_previous_s" >>"$work/release.log" 2>&1 ||
		fail "not published: $(tail -n 5 "$work/release.log")"
}
release_approved() { "$attestctl" release approve "$line" --yes "$(drafted)" --team "$1" --reason "$2" >>"$work/release.log" 2>&1; }

# The package is updated while the node runs: its right goes on as long as the release
# that it booted is accepted, and no longer.
node_is_updated() {
	guest 'cp /usr/bin/nproc /run/nproc && echo >>/run/nproc &&
		cp --remove-destination /run/nproc /usr/bin/nproc && nproc' >/dev/null || fail "the update"
	judged_again
	while [ "$(date +%s)" -lt "$accept_until" ]; do
		state_is trusted || fail "$(state) while release N is accepted: $(reasons)"
		has_svid || fail "no SVID while release N is accepted"
		sleep 3
	done
	await 1200 state_is untrusted || fail "$(state) long after release N is due: $(reasons)"
	due=$(($(date +%s) - accept_until))
	is_refused boot-image-unknown boot-chain Bo "boot approved programs"
}

scenario_next_kernel() {
	local accept_until due other
	other=$(kernel_releases | sed -n 2p)
	[ -n "$other" ] || fail "apt knows one kernel alone: $(kernel_releases)"
	cache_begin
	next_image "$other" || fail "the machine of the next release: $(tail -n 5 "$work/release.log")"
	cache_end
	next_machine
	is_refused boot-image-unknown boot-chain Bo "boot approved programs"
	trusted_machine
	fetch_svid || fail "the SVID is for somebody else"
	"$attestctl" release sign "$line" >>"$work/release.log" 2>&1 || fail "the next release cannot be signed"
	publish_next
	node_is_updated
	next_machine
	await_state trusted 240
	guest 'uname -r' | grep -qx "$other" || fail "another kernel runs than $other"
	machine_off
	booted=
	release_again
	said="$other: refused under release N, trusted under N+1 that both teams approved; the running node kept its right through the update and fell due $due s after acceptUntil"
}
