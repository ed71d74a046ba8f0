# SPDX-License-Identifier: Apache-2.0
# The verifier on the host and the release line that it believes; sourced, not run.
#
#   verifier_begin            keys, settings and inventory below $work; not started yet
#   verifier_start, verifier_stop
#   machine_configuration     what the guest's attestd has to know, into its tree
#   release_begin             a release line with two teams
#   release_edit FILTER       changes the draft that lies there
#   release_publish REASON [OPTION...]  signs, approves and publishes it
#   state, state_is STATE     what the verifier thinks of the node that runs
#   explain                   why

verifierd=
layer_owners=(
	--owner 'firmware=Fia (firmware),Fred,firmware@example.org'
	--owner 'boot-chain=Bo (boot chain),Bea,boot@example.org'
	--owner 'kernel=Kim (kernel),Kay,kernel@example.org'
	--owner 'identity-module=Ida (identity module),Ivo,identity@example.org'
	--owner 'userland=Uma (base system),Ulf,userland@example.org'
)

free_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
			echo "$port"
			return 0
		}
	done
	return 1
}

verifier_begin() {
	port=$(free_port) && admin_port=$(free_port) || return 1
	"$build/verifier/verifierd" --init "$work/verifier" --trust-domain example.org \
		--name localhost --name verifier.example.org >"$work/init.conf" || return 1
	echo "guest server $(machine_node "$work/tpm")" >"$work/inventory"
	sed -e "s|^listen = .*|listen = 127.0.0.1:$port|" \
		-e "s|^admin_listen = .*|admin_listen = 127.0.0.1:$admin_port|" \
		-e "s|^roots = .*|allow_software_tpm = yes\nsoftware_roots = $work/tpm/roots\nintermediates = $work/tpm/intermediates|" \
		"$work/init.conf" >"$work/verifierd.conf"
	cat >>"$work/verifierd.conf" <<-CONF
		[release]
		directory = $line/release
		root = $root

		[nodes]
		inventory = $work/inventory
	CONF
	export ATTESTCTL_VERIFIER=https://localhost:$admin_port ATTESTCTL_CA=$work/verifier/tls_cert.pem
	export ATTESTCTL_CERT=$work/verifier/admin_cert.pem ATTESTCTL_KEY=$work/verifier/admin_key.pem
}

verifier_answers() { "$attestctl" node list >/dev/null 2>&1; }
verifier_start() {
	with_us "$build/verifier/verifierd" --config "$work/verifierd.conf" >>"$work/verifierd.log" 2>&1 8>&- &
	verifierd=$!
	await 200 verifier_answers || fail "the verifier does not answer: $(tail -n 5 "$work/verifierd.log")"
}
verifier_stop() {
	end_process "$verifierd"
	verifierd=
}

machine_configuration() {
	local etc=$machine/tree$attestd_etc
	mkdir -p "$etc" && cp "$work/verifier/tls_cert.pem" "$etc/verifier-ca.pem" &&
		cp "$work/verifier/result_pub.pem" "$etc/result-key.pem" || return 1
	cat >"$etc/attestd.conf" <<-CONF
		[verifier]
		url = https://verifier.example.org:8443
		ca_file = $attestd_etc/verifier-ca.pem
		result_key = $attestd_etc/result-key.pem

		[identity web]
		spiffe_id = spiffe://example.org/web/front
		dir = /run/attestd/web
	CONF
	chmod -R go-w "$etc"
}

# The cell is the distribution's series of kernels: one release leads to the next in it.
release_begin() {
	line=$work/line
	root=$("$attestctl" release init "$line" --trust-domain example.org --platform qemu-q35-ovmf \
		--kernel "${release%%-*}-cloud-amd64" --id 'spiffe://example.org/web/*' --grant-lifetime 120 --attest-interval 40 \
		"${layer_owners[@]}" 2>"$work/release.log")
}
# The draft as its author changes it by hand.
release_edit() {
	jq -c "$1" "$line/draft/manifest.json" >"$work/draft.json" &&
		mv "$work/draft.json" "$line/draft/manifest.json"
}
drafted() { sha256sum <"$line"/draft/manifest.json | cut -d ' ' -f 1; }
release_publish() {
	local reason=$1
	shift
	{
		"$attestctl" release sign "$line" &&
			"$attestctl" release approve "$line" --yes "$(drafted)" --team platform --reason "$reason" &&
			"$attestctl" release approve "$line" --yes "$(drafted)" --team identity-security --reason "reviewed: $reason" &&
			"$attestctl" release publish "$line" "$@" && "$attestctl" release status "$line"
	} >>"$work/release.log" 2>&1
}

state() {
	"$attestctl" node list --json 2>/dev/null |
		jq -r --arg id "$node" 'select(.id == $id) | .state'
}
state_is() { [ "$(state)" = "$1" ]; }
explain() { "$attestctl" node explain "$node"; }
