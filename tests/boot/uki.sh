# SPDX-License-Identifier: Apache-2.0
# A machine whose firmware starts a unified kernel image: stub, kernel, initrd and command
# line in one signed file, without shim and GRUB; sourced, not run.
#
# The key is the one that Debian's ovmf publishes for tests, in OVMF's variables for it.
# The initrd runs systemd's own systemd-pcrphase as an initrd of systemd does, and the root's
# units run it again: four phases are measured into PCR 11.

uki_variables=${firmware_variables/.ms./.snakeoil.}
uki_certificate=/usr/share/ovmf/PkKek-1-snakeoil.pem
uki_published_key=/usr/share/ovmf/PkKek-1-snakeoil.key
# systemd-pcrphase opens these by name.
uki_opened="libtss2-esys.so.0 libtss2-mu.so.0 libtss2-rc.so.0 libtss2-tcti-device.so.0"
uki_opened_directory=/usr/lib/x86_64-linux-gnu

# needed_files TREE FILE: the libraries that it and they need, in no order.
needed_files() {
	local library path
	readelf -d "$1$2" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | while read -r library; do
		path=$(cd "$1" && find usr/lib -name "$library" -print -quit)
		[ -n "$path" ] || fail "the guest has no $library, which $2 needs"
		echo "/$path"
	done
}
# with_needed TREE FILE...: these files, and all libraries that they need.
with_needed() {
	local tree=$1 file queue known=' '
	shift
	queue=("$@")
	while [ ${#queue[@]} -gt 0 ]; do
		file=${queue[0]}
		queue=("${queue[@]:1}")
		[[ "$known" != *" $file "* ]] || continue
		known="$known$file "
		echo "$file"
		mapfile -t -O ${#queue[@]} queue < <(needed_files "$tree" "$file")
	done
}

# image_uki_initramfs NAME: that of the other machines, and what measures phases.
image_uki_initramfs() {
	local files=$machine/$1 file opened=

	for file in $uki_opened; do
		opened="$opened $uki_opened_directory/$file"
	done
	cp -a "$machine/initramfs" "$files" && mkdir "$files/lib64" || return 1
	cp "$(module_file efivarfs)" "$files/lib/modules/" && echo efivarfs >>"$files/order" || return 1
	# shellcheck disable=SC2086
	with_needed "$userland" /usr/lib/systemd/systemd-pcrphase $opened | while read -r file; do
		mkdir -p "$files${file%/*}" && cp -L "$userland$file" "$files$file" || return 1
	done && cp -L "$userland/lib64/ld-linux-x86-64.so.2" "$files/lib64/" && image_cpio "$1"
}

uki_sign() { sbsign --key "$work/uki.key" --cert "$uki_certificate" --output "$2" "$1" >>"$work/uki.log" 2>&1; }

# image_uki NAME INITRAMFS WORDS: $machine/NAME.img, a disk whose firmware starts a unified
# kernel image; its root is that of disk.img.
image_uki() {
	local parts=$machine/$1.parts esp=$machine/$1-esp

	mkdir -p "$parts" "$esp/EFI/BOOT" && printf '%s' "$3" >"$parts/cmdline" || return 1
	[ -s "$work/uki.key" ] || openssl rsa -in "$uki_published_key" -passin pass:snakeoil \
		-out "$work/uki.key" 2>>"$work/uki.log" || return 1
	# The stub has the firmware verify the kernel, too: its keys are no others.
	uki_sign "$kernel/boot/vmlinuz-$release" "$parts/linux" &&
		objcopy --add-section .osrel="$userland/usr/lib/os-release" --change-section-vma .osrel=0x20000 \
			--add-section .cmdline="$parts/cmdline" --change-section-vma .cmdline=0x30000 \
			--add-section .linux="$parts/linux" --change-section-vma .linux=0x2000000 \
			--add-section .initrd="$machine/$2.img" --change-section-vma .initrd=0x4000000 \
			"$stub/usr/lib/systemd/boot/efi/linuxx64.efi.stub" "$parts/uki" &&
		truncate -s %8 "$parts/uki" && uki_sign "$parts/uki" "$esp/EFI/BOOT/BOOTX64.EFI" &&
		rm -r "$parts" && cp --sparse=always "$machine/disk.img" "$machine/$1.img" &&
		image_fat "$1-esp" && image_place "$1-esp" 1 "$1.img"
}

# From artifacts alone, as release_collect.
uki_collect() {
	"$attestctl" release collect "$line" --uki "$machine/uki-esp/EFI/BOOT/BOOTX64.EFI" \
		--tree "$machine/tree" --firmware-variables "$uki_variables" --platform-log "$platform" \
		--identity "$attestd_file" --identity "$identity_file" >>"$work/release.log" 2>&1
}

uki_prepare() {
	[ ! -e "$machine/uki.img" ] || return 0
	[ -r "$uki_variables" ] && [ -r "$uki_published_key" ] ||
		fail "$uki_variables or $uki_published_key is missing: apt-get install ovmf"
	cache_begin
	stub=$(stub_tree) || return 1
	cache_end
	image_uki_initramfs uki-initramfs && image_uki uki uki-initramfs "$command_line" && uki_collect &&
		release_publish "the same kernel in a unified image" || {
		cat "$work/uki.log" "$work/release.log" >&2
		return 1
	}
	mkdir -p "$work/uki-tpm" && cp -r "$work/tpm/ca" "$work/uki-tpm/" && machine_tpm "$work/uki-tpm" &&
		echo "unified server $(machine_node "$work/uki-tpm")" >>"$work/inventory"
}

# uki_machine DISK: boots it, with its identity module.
uki_machine() {
	local variables=$uki_variables
	machine_boot "$1" "$work/uki-tpm"
	load_identity || fail "the identity module does not load"
}

# PCR 11 as the machine has it, as the manifest writes it.
pcr11() { echo "sha256:$(guest 'cat /sys/class/tpm/tpm0/pcr-sha256/11' | tr A-Z a-z)"; }

# uki_refused NAME: the machine boots that image, which the same key signed.
uki_refused() {
	local since
	machine_off
	since=$(date +%s)
	uki_machine "$machine/$1.img"
	await 1800 judged_since "$since" || fail "no verdict on $1: $(explain)"
	is_refused boot-image-unknown boot-chain Bo "boot approved programs"
	is_refused pcr-not-allowed kernel Kim "boot an approved configuration"
}

scenario_uki() {
	local phases
	[ -z "$booted" ] || machine_off
	booted=
	uki_prepare || fail "the unified image cannot be made"
	is_running "$verifierd" || verifier_start
	uki_machine "$machine/uki.img"
	await_state trusted 240
	guest 'cat /sys/kernel/security/lockdown' | grep -q '\[integrity\]' || fail "no lockdown"
	fetch_svid || fail "the SVID is for somebody else"
	# Predicted: after the stub, then after each phase of initrd and root.
	phases=$(jq -r '.predicate.boot.pcrs["11"] | index($now)' --arg now "$(pcr11)" "$line/draft/manifest.json")
	[ "$phases" = 4 ] || fail "PCR 11 is that of phase $phases and not of the fourth: $(pcr11)"
	appraised || fail "attestctl appraise: $(cat "$work/appraisal.log")"
	image_uki other-line uki-initramfs "$command_line lockdown=none" || fail "another command line"
	uki_refused other-line
	cp -a "$machine/uki-initramfs" "$machine/other-initramfs" && : >"$machine/other-initramfs/added" &&
		image_cpio other-initramfs && image_uki other-initrd other-initramfs "$command_line" || fail "another initrd"
	uki_refused other-initrd
	machine_off
	said="trusted by predicted values, PCR 11 after all four phases; another command line and another initrd are refused"
}
