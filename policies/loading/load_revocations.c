/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>

/*
 * Revocations, from the version that was seen last to the highest that is there:
 * publish may withhold a reference to new revocations, yet not the revocations. They
 * are read before what publish signs, since they say whose word that still is.
 */

/* So many versions in a row by nobody who may are looked at: a server that makes them up
 * as it is asked would keep a load busy. */
#define STRANGERS_MAX 64

/* One version of the revocations. */
struct revocations_version {
	struct revocations list;
	key_mask signer;
	const char *doubt; /* why its signer does not count; NULL: does */
};

static void revocations_version_done(struct revocations_version *version)
{
	revocations_done(&version->list);
}

AUTO_RELEASE(revocations_version, revocations_version_done);

static void version_path(char path[48], uint64_t version)
{
	(void)snprintf(path, 48, "revocations/%llu.json", (unsigned long long)version);
}

/* Who has the role, and is not among those that earlier versions revoked. */
static enum status find_revoker(struct loading *l, const char *path, const struct dsse *dsse,
				struct revocations_version *out)
{
	size_t key;
	enum status status = root_verify(&l->root, dsse, &key);

	if (status != OK && status != STATUS_NOT_FOUND)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (status == OK)
		out->signer = (key_mask)1 << key;
	if (status == STATUS_NOT_FOUND)
		out->doubt = "unknown-key";
	else if ((out->signer & l->root.role[ROLE_REVOKE].keys) == 0)
		out->doubt = "role-not-allowed";
	else if (revocations_have(&l->revocations, REVOKED_KEYS,
				  digest_span(&l->root.key[key].spki)))
		out->doubt = "key-revoked";
	return OK;
}

/* STATUS_NOT_FOUND without a refusal: there is none. What anybody could have written is
 * not parsed; what was seen before is known by its bytes, whoever signs today. */
static enum status read_version(struct loading *l, uint64_t version,
				struct revocations_version *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	const struct release_mark *seen = &l->trust->marks.revocations;
	char path[48];

	version_path(path, version);
	enum status status = loading_envelope(l, path, DOCUMENT_REVOCATIONS, &dsse);
	if (status == OK)
		status = find_revoker(l, path, &dsse, out);
	if (status != OK || (out->doubt != NULL && version != seen->version))
		return status;
	/* Earlier ones are read by who keeps no marks alone. */
	if (version >= seen->version)
		status = loading_mark(l, path, seen, version, span_of(&dsse.payload),
				      &l->marks.revocations);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_REVOCATIONS, &s) != OK ||
	    revocations_read(&s, &out->list) != OK)
		return loading_check(l, path, &s);
	if (out->list.version != version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	return OK;
}

void loading_mark_revoked(struct loading *l)
{
	for (size_t i = 0; i < l->root.key_count; i++)
		if (revocations_have(&l->revocations, REVOKED_KEYS,
				     digest_span(&l->root.key[i].spki)))
			l->revoked |= (key_mask)1 << i;
}

/* A root may have taken the role from who signed the versions before: what was
 * seen then still counts for what it held, not as the newest. */
static enum status check_newest(struct loading *l, uint64_t version, key_mask signer,
				const char *doubt)
{
	char path[48];

	version_path(path, version);
	if (doubt != NULL)
		return loading_refuse(l, STATUS_DENIED, doubt, path, "signatures[0].keyid");
	loading_mark_revoked(l);
	/* The last word of a key that revokes itself counts; only what it takes away. */
	if ((signer & l->revoked) != 0)
		loading_suspend(l, "key-revoked", path, "signatures[0].keyid");
	return loading_dated(l, path, l->revocations.time, l->revocations.expires,
			     l->root.caps.revocations_s);
}

static enum status collect(struct loading *l, uint64_t from)
{
	const uint64_t seen = l->trust->marks.revocations.version;
	uint64_t version = from;
	unsigned strangers = 0;
	const char *doubt = NULL;
	key_mask signer = 0;
	char path[48];

	for (bool has_base = false; strangers < STRANGERS_MAX; version++) {
		AUTO_DONE(revocations_version) next = { 0 };
		enum status status = read_version(l, version, &next);

		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			break;
		if (status != OK)
			return status;
		signer = next.signer;
		doubt = next.doubt;
		/* Anybody could have written it. Up to the one that is known it may be the
		 * word of who had the role then, and they have an end. */
		if (doubt != NULL && version != seen) {
			strangers += version > seen;
			continue;
		}
		strangers = 0;
		if (has_base && !revocations_extend(&l->revocations, &next.list))
			return loading_refuse(l, STATUS_DENIED, "not-append-only", "revocations",
					      "");
		has_base = true;
		revocations_done(&l->revocations);
		l->revocations = next.list;
		next.list = (struct revocations){ 0 };
	}
	/* Later ones may be by who has the role: nobody looked. */
	if (strangers == STRANGERS_MAX)
		doubt = "revocations-too-far";
	version_path(path, version);
	if (version == from || version <= seen)
		return loading_refuse(l, STATUS_NOT_FOUND, "history-missing", path, "");
	return check_newest(l, version - 1, signer, doubt);
}

enum status load_known_revocations(struct loading *l)
{
	uint64_t seen = l->trust->marks.revocations.version;

	return seen == 0 ? OK : collect(l, seen);
}

enum status load_all_revocations(struct loading *l)
{
	return collect(l, 1);
}

/* The version that the index names is there, and the one that it means. */
static enum status check_pin(struct loading *l)
{
	AUTO_DONE(dsse) dsse = { 0 };
	char path[48];

	version_path(path, l->index.revocations_version);
	if (l->index.revocations_version > l->marks.revocations.version)
		return loading_refuse(l, STATUS_NOT_FOUND, "history-missing", path, "");
	enum status status = loading_envelope(l, path, DOCUMENT_REVOCATIONS, &dsse);
	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "history-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &l->index.revocations);
	return status;
}

enum status load_revocations(struct loading *l)
{
	bool is_first = l->trust->marks.revocations.version == 0;
	enum status status = is_first ? collect(l, l->index.revocations_version) : OK;

	if (status == OK)
		status = check_pin(l);
	/* Nothing was in force that could go on without what they published. */
	if (status == OK && is_first && (l->publishers & l->revoked) != 0)
		return loading_refuse(l, STATUS_DENIED, "key-revoked", "revocations", "keys");
	return status;
}
