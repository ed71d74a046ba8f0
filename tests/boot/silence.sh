# SPDX-License-Identifier: Apache-2.0
# The verifier is gone for a while; sourced, not run.

# What the guest holds now, if it still does: the end of the right that it leads to.
read_grant_end() {
	local ends
	guest 'cat /run/attestd/web/svid.pem' >"$work/svid.now" && [ -s "$work/svid.now" ] || return 1
	ends=$(sed '1,/END CERTIFICATE/d' "$work/svid.now" | openssl x509 -noout -enddate) || return 1
	grant_end=$(date -d "${ends#*=}" +%s)
}

# Nothing is asked of the guest that could be mistaken for an end: it answers, and says
# that there is none.
scenario_silence() {
	local grant_end=0 began left key capped
	trusted_machine
	fetch_svid || fail "the SVID is for somebody else"
	key=$(minting_key)
	capped=$(keys_capped) && [ -n "$capped" ] || fail "the guest does not answer"
	verifier_stop
	began=$SECONDS
	while read_grant_end; do
		[ "$(date +%s)" -le $((grant_end + 15)) ] || fail "the SVID outlives its right"
		sleep 1
	done
	lacks_svid || fail "the guest does not answer"
	left=$((grant_end - $(date +%s)))
	[ "$grant_end" -gt 0 ] && [ "$left" -le 2 ] || fail "the SVID is gone $left s before its right ends"
	[ "$(keys_capped)" = "$capped" ] || fail "silence capped the minting key"
	said="the right ran out at its lifetime, $((SECONDS - began)) s later"
	verifier_start
	await_state trusted 240
	fetch_svid || fail "the SVID is for somebody else"
	[ "$(minting_key)" = "$key" ] || fail "another minting key in the same boot"
	said="$said; the node came back by itself with the same key"
}
