# SPDX-License-Identifier: Apache-2.0
# The same disk, booted weaker than its release says; sourced, not run.

scenario_no_boot_log() {
	local variables=${firmware_variables/.ms/}
	judged_machine
	is_refused boot-log-missing boot-chain Bo "use linuxefi and initrdefi"
	machine_off
	booted=
	said="Secure Boot off and GRUB's linux: boot-log-missing, refused, and what to change is said"
}

# left_out WORD: the machine's command line without it.
left_out() {
	image_command_line "${command_line/$1 /}" && image_disk || fail "the disk"
	judged_machine
	guest "! grep -- $1 /proc/cmdline" >/dev/null || fail "the machine was booted with $1, or does not answer"
	is_refused cmdline-unknown kernel Kim "restore it"
	image_command_line "$command_line"
}

# What the built-in policy measures no release can list: root reads much.
without_policy() {
	mv "$machine/tree$ima_policy" "$work/" && image_disk || fail "the disk"
	judged_machine
	is_refused ima-policy-missing kernel Kim "install it where systemd loads it"
	explain >"$work/builtin.log"
}
# last_template NAME: that of the newest entry.
last_template() {
	guest 'tail -n 1 /sys/kernel/security/ima/ascii_runtime_measurements' | cut -d' ' -f3 | grep -qx "$1"
}
# In the same boot: the right file, read by root and loaded by nobody; then its rules,
# written by hand. Entries look as they should from then on, and nothing is forgiven.
policy_comes_late() {
	guest "cp /mnt/ima-policy $ima_policy; cat $ima_policy >/dev/null; nproc" >/dev/null
	is_refused ima-policy-not-in-force kernel Kim "load it by its path early in boot"
	guest "cat $ima_policy >/sys/kernel/security/ima/policy; mkfifo /run/fifo" ||
		fail "the kernel takes no rules written by hand"
	last_template ima-sigv2 || fail "rules written by hand are not in force"
	judged_again
	is_refused ima-policy-not-in-force kernel Kim "load it by its path early in boot"
}

# Early in boot, before attestd and by a unit of the machine's own: the right file is put
# and read where it belongs, and rules that see nothing on tmpfs are written.
policy_written_raw() {
	local units=$machine/tree/etc/systemd/system
	cp "$work/ima-policy" "$machine/tree/etc/right-policy" &&
		{ echo "dont_measure fsmagic=0x01021994" && cat "$work/ima-policy"; } \
			>"$machine/tree/etc/weaker-policy" && mkdir -p "$units/sysinit.target.wants" &&
		cp "$guest/raw-policy.service" "$units/" &&
		ln -s ../raw-policy.service "$units/sysinit.target.wants/" && image_disk || fail "the disk"
	judged_machine
	last_template ima-sigv2 || fail "rules written early are not in force"
	is_refused ima-entry-before-policy kernel Kim "load the policy first"
	rm "$units/raw-policy.service" "$units/sysinit.target.wants/raw-policy.service" \
		"$machine/tree/etc/right-policy" "$machine/tree/etc/weaker-policy"
}

scenario_weaker_boot() {
	left_out lockdown=integrity
	left_out ima_policy=tcb
	without_policy
	policy_comes_late
	policy_written_raw
	mv "$work/ima-policy" "$machine/tree$ima_policy" && image_disk || fail "the disk"
	machine_off
	booted=
	said="refused without lockdown, without IMA, with the built-in policy, and with one written by hand; layer, owner and what to change are said"
}

# Firmware whose lists of what is forbidden are older than the release requires: the machine
# is as it was, and the release asks for one more hash and for a later shim.
scenario_older_dbx() {
	local one_more='.predicate.boot.dbxMinimum += ["sha256:" + ("0" * 63) + "1"]'
	trusted_machine
	release_collect >>"$work/release.log" 2>&1 && release_edit "$one_more" &&
		release_edit '.predicate.boot.sbatMinimum |= sub("shim,(?<n>[0-9]+)"; "shim,9")' &&
		release_publish "what was found to be broken" --accept-previous 5 ||
		fail "the release that forbids more: $(tail -n 5 "$work/release.log")"
	is_refused dbx-below-minimum firmware Fia "update dbx"
	is_refused sbat-below-minimum boot-chain Bo "update shim"
	release_again
	await_state trusted 240
	said="a dbx and a shim below a release's minimum: refused, layers, owners and what to update are said"
}
