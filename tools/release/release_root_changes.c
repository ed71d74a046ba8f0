/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "tools/json_changes.h"
#include "tools/release/release_line.h"
#include "tools/release/release_root.h"

static const struct root_key *key_named(const struct root *root, struct span name)
{
	for (size_t i = 0; i < root->key_count; i++)
		if (span_equal(root->key[i].name, name))
			return &root->key[i];
	return NULL;
}

static bool is_same_key(const struct root_key *a, const struct root_key *b)
{
	return span_equal(a->principal, b->principal) && a->team == b->team &&
	       a->scheme == b->scheme && digest_equal(&a->spki, &b->spki);
}

static void print_key(FILE *to, const char *what, const struct root_key *key)
{
	fprintf(to, "  %s key %.*s: %.*s, %s, sha256:%s\n", what, (int)key->name.len,
		(const char *)key->name.data, (int)key->principal.len,
		(const char *)key->principal.data,
		key->team == TEAM_PLATFORM ? "platform" : "identity-security",
		sha256_hex(&key->spki).hex);
}

static bool print_keys(FILE *to, const struct root *old, const struct root *next)
{
	bool has_changed = false;

	for (size_t i = 0; i < old->key_count; i++) {
		const struct root_key *now = key_named(next, old->key[i].name);

		if (now != NULL && is_same_key(&old->key[i], now))
			continue;
		print_key(to, "without", &old->key[i]);
		has_changed = true;
	}
	for (size_t i = 0; i < next->key_count; i++) {
		const struct root_key *before = key_named(old, next->key[i].name);

		if (before != NULL && is_same_key(before, &next->key[i]))
			continue;
		print_key(to, "with", &next->key[i]);
		has_changed = true;
	}
	return has_changed;
}

/* " 2 of platform-root, security-root" */
static void print_holders(FILE *to, const struct root *root, enum role role)
{
	const char *between = " ";

	if (root->role[role].keys == 0)
		fprintf(to, " nobody");
	else
		fprintf(to, " %u of", root->role[role].threshold);
	for (size_t i = 0; i < root->key_count; i++) {
		if ((root->role[role].keys >> i & 1) == 0)
			continue;
		fprintf(to, "%s%.*s", between, (int)root->key[i].name.len,
			(const char *)root->key[i].name.data);
		between = ", ";
	}
}

/* By names: the same key has another number in another root. */
static bool has_same_holders(const struct root *old, const struct root *next, enum role role)
{
	size_t before = 0, shared = 0, after = 0;

	for (size_t i = 0; i < next->key_count; i++)
		after += next->role[role].keys >> i & 1;
	for (size_t i = 0; i < old->key_count; i++) {
		const struct root_key *now = key_named(next, old->key[i].name);

		if ((old->role[role].keys >> i & 1) == 0)
			continue;
		before++;
		shared += now != NULL && (next->role[role].keys >> (now - next->key) & 1) != 0;
	}
	return before == shared && after == shared &&
	       old->role[role].threshold == next->role[role].threshold;
}

static bool print_roles(FILE *to, const struct root *old, const struct root *next)
{
	bool has_changed = false;

	for (enum role role = 0; role < ROLES; role++) {
		if (has_same_holders(old, next, role))
			continue;
		fprintf(to, "  role %s:", role_name(role));
		print_holders(to, old, role);
		fprintf(to, ", from now on");
		print_holders(to, next, role);
		fprintf(to, "\n");
		has_changed = true;
	}
	return has_changed;
}

/* What has lines of its own, or changes with every root. */
static bool is_told(const char *field)
{
	return strcmp(field, "keys") == 0 || strcmp(field, "roles") == 0 ||
	       strcmp(field, "version") == 0 || strcmp(field, "expires") == 0;
}

static json_t *untold_of(json_t *predicate)
{
	json_t *rest = json_copy(predicate);
	const char *name;
	json_t *value;

	json_object_foreach(predicate, name, value) if (is_told(name))(void)
		json_object_del(rest, name);
	return rest;
}

/* From what to what: a rule that lets less through is not told from one that lets more by
 * its name. */
static bool print_fields(FILE *to, json_t *old, json_t *next)
{
	AUTO(json_t) before = untold_of(old);
	AUTO(json_t) after = untold_of(next);

	return print_json_changes(to, "", before, after);
}

void print_root_changes(FILE *to, const struct root *old, json_t *old_json, const struct root *next,
			json_t *next_json)
{
	fprintf(to, "root %" PRIu64 ", sha256:%s, after root %" PRIu64 ", sha256:%s\n",
		next->version, sha256_hex(&next->digest).hex, old->version,
		sha256_hex(&old->digest).hex);
	fprintf(to, "  ends %+" PRId64 " days from where root %" PRIu64 " ends\n",
		(next->expires - old->expires) / INT64_C(86400), old->version);

	bool has_keys = print_keys(to, old, next);
	bool has_roles = print_roles(to, old, next);
	bool has_fields = print_fields(to, old_json, next_json);
	if (!has_keys && !has_roles && !has_fields)
		fprintf(to, "  nothing else changes\n");
}
