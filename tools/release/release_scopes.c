/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, and which exceptions stand: what a review looks at. */
#include <string.h>

#include "tools/release/release_drift.h"

static json_t *text_json(struct span text)
{
	return json_stringn((const char *)text.data, text.len);
}

static json_t *texts_json(const struct reference *ref, struct ref_range range)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < range.count; i++)
		(void)json_array_append_new(list, text_json(reference_text(ref, range.first + i)));
	return list;
}

static void put(json_t *object, struct span name, json_t *value)
{
	char key[256];

	(void)snprintf(key, sizeof(key), "%.*s", (int)name.len, (const char *)name.data);
	(void)json_object_set_new(object, key, value);
}

static json_t *keys_json(const struct root *root)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < root->key_count; i++)
		put(keys, root->key[i].name,
		    json_pack("{s:s, s:o, s:s}", "sha256", sha256_hex(&root->key[i].spki).hex,
			      "principal", text_json(root->key[i].principal), "team",
			      root->key[i].team == TEAM_PLATFORM ? "platform"
								 : "identity-security"));
	return keys;
}

static json_t *roles_json(const struct root *root)
{
	json_t *roles = json_object();

	for (unsigned role = 0; role < ROLES; role++) {
		json_t *holders = json_array();

		for (size_t i = 0; i < root->key_count; i++)
			if ((root->role[role].keys >> i & 1) != 0)
				(void)json_array_append_new(holders, text_json(root->key[i].name));
		(void)json_object_set_new(roles, role_name((enum role)role),
					  json_pack("{s:i, s:o}", "threshold",
						    (int)root->role[role].threshold, "keys",
						    holders));
	}
	return roles;
}

static json_t *rules_json(const struct root *root)
{
	static const char *const names[] = { "low-risk", "trust-impacting" };
	json_t *rules = json_pack("{s:I, s:b, s:b}", "canary", (json_int_t)root->canary_nodes,
				  "requireProofs", root->requires_proofs, "requireProvenance",
				  root->requires_provenance);

	for (size_t i = 0; i < 2; i++)
		(void)json_object_set_new(rules, names[i],
					  json_pack("{s:i, s:i}", "approve-platform",
						    (int)root->rule[i].platform, "approve-security",
						    (int)root->rule[i].security));
	return rules;
}

static json_t *owners_json(const struct root *root)
{
	json_t *owners = json_object();

	for (unsigned layer = 0; layer < OWNED_LAYERS; layer++)
		(void)json_object_set_new(
			owners, layer_name((enum layer)layer),
			json_pack("{s:o, s:o, s:o}", "owner", text_json(root->owner[layer].owner),
				  "backup", text_json(root->owner[layer].backup), "escalation",
				  text_json(root->owner[layer].escalation)));
	return owners;
}

/* Node classes as both teams signed them: who may be minted, and by which TPM policy. */
static json_t *classes_json(json_t *matrix)
{
	json_t *classes = json_object();
	json_t *class;
	size_t i;

	json_array_foreach(json_object_get(matrix, "classes"), i, class)
	{
		json_t *rest = json_copy(class);

		(void)json_object_del(rest, "name");
		(void)json_object_set_new(classes,
					  json_string_value(json_object_get(class, "name")), rest);
	}
	return classes;
}

static json_t *cells_json(json_t *matrix)
{
	json_t *cells = json_object();
	json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(matrix, "cells"), i, cell)
	{
		char name[192];

		(void)snprintf(name, sizeof(name), "%s/%s",
			       json_string_value(json_object_get(cell, "platform")),
			       json_string_value(json_object_get(cell, "kernel")));
		(void)json_object_set(cells, name, json_object_get(cell, "state"));
	}
	return cells;
}

/* The matrix that the index names: it just loaded. */
static json_t *find_matrix(const struct drift_input *input)
{
	const struct release_line release = { .directory = input->directory };
	const char *hex = json_string_value(json_object_get(input->index, "matrix"));

	return hex == NULL ? NULL
			   : line_predicate(line_path(&release, "matrix/%s/1.json", hex).text);
}

/* What decides how much fewer people may change, and how long it lasts. */
static void put_root_rules(json_t *scopes, json_t *root)
{
	static const char *const names[] = { "classRules", "caps", "canary", "vendors",
					     "builders" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_get(root, names[i]) != NULL)
			(void)json_object_set(scopes, names[i], json_object_get(root, names[i]));
}

/* Of a release: what lets something pass that a strict one would not. */
static json_t *exceptions_of(const struct reference *ref, const struct release *release)
{
	json_t *list = texts_json(ref, release->ima.exclude);

	if (release->ima.allow_builtin_policy)
		(void)json_array_append_new(list, json_string("allowBuiltinPolicy"));
	if (release->ima.tolerate_violations)
		(void)json_array_append_new(list, json_string("violations: tolerate"));
	return list;
}

static json_t *exceptions_json(const struct reference *ref)
{
	json_t *exceptions = json_object();

	for (uint32_t i = 0; i < reference_facts(ref).release_count; i++) {
		struct release release;
		char name[192];
		json_t *list;

		if (reference_release(ref, i, &release) != OK)
			continue;
		list = exceptions_of(ref, &release);
		(void)snprintf(name, sizeof(name), "%.*s/%.*s version %llu",
			       (int)release.platform.len, (const char *)release.platform.data,
			       (int)release.kernel.len, (const char *)release.kernel.data,
			       (unsigned long long)release.version);
		if (json_array_size(list) > 0)
			(void)json_object_set(exceptions, name, list);
		json_decref(list);
	}
	return exceptions;
}

json_t *drift_scopes(const struct drift_input *input)
{
	AUTO(json_t) matrix = find_matrix(input);
	json_t *scopes = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "keys", keys_json(input->root), "roles",
		roles_json(input->root), "rules", rules_json(input->root), "owners",
		owners_json(input->root), "classes", classes_json(matrix), "cells",
		cells_json(matrix), "exceptions", exceptions_json(input->reference));

	put_root_rules(scopes, input->root_json);
	return json_pack("{s:I, s:I, s:o}", "time", (json_int_t)input->now, "rootVersion",
			 (json_int_t)input->root->version, "scopes", scopes);
}

#define SCOPES_MAX ((size_t)4 << 20)

json_t *drift_read(const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *reviewed;

	if (path_read(path, SCOPES_MAX, &text) != OK)
		return NULL;
	reviewed = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(json_object_get(reviewed, "scopes")) &&
	    json_is_integer(json_object_get(reviewed, "time")))
		return reviewed;
	json_decref(reviewed);
	(void)unusable("%s: not what 'attestctl audit drift --record' wrote", path);
	return NULL;
}
