# SPDX-License-Identifier: Apache-2.0
# A trusted node as quickstart leaves it, for tests that go on from there; sourced,
# not run. $srcdir and $builddir are the test's; $row says which row is under way.
#
#   node_begin NAME     makes $work, runs quickstart there and takes its environment;
#                       all of it ends with the shell
#   start_attestd       starts it with $work/attestd.conf, its log emptied

: "${srcdir:=.}" "${builddir:=.}"
top=$(cd "$srcdir" && pwd) build=$(cd "$builddir" && pwd)
attestd_pid= verifierd_pid= SWTPM_PID= row= work=
# What is ended with the rest.
more_pids=
passed_at=$SECONDS
# shellcheck source=tools/swtpm.sh
. "$top/tools/swtpm.sh"
# shellcheck source=tests/integration/processes.sh
. "$top/tests/integration/processes.sh"

needs() {
	for program in "$@"; do
		command -v "$program" >/dev/null && continue
		echo "skipped: $program is not installed"
		exit 77
	done
}
node_finish() {
	status=$?
	# A child that is ended before it has become another program has our traps.
	[ "$BASHPID" = "$$" ] || exit "$status"
	trap - EXIT INT TERM
	for pid in "$attestd_pid" $more_pids "$verifierd_pid" "$SWTPM_PID"; do
		end_process "$pid"
	done
	if [ "$status" -ne 0 ]; then
		for log in quickstart attestd verifierd; do
			echo "--- the end of $log.log"
			tail -n 30 "$work/$log.log"
		done
	fi
	rm -rf "$work"
	exit "$status"
}
fail() {
	echo "FAILED: $row: $1"
	exit 1
}
passed() {
	echo "ok: $row ($((SECONDS - passed_at)) s)"
	passed_at=$SECONDS
}
has_svid() { [ -s "$work/web/svid.pem" ]; }
lacks_svid() { ! [ -e "$work/web/svid.pem" ]; }
# Of what is kept in before.pem: who waits for its end may come when the next is there.
is_another_svid() { has_svid && ! cmp -s "$work/web/svid.pem" "$work/before.pem"; }
is_old_svid_gone() { lacks_svid || is_another_svid; }
says() { grep -q -- "$1" "$work/attestd.log"; }
# Sanitizers want to be loaded before any other library.
clock_preload() {
	local first
	first=$(ldd "$1" | awk '$1 ~ /^libasan/ { print $3 }')
	echo "${first:+$first:}$build/tests/integration/clock_shift.so"
}
start_attestd() {
	: >"$work/attestd.log"
	"$build/attestd/attestd" --config "$work/attestd.conf" >>"$work/attestd.log" 2>&1 &
	attestd_pid=$!
}
restart_attestd() {
	end_process "$attestd_pid"
	start_attestd
}
roles() { cat "/proc/$attestd_pid/task/$attestd_pid/children"; }
role() {
	for pid in $(roles); do
		[ "$(cat "/proc/$pid/comm")" = "$1" ] && echo "$pid"
	done
}
# The TPM starts anew, and the boot of before goes into it again.
reboot() {
	end_process "$attestd_pid"
	end_process "$SWTPM_PID"
	swtpm_start "$work/tpm" || return 1
	export TPM2TOOLS_TCTI=$SWTPM_TCTI
	sed -i "s|^tcti = .*|tcti = $SWTPM_TCTI|" "$work/attestd.conf"
	cp "$top/tests/data/sb-exec-policy/boot_log.bin" "$top/tests/data/sb-exec-policy/ima.bin" "$work/"
	chmod u+w "$work/boot_log.bin" "$work/ima.bin"
	# shellcheck disable=SC2046
	tpm2_pcrextend $("$build/attestctl" bootlog --extends "$work/boot_log.bin") || return 1
	# shellcheck disable=SC2046
	tpm2_pcrextend $("$build/attestctl" imalog --extends "$work/ima.bin")
}
# A file of the release runs: attestd looks at once instead of in five minutes.
kick() {
	local digest path
	read -r digest path <"$top/tests/data/sb-exec-policy/artifacts.sha256"
	tpm2_pcrextend "$("$build/tests/integration/ima_measure" "$work/ima.bin" "$path" "$digest")"
}

node_begin() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/attestd-$1.XXXXXX") || exit 1
	trap node_finish EXIT
	trap 'exit 130' INT TERM
	row=quickstart
	"$top/tools/quickstart" --build "$build" --work "$work" --keep >"$work/quickstart.log" 2>&1 ||
		fail "it failed"
	# shellcheck source=/dev/null
	. "$work/environment"
}
