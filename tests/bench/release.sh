# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For sourcing, with $attestctl and $top set: a signed release of the captured boot
# that tests/unit/golden_release.c quotes.

# drafted LINE: the digest of its draft, as 'approve --yes' wants it
drafted() { sha256sum <"$1"/draft/manifest.json | cut -d ' ' -f 1; }

# make_release LINE: publishes LINE/release; its root's digest is in $root.
make_release() {
	local capture=$top/tests/data/sb-exec-policy line=$1
	root=$("$attestctl" release init "$line" --trust-domain example.org --platform qemu-q35 \
		--kernel 6.1.0-56-cloud-amd64 --id 'spiffe://example.org/web/*' \
		--owner 'userland=Uma,Ulf,userland@example.org' \
		--owner 'kernel=Kim,Kay,kernel@example.org') || return 1
	"$attestctl" release collect "$line" --boot-log "$capture/boot_log.bin" \
		--ima-log "$capture/ima.bin" --files "$capture/artifacts.sha256" --ima-policy-file "$capture/ima-policy" \
		--ima-policy /etc/ima/ima-policy >&2 &&
		"$attestctl" release sign "$line" >&2 &&
		"$attestctl" release approve "$line" --yes "$(drafted "$line")" --team platform --reason test >&2 &&
		"$attestctl" release approve "$line" --yes "$(drafted "$line")" --team identity-security --reason test >&2 &&
		"$attestctl" release publish "$line" >&2
}
