/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "policies/class_rules.h"
#include "policies/root.h"
#include "policies/layer.h"
#include "policies/set_file.h"
#include "policies/spiffe_id.h"
#include "tools/release.h"
#include "tools/root_keys.h"

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
	"  --grant-lifetime S    seconds [600]      --attest-interval S  seconds [300]\n"
	"  --require-proofs      verifiers want manifests and approvals proven from the release\n"
	"                        log, cosigned by the witness\n"
	"  --key NAME=FILE|URI   an existing private key instead of a new one: PEM, or what\n"
	"                        OSSL_STORE knows (pkcs11:..., handle:0x81000010)\n"
	"  --public NAME=FILE    only the public half (PEM): build, release-sign and publish\n"
	"                        keys may be with their holders from the start\n"
	"  --low-risk KIND       a kind of change that platform may approve alone, repeatable\n"
	"                        (docs/releases.md) [none]\n"
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

/* Who holds what in a new line. Roles follow in role_keys. */
static const struct {
	const char *name, *principal, *team;
} new_keys[] = {
	{ "platform-root", "platform-lead", "platform" },
	{ "platform-approve", "platform-lead", "platform" },
	{ "build", "builder", "platform" },
	{ "release-sign", "release-signer", "platform" },
	{ "publish", "publisher", "platform" },
	{ "security-root", "security-lead", "identity-security" },
	{ "security-approve", "security-lead", "identity-security" },
	{ "revoke", "security-lead", "identity-security" },
	{ "log", "log-keeper", "platform" },
	{ "witness", "witness", "identity-security" },
};

#define NEW_KEYS (sizeof(new_keys) / sizeof(new_keys[0]))

static const struct {
	const char *role;
	const char *key[2];
} role_keys[] = {
	{ "root", { "platform-root", "security-root" } },
	{ "build", { "build" } },
	{ "release-sign", { "release-sign" } },
	{ "approve-platform", { "platform-approve" } },
	{ "approve-security", { "security-approve" } },
	{ "matrix", { "platform-approve", "security-approve" } },
	{ "revoke", { "revoke" } },
	{ "publish", { "publish" } },
	{ "log", { "log" } },
	{ "witness", { "witness" } },
	{ "rollback", { "platform-approve" } },
	{ "emergency", { "platform-approve" } },
	{ "review", { "security-approve" } },
};

struct init {
	struct release_line line;
	const char *trust_domain, *platform, *kernel, *name, *class;
	json_t *ids, *owners, *low_risk, *paths, *builders;
	const char *select, *policy_pcrs;
	int64_t cap, grant_lifetime, attest_interval, canary_nodes;
	bool requires_proofs;
	const char *key_file[NEW_KEYS];
	bool is_public[NEW_KEYS]; /* key_file has the public half alone */
	EVP_PKEY *key[NEW_KEYS];
	EVP_PKEY *verifier; /* signs what it saw of canaries */
	int64_t now;
};

static void init_done(struct init *in)
{
	json_decref(in->ids);
	json_decref(in->owners);
	json_decref(in->low_risk);
	json_decref(in->builders);
	json_decref(in->paths);
	for (size_t i = 0; i < NEW_KEYS; i++)
		EVP_PKEY_free(in->key[i]);
	EVP_PKEY_free(in->verifier);
}

AUTO_RELEASE(init, init_done);

static EVP_PKEY *key_named(const struct init *in, const char *name)
{
	for (size_t i = 0; i < NEW_KEYS; i++)
		if (strcmp(new_keys[i].name, name) == 0)
			return in->key[i];
	return NULL;
}

static enum status make_keys(struct init *in)
{
	enum status status = OK;

	for (size_t i = 0; i < NEW_KEYS && status == OK; i++) {
		struct line_path path = line_path(&in->line, "keys/%s/%s.pem",
						  new_keys[i].principal, new_keys[i].name);

		if (in->key_file[i] == NULL)
			status = line_key_make(path.text, &in->key[i]);
		else if (in->is_public[i])
			status = root_key_load(in->key_file[i], &in->key[i]);
		else
			status = line_key_load(in->key_file[i], &in->key[i]);
	}
	return status;
}

static json_t *roles_json(const struct init *in)
{
	json_t *roles = json_object();

	for (size_t i = 0; i < sizeof(role_keys) / sizeof(role_keys[0]); i++) {
		json_t *keys = json_array();
		int count = 0;

		for (size_t j = 0; j < 2 && role_keys[i].key[j] != NULL; j++, count++)
			(void)json_array_append_new(keys, json_string(role_keys[i].key[j]));
		(void)json_object_set_new(
			roles, role_keys[i].role,
			json_pack("{s:o, s:i}", "keys", keys, "threshold", count));
	}
	if (in->verifier != NULL)
		(void)json_object_set_new(
			roles, "canary",
			json_pack("{s:[s], s:i}", "keys", "verifier", "threshold", 1));
	return roles;
}

static json_t *class_rules_json(const struct init *in)
{
	json_t *rules = json_pack("{s:O}", "lowRisk", in->low_risk);

	if (json_array_size(in->paths) > 0)
		(void)json_object_set(rules, "paths", in->paths);
	return rules;
}

static json_t *root_json(const struct init *in)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < NEW_KEYS; i++)
		(void)json_object_set_new(
			keys, new_keys[i].name,
			root_key_json(in->key[i], new_keys[i].principal, new_keys[i].team));
	if (in->verifier != NULL)
		(void)json_object_set_new(
			keys, "verifier",
			root_key_json(in->verifier, "verifier", "identity-security"));
	return json_pack(
		"{s:i, s:I, s:o, s:o, s:{s:{s:i,s:i}, s:{s:i,s:i}}, s:o, "
		"s:{s:i, s:i, s:i, s:i, s:i, s:i}, s:O, s:O, s:{s:I, s:i}, s:b, s:b}",
		"version", 1, "expires", (json_int_t)(in->now + 365 * INT64_C(86400)), "keys", keys,
		"roles", roles_json(in), "classes", "low-risk", "approve-platform", 1,
		"approve-security", 0, "trust-impacting", "approve-platform", 1, "approve-security",
		1, "classRules", class_rules_json(in), "caps", "timestamp", 86400, "revocations",
		604800, "acceptUntil", 30 * 86400, "manifest", 366 * 86400, "emergency", 86400,
		"review", 8 * 3600, "owners", in->owners, "builders", in->builders, "canary",
		"nodes", (json_int_t)in->canary_nodes, "window", 7 * 86400, "requireProvenance",
		json_array_size(in->builders) > 0, "requireProofs", in->requires_proofs);
}

static json_t *pcrs_json(const char *text)
{
	struct span rest = span_text(text);
	struct span word;
	json_t *list = json_array();

	while (text_next_word(&rest, ',', &word)) {
		uint64_t pcr = 0;

		if (decimal_parse(word, 23, &pcr) != OK) {
			(void)unusable("'%s' is no list of PCRs", text);
			json_decref(list);
			return NULL;
		}
		(void)json_array_append_new(list, json_integer((json_int_t)pcr));
	}
	return list;
}

static json_t *matrix_json(const struct init *in)
{
	json_t *select = pcrs_json(in->select);
	json_t *policy = pcrs_json(in->policy_pcrs);
	AUTO_DONE(bytes) cell = { 0 };

	if (select == NULL || policy == NULL ||
	    bytes_printf(&cell, "%s/%s", in->platform, in->kernel) != OK)
		return NULL;
	return json_pack("{s:i, s:[{s:s, s:s, s:s}], s:[{s:s, s:s, s:O, s:[s%], s:I, s:I, "
			 "s:{s:s, s:o, s:o, s:I, s:b, s:[]}}]}",
			 "version", 1, "cells", "platform", in->platform, "kernel", in->kernel,
			 "state", "allow", "classes", "name", in->class, "trustDomain",
			 in->trust_domain, "ids", in->ids, "cells", (const char *)cell.data,
			 cell.len, "grantLifetime", (json_int_t)in->grant_lifetime,
			 "attestInterval", (json_int_t)in->attest_interval, "tpm", "bank", "sha256",
			 "select", select, "policyPcrs", policy, "cap", (json_int_t)in->cap,
			 "requireSafe", 0, "firmwareDeny");
}

/* Signs one payload with each of two keys: FOLDER/1.json and 2.json. */
static enum status sign_by_both(const struct init *in, const char *folder, struct span payload,
				const char *const keys[2])
{
	enum status status = OK;

	for (size_t i = 0; i < 2 && status == OK; i++)
		status = line_sign(line_next_envelope(folder).text, payload, keys[i],
				   key_named(in, keys[i]));
	return status;
}

static enum status write_root(const struct init *in, struct sha256_text *digest)
{
	static const char *const keys[] = { "platform-root", "security-root" };
	AUTO_DONE(bytes) payload = { 0 };
	enum status status = statement_text(DOCUMENT_ROOT, json_array(), root_json(in), &payload);

	if (status != OK)
		return status;
	*digest = sha256_text_of(span_of(&payload));
	return sign_by_both(in, line_path(&in->line, "release/root/1").text, span_of(&payload),
			    keys);
}

static enum status write_matrix(const struct init *in)
{
	static const char *const keys[] = { "platform-approve", "security-approve" };
	AUTO_DONE(bytes) payload = { 0 };
	json_t *matrix = matrix_json(in);

	if (matrix == NULL)
		return STATUS_MALFORMED;

	enum status status = statement_text(DOCUMENT_MATRIX, json_array(), matrix, &payload);
	if (status != OK)
		return status;

	struct sha256_text digest = sha256_text_of(span_of(&payload));
	status = sign_by_both(in, line_path(&in->line, "release/matrix/%s", digest.hex).text,
			      span_of(&payload), keys);
	if (status != OK)
		return status;

	AUTO(json_t)
	settings = json_pack("{s:s, s:s, s:s, s:s}", "line", in->name, "platform", in->platform,
			     "kernel", in->kernel, "matrix", digest.hex);
	AUTO(char) text = settings == NULL ? NULL : json_dumps(settings, JSON_INDENT(2));
	if (text == NULL)
		return STATUS_NO_MEMORY;
	return line_write(line_path(&in->line, "line.json").text, span_text(text), 0644);
}

static enum status write_revocations(const struct init *in)
{
	AUTO_DONE(bytes) payload = { 0 };
	json_t *predicate = json_pack("{s:i, s:I, s:I, s:[], s:[], s:[], s:[]}", "version", 1,
				      "time", (json_int_t)in->now, "expires",
				      (json_int_t)(in->now + 7 * INT64_C(86400)), "manifests",
				      "files", "keys", "nodes");
	enum status status =
		statement_text(DOCUMENT_REVOCATIONS, json_array(), predicate, &payload);

	if (status != OK)
		return status;
	return line_sign(line_path(&in->line, "release/revocations/1.json").text, span_of(&payload),
			 "revoke", key_named(in, "revoke"));
}

static void default_owners(struct init *in)
{
	static const char *const owners[LAYERS] = {
		[LAYER_FIRMWARE] = "platform-hardware",
		[LAYER_BOOT_CHAIN] = "platform-os",
		[LAYER_KERNEL] = "platform-os",
		[LAYER_IDENTITY_MODULE] = "identity-security",
		[LAYER_USERLAND] = "platform-os",
		[LAYER_RELEASE_PROCESS] = "release-engineering",
		[LAYER_NODE] = "platform-operations",
	};

	for (unsigned i = 0; i < LAYERS; i++) {
		const char *layer = layer_name((enum layer)i);

		if (json_object_get(in->owners, layer) == NULL)
			(void)json_object_set_new(in->owners, layer,
						  json_pack("{s:s, s:s, s:s}", "owner", owners[i],
							    "backup", "platform-engineering",
							    "escalation", "on-call"));
	}
}

/* LAYER=OWNER,BACKUP,ESCALATION */
static bool take_owner(struct init *in, const char *text)
{
	char name[64];
	char part[3][128];
	enum layer layer;

	if (sscanf(text, "%63[^=]=%127[^,],%127[^,],%127[^\n]", name, part[0], part[1], part[2]) !=
		    4 ||
	    layer_named(span_text(name), &layer) != OK)
		return false;
	return json_object_set_new(in->owners, name,
				   json_pack("{s:s, s:s, s:s}", "owner", part[0], "backup", part[1],
					     "escalation", part[2])) == 0;
}

/* NAME=FILE */
static bool take_key(struct init *in, const char *text, bool is_public)
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
static bool take_low_risk(struct init *in, const char *name)
{
	enum change_kind kind;

	return change_kind_named(span_text(name), &kind) == OK &&
	       change_kind_may_be_low_risk(kind) &&
	       json_array_append_new(in->low_risk, json_string(name)) == 0;
}

static bool take_class_path(struct init *in, const char *text)
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
	OPTION_HELP,
};

static bool take_option(struct init *in, int option, const char *value)
{
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
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static enum answer make_line(struct init *in)
{
	struct sha256_text root;
	char pattern[TRUST_DOMAIN_MAX + 16];

	if (line_has(line_path(&in->line, "line.json").text))
		return unusable("%s is a release line already", in->line.directory);
	if (json_array_size(in->ids) == 0) {
		(void)snprintf(pattern, sizeof(pattern), "spiffe://%s/**", in->trust_domain);
		(void)json_array_append_new(in->ids, json_string(pattern));
	}
	default_owners(in);
	if (make_keys(in) != OK || write_root(in, &root) != OK || write_matrix(in) != OK ||
	    write_revocations(in) != OK)
		return ANSWER_UNUSABLE;
	fprintf(stderr,
		"Made %s. Both teams' keys lie in %s/keys: hand each directory to its person.\n"
		"The verifier pins this root:\n",
		in->line.directory, in->line.directory);
	printf("sha256:%s\n", root.hex);
	return ANSWER_YES;
}

enum answer release_init(int argc, char **argv)
{
	AUTO_DONE(init)
	in = { .name = "main",
	       .class = "server",
	       .ids = json_array(),
	       .owners = json_object(),
	       .low_risk = json_array(),
	       .builders = json_array(),
	       .paths = json_array(),
	       .select = "0,1,2,3,4,5,6,7,8,9,10,11,13,14",
	       .policy_pcrs = "4,7,14",
	       .cap = 13,
	       .grant_lifetime = 600,
	       .attest_interval = 300,
	       .now = time(NULL) };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&in, option, optarg))
			return unusable("release init: an option is wrong%s%s: see --help",
					optarg == NULL ? "" : ": ", optarg == NULL ? "" : optarg);
	}
	if (optind != argc - 1 || in.trust_domain == NULL || in.platform == NULL ||
	    in.kernel == NULL)
		return unusable("release init needs DIR, --trust-domain, --platform and --kernel: "
				"see --help");
	in.line.directory = argv[optind];
	return make_line(&in);
}
