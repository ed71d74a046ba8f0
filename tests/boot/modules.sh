# SPDX-License-Identifier: Apache-2.0
# Kernel modules: what is loaded, how, and what that leaves; sourced, not run.

# A signed module that kmod or somebody else unpacks reaches the kernel without a file. What
# is measured of it is the program that did that, where no release knows it.
loaded_unseen() {
	guest '/mnt/load_memory /mnt/tun.ko && rmmod tun' || fail "a signed module does not load from memory"
	guest 'insmod /mnt/tun.ko.xz && rmmod tun' || fail "a compressed module does not load"
	ima_entries >"$work/ima.now"
	grep -q /mnt/load_memory "$work/ima.now" || fail "what loads from memory is not measured"
	grep -q 'tun\.ko' "$work/ima.now" && fail "IMA measures what is loaded from memory now"
}
# Whose signature does not hold is refused by every kernel that verifies any; without one,
# only by a kernel that is locked down or told to enforce signatures.
loaded_unsigned() {
	does_not_load '/mnt/load_memory /mnt/patched.ko' 'Key was rejected'
	does_not_load '/mnt/load_memory /mnt/unsigned.ko' "$1"
	does_not_load 'insmod /mnt/unsigned.ko' "$1"
	guest 'dmesg | grep "unsigned module"' >"$work/unsigned.log" || fail "it was not for want of a signature"
}

scenario_module_inserted() {
	local since took capped
	trusted_machine
	fetch_svid || fail "the SVID is for somebody else"
	capped=$(keys_capped) && [ -n "$capped" ] || fail "the guest does not answer"
	since=$(milliseconds)
	guest 'insmod /mnt/dummy.ko' || fail "a signed module does not load"
	await 100 state_is untrusted || fail "the node is $(state) with an unknown module"
	took=$(($(milliseconds) - since))
	[ "$took" -le 5000 ] || fail "untrusted after $took ms only"
	has_said ima-entry-unknown "/mnt/dummy.ko sha256:$(digest_of /mnt/dummy.ko)" kernel Kim
	await 100 lacks_svid || fail "the SVID is still there"
	await 100 capped_since "$capped" || fail "the minting key still signs"
	guest 'cp /mnt/ifb.ko /run/ && insmod /run/ifb.ko' || fail "a module on tmpfs does not load"
	has_said ima-entry-unknown "/run/ifb.ko sha256:$(digest_of /run/ifb.ko)" kernel Kim
	loaded_unseen
	loaded_unsigned "$unsigned_refused"
	said="untrusted after $took ms, named with its owner; one from memory and a compressed one left no entry, unsigned ones are refused"
}

# A machine whose initramfs loads all modules there will ever be, and closes the door.
closed_image() {
	local boot_modules="$boot_modules $identity_module"
	mkdir -p "$machine/initramfs" && cp -a "$work/machine/tree" "$work/machine/foreign" "$machine/" &&
		: >"$machine/initramfs/modules-disabled" && image_initramfs initramfs &&
		image_esp esp initramfs && image_disk
}
# The identity module is the initramfs's, and early: that attestd runs is what must appear.
closed_release() {
	local identity_file=$attestd_file
	release_collect --modules-disabled >>"$work/release.log" 2>&1 &&
		release_publish "nobody loads modules after the initramfs" --accept-previous 5
}
closed_machine() {
	local machine=$work/closed
	closed_image && closed_release || fail "the machine without loads: $(tail -n 5 "$work/release.log")"
	own_machine closed
}
# does_not_load COMMAND [WHY]: the kernel itself says so.
does_not_load() {
	guest "$1" >"$work/load.log" && fail "a module was loaded: $1"
	grep -q -- "${2:-not permitted}" "$work/load.log" || fail "$1: $(cat "$work/load.log")"
}
scenario_modules_disabled() {
	closed_machine
	await_state trusted 240
	appraised || fail "attestctl appraise: $(cat "$work/appraisal.log")"
	grep -q 'modulesDisabled' "$work/appraisal.log" && fail "the limit is still stated: $(cat "$work/appraisal.log")"
	guest 'lsmod' | grep -q "^$identity_module " || fail "the initramfs loaded no $identity_module"
	does_not_load 'insmod /mnt/dummy.ko'
	does_not_load 'cp /mnt/dummy.ko /run/ && insmod /run/dummy.ko'
	does_not_load 'insmod /mnt/tun.ko.xz'
	state_is trusted || fail "$(state), and nothing was loaded: $(reasons)"
	does_not_load '/mnt/load_memory /mnt/tun.ko'
	await 100 state_is untrusted || fail "an unknown program ran, and the node is $(state)"
	machine_off
	booted=
	release_again
	said="a release with modulesDisabled: trusted without the stated limit; no module from a file, compressed or from memory"
}
