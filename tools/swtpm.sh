# SPDX-License-Identifier: Apache-2.0
# A software TPM of one's own, for quickstart and tests; sourced, not run.
#
#   swtpm_manufacture DIR   state in DIR/state with EK certificates (RSA-2048 and P-384)
#                           from a local CA in DIR/ca; its certificates: DIR/ca/*.pem
#   swtpm_start DIR         starts it: $SWTPM_PID, $SWTPM_PORT, and $SWTPM_TCTI for
#                           tpm2-tools and attestd. Loopback only.
#   swtpm_stop              ends it

swtpm_manufacture() {
	mkdir -p "$1/state" "$1/ca" "$1/certificates"
	cat >"$1/localca.conf" <<-CONF
		statedir = $1/ca
		signingkey = $1/ca/signkey.pem
		issuercert = $1/ca/issuercert.pem
		certserial = $1/ca/certserial
	CONF
	cat >"$1/localca.options" <<-CONF
		--platform-manufacturer attestd
		--platform-version 1
		--platform-model software
	CONF
	cat >"$1/setup.conf" <<-CONF
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $1/localca.conf
		create_certs_tool_options = $1/localca.options
		active_pcr_banks = sha1,sha256
	CONF
	swtpm_setup --tpm2 --tpmstate "$1/state" --createek --create-ek-cert \
		--create-platform-cert --lock-nvram --config "$1/setup.conf" \
		--pcr-banks sha1,sha256 --write-ek-cert-files "$1/certificates" \
		--overwrite >"$1/setup.log" 2>&1 || {
		cat "$1/setup.log" >&2
		return 1
	}
	# Only certificates beside the CA's keys count as roots and intermediates.
	mkdir -p "$1/roots" "$1/intermediates"
	cp "$1/ca/swtpm-localca-rootca-cert.pem" "$1/roots/root.pem"
	cp "$1/ca/issuercert.pem" "$1/intermediates/issuer.pem"
}

# Others may be there already: what answers on the port has to be ours.
swtpm_listens() {
	_socket=$(awk -v port="$(printf ':%04X$' "$SWTPM_PORT")" \
		'$4 == "0A" && $2 ~ port { print "socket:[" $10 "]" }' /proc/net/tcp)
	[ -n "$_socket" ] && ls -l "/proc/$SWTPM_PID/fd" 2>/dev/null | grep -qF "$_socket"
}

swtpm_start() {
	SWTPM_PID=
	for _try in 1 2 3 4 5 6 7 8; do
		# Two neighbouring ports, commands and control one above, below those
		# that the kernel gives to whoever connects.
		SWTPM_PORT=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 6000) * 2))
		swtpm socket --tpm2 --tpmstate "dir=$1/state" \
			--server "type=tcp,bindaddr=127.0.0.1,port=$SWTPM_PORT" \
			--ctrl "type=tcp,bindaddr=127.0.0.1,port=$((SWTPM_PORT + 1))" \
			--flags not-need-init,startup-clear >"$1/swtpm.log" 2>&1 &
		SWTPM_PID=$!
		SWTPM_TCTI="swtpm:host=127.0.0.1,port=$SWTPM_PORT"
		for _wait in $(seq 300); do
			# Not so where it has ended, since the ports are taken.
			[ -e "/proc/$SWTPM_PID/exe" ] || break
			if swtpm_listens && TPM2TOOLS_TCTI=$SWTPM_TCTI tpm2_getrandom --hex 1 >/dev/null 2>&1; then
				return 0
			fi
			sleep 0.1
		done
		swtpm_stop
	done
	echo "swtpm does not start; its log:" >&2
	cat "$1/swtpm.log" >&2
	return 1
}

swtpm_stop() {
	[ -n "${SWTPM_PID:-}" ] || return 0
	kill "$SWTPM_PID" 2>/dev/null
	wait "$SWTPM_PID" 2>/dev/null
	SWTPM_PID=
}
