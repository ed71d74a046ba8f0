# SPDX-License-Identifier: Apache-2.0
# A machine's artifacts, made from packages, the build tree and tests/boot/guest, all of
# them below $machine; sourced, not run. The release's golden values come from these.
#
#   image_begin KERNEL          $machine/tree, initramfs.img and esp, but for attestd
#   image_attestd BUILD         installs attestd into the tree, enabled
#   image_command_line WORDS    what GRUB hands to the kernel, in esp/EFI/debian/grub.cfg
#   image_reference             $machine/reference-esp.img, another machine's disk
#   image_foreign               what no release knows, in $machine/foreign: unknown modules
#   image_disk                  $machine/disk.img from tree, esp and foreign

# What the machine has; in the order in which the initramfs loads them.
boot_modules="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci
	virtio_blk failover net_failover virtio_net virtio_console"
identity_module=nlmon
ima_policy=/etc/ima/ima-policy
unknown_modules="dummy ifb tun"
command_line="console=ttyS0 root=/dev/vda2 ima_policy=tcb lockdown=integrity net.ifnames=0 panic=-1"

# Nobody logs in, and every process costs without acceleration.
unused_units="serial-getty@ttyS0.service getty-static.service systemd-user-sessions.service
	systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journal-flush.service
	modprobe@configfs.service modprobe@dm_mod.service modprobe@fuse.service modprobe@loop.service
	systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
	systemd-udev-trigger.service modprobe@drm.service modprobe@efi_pstore.service systemd-tmpfiles-clean.timer"

module_file() { find "$kernel/usr/lib/modules" -name "$1.ko" -print -quit; }

# The tree has these modules and no other, so that what is loaded later is unknown.
image_tree() {
	local tree=$machine/tree module file target unit

	cp -a "$userland" "$tree" && cp -a "$guest/root/." "$tree/" && mkdir -p "$tree${ima_policy%/*}" &&
		cp "$top/policies/examples/ima-policy" "$tree$ima_policy" || return 1
	for module in $boot_modules $identity_module; do
		file=$(module_file "$module")
		target=$tree${file#"$kernel"}
		mkdir -p "${target%/*}" && cp "$file" "$target" || return 1
	done
	cp "$kernel/usr/lib/modules/$release/modules.builtin" \
		"$kernel/usr/lib/modules/$release/modules.order" "$tree/usr/lib/modules/$release/"
	cp "$kernel"/usr/lib/modules/"$release"/modules.builtin.* "$tree/usr/lib/modules/$release/"
	depmod -b "$tree" "$release" || return 1
	: >"$tree/etc/fstab"
	: >"$tree/etc/machine-id"
	echo guest >"$tree/etc/hostname"
	printf '127.0.0.1 localhost guest\n10.0.2.101 verifier.example.org\n' >"$tree/etc/hosts"
	mkdir -p "$tree/etc/systemd/system/multi-user.target.wants" \
		"$tree/etc/systemd/system/network-online.target.wants"
	ln -s ../control.service "$tree/etc/systemd/system/multi-user.target.wants/"
	sed -i "s/^RuntimeMaxSec=.*/RuntimeMaxSec=$((machine_max_s + 300))/" "$tree/etc/systemd/system/control.service" || return 1
	ln -s ../network.service "$tree/etc/systemd/system/network-online.target.wants/"
	for unit in $unused_units; do
		ln -s /dev/null "$tree/etc/systemd/system/$unit" || return 1
	done
}

# image_initramfs NAME: $machine/NAME.img, of guest/NAME/init, busybox and modules.
image_initramfs() {
	local files=$machine/$1 module

	mkdir -p "$files"/{bin,lib/modules,dev,proc,sys,root} &&
		cp "$guest/$1/init" "$files/init" &&
		cp "$busybox/bin/busybox" "$files/bin/busybox" || return 1
	for module in $boot_modules; do
		cp "$(module_file "$module")" "$files/lib/modules/" || return 1
		echo "$module"
	done >"$files/order"
	image_cpio "$1"
}
# image_cpio NAME: $machine/NAME.img of what lies in $machine/NAME.
image_cpio() {
	(cd "$machine/$1" && find . | sort | cpio -o -H newc --quiet --reproducible -R 0:0) |
		gzip -n1 >"$machine/$1.img"
}

image_command_line() {
	mkdir -p "$machine/${2:-esp}/EFI/debian" && cat >"$machine/${2:-esp}/EFI/debian/grub.cfg" <<-TEXT
		set timeout=0
		linux /vmlinuz-$release $1
		initrd /initrd.img-$release
		boot
	TEXT
}

# image_esp NAME INITRAMFS: $machine/NAME, laid out as the EFI system partition.
image_esp() {
	local esp=$machine/$1

	mkdir -p "$esp/EFI/BOOT" &&
		cp "$loader/usr/lib/shim/shimx64.efi.signed" "$esp/EFI/BOOT/BOOTX64.EFI" &&
		cp "$loader/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$esp/EFI/BOOT/grubx64.efi" &&
		cp "$kernel/boot/vmlinuz-$release" "$esp/" &&
		cp "$machine/$2.img" "$esp/initrd.img-$release" && image_command_line "$command_line" "$1"
}

image_begin() {
	release=$1
	rm -rf "$machine"
	mkdir -p "$machine" || return 1
	userland=$(userland_tree) && kernel=$(kernel_tree "$release") && loader=$(loader_tree) &&
		busybox=$(busybox_tree) || return 1
	image_initramfs initramfs && image_esp esp initramfs && image_tree
}

# A library that is missing would be seen as attestd's silence, minutes later.
image_has_libraries() {
	local library tree=$machine/tree

	find "$tree$attestd_file" "$tree${attestd_file%/*/*}/libexec/attestd" -type f -perm -u+x -exec readelf -d {} + 2>/dev/null |
		sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | sort -u | while read -r library; do
		[ -n "$(find "$tree/usr/lib" "$tree/usr/lib64" -name "$library" -print -quit)" ] || {
			say "the guest has no $library: its package belongs into tests/boot/packages.sh"
			return 1
		}
	done
}

# Wherever the build tree's prefix leads to; the unit knows the configuration.
image_attestd() {
	local unit

	make -s -C "$1" install DESTDIR="$machine/tree" >"$work/install.log" 2>&1 || {
		cat "$work/install.log" >&2
		return 1
	}
	unit=$(find "$machine/tree" -name attestd.service -print -quit)
	[ -n "$unit" ] || return 1
	attestd_etc=$(sed -nE 's/^ExecStart=.* --config (.*)\/attestd\.conf$/\1/p' "$unit")
	[ -n "$attestd_etc" ] || return 1
	attestd_file=$(sed -nE 's/^ExecStart=([^ ]+) .*/\1/p' "$unit")
	image_has_libraries || return 1
	mkdir -p "$machine/tree$attestd_etc" &&
		ln -s "${unit#"$machine/tree"}" "$machine/tree/etc/systemd/system/multi-user.target.wants/"
}

image_program() { cc -D_GNU_SOURCE -static -O1 -o "$machine/foreign/$1" "$guest/$1.c"; }
# The first byte of the code is another one: its signature does not hold.
image_patched() {
	local file=$machine/foreign/patched.ko text
	cp "$(module_file "$identity_module")" "$file" || return 1
	text=$(readelf -SW "$file" | sed -nE 's/.* \.text +PROGBITS +[0-9a-f]+ ([0-9a-f]+) .*/\1/p')
	[ -n "$text" ] &&
		printf '\x90' | dd of="$file" bs=1 seek=$((16#$text)) conv=notrunc status=none &&
		! cmp -s "$file" "$(module_file "$identity_module")"
}
# Without what was appended: a marker of 28 bytes, before it the signature's length (kernel:
# include/linux/module_signature.h).
image_unsigned() {
	local file=$machine/foreign/unsigned.ko size length
	cp "$(module_file "$identity_module")" "$file" && size=$(stat -c %s "$file") || return 1
	[ "$(tail -c 28 "$file")" = "~Module signature appended~" ] || return 1
	length=$(od -An -j$((size - 32)) -N4 --endian=big -tu4 "$file") || return 1
	truncate -s $((size - 28 - 12 - length)) "$file"
}
image_foreign() {
	local module

	mkdir -p "$machine/foreign" || return 1
	for module in $unknown_modules; do
		cp "$(module_file "$module")" "$machine/foreign/" || return 1
	done
	cp "$machine/tree$ima_policy" "$machine/foreign/" || return 1
	image_patched && image_unsigned && image_program run_memfd && image_program load_memory && image_program load_kexec &&
		xz -k --check=crc32 "$machine/foreign/tun.ko"
}

# image_fat NAME: $machine/NAME.img of what lies in $machine/NAME.
image_fat() {
	rm -f "$machine/$1.img"
	truncate -s 64M "$machine/$1.img" && mkfs.vfat -F 32 -n ESP "$machine/$1.img" >/dev/null &&
		mcopy -s -i "$machine/$1.img" "$machine/$1"/* ::
}
# image_ext4 NAME SIZE: the same as ext4.
image_ext4() {
	rm -f "$machine/$1.img"
	truncate -s "$2" "$machine/$1.img" &&
		mkfs.ext4 -q -O ^metadata_csum -E root_owner=0:0 -d "$machine/$1" "$machine/$1.img"
}
# image_place NAME MEGABYTES [DISK]: into the disk, and away.
image_place() {
	dd if="$machine/$1.img" of="$machine/${3:-disk.img}" bs=1M seek="$2" conv=notrunc,sparse status=none &&
		rm "$machine/$1.img"
}

image_disk() {
	rm -f "$machine/disk.img"
	image_fat esp && image_ext4 tree 256M && image_ext4 foreign 16M || return 1
	truncate -s 340M "$machine/disk.img" && sfdisk -q "$machine/disk.img" <<-TABLE || return 1
		label: gpt
		label-id: 0B5E7A11-7E57-4B00-8000-000000000001
		start=1MiB, size=64MiB, type=uefi, uuid=0B5E7A11-7E57-4B00-8000-000000000002
		start=65MiB, size=256MiB, type=linux, uuid=0B5E7A11-7E57-4B00-8000-000000000003
		start=321MiB, size=16MiB, type=linux, uuid=0B5E7A11-7E57-4B00-8000-000000000004
	TABLE
	image_place esp 1 && image_place tree 65 && image_place foreign 321
}

# A disk without a root, for the firmware's own measurements.
image_reference() {
	image_initramfs reference && image_esp reference-esp reference &&
		image_command_line "console=ttyS0 panic=-1" reference-esp && image_fat reference-esp
}
