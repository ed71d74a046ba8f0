# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What tests of golden values from artifacts share: a root, an initramfs, a unified image,
# and the line that they are collected into.
: "${srcdir:=.}"
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
kernel=/usr/lib/systemd/boot/efi/systemd-bootx64.efi # an image like any other
variables=/usr/share/OVMF/OVMF_VARS_4M.ms.fd
open_variables=/usr/share/OVMF/OVMF_VARS_4M.fd
for needed in $stub $kernel $variables $open_variables; do
	[ -e "$needed" ] && continue
	echo "SKIP: $needed is not there: apt-get install systemd-boot-efi ovmf"
	exit 77
done
for needed in pesign sbsign cpio objcopy jq openssl python3; do
	command -v $needed >/dev/null && continue
	echo "SKIP: $needed is not there: apt-get install pesign sbsigntool cpio binutils jq openssl"
	exit 77
done
# shellcheck source=tests/integration/release_scene.sh
. "$srcdir/tests/integration/release_scene.sh"

# expect CODE WHAT ARGUMENTS...: of release collect
expect() {
	wanted=$1 what=$2
	shift 2
	"$attestctl" release collect line "$@" >log 2>&1
	got=$?
	if [ "$got" -ne "$wanted" ]; then fail "$what: exit $got instead of $wanted"; fi
}

# says WORDS: in what the last command printed
says() { grep -qF -- "$1" log || fail "it does not say: $1"; }

boot() { jq -c ".predicate.boot$1" line/draft/manifest.json; }

# same WHAT ONE OTHER
same() { [ "$2" = "$3" ] || fail "$1: $2 instead of $3"; }

digest_of() { sha256sum <"$1" | cut -d' ' -f1; }
pesign_digest() { echo "\"sha256:$(pesign -h -i "$1" | sed 's/.* //')\""; }

# The root: init is a program of this machine, with its libraries.
mkdir -p tree/usr/bin tree/usr/sbin tree/usr/lib tree/etc/ima initramfs/usr/bin initramfs/boot
ln -s usr/bin usr/sbin usr/lib tree/
ln -s usr/lib tree/lib64
cp /bin/true tree/usr/sbin/init
ldd /bin/true | grep -o '/[^ ]*' | while read -r file; do
	real=$(realpath "$file")
	mkdir -p "tree/usr/lib/$(basename "$(dirname "$real")")"
	cp "$real" "tree/usr/lib/$(basename "$(dirname "$real")")/$(basename "$file")"
done
loader=$(ldd /bin/true | grep -o '/[^ ]*ld-linux[^ ]*')
if [ ! -e "tree$loader" ]; then
	ln -s "$(cd tree/usr/lib && find . -name "$(basename "$loader")" -type f)" \
		"tree/usr/lib/$(basename "$loader")"
fi
cp "$capture/ima-policy" tree/etc/ima/ima-policy
echo other >'tree/usr/bin/not early'
mkdir tree/boot && echo kernel >tree/boot/vmlinuz

# The initramfs: a link among directories, two names of one file, a compressed rest.
ln -s usr/bin initramfs/bin
printf '#!/bin/sh\n' >initramfs/init
echo one >initramfs/usr/bin/one
echo kernel >initramfs/boot/vmlinuz
ln initramfs/usr/bin/one initramfs/usr/bin/two
(cd initramfs && find . | sort | cpio -o -H newc --quiet) >plain.cpio
mkdir early && echo microcode >early/microcode
(cd early && find . | cpio -o -H newc --quiet) >initrd.img
printf '\0\0\0\0\0\0\0\0' >>initrd.img
gzip -9 <plain.cpio >>initrd.img

# Debian's own kernel, signed as it is shipped, where artifacts_kernel names its package.
if [ -n "${ARTIFACTS_KERNEL:-}" ]; then
	dpkg-deb --fsys-tarfile "$ARTIFACTS_KERNEL" | tar -xO --wildcards './boot/vmlinuz-*' >vmlinuz || exit 1
	kernel=vmlinuz
fi

printf 'root=/dev/vda2 ima_policy=tcb' >cmdline
unified() {
	objcopy --add-section .osrel=/etc/os-release --change-section-vma .osrel=0x20000 \
		--add-section .cmdline=cmdline --change-section-vma .cmdline=0x30000 \
		--add-section .linux="$kernel" --change-section-vma .linux=0x2000000 \
		--add-section .initrd="$1" --change-section-vma .initrd=0x4000000 "$stub" "$2"
}
unified initrd.img uki.efi
truncate -s %8 uki.efi # as signers do, and digest
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout key.pem -out cert.pem 2>/dev/null
sbsign --key key.pem --cert cert.pem --output signed.efi uki.efi 2>/dev/null
sbverify --cert cert.pem signed.efi >log 2>&1 || fail "sbverify believes what is compared with here"

"$attestctl" release init line --trust-domain a.example --platform p --kernel k >/dev/null
artifacts="--firmware-variables $variables --platform-log $capture/boot_log.bin --tree tree"
