# SPDX-License-Identifier: Apache-2.0
# Sourced: start_swtpm runs a fresh software TPM in $work, on loopback, and
# points tpm2-tools at it; stop_swtpm ends it.

need_tools() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 && continue
		echo "skipped: $tool is not installed"
		exit 77
	done
}

# The TCTI wants the control channel at the next port.
start_swtpm() {
	mkdir -p "$work/state"
	for attempt in 1 2 3 4 5 6 7 8; do
		port=$(($(od -An -N2 -tu2 /dev/urandom) % 20000 + 30000))
		swtpm socket --tpm2 --tpmstate "dir=$work/state" \
			--server "type=tcp,bindaddr=127.0.0.1,port=$port" \
			--ctrl "type=tcp,bindaddr=127.0.0.1,port=$((port + 1))" \
			--flags not-need-init,startup-clear >"$work/swtpm.log" 2>&1 &
		swtpm_pid=$!
		TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$port
		export TPM2TOOLS_TCTI
		for wait in 1 2 3 4 5 6 7 8 9 10; do
			kill -0 "$swtpm_pid" 2>/dev/null || break
			tpm2_getrandom --hex 1 >/dev/null 2>&1 && return 0
			sleep 0.1
		done
		stop_swtpm
	done
	cat "$work/swtpm.log"
	return 1
}

stop_swtpm() {
	[ -n "${swtpm_pid:-}" ] || return 0
	kill "$swtpm_pid" 2>/dev/null
	wait "$swtpm_pid" 2>/dev/null
	swtpm_pid=
}
