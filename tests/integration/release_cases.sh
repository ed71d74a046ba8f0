# SPDX-License-Identifier: Apache-2.0
# Sourced: a line with two releases in force, a copy of it for each case, and what is
# asked of the commands. With an argument a script runs that case alone.
export LC_ALL=C
build=$(realpath "$builddir")
attestctl=$build/attestctl
capture=$(realpath "$srcdir")/tests/data/sb-exec-policy
wanted=${1:-}
for needed in jq openssl flock script; do
	command -v $needed >/dev/null && continue
	echo "SKIP: $needed is not there: apt-get install jq openssl util-linux bsdutils"
	exit 77
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# is NAME COMMAND...: a case, in a copy of the line, and what has to be true
is() {
	case=$1
	shift
	case $wanted in '' | "$case") ;; *) return ;; esac
	echo "run: $case"
	rm -rf line && cp -a golden line
	if "$@"; then echo "ok: $case"; else
		echo "not ok: $case: $(tail -n 3 log | tr '\n' ' ')"
		failed=1
	fi
}

release() {
	verb=$1
	shift
	timeout 60 "$attestctl" release "$verb" line "$@" >log 2>&1 </dev/null
}

# refused CODE WORDS COMMAND...: with those words
refused() {
	code=$1 words=$2
	shift 2
	"$@"
	[ $? -eq "$code" ] && grep -qF -- "$words" log
}

drafted() { sha256sum <line/draft/manifest.json | cut -d ' ' -f 1; }
in_force() { release status --json && grep -qF "\"version\":$1,\"state\":\"$2\"" log; }
index_now() { jq -r .payload line/release/timestamp.json | base64 -d | jq .predicate.index.version; }

# draft NUMBER [OPTION...]: one more file, signed
draft() {
	printf '%064d  /usr/local/bin/tool-%s\n' "$1" "$1" >more.sha256
	shift
	release collect --previous --files more.sha256 "$@" && release sign
}

approve_by_both() {
	release approve --yes "$(drafted)" --team platform --reason seen &&
		release approve --yes "$(drafted)" --team identity-security --reason seen
}

payload() { jq -r .payload "$1" | base64 -d; }
pae() { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <"$1")" | cat - "$1"; }

# A line with two releases in force, one after the other, and a third draft.
rm -f log
line() {
	release init --trust-domain prod.example --platform q35 --kernel k && root=$(grep sha256 log) &&
		release collect --boot-log "$capture/boot_log.bin" --ima-log "$capture/ima.bin" \
			--files "$capture/artifacts.sha256" \
			--ima-policy-file "$capture/ima-policy" && release sign && approve_by_both &&
		release publish && draft 2 --rollback-to 1 && approve_by_both && release publish &&
		draft 3 && approve_by_both
}
line || {
	echo "the line could not be made: $(cat log)"
	exit 1
}
mv line golden
