/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/root.h"

#include <string.h>

#define DAY INT64_C(86400)

static const char *const team_names[] = { "platform", "identity-security", NULL };

static void read_key(struct root *root, struct strict_cursor *keys, const char *name)
{
	AUTO_DONE(bytes) spki = { 0 };
	struct strict_cursor object = strict_object(keys, name);
	struct root_key *key = &root->key[root->key_count];

	*key = (struct root_key){ .name = span_text(name) };
	if (key->name.len > DSSE_KEYID_MAX || !name_is_valid(key->name))
		strict_fail(&object, NULL, STATUS_MALFORMED, "bad-value");
	key->scheme = (enum key_scheme)strict_choice(&object, "scheme", key_scheme_names);
	key->team = (enum team)strict_choice(&object, "team", team_names);
	key->principal = strict_text_as(&object, "principal", 64, name_is_valid);
	strict_base64(&object, "spki", SPKI_MAX, &spki);
	if (strict_end(&object) != OK)
		return;
	if (signing_key_load(key->scheme, span_of(&spki), &key->key) != OK ||
	    digest_of(DIGEST_SHA256, span_of(&spki), &key->spki) != OK)
		strict_fail(&object, "spki", STATUS_MALFORMED, "bad-key");
	root->key_count++;
}

static void read_keys(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor keys = strict_object(predicate, "keys");
	const char *name;

	for (size_t i = 0; (name = strict_name_at(&keys, i)) != NULL; i++) {
		if (i == ROOT_KEYS_MAX)
			strict_fail(&keys, NULL, STATUS_TOO_LARGE, "too-many-elements");
		else
			read_key(root, &keys, name);
	}
	(void)strict_end(&keys);
}

static key_mask key_named(const struct root *root, struct span name)
{
	for (size_t i = 0; i < root->key_count; i++)
		if (span_equal(root->key[i].name, name))
			return (key_mask)1 << i;
	return 0;
}

static void read_role(struct root *root, struct strict_cursor *roles, enum role role)
{
	struct strict_cursor object = strict_object(roles, role_name(role));
	struct strict_cursor names = strict_array(&object, "keys", ROOT_KEYS_MAX);
	struct root_role *out = &root->role[role];

	out->threshold = (unsigned)strict_uint(&object, "threshold", 1, ROOT_KEYS_MAX);
	for (size_t i = 0; i < strict_count(&names); i++) {
		key_mask key = key_named(root, strict_element_text(&names, i, DSSE_KEYID_MAX));

		if (key == 0)
			strict_fail(&names, NULL, STATUS_MALFORMED, "unknown-key");
		if ((out->keys & key) != 0)
			strict_fail(&names, NULL, STATUS_MALFORMED, "key-twice");
		out->keys |= key;
	}
	(void)strict_end(&object);
}

static void read_roles(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor roles = strict_object(predicate, "roles");

	for (unsigned i = 0; i < ROLES; i++)
		if (i < ROLE_EMERGENCY || strict_has(&roles, role_name((enum role)i)))
			read_role(root, &roles, (enum role)i);
	if (strict_end(&roles) == OK)
		root_check_duties(root, &roles);
}

/* How many approvals of each team a class wants; never none at all, and a
 * change that touches trust always wants both. */
static void read_rules(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor classes = strict_object(predicate, "classes");

	for (unsigned i = 0; i < 2; i++) {
		struct strict_cursor class = strict_object(&classes, change_class_names[i]);
		uint64_t least_security = i == CHANGE_TRUST_IMPACTING ? 1 : 0;

		root->rule[i].platform =
			(unsigned)strict_uint(&class, "approve-platform", 1, ROOT_KEYS_MAX);
		root->rule[i].security = (unsigned)strict_uint(&class, "approve-security",
							       least_security, ROOT_KEYS_MAX);
		if (root->rule[i].platform >
		    root_principals(root, root->role[ROLE_APPROVE_PLATFORM].keys))
			strict_fail(&class, "approve-platform", STATUS_MALFORMED,
				    "threshold-unreachable");
		if (root->rule[i].security >
		    root_principals(root, root->role[ROLE_APPROVE_SECURITY].keys))
			strict_fail(&class, "approve-security", STATUS_MALFORMED,
				    "threshold-unreachable");
		(void)strict_end(&class);
	}
	(void)strict_end(&classes);
}

static void read_caps(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor caps = strict_object(predicate, "caps");

	root->caps.timestamp_s = strict_int(&caps, "timestamp", 60, DAY);
	root->caps.revocations_s = strict_int(&caps, "revocations", 60, 7 * DAY);
	root->caps.accept_until_s = strict_int(&caps, "acceptUntil", 60, 366 * DAY);
	root->caps.manifest_s = strict_int(&caps, "manifest", 60, 3660 * DAY);
	if (root->role[ROLE_EMERGENCY].keys != 0) {
		root->caps.emergency_s = strict_int(&caps, "emergency", 60, 30 * DAY);
		root->caps.review_s = strict_int(&caps, "review", 60, 7 * DAY);
	}
	(void)strict_end(&caps);
}

/* No gate is a decision that stands in the root, not something left out. */
static void read_gate(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor gate = strict_object(predicate, "canary");

	root->canary_nodes = strict_uint(&gate, "nodes", 0, INT32_MAX);
	root->canary_window_s = strict_int(&gate, "window", 60, 30 * DAY);
	if (root->canary_nodes > 0 && root->role[ROLE_CANARY].keys == 0)
		strict_fail(&gate, "nodes", STATUS_MALFORMED, "threshold-unreachable");
	(void)strict_end(&gate);
}

static void read_owners(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor owners = strict_object(predicate, "owners");

	for (unsigned i = 0; i < OWNED_LAYERS; i++) {
		struct strict_cursor owner = strict_object(&owners, layer_name((enum layer)i));

		root->owner[i].owner = strict_text(&owner, "owner", 128);
		root->owner[i].backup = strict_text(&owner, "backup", 128);
		root->owner[i].escalation = strict_text(&owner, "escalation", 256);
		(void)strict_end(&owner);
	}
	(void)strict_end(&owners);
}

/* Whose provenance counts: a key of the build role says so for any of these. */
static void read_builders(struct root *root, struct strict_cursor *predicate)
{
	struct strict_cursor list = strict_array(predicate, "builders", ROOT_BUILDERS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		root->builder[i] = strict_element_text(&list, i, ROOT_BUILDER_MAX);
		root->builder_count = i + 1;
	}
}

/* What is asked for has to be possible. */
static void read_requirements(struct root *root, struct strict_cursor *predicate)
{
	if (strict_has(predicate, "builders"))
		read_builders(root, predicate);
	root->requires_provenance = strict_bool(predicate, "requireProvenance");
	if (root->requires_provenance && root->builder_count == 0)
		strict_fail(predicate, "requireProvenance", STATUS_MALFORMED, "builders-missing");
	root->requires_proofs = strict_bool(predicate, "requireProofs");
	if (root->requires_proofs &&
	    (root->role[ROLE_LOG].threshold == 0 || root->role[ROLE_WITNESS].threshold == 0))
		strict_fail(predicate, "requireProofs", STATUS_MALFORMED, "log-role-missing");
}

enum status root_open(struct span payload, struct root *root)
{
	struct strict_cursor *predicate = &root->statement.predicate;

	memset(root, 0, sizeof(*root));
	if (digest_of(DIGEST_SHA256, payload, &root->digest) != OK)
		return STATUS_NO_MEMORY;

	enum status status = statement_open(payload, DOCUMENT_ROOT, &root->statement);
	if (status != OK)
		return status;
	statement_expect_subjects(&root->statement, 0);
	root->version = strict_uint(predicate, "version", 1, INT64_MAX);
	root->expires = strict_int(predicate, "expires", 1, TIME_MAX);
	read_keys(root, predicate);
	read_roles(root, predicate);
	read_rules(root, predicate);
	class_rules_read(predicate, &root->class_rules);
	read_caps(root, predicate);
	read_gate(root, predicate);
	read_owners(root, predicate);
	vendors_read(predicate, &root->vendors);
	read_requirements(root, predicate);
	return strict_end(predicate);
}

void root_done(struct root *root)
{
	for (size_t i = 0; i < ROOT_KEYS_MAX; i++)
		EVP_PKEY_free(root->key[i].key);
	vendors_done(&root->vendors);
	statement_done(&root->statement);
}

enum status root_verify(const struct root *root, const struct dsse *dsse, size_t *key)
{
	for (size_t i = 0; i < root->key_count; i++) {
		if (!span_equal(root->key[i].name, span_text(dsse->keyid)))
			continue;

		enum status status = dsse_verify(dsse, root->key[i].key, root->key[i].scheme);
		if (status == OK)
			*key = i;
		return status;
	}
	return STATUS_NOT_FOUND;
}
