# SPDX-License-Identifier: Apache-2.0
# What has to be seen, one function a scenario; sourced, not run. Each leaves one
# sentence in $said. Those that can share a boot do.

said=
booted=
absence_seen= # of the identity module, in this boot
unsigned_refused='not permitted\|Key was rejected'

prepare() {
	local kernels
	cache_begin
	variables=$firmware_variables
	kernels=$(kernel_releases) || fail "apt knows no kernel: apt-get update"
	image_begin "${kernels%%$'\n'*}" || return 1
	image_attestd "$build" && image_foreign && machine_tpm "$work/tpm" || return 1
	identity_file=$(module_file "$identity_module")
	identity_file=${identity_file#"$kernel"}
	platform_log || return 1
	cache_end
	release_begin && release_collect >>"$work/release.log" 2>&1 && release_publish "first release" || {
		cat "$work/release.log" >&2
		return 1
	}
	verifier_begin && machine_configuration && image_disk
}

# release_collect OPTION...: from artifacts alone; this machine has not been booted yet.
release_collect() {
	"$attestctl" release collect "$line" --esp "$machine/esp" --initramfs "$machine/initramfs.img" \
		--tree "$machine/tree" --firmware-variables "$variables" --platform-log "$platform" \
		--identity "$attestd_file" --identity "$identity_file" "$@"
}

# release_again: what the machine is made of is current again, and what was released since
# is not accepted any more, so that no scenario depends on those before it.
release_again() {
	release_collect >>"$work/release.log" 2>&1 && release_publish "as before" --accept-previous 5 ||
		fail "the release as before: $(tail -n 5 "$work/release.log")"
}

load_identity() { guest "modprobe $identity_module"; }

# booted_machine: a fresh boot, its identity module not loaded yet.
booted_machine() {
	[ -z "$booted" ] || machine_off
	is_running "$verifierd" || verifier_start
	machine_boot "$machine/disk.img" "$work/tpm"
	booted=yes absence_seen=
	guest 'mount -o ro /dev/vda3 /mnt' || fail "the partition of foreign things"
}
# own_machine NAME: boots $machine with a TPM of its own, as a node of that name.
own_machine() {
	mkdir -p "$work/$1-tpm" && cp -r "$work/tpm/ca" "$work/$1-tpm/" && machine_tpm "$work/$1-tpm" ||
		fail "the TPM of $1"
	echo "$1 server $(machine_node "$work/$1-tpm")" >>"$work/inventory"
	[ -z "$booted" ] || machine_off
	verifier_stop
	verifier_start
	machine_boot "$machine/disk.img" "$work/$1-tpm"
	booted=yes
	guest 'mount -o ro /dev/vda3 /mnt' || fail "the partition of foreign things"
}
trusted_machine() {
	if [ -n "$booted" ] && state_is trusted; then
		return 0
	fi
	booted_machine
	load_identity || fail "the identity module does not load"
	await_state trusted 240
}
await_state() {
	await $(($2 * 10)) state_is "$1" || fail "the node is $(state), not $1: $(explain)"
}

ima_entries() { guest 'cat /sys/kernel/security/ima/ascii_runtime_measurements'; }

# The guest's SVID and grant, judged here with the verifier's own CA certificate.
fetch_svid() {
	await 600 has_svid || fail "the guest has no SVID"
	guest 'cat /run/attestd/web/svid.pem' >"$work/svid.pem"
	openssl verify -x509_strict -CAfile "$work/verifier/ca.pem" -untrusted "$work/svid.pem" \
		"$work/svid.pem" >"$work/openssl.log" 2>&1 || fail "the SVID: $(cat "$work/openssl.log")"
	openssl x509 -in "$work/svid.pem" -noout -ext subjectAltName | grep -q spiffe://example.org/web/front
}
has_svid() { guest 'test -s /run/attestd/web/svid.pem'; }
lacks_svid() { guest '! ls /run/attestd/web/svid*.pem'; } >/dev/null
# The grant is the second certificate; its key is the TPM's.
minting_key() { sed '1,/END CERTIFICATE/d' "$work/svid.pem" | openssl x509 -noout -pubkey; }

# named WORD...: the reasons name all of these.
named() {
	local word
	explain >"$work/explain.log" 2>&1
	for word in "$@"; do
		grep -q -- "$word" "$work/explain.log" || fail "no $word in: $(cat "$work/explain.log")"
	done
}
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# explained FILTER [JQ-OPTION...]: true of what the verifier says. Not by jq's exit status:
# it is 0 where there was nothing to read.
explained() {
	local filter=$1
	shift
	[ "$("$attestctl" node explain "$node" --json 2>/dev/null | jq "$@" "$filter")" = true ]
}
# refused CODE LAYER OWNER ADVICE: one of the reasons is this one, of this layer and owner,
# and tells the operator that.
refused() {
	explained 'any(.reasons[]?; .code == $code and .layer == $layer and (.owner | startswith($owner))
		and (.advice | contains($advice)))' \
		--arg code "$1" --arg layer "$2" --arg owner "$3" --arg advice "$4"
}
# What was thought of an earlier boot does not count.
judged_since() { explained '.attested >= $since' --argjson since "$1"; }

# reasons: for a failure's last line; all of them are kept.
reasons() {
	echo "$(state): $("$attestctl" node explain "$node" --json 2>/dev/null |
		jq -c '[.reasons[]? | .code] | group_by(.) | map({(.[0]): length}) | add')"
}
# is_refused CODE LAYER OWNER ADVICE: no right, and that is among the reasons.
is_refused() {
	await 1200 refused "$@" || fail "no $1 of $2, $3, saying '$4': $(reasons)"
	state_is untrusted || fail "$1, and the node is $(state)"
	lacks_svid || fail "$1, and there is an SVID"
}
# judged_machine: a fresh boot whose first verdict is in, whatever it is.
judged_machine() {
	local since
	since=$(date +%s)
	booted_machine
	load_identity || fail "the identity module does not load"
	await 1800 judged_since "$since" || fail "no verdict on this boot: $(reasons)"
}
judged_again() {
	local since
	since=$(date +%s)
	await 1200 judged_since $((since + 1)) || fail "no other verdict: $(reasons)"
}

appraised() {
	"$attestctl" node show "$node" --evidence --output "$work/evidence.json" &&
		"$attestctl" appraise --evidence "$work/evidence.json" --releases "$line/release" \
			--root "$root" >"$work/appraisal.log" 2>&1
}

# The logs that the verifier judged, held against artifacts once more and counted: prints
# how many boot events and IMA entries there were, and that each is explained.
logs_counted() {
	local events entries
	rm -rf "$work/recount" && cp -r "$line" "$work/recount" || return 1
	jq -r .evidence.bootLog "$work/evidence.json" | base64 -d >"$work/boot_log.bin"
	jq -r .evidence.imaLog.entries "$work/evidence.json" | base64 -d >"$work/ima_log.bin"
	line=$work/recount release_collect --check-log "$work/boot_log.bin" --ima-log "$work/ima_log.bin" \
		>"$work/recount.log" 2>&1 || return 1
	events=$(sed -nE 's/.*boot_log.bin: ([0-9]+) of \1 events explained/\1/p' "$work/recount.log")
	entries=$("$attestctl" imalog "$work/ima_log.bin" --json | jq .entries)
	"$attestctl" appraise --evidence "$work/evidence.json" --releases "$line/release" --root "$root" --json |
		jq '.reasons == [] and .moreReasons == 0 and .excluded == 0 and .violations == 0 and .entries == $entries' \
			--argjson entries "$entries" | grep -qx true || return 1
	[ "$events" -gt 0 ] && echo "$events of $events boot events and $entries of $entries IMA entries explained"
}

scenario_good() {
	local counted
	trusted_machine
	guest 'cat /sys/kernel/security/lockdown' | grep -q '\[integrity\]' || fail "no lockdown"
	fetch_svid || fail "the SVID is for somebody else"
	appraised || fail "attestctl appraise: $(cat "$work/appraisal.log")"
	counted=$(logs_counted) || fail "not all is explained: $(cat "$work/recount.log")"
	said="trusted; $counted; the SVID verifies outside"
}

# The TPM's own count of its resets, under the quote's signature: TPMS_ATTEST with a signer
# of 34 bytes and extra data of 32 (TPM 2.0 Part 2, 10.12.12), then the clock.
reset_count() {
	"$attestctl" node show "$node" --evidence --output "$work/evidence.json" || return 1
	jq -r .evidence.attest "$work/evidence.json" | base64 -d | od -An -j84 -N4 --endian=big -tu4 | tr -d ' '
}
# What the TPM answers, code first, in hexadecimal; what it is asked is in hexadecimal too.
tpm_told() {
	local commands='' command
	for command in "$@"; do
		commands="$commands tell $(sed 's/../\\\\x&/g' <<<"$command" | xargs printf | base64 -w 0);"
	done
	guest 'exec 3<>/dev/tpmrm0
		tell() { echo "$1" | base64 -d | cat >&3; dd bs=4096 count=1 status=none <&3 >/run/answer; }
		'"$commands"' tail -c +7 /run/answer | od -An -v -tx1 | tr -d " \n"'
}
# A primary of the NULL hierarchy as minting keys are, saved as who means to use it after
# the next boot would (TPM 2.0 Part 3, 24.1, 28.2, 28.3).
null_primary=800200000041000001314000000700000009400000090000000000000400000000
null_primary=${null_primary}00180023000b00040472000000100018000b0003001000000000000000000000
key_saved() {
	local answer
	answer=$(tpm_told "$null_primary" 80010000000e0000016280ffffff) || return 1
	saved=${answer#00000000}
	[ "$saved" != "$answer" ] && [ ${#saved} -gt 64 ]
}
key_loads() { tpm_told "8001$(printf %08x $((10 + ${#saved} / 2)))00000161$saved"; }
# How often attestd made its minting key useless in this boot.
keys_capped() { guest 'journalctl -q -u attestd --no-pager >/run/journal && { grep -c "minting key refuses" /run/journal || :; }'; }
capped_since() {
	local now
	now=$(keys_capped) && [ "${now:-0}" -gt "$1" ]
}

scenario_reboot() {
	local old_key nodes resets saved
	[ -s "$work/svid.pem" ] || { trusted_machine && fetch_svid; } || fail "no SVID before"
	old_key=$(minting_key)
	[ -n "$old_key" ] || fail "no grant in the SVID of before"
	[ -n "$booted" ] || trusted_machine
	resets=$(reset_count) || fail "no evidence of the boot before"
	key_saved || fail "the TPM saves no key of this boot"
	key_loads | grep -q ^00000000 || fail "the key that was saved does not load in the same boot"
	nodes=$("$attestctl" node list --json | wc -l)
	booted_machine
	# TPM_RC_INTEGRITY, of the first parameter
	key_loads | grep -q ^000001df || fail "the TPM's answer to a key of the boot before: $(key_loads)"
	scenario_identity_absent
	load_identity || fail "the identity module does not load"
	await_state trusted 240
	fetch_svid || fail "the SVID is for somebody else"
	[ "$(minting_key)" != "$old_key" ] || fail "the minting key is that of the boot before"
	[ "$(reset_count)" -gt "$resets" ] || fail "resetCount is $(reset_count), and was $resets"
	[ "$("$attestctl" node list --json | wc -l)" -eq "$nodes" ] || fail "there is another node"
	said="trusted afresh, the same node, resetCount $resets to $(reset_count); another minting key, and the TPM takes no key of the NULL hierarchy of the boot before"
}

# Before anybody loads it, what has been seen is not enough.
scenario_identity_absent() {
	await 1200 has_verdict || fail "no verdict on a machine without its identity module"
	state_is trusted && fail "trusted without its identity module"
	explained 'any(.reasons[]?; (.code | startswith("ima-required")) and (.detail | startswith($file + " ")) and
		.layer == "identity-module" and (.owner | startswith("Ida")))' --arg file "$identity_file" ||
		fail "no word of $identity_file: $(reasons)"
	absence_seen=yes
}
has_verdict() { explain 2>/dev/null | grep -q 'ima-required'; }

scenario_identity_module() {
	if [ -z "$booted" ] || [ -z "$absence_seen" ] || ! state_is trusted; then
		booted_machine
		scenario_identity_absent
		load_identity || fail "the identity module does not load"
		await_state trusted 240
	fi
	guest "rmmod $identity_module && cp /mnt/patched.ko $identity_file" || fail "the patched module"
	does_not_load "modprobe $identity_module" 'Key was rejected'
	await 100 state_is untrusted || fail "the node is $(state) with a patched identity module"
	has_said ima-entry-changed "$identity_file sha256:$(digest_of /mnt/patched.ko)" identity-module Ida
	said="trusted once it was loaded; a patched one in its place is refused by name"
}

digest_of() { guest "sha256sum $1" | cut -d' ' -f1; }
# has_said CODE DETAIL LAYER OWNER: one of the reasons, its detail to the letter.
has_said() {
	await 200 explained 'any(.reasons[]?; .code == $code and .detail == $detail and
		.layer == $layer and (.owner | startswith($owner)))' \
		--arg code "$1" --arg detail "$2" --arg layer "$3" --arg owner "$4" ||
		fail "no $1 of $2: $(reasons)"
}
# file_ran CODE PATH DIGEST: path and digest both; a memfd has a name and no path.
file_ran() { has_said "$1" "$2 sha256:$3" userland Uma; }

scenario_binary_replaced() {
	local nproc=/usr/bin/nproc copy=/run/nproc digest
	trusted_machine
	digest=$(digest_of $nproc)
	guest "cp $nproc $copy && $copy" >/dev/null || fail "a copy on tmpfs"
	file_ran ima-entry-elsewhere $copy "$digest"
	state_is warned || fail "the node is $(state) after a copy ran elsewhere"
	guest "/mnt/run_memfd $copy" >/dev/null || fail "a copy in a memfd"
	file_ran ima-entry-elsewhere memfd:unknown "$digest"
	guest "echo >>$copy && $copy" >/dev/null || fail "a binary on tmpfs"
	digest=$(digest_of $copy)
	file_ran ima-entry-unknown $copy "$digest"
	await 10 state_is untrusted || fail "the node is $(state) after $copy ran"
	guest "cp --remove-destination $copy $nproc && nproc" >/dev/null || fail "the replaced binary"
	file_ran ima-entry-changed $nproc "$digest"
	guest "echo >>$copy && /mnt/run_memfd $copy" >/dev/null || fail "a binary in a memfd"
	file_ran ima-entry-unknown memfd:unknown "$(digest_of $copy)"
	said="copies elsewhere give no right; a replaced one, one on tmpfs and one in a memfd are named with their digests"
}

# A library that is run while somebody may still write to it: measured as a violation.
scenario_violation() {
	[ -n "$booted" ] || trusted_machine
	guest 'cp /usr/lib/x86_64-linux-gnu/libz.so.1.* /run/open.so && exec 3>>/run/open.so &&
		LD_PRELOAD=/run/open.so nproc' >/dev/null || fail "the library that is written to"
	await 200 refused ima-violation userland Uma "correct the IMA policy or the program" ||
		fail "no violation: $(reasons)"
	await 10 state_is untrusted || fail "the node is $(state) after a violation"
	said="a library that was open for writing when it ran: ima-violation, with its layer and owner"
}

# Content that a release knows, in a place where kernels lie: still a kernel that nobody approved.
scenario_kexec() {
	[ -n "$booted" ] || trusted_machine
	guest 'mkdir -p /boot && cp /usr/bin/nproc /boot/vmlinuz && /mnt/load_kexec /boot/vmlinuz' >/dev/null &&
		fail "what is no kernel was taken as one"
	has_said ima-kexec "/boot/vmlinuz sha256:$(digest_of /boot/vmlinuz)" kernel Kim
	await 10 state_is untrusted || fail "the node is $(state) after a kexec load"
	said="a file handed to kexec, its content known or not: ima-kexec, with its layer and owner"
}

scenario_another_tpm() {
	local was
	[ -n "$booted" ] || trusted_machine
	was=$node
	machine_off
	# Of the same maker: the verifier believes its certificate.
	mkdir -p "$work/other-tpm" && cp -r "$work/tpm/ca" "$work/other-tpm/" && machine_tpm "$work/other-tpm"
	machine_boot "$machine/disk.img" "$work/other-tpm"
	load_identity
	[ "$node" != "$was" ] || fail "the other TPM is the same node"
	await_state pending 240
	named "nobody has said yet which host" "attestctl node approve"
	lacks_svid || fail "a machine that nobody approved has an SVID"
	machine_off
	booted=
	said="the same disk with another TPM is another node, pending"
}
