# SPDX-License-Identifier: Apache-2.0
# Keys and critical data: what IMA measures without a file, as buffers; sourced, not run.

# A machine whose policy measures them, and which has the device mapper to give some.
keys_image() {
	local boot_modules="$boot_modules dm-mod" name

	mkdir -p "$machine" && cp -a "$work/machine/tree" "$work/machine/foreign" "$machine/" &&
		printf 'measure func=KEY_CHECK\nmeasure func=CRITICAL_DATA\n' >>"$machine/tree$ima_policy" || return 1
	for name in known unknown; do
		openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$name" -outform DER \
			-keyout "$work/$name.key" -out "$machine/foreign/$name.der" 2>>"$work/keys.log" || return 1
	done
	image_initramfs initramfs && image_esp esp initramfs && image_disk
}

# shim's own certificate: behind four numbers, of which the first is its size and the third
# says where it is (shim, cert.S).
shim_certificate() {
	local size offset
	objcopy -O binary --only-section=.vendor_cert "$loader/usr/lib/shim/shimx64.efi.signed" "$work/vendor_cert" &&
		read -r size _ offset _ < <(od -An -tu4 -N16 "$work/vendor_cert") || return 1
	tail -c +$((offset + 1)) "$work/vendor_cert" | head -c "$size" | sha256sum | cut -d' ' -f1
}
# listed DIGEST...: as the manifest writes them.
listed() { jq -nc '$ARGS.positional | map("sha256:" + .)' --args "$@"; }
# The keys that these machines' keyrings get at boot, from artifacts: the kernel's own, the
# firmware's db, shim's; then one that somebody adds later.
keys_release() {
	local built_in shim known
	# A word each.
	# shellcheck disable=SC2046
	built_in=$(listed $("$here/kernel_certificates.py" "$kernel/boot/vmlinuz-$release")) &&
		shim=$(listed "$(shim_certificate)") &&
		known=$(listed "$(sha256sum <"$machine/foreign/known.der" | cut -d' ' -f1)") || return 1
	release_collect >>"$work/release.log" 2>&1 && release_edit ".predicate.ima.keyrings = {
			\".builtin_trusted_keys\": $built_in, \".platform\": .predicate.boot.db,
			\".machine\": $shim, \"_added\": $known}" &&
		release_publish "keys are measured" --accept-previous 5
}
keys_machine() {
	local machine=$work/keys
	needs_programs objcopy python3 lz4
	keys_image && keys_release || fail "the machine that measures keys: $(tail -n 5 "$work/release.log")"
	own_machine keys
	load_identity || fail "the identity module does not load"
}

# buffer_logged NAME: an entry of the template ima-buf.
buffer_logged() { ima_entries | grep -q " ima-buf sha256:[0-9a-f]* $1 "; }
add_key() { guest "keyctl padd asymmetric '' \$(keyctl newring _added @s) </mnt/$1.der 2>&1" >"$work/add_key.log"; }

scenario_keys() {
	local keyring
	keys_machine
	await_state trusted 240
	for keyring in .builtin_trusted_keys .platform .machine; do
		buffer_logged "$keyring" || fail "no key of $keyring is measured"
	done
	add_key known || fail "the keyring takes no key: $(cat "$work/add_key.log")"
	buffer_logged _added || fail "a key that is added is not measured"
	judged_again
	state_is trusted || fail "$(state) with a key that is listed: $(reasons)"
	add_key unknown || fail "the keyring takes no other key: $(cat "$work/add_key.log")"
	await 200 refused ima-key-unknown kernel Kim "find out who added it" || fail "no word of the key: $(reasons)"
	state_is untrusted || fail "the node is $(state) with a key that no release lists"
	guest 'dmsetup create x --noudevsync --noudevrules --table "0 8 error"' || fail "no device is mapped"
	buffer_logged dm_table_load || fail "the device mapper's table is not measured"
	await 200 refused ima-buffer-unknown kernel Kim "" || fail "no word of critical data: $(reasons)"
	machine_off
	booted=
	release_again
	said="keys of the kernel, the firmware and shim are known from artifacts, and one that is listed; another one and critical data: refused"
}
