/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "messages/spiffe_id.h"
#include "policies/reference/layer.h"
#include "policies/reference/set_file.h"
#include "policies/trust/class_rules.h"
#include "policies/trust/root.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_init.h"
#include "tools/release/root_keys.h"
#include "tools/release/vendor_delivery.h"

static const char help[] =
	"usage: attestctl release init DIR --trust-domain NAME --platform NAME --kernel NAME\n"
	"           [OPTIONS]\n"
	"\n"
	"Makes a release line: keys for each role of both teams, a root that both signed, a\n"
	"matrix with one cell (platform x kernel) and one node class, and revocations that\n"
	"revoke nothing. Prints the SHA-256 of the root: the verifier's configuration pins it.\n"
	"\n"
	"  --trust-domain NAME   SPIFFE trust domain of the class, such as prod.example\n"
	"  --platform NAME       hardware and firmware, such as r760-bios2.1\n"
	"  --kernel NAME         kernel release, such as 6.1.0-50-amd64\n"
	"  --line NAME           name of the release line [main]\n"
	"  --class NAME          node class [server]\n"
	"  --id PATTERN          SPIFFE IDs the class may mint, repeatable\n"
	"                        [spiffe://TRUST-DOMAIN/**]; * is a segment, ** the rest\n"
	"  --owner LAYER=OWNER,BACKUP,ESCALATION   who answers for a layer, repeatable:\n"
	"                        firmware boot-chain kernel identity-module userland\n"
	"                        release-process node [the team that builds it]\n"
	"  --select PCRS         what a quote covers [0,1,2,3,4,5,6,7,8,9,10,11,13,14]\n"
	"  --policy-pcrs PCRS    what the minting key is bound to [4,7,14]\n"
	"  --cap PCR             extended when a verdict fails [13]\n"
	"  --grant-lifetime S    seconds [600]\n"
	"  --attest-interval S   seconds [300]\n"
	"  --require-proofs      verifiers want manifests and approvals proven from the release\n"
	"                        log, cosigned by the witness\n"
	"  --key NAME=FILE|URI   an existing private key instead of a new one: PEM, or what\n"
	"                        OSSL_STORE knows (pkcs11:..., handle:0x81000010)\n"
	"  --public NAME=FILE    only the public half (PEM): build, release-sign and publish\n"
	"                        keys may be with their holders from the start\n"
	"  --low-risk KIND       a kind of change that platform may approve alone, repeatable\n"
	"                        (docs/releases.md) [none]\n"
	"  --vendor NAME=OWNER,BACKUP,ESCALATION,FILE  whose signed files a manifest may list,\n"
	"                        with a P-256 key of it (PEM) and who answers for it here\n"
	"  --vendor-openpgp NAME=FINGERPRINT  of a --vendor before: a primary key that it signs "
	"by\n"
	"                        in OpenPGP, which 'release import' goes by, repeatable\n"
	"  --builder URI         provenance by this builder is wanted of each manifest, "
	"repeatable\n"
	"                        [none is wanted]\n"
	"  --class-path PATH=CLASS  files of identity, enforcement or kernel code, repeatable\n"
	"  --canary NODES        so many nodes have to run a manifest as a canary before it\n"
	"                        becomes current, and a verifier has to say so [0: no gate]\n"
	"  --verifier-key FILE   the verifier's result key (public, PEM), which says so\n"
	"\n"
	"Keys lie in DIR/keys/PRINCIPAL/NAME.pem. No person may hold two of build, release-sign\n"
	"and publish, and who approves holds none of them: hand each directory to its person.\n"
	"\n"
	"Exit status: 0 made, 2 wrong usage or failure.\n";

static void new_line_done(struct new_line *in)
{
	json_decref(in->ids);
	json_decref(in->owners);
	json_decref(in->low_risk);
	json_decref(in->builders);
	json_decref(in->vendors);
	json_decref(in->paths);
	for (size_t i = 0; i < NEW_KEYS; i++)
		EVP_PKEY_free(in->key[i]);
	EVP_PKEY_free(in->verifier);
}

AUTO_RELEASE(new_line, new_line_done);

/* Keys that are here already, and new ones: nothing is written yet. */
static enum status find_keys(struct new_line *in)
{
	enum status status = OK;

	for (size_t i = 0; i < NEW_KEYS && status == OK; i++) {
		if (in->key_file[i] == NULL)
			status = line_key_new(&in->key[i]);
		else if (in->is_public[i])
			status = root_key_load(in->key_file[i], &in->key[i]);
		else
			status = line_key_load(in->key_file[i], &in->key[i]);
	}
	return status;
}

static void default_owners(struct new_line *in)
{
	static const char *const owners[OWNED_LAYERS] = {
		[LAYER_FIRMWARE] = "platform-hardware",
		[LAYER_BOOT_CHAIN] = "platform-os",
		[LAYER_KERNEL] = "platform-os",
		[LAYER_IDENTITY_MODULE] = "identity-security",
		[LAYER_USERLAND] = "platform-os",
		[LAYER_RELEASE_PROCESS] = "release-engineering",
		[LAYER_NODE] = "platform-operations",
	};

	for (unsigned i = 0; i < OWNED_LAYERS; i++) {
		const char *layer = layer_name((enum layer)i);

		if (json_object_get(in->owners, layer) == NULL)
			(void)json_object_set_new(in->owners, layer,
						  json_pack("{s:s, s:s, s:s}", "owner", owners[i],
							    "backup", "platform-engineering",
							    "escalation", "on-call"));
	}
}

/* LAYER=OWNER,BACKUP,ESCALATION */
static bool take_owner(struct new_line *in, const char *text)
{
	char name[64];
	char part[3][128];
	enum layer layer;

	if (sscanf(text, "%63[^=]=%127[^,],%127[^,],%127[^\n]", name, part[0], part[1], part[2]) !=
		    4 ||
	    layer_named(span_text(name), &layer) != OK || layer >= OWNED_LAYERS)
		return false;
	return json_object_set_new(in->owners, name,
				   json_pack("{s:s, s:s, s:s}", "owner", part[0], "backup", part[1],
					     "escalation", part[2])) == 0;
}

/* NAME=FILE */
static bool take_key(struct new_line *in, const char *text, bool is_public)
{
	for (size_t i = 0; i < NEW_KEYS; i++) {
		size_t len = strlen(new_keys[i].name);

		if (strncmp(text, new_keys[i].name, len) == 0 && text[len] == '=') {
			in->key_file[i] = text + len + 1;
			in->is_public[i] = is_public;
			return true;
		}
	}
	return false;
}

/* PATH=CLASS */
static bool take_low_risk(struct new_line *in, const char *name)
{
	enum change_kind kind;

	return change_kind_named(span_text(name), &kind) == OK &&
	       change_kind_may_be_low_risk(kind) &&
	       json_array_append_new(in->low_risk, json_string(name)) == 0;
}

static bool take_class_path(struct new_line *in, const char *text)
{
	const char *class = strrchr(text, '=');
	struct span path = { (const uint8_t *)text, class == NULL ? 0 : (size_t)(class - text) };
	size_t i = SET_IDENTITY;

	while (class != NULL && set_class_names[i] != NULL &&
	       strcmp(class + 1, set_class_names[i]) != 0)
		i++;
	return class != NULL && set_class_names[i] != NULL && set_path_is_valid(path) &&
	       json_array_append_new(in->paths,
				     json_pack("{s:s%, s:s}", "path", text, (size_t)(class - text),
					       "class", class + 1)) == 0;
}

enum option_id {
	OPTION_TRUST_DOMAIN = 256,
	OPTION_PLATFORM,
	OPTION_KERNEL,
	OPTION_LINE,
	OPTION_CLASS,
	OPTION_ID,
	OPTION_OWNER,
	OPTION_SELECT,
	OPTION_POLICY_PCRS,
	OPTION_CAP,
	OPTION_GRANT,
	OPTION_INTERVAL,
	OPTION_KEY,
	OPTION_CANARY,
	OPTION_VERIFIER_KEY,
	OPTION_PUBLIC,
	OPTION_LOW_RISK,
	OPTION_CLASS_PATH,
	OPTION_PROOFS,
	OPTION_BUILDER,
	OPTION_VENDOR,
	OPTION_VENDOR_OPENPGP,
};

static bool take_option(void *self, int option, const char *value)
{
	struct new_line *in = self;

	switch (option) {
	case OPTION_TRUST_DOMAIN:
		in->trust_domain = value;
		return trust_domain_is_valid(span_text(value));
	case OPTION_PLATFORM:
		in->platform = value;
		return target_is_valid(span_text(value));
	case OPTION_KERNEL:
		in->kernel = value;
		return target_is_valid(span_text(value));
	case OPTION_LINE:
		in->name = value;
		return name_is_valid(span_text(value));
	case OPTION_CLASS:
		in->class = value;
		return name_is_valid(span_text(value));
	case OPTION_ID:
		(void)json_array_append_new(in->ids, json_string(value));
		return spiffe_pattern_is_valid(span_text(value));
	case OPTION_OWNER:
		return take_owner(in, value);
	case OPTION_SELECT:
		in->select = value;
		return true;
	case OPTION_POLICY_PCRS:
		in->policy_pcrs = value;
		return true;
	case OPTION_CAP:
		return option_number("cap", value, 11, 23, &in->cap);
	case OPTION_GRANT:
		return option_number("grant-lifetime", value, 60, 3600, &in->grant_lifetime);
	case OPTION_INTERVAL:
		return option_number("attest-interval", value, 1, 86400, &in->attest_interval);
	case OPTION_CANARY:
		return option_number("canary", value, 0, 1000000, &in->canary_nodes);
	case OPTION_VERIFIER_KEY:
		return in->verifier == NULL && root_key_load(value, &in->verifier) == OK;
	case OPTION_KEY:
		return take_key(in, value, false);
	case OPTION_PUBLIC:
		return take_key(in, value, true);
	case OPTION_LOW_RISK:
		return take_low_risk(in, value);
	case OPTION_BUILDER:
		return value[0] != '\0' && strlen(value) <= ROOT_BUILDER_MAX &&
		       json_array_append_new(in->builders, json_string(value)) == 0;
	case OPTION_VENDOR:
		return vendor_json_add(in->vendors, value);
	case OPTION_VENDOR_OPENPGP:
		return vendor_json_add_openpgp(in->vendors, value);
	case OPTION_CLASS_PATH:
		return take_class_path(in, value);
	case OPTION_PROOFS:
		in->requires_proofs = true;
		return true;
	default:
		return false;
	}
}

static const struct option options[] = {
	{ "trust-domain", required_argument, NULL, OPTION_TRUST_DOMAIN },
	{ "platform", required_argument, NULL, OPTION_PLATFORM },
	{ "kernel", required_argument, NULL, OPTION_KERNEL },
	{ "line", required_argument, NULL, OPTION_LINE },
	{ "class", required_argument, NULL, OPTION_CLASS },
	{ "id", required_argument, NULL, OPTION_ID },
	{ "owner", required_argument, NULL, OPTION_OWNER },
	{ "select", required_argument, NULL, OPTION_SELECT },
	{ "policy-pcrs", required_argument, NULL, OPTION_POLICY_PCRS },
	{ "cap", required_argument, NULL, OPTION_CAP },
	{ "grant-lifetime", required_argument, NULL, OPTION_GRANT },
	{ "attest-interval", required_argument, NULL, OPTION_INTERVAL },
	{ "canary", required_argument, NULL, OPTION_CANARY },
	{ "verifier-key", required_argument, NULL, OPTION_VERIFIER_KEY },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "public", required_argument, NULL, OPTION_PUBLIC },
	{ "low-risk", required_argument, NULL, OPTION_LOW_RISK },
	{ "class-path", required_argument, NULL, OPTION_CLASS_PATH },
	{ "require-proofs", no_argument, NULL, OPTION_PROOFS },
	{ "builder", required_argument, NULL, OPTION_BUILDER },
	{ "vendor", required_argument, NULL, OPTION_VENDOR },
	{ "vendor-openpgp", required_argument, NULL, OPTION_VENDOR_OPENPGP },
	LAST_OPTIONS,
};

static enum answer make_line(struct new_line *in)
{
	AUTO_DONE(init_documents) documents = { 0 };
	char pattern[TRUST_DOMAIN_MAX + 16];

	if (path_exists(line_path(&in->line, "line.json").text))
		return unusable("%s is a release line already", in->line.directory);
	if (json_array_size(in->ids) == 0) {
		(void)snprintf(pattern, sizeof(pattern), "spiffe://%s/**", in->trust_domain);
		(void)json_array_append_new(in->ids, json_string(pattern));
	}
	default_owners(in);
	if (find_keys(in) != OK || init_make_documents(in, &documents) != OK ||
	    init_write(in, &documents) != OK)
		return ANSWER_UNUSABLE;
	fprintf(stderr,
		"Made %s. Both teams' keys lie in %s/keys: hand each directory to its person.\n"
		"The verifier pins this root:\n",
		in->line.directory, in->line.directory);
	printf("sha256:%s\n", sha256_text_of(span_of(&documents.root)).hex);
	return ANSWER_YES;
}

static bool is_whole(const void *self)
{
	const struct new_line *in = self;

	return in->trust_domain != NULL && in->platform != NULL && in->kernel != NULL;
}

enum answer release_init(int argc, char **argv)
{
	AUTO_DONE(new_line)
	in = { .name = "main",
	       .class = "server",
	       .ids = json_array(),
	       .owners = json_object(),
	       .low_risk = json_array(),
	       .builders = json_array(),
	       .vendors = json_object(),
	       .paths = json_array(),
	       .select = "0,1,2,3,4,5,6,7,8,9,10,11,13,14",
	       .policy_pcrs = "4,7,14",
	       .cap = 13,
	       .grant_lifetime = 600,
	       .attest_interval = 300,
	       .now = time(NULL) };
	const struct command_options command = {
		.usage = "release init DIR --trust-domain NAME --platform NAME --kernel NAME",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &in,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &in.line.directory, &answer))
		return answer;
	return make_line(&in);
}
