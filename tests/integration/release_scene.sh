# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What tests of the release commands share: a directory to work in, where 'line' is the
# release line and 'log' what the last command said.
: "${srcdir:=.}" "${builddir:=.}"
attestctl=$(realpath "$builddir/attestctl")
source=$(realpath "$srcdir")
# shellcheck disable=SC2034 # whoever sources this has both
build=$(realpath "$builddir") capture=$source/tests/data/sb-exec-policy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
	echo "FAIL: $1"
	cat log 2>/dev/null
	failed=1
}

# expect CODE WHAT COMMAND...
expect() {
	wanted=$1 what=$2
	shift 2
	"$@" >log 2>&1 </dev/null
	got=$?
	if [ "$got" -ne "$wanted" ]; then fail "$what: exit $got instead of $wanted"; fi
}

release() {
	verb=$1
	shift
	"$attestctl" release "$verb" line "$@"
}

# fact NAME: what other programs say of the capture.
fact() { sed -n "s/^#define CAPTURE_$1 \"*\([^\"]*\)\"*$/\1/p" "$capture/facts.h"; }

# The draft's digest, for 'approve --yes'.
drafted() { sha256sum <line/draft/manifest.json | cut -d ' ' -f 1; }

# sign_and_approve REASON: the draft, by both teams
sign_and_approve() {
	expect 0 "sign" release sign
	for team in platform identity-security; do
		expect 0 "$team approves" release approve --yes "$(drafted)" --team $team --reason "$1"
	done
}

# make_line [OPTION...]: a line with a draft
make_line() {
	rm -rf line
	release init --trust-domain prod.example --platform q35 --kernel 6.1.0-56-cloud-amd64 \
		"$@" >root 2>log || fail "init"
	expect 0 "collect" release collect --boot-log "$capture/boot_log.bin" \
		--ima-log "$capture/ima.bin" --files "$capture/artifacts.sha256" --ima-policy-file "$capture/ima-policy"
}

# approve TEAM [OPTION...]
approve() {
	team=$1
	shift
	release approve --team "$team" --reason "seen" "$@"
}

# finish NAME: the exit status is the test's
finish() {
	[ "$failed" -eq 0 ] && echo "$1: ok"
	exit "$failed"
}
