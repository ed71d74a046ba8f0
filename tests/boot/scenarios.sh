# SPDX-License-Identifier: Apache-2.0
# What has to be seen, one function a scenario; sourced, not run. Each leaves one
# sentence in $said. Those that can share a boot do.

said=
booted=

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
	release_begin && release_collect && release_publish "first release" || {
		cat "$work/release.log" >&2
		return 1
	}
	verifier_begin && machine_configuration && image_disk
}

# From artifacts alone: this machine has not been booted yet.
release_collect() {
	"$attestctl" release collect "$line" --esp "$machine/esp" --initramfs "$machine/initramfs.img" \
		--tree "$machine/tree" --firmware-variables "$variables" --platform-log "$platform" \
		--identity "$attestd_file" --identity "$identity_file" >>"$work/release.log" 2>&1
}

load_identity() { guest "modprobe $identity_module"; }

# booted_machine: a fresh boot, its identity module not loaded yet.
booted_machine() {
	[ -z "$booted" ] || machine_off
	is_running "$verifierd" || verifier_start
	machine_boot "$machine/disk.img" "$work/tpm"
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

appraised() {
	"$attestctl" node show "$node" --evidence --output "$work/evidence.json" &&
		"$attestctl" appraise --evidence "$work/evidence.json" --releases "$line/release" \
			--root "$root" >"$work/appraisal.log" 2>&1
}

scenario_good() {
	trusted_machine
	guest 'cat /sys/kernel/security/lockdown' | grep -q '\[integrity\]' || fail "no lockdown"
	fetch_svid || fail "the SVID is for somebody else"
	appraised || fail "attestctl appraise: $(cat "$work/appraisal.log")"
	said="trusted; $(sed -nE 's/.* ([0-9]+ IMA entries explained).*/\1/p' "$work/appraisal.log"); the SVID verifies outside"
}

scenario_module_inserted() {
	local since took count
	trusted_machine
	fetch_svid || fail "the SVID is for somebody else"
	guest 'insmod /mnt/dummy.ko' || fail "a signed module does not load"
	since=$(milliseconds)
	await 100 state_is untrusted || fail "the node is $(state) with an unknown module"
	took=$(($(milliseconds) - since))
	[ "$took" -le 5000 ] || fail "untrusted after $took ms only"
	named dummy.ko kernel Kim
	await 100 lacks_svid || fail "the SVID is still there"
	await 100 key_is_dead || fail "the minting key still signs"
	guest 'cp /mnt/ifb.ko /run/ && insmod /run/ifb.ko' || fail "a module on tmpfs does not load"
	await 100 eval 'explain | grep -q /run/ifb.ko' || fail "no word of the module on tmpfs: $(explain)"
	count=$(ima_count)
	guest 'insmod /mnt/tun.ko.xz' || fail "a compressed module does not load"
	[ "$(ima_count)" -eq "$count" ] || fail "IMA measures compressed modules now"
	guest 'rmmod tun; echo 1 >/proc/sys/kernel/modules_disabled'
	guest 'insmod /mnt/tun.ko.xz' >/dev/null && fail "a module was loaded in spite of modules_disabled"
	said="untrusted after $took ms, named with its owner; a compressed module left no entry, modules_disabled keeps it out"
}
key_is_dead() { guest 'journalctl -q -u attestd --no-pager' | grep -q 'minting key refuses'; }
ima_count() { guest 'cat /sys/kernel/security/ima/runtime_measurements_count'; }

scenario_reboot() {
	local old_key nodes
	[ -s "$work/svid.pem" ] || { trusted_machine && fetch_svid; } || fail "no SVID before"
	old_key=$(minting_key)
	[ -n "$old_key" ] || fail "no grant in the SVID of before"
	booted_machine
	scenario_identity_absent
	load_identity || fail "the identity module does not load"
	await_state trusted 240
	fetch_svid || fail "the SVID is for somebody else"
	[ "$(minting_key)" != "$old_key" ] || fail "the minting key is that of the boot before"
	nodes=$("$attestctl" node list --json | wc -l)
	[ "$nodes" -eq 1 ] || fail "$nodes nodes where one was"
	said="trusted afresh with a new minting key, the same node"
}

# Before anybody loads it, what has been seen is not enough.
scenario_identity_absent() {
	await 1200 has_verdict || fail "no verdict on a machine without its identity module"
	state_is trusted && fail "trusted without its identity module"
	named "$identity_module" "identity-module" Ida
}
has_verdict() { explain 2>/dev/null | grep -q 'ima-required'; }

scenario_identity_module() {
	if [ -z "$booted" ] || ! state_is trusted; then
		booted_machine
		scenario_identity_absent
		load_identity || fail "the identity module does not load"
		await_state trusted 240
	fi
	guest "rmmod $identity_module; cp /mnt/patched.ko $identity_file; modprobe $identity_module" >/dev/null &&
		fail "a patched module was loaded in spite of lockdown"
	await 100 state_is untrusted || fail "the node is $(state) with a patched identity module"
	named "$identity_module" "identity-module" Ida
	said="trusted once it was loaded; a patched one in its place is refused by name"
}

# unknown_runs PATH: the reasons name it; a memfd has a name and no path.
unknown_runs() {
	await 100 eval "explain | grep -q -- '$1'" || fail "no word of $1: $(explain)"
	await 10 state_is untrusted || fail "the node is $(state) after $1 ran"
}
scenario_binary_replaced() {
	trusted_machine
	guest 'cp /usr/bin/nproc /run/nproc && echo >>/run/nproc &&
		cp --remove-destination /run/nproc /usr/bin/nproc && nproc' >/dev/null || fail "the replaced binary"
	unknown_runs /usr/bin/nproc
	named userland Uma
	guest '/run/nproc' >/dev/null || fail "a binary on tmpfs"
	unknown_runs /run/nproc
	guest '/mnt/run_memfd /run/nproc' >/dev/null || fail "a binary in a memfd"
	unknown_runs memfd:
	said="untrusted; the replaced one, the one on tmpfs and the one without a file are named"
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

# weaker_boot: the disk boots, and its first verdict is in.
weaker_boot() {
	local since
	[ -z "$booted" ] || machine_off
	is_running "$verifierd" || verifier_start
	since=$(date +%s)
	machine_boot "$machine/disk.img" "$work/tpm"
	booted=yes
	load_identity || fail "the identity module does not load"
	await 1800 judged_since "$since" || fail "no verdict on a weaker boot: $(explain)"
}
# is_refused CODE LAYER OWNER ADVICE: no right, and that is among the reasons.
is_refused() {
	await 1200 refused "$@" || fail "no $1 of $2, $3, saying '$4' in: $(explain)"
	state_is untrusted || fail "a weaker boot is $(state)"
	lacks_svid || fail "a weaker boot has an SVID"
	return 0
}

scenario_no_boot_log() {
	local variables=${firmware_variables/.ms/}
	weaker_boot
	is_refused boot-log-missing boot-chain Bo "use linuxefi and initrdefi"
	machine_off
	booted=
	said="Secure Boot off and GRUB's linux: boot-log-missing, refused, and what to change is said"
}
