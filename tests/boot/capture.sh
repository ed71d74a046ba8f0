# SPDX-License-Identifier: Apache-2.0
# What a machine that really booted shows of itself, with quotes over it, in the form of
# tests/data; sourced, not run.

# In the machine's tree beside attestd, so that the release explains them, too.
capture_packages="tpm2-tools"
capture_nonce=00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef
capture_pcrs=0,1,2,3,4,5,6,7,8,9,10,11,14
capture_ak='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda'

# in_guest COMMAND: has to succeed.
in_guest() { guest "cd /run && export TPM2TOOLS_TCTI=device:/dev/tpmrm0 && $1" >"$work/capture.log" ||
	fail "in the machine: $1: $(cat "$work/capture.log")"; }
# from_guest FILE NAME: as it is, to the byte.
from_guest() {
	guest "base64 -w 0 $1" | base64 -d >"$captures/$2" && [ -s "$captures/$2" ] ||
		fail "the machine has no $1"
}

capture_key() {
	in_guest "tpm2_createprimary -Q -C e -g sha256 -G $2 -a '$capture_ak' -c $1.ctx &&
		tpm2_readpublic -Q -c $1.ctx -o $1.tpm2b_public -n $1.name &&
		tpm2_readpublic -Q -c $1.ctx -f pem -o $1.pem && tpm2_flushcontext -t"
	from_guest "/run/$1.tpm2b_public" "$1.tpm2b_public"
	from_guest "/run/$1.name" "$1.name"
	from_guest "/run/$1.pem" "$1.pem"
}
# capture_quote NAME KEY PCRS
capture_quote() {
	in_guest "tpm2_quote -Q -c $2.ctx -l $3 -q $capture_nonce -m $1.attest.bin -s $1.sig.bin && tpm2_flushcontext -t"
	from_guest "/run/$1.attest.bin" "$1.attest.bin"
	from_guest "/run/$1.sig.bin" "$1.sig.bin"
}
capture_certificates() {
	in_guest 'tpm2_nvread -C o -o ek_rsa.cert.der 0x01c00002 && tpm2_nvread -C o -o ek_ecc384.cert.der 0x01c00016 &&
		tpm2_createek -Q -G rsa -c ek.ctx -u ek_rsa.tpm2b_public && tpm2_flushcontext -t'
	from_guest /run/ek_rsa.cert.der ek_rsa.cert.der
	from_guest /run/ek_ecc384.cert.der ek_ecc384.cert.der
	from_guest /run/ek_rsa.tpm2b_public ek_rsa.tpm2b_public
}

# What explains the log: the release's lines of the files in it.
capture_artifacts() {
	cut -d' ' -f5 "$captures/ima.ascii" | sort -u >"$work/paths"
	jq -r '.predicate.ima.sets[].sha256' "$line/draft/manifest.json" | while read -r set; do
		cat "$line/release/sets/$set"
	done | awk 'NR == FNR { seen[$0] = 1; next } substr($0, 67) in seen' "$work/paths" - |
		sort -u >"$captures/artifacts.sha256"
}

# printed NAME LINE: of the text that tpm2_print made of the quote.
printed() { tpm2_print -t TPMS_ATTEST "$captures/quote_ecc_sha256.attest.bin" | sed -n "s/^ *$1: //p"; }
# fact NAME VALUE
fact() { printf '#define CAPTURE_%s %s\n' "$1" "$2"; }
# What the tests have to find: said by programs of other hands, and by the kernel's own
# text. PCR values and texts lie beside it in files of their own.
capture_facts() {
	local policy
	policy=$(cut -d' ' -f5 "$captures/ima.ascii" | grep -nxF "$ima_policy" | cut -d: -f1)
	cat <<-'TEXT'
		/* SPDX-License-Identifier: Apache-2.0 */
		/* Made by tests/boot/capture with the files beside it: what tpm2_eventlog, tpm2_print,
		 * tpm2_getcap and the kernel's own text say of them. */
		/* clang-format off */
		#ifndef TESTS_DATA_FACTS_H
		#define TESTS_DATA_FACTS_H

	TEXT
	fact KERNEL "\"$release\""
	fact CMDLINE "\"$(sed 's/^BOOT_IMAGE=[^ ]* //' "$captures/cmdline")\""
	fact BOOT_EVENTS $(($(tpm2_eventlog "$captures/boot_log.bin" | grep -c '^- EventNum') - 1))
	# GRUB is the second image that is started.
	fact GRUB_EVENT "$(tpm2_eventlog "$captures/boot_log.bin" |
		awk '/^- EventNum/ { n = $3 } /EV_EFI_BOOT_SERVICES_APPLICATION/ && ++images == 2 { print n - 1 }')"
	fact INITRD_EVENT "$(tpm2_eventlog "$captures/boot_log.bin" |
		awk '/^- EventNum/ { n = $3 } /^ *"\/initrd/ { print n - 1; exit }')"
	fact SHIM_SIZE "$(stat -c %s "$machine/esp/EFI/BOOT/BOOTX64.EFI")"
	fact IMA_ENTRIES "$(wc -l <"$captures/ima.ascii")"
	fact POLICY_ENTRY $((policy - 1))
	fact EARLY_LIBRARY "\"$(head -n "$policy" "$captures/ima.ascii" | cut -d' ' -f5 | grep '\.so' | tail -n 1)\""
	fact MODULE "\"$(cut -d' ' -f5 "$captures/ima.ascii" | grep "/$identity_module\.ko\$")\""
	fact CLOCK "$(printed clock)"
	fact RESET_COUNT "$(printed resetCount)"
	fact RESTART_COUNT "$(printed restartCount)"
	# Two words of it.
	# shellcheck disable=SC2046
	fact FIRMWARE_VERSION "$(printf '0x%08x%08x' $(sed -n '/FIRMWARE_VERSION_/{n;s/.*raw: //p}' "$work/properties"))"
	printf '\n#endif\n'
}

# By programs of two hands: attestctl, and tpm2-tools where they are installed.
capture_verified() {
	local key name banks
	"$attestctl" bootlog "$captures/boot_log.bin" >"$work/capture.log" || return 1
	sed -n 's/^\([0-9]* events\), .*/bootlog: \1/p' "$work/capture.log"
	for name in quote_ecc quote_ecc_sha256 quote_rsa; do
		key=ak_${name#quote_}
		"$attestctl" quote verify --attest "$captures/$name.attest.bin" --signature "$captures/$name.sig.bin" \
			--key "$captures/${key%_sha256}.pem" --nonce "$capture_nonce" >"$work/capture.log" || return 1
		echo "attestctl quote verify $name: yes"
		command -v tpm2_checkquote >/dev/null || continue
		tpm2_checkquote -Q -u "$captures/${key%_sha256}.pem" -m "$captures/$name.attest.bin" \
			-s "$captures/$name.sig.bin" -q "$capture_nonce" 2>"$work/capture.log" || return 1
		echo "tpm2_checkquote $name: yes"
	done
	for banks in sha1 sha256; do
		"$attestctl" imalog "$captures/ima.bin" --expect "$banks:$(pcr_read "$banks" 10)" >"$work/capture.log" ||
			return 1
		echo "attestctl imalog: PCR 10 of $banks is reached"
	done
}
# pcr_read BANK PCR: of what the machine read after its quotes.
pcr_read() {
	sed -n "/^  $1:/,/^  sha/p" "$captures/pcrs_read_after_quote.txt" |
		sed -nE "s/^ *$2 *: 0x([0-9A-F]+)/\1/p" | tr A-F a-f
}

# Lockdown comes from Secure Boot alone, as it does where nobody asks for it.
capture_machine() {
	image_command_line "${command_line/lockdown=integrity /}" && release_collect >>"$work/release.log" 2>&1 &&
		release_publish "the machine of the captures" --accept-previous 5 && image_disk
}
scenario_capture() {
	local authorities=$captures/ca captures=$captures/sb-exec-policy
	[ -z "$booted" ] || machine_off
	mkdir -p "$authorities" "$captures" || fail "$captures cannot be made"
	is_running "$verifierd" || verifier_start
	capture_machine || fail "its release: $(tail -n 5 "$work/release.log")"
	machine_boot "$machine/disk.img" "$work/tpm"
	booted=yes
	load_identity || fail "the identity module does not load"
	await_state trusted 240
	capture_certificates
	# Measured before the quotes, so that their PCR 10 is the one that is read after.
	in_guest 'tpm2_pcrread >pcrs && cat pcrs'
	capture_key ak_ecc ecc256:ecdsa-sha256:null
	capture_key ak_rsa rsa2048:rsassa-sha256:null
	from_guest /sys/kernel/security/ima/binary_runtime_measurements ima_before.bin
	capture_quote quote_rsa ak_rsa "sha1:$capture_pcrs+sha256:$capture_pcrs"
	capture_quote quote_ecc ak_ecc "sha1:$capture_pcrs+sha256:$capture_pcrs"
	capture_quote quote_ecc_sha256 ak_ecc sha256:0,1,2,3,4,5,6,7,8,9,10
	in_guest 'tpm2_pcrread >pcrs'
	from_guest /run/pcrs pcrs_read_after_quote.txt
	from_guest /sys/kernel/security/ima/binary_runtime_measurements ima.bin
	from_guest /sys/kernel/security/ima/ascii_runtime_measurements ima.ascii
	from_guest /sys/kernel/security/tpm0/binary_bios_measurements boot_log.bin
	from_guest /proc/cmdline cmdline
	from_guest /sys/kernel/security/lockdown lockdown
	from_guest /etc/ima/ima-policy ima-policy
	echo "$capture_nonce" >"$captures/nonce.hex"
	cp "$work/tpm/roots/root.pem" "$authorities/rootca-cert.pem"
	cp "$work/tpm/intermediates/issuer.pem" "$authorities/issuercert.pem"
	guest 'TPM2TOOLS_TCTI=device:/dev/tpmrm0 tpm2_getcap properties-fixed' >"$work/properties"
	capture_artifacts
	capture_facts >"$captures/facts.h"
	capture_verified >"$captures/verified.txt" || fail "the capture does not hold together: $(cat "$work/capture.log")"
	machine_off
	booted=
	said="in $captures: $(wc -l <"$captures/ima.ascii") IMA entries, $(wc -l <"$captures/artifacts.sha256") of them explained"
}
