# SPDX-License-Identifier: Apache-2.0
# The machine: swtpm as its TPM, OVMF with Secure Boot, QEMU without acceleration;
# sourced, not run. One machine at a time.
#
#   machine_tpm DIR          a new TPM in DIR, if there is none, with EK certificates
#   machine_node DIR         that TPM's node id
#   machine_boot DISK DIR    boots DISK with DIR's TPM, $node; returns once it answers
#   platform_log             $platform: the boot log of another machine, same firmware
#   guest COMMAND            runs it there: its output, its status; 124 after $guest_s,
#                            125 where nobody answers any more
#   machine_off              asks it to power off, and waits
#   machine_kill             ends it

qemu='' swtpm='' channel='' node=''
guest_s=60
boot_max_s=${ATTESTD_BOOT_MAX_S:-480} # a busy machine may need more
machine_max_s=$((boot_max_s + 720))
firmware=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
firmware_variables=/usr/share/OVMF/OVMF_VARS_4M.ms.fd

is_running() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }
end_process() {
	is_running "$1" || return 0
	kill "$1" 2>/dev/null
	for _ in $(seq 50); do
		is_running "$1" || return 0
		sleep 0.1
	done
	kill -9 "$1" 2>/dev/null
}

machine_tpm() {
	[ -d "$1/state" ] || { mkdir -p "$1" && swtpm_manufacture "$1"; }
}

# The node id by the first EK certificate that attestd finds: P-384 at NV 0x01c00016.
machine_node() {
	openssl x509 -inform DER -in "$1/certificates/ek-secp384r1.crt" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}

machine_swtpm() {
	with_us swtpm socket --tpm2 --tpmstate "dir=$1/state" --ctrl "type=unixio,path=$work/tpm.sock" \
		--log "file=$work/swtpm.log" --terminate 8>&- &
	swtpm=$!
	await 50 test -S "$work/tpm.sock"
}

# A network card without a boot ROM: nothing but the disk can be booted.
machine_qemu() {
	local network="user,id=n,restrict=on"
	# A program for each connection: without -cmd they would share one.
	[ -z "${port:-}" ] || network="$network,guestfwd=tcp:10.0.2.101:8443-cmd:socat - TCP:127.0.0.1:$port"
	cp "$variables" "$work/variables.fd" || return 1
	rm -f "$work/control.sock"
	with_us timeout -k 5 "$machine_max_s" nice -n 5 qemu-system-x86_64 \
		-accel tcg,thread=multi -machine q35,smm=on -m 512 -smp 2 -nodefaults \
		-global driver=cfi.pflash01,property=secure,value=on \
		-drive "if=pflash,unit=0,readonly=on,format=raw,file=$firmware" \
		-drive "if=pflash,unit=1,format=raw,file=$work/variables.fd" \
		-chardev "socket,id=c,path=$work/tpm.sock" -tpmdev emulator,id=t,chardev=c \
		-device tpm-crb,tpmdev=t \
		-drive "if=none,id=d,file=$1,format=raw,cache=unsafe,snapshot=on" -device virtio-blk-pci,drive=d \
		-netdev "$network" -device virtio-net-pci,netdev=n,romfile= \
		-chardev "socket,id=s,path=$work/control.sock,server=on,wait=on" \
		-device virtio-serial-pci -device virtserialport,chardev=s,name=attestd.control \
		-display none -monitor none -serial "file:$work/serial.log" -no-reboot \
		>"$work/qemu.log" 2>&1 6>&- 7>&- 8>&- </dev/null &
	qemu=$!
	await 100 test -S "$work/control.sock"
}

machine_start() {
	machine_swtpm "$2" || fail "swtpm does not start: $(cat "$work/swtpm.log")"
	machine_qemu "$1" || fail "QEMU does not start: $(cat "$work/qemu.log")"
	coproc CHANNEL { exec socat - "UNIX-CONNECT:$work/control.sock" 8>&-; }
	channel=$CHANNEL_PID
	# The numbers outlive the array, which bash takes away when socat ends.
	exec 6<&"${CHANNEL[0]}" 7>&"${CHANNEL[1]}"
}

# The first word of a line that the machine says, its rest in $heard.
machine_says() {
	local word end=$((SECONDS + boot_max_s))

	while [ "$SECONDS" -lt "$end" ] && is_running "$qemu"; do
		read -r -t 5 -u 6 word heard
		case $? in
		0) [ "$word" = "$1" ] && return ;;
		1) break ;;
		esac
	done
	[ "$SECONDS" -lt "$end" ] || fail "the machine did not come up in $boot_max_s s"
	fail "the machine ended before it answered"
}

machine_boot() {
	node=$(machine_node "$2")
	machine_start "$1" "$2"
	machine_says ready
}

# What this firmware measures with these devices, whatever it starts: once for all runs.
machine_reference() {
	machine_tpm "$work/reference-tpm" && image_reference || return 1
	machine_start "$machine/reference-esp.img" "$work/reference-tpm"
	machine_says log
	base64 -d <<<"$heard" >"$1/boot_log.bin"
	echo thanks >&7
	await 300 machine_ended || end_process "$qemu"
	machine_done
	[ -s "$1/boot_log.bin" ]
}
platform_log() {
	local key
	key=$({ qemu-system-x86_64 --version && sha256sum <"$firmware" &&
		sha256sum <"$variables" && echo "$kernel $loader" && declare -f machine_qemu; } | short_digest)
	cached "platform-$key" machine_reference >"$work/platform" || return 1
	platform=$(cat "$work/platform")/boot_log.bin
}

# A subshell's numbers are lost with it, so the time is the number: an answer that comes
# late is nobody else's. 125 where nothing is there to answer, and not our end.
guest() {
	local id status output sent=${EPOCHREALTIME/./} end=$((SECONDS + guest_s))

	trap : PIPE
	echo "$sent $(base64 -w 0 <<<"$1")" 2>/dev/null >&7 || return 125
	while [ "$SECONDS" -lt "$end" ]; do
		read -r -t $((end - SECONDS)) -u 6 id status output
		case $? in
		0) ;;
		1) return 125 ;;
		*) continue ;;
		esac
		[ "$id" = "$sent" ] || continue
		base64 -d <<<"$output"
		return "$status"
	done
	return 124
}

machine_done() {
	[ -z "$channel" ] || exec 6<&- 7>&-
	end_process "$channel"
	end_process "$swtpm"
	qemu='' swtpm='' channel=''
}
machine_ended() { ! is_running "$qemu"; }
machine_off() {
	is_running "$qemu" && echo "end $(base64 -w 0 <<<'systemctl --force --force poweroff')" >&7
	await 600 machine_ended || fail "the machine does not power off"
	machine_done
}
machine_kill() {
	end_process "$qemu"
	machine_done
}
