/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading.h"

#include <stdio.h>

/* Documents that publish and identity security renew day by day. */

static void numbered(char *path, size_t size, const char *folder, uint64_t version)
{
	(void)snprintf(path, size, "%s/%llu.json", folder, (unsigned long long)version);
}

enum status load_timestamp(struct loading *l)
{
	static const char path[] = "timestamp.json";
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	size_t key;
	enum status status = loading_document(l, path, DOCUMENT_TIMESTAMP, &dsse);

	if (status == OK)
		status = loading_signed(l, path, ROLE_PUBLISH, &dsse, &key);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_TIMESTAMP, &s) != OK ||
	    timestamp_read(&s, &l->timestamp) != OK)
		return loading_check(l, path, &s);
	l->publishers |= (key_mask)1 << key;
	status = loading_dated(l, path, l->timestamp.time, l->timestamp.expires,
			       l->root.caps.timestamp_s);
	if (status != OK)
		return status;
	return loading_mark(l, path, &l->trust->marks.timestamp, l->timestamp.version,
			    span_of(&dsse.payload), &l->marks.timestamp);
}

/* The index that was in force at the last load, pinned by the high-water mark. */
static enum status load_old_index(struct loading *l)
{
	const struct release_mark *seen = &l->trust->marks.index;
	AUTO_DONE(dsse) dsse = { 0 };
	struct statement *s = &l->old_index_statement;
	char path[48];

	if (seen->version == 0 || seen->version == l->index.version)
		return OK;
	numbered(path, sizeof(path), "index", seen->version);
	enum status status = loading_envelope(l, path, DOCUMENT_INDEX, &dsse);
	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "history-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &seen->digest);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_INDEX, s) != OK ||
	    index_read(s, &l->old_index) != OK)
		return loading_check(l, path, s);
	return OK;
}

/* What takes over was tried out, and what ran out or was replaced does not come back
 * by publish alone. */
static enum status check_arrival(struct loading *l, const struct index_entry *entry)
{
	const struct index_entry *was = index_current(&l->old_index, entry);

	if (was != NULL && entry->state == RELEASE_CURRENT && entry->version > was->version)
		return check_promotion(l, entry);
	if (entry->state != RELEASE_PREVIOUS || was == NULL || entry->version >= was->version)
		return OK;
	for (size_t i = 0; i < l->old_index.entry_count; i++)
		if (digest_equal(&l->old_index.entry[i].manifest, &entry->manifest))
			return OK;
	return loading_refuse(l, STATUS_DENIED, "previous-came-back", "index", "cells.manifests");
}

/* From there `current` may only rise: publish alone moves little. What both teams
 * took out of the matrix may go from the index as well; a blocked cell stays in it, so
 * that it does not come back lower. */
enum status check_history(struct loading *l)
{
	for (size_t i = 0; i < l->old_index.entry_count; i++) {
		const struct index_entry *was = &l->old_index.entry[i];
		const struct matrix_cell *cell =
			matrix_cell(&l->matrix, was->platform, was->kernel);
		enum index_change change = index_change_of(&l->index, was);

		if (change == INDEX_WENT_DOWN)
			return loading_refuse(l, STATUS_DENIED, "current-went-down", "index",
					      "cells.manifests.version");
		if (change == INDEX_EXCHANGED)
			return loading_refuse(l, STATUS_DENIED, "same-version-other-bytes", "index",
					      "cells.manifests.sha256");
		if (change == INDEX_WITHDRAWN && cell != NULL)
			return loading_refuse(l, STATUS_DENIED, "current-withdrawn", "index",
					      "cells");
	}
	for (size_t i = 0; i < l->index.entry_count; i++) {
		enum status status = check_arrival(l, &l->index.entry[i]);

		if (status != OK)
			return status;
	}
	return OK;
}

enum status load_index(struct loading *l)
{
	AUTO_DONE(dsse) dsse = { 0 };
	struct statement *s = &l->index_statement;
	char path[48];
	size_t key;

	numbered(path, sizeof(path), "index", l->timestamp.index_version);
	enum status status = loading_document(l, path, DOCUMENT_INDEX, &dsse);
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &l->timestamp.index);
	if (status == OK)
		status = loading_signed(l, path, ROLE_PUBLISH, &dsse, &key);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_INDEX, s) != OK ||
	    index_read(s, &l->index) != OK)
		return loading_check(l, path, s);
	l->publishers |= (key_mask)1 << key;
	if (l->index.version != l->timestamp.index_version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	if (l->index.time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	if (l->index.root_version != l->root.version ||
	    !digest_equal(&l->index.root, &l->root.digest))
		return loading_refuse(l, STATUS_MISMATCH, "root-mismatch", path, "root");
	status = loading_mark(l, path, &l->trust->marks.index, l->index.version,
			      span_of(&dsse.payload), &l->marks.index);
	return status == OK ? load_old_index(l) : status;
}

/* One version of the revocations. */
struct revocations_version {
	struct revocations list;
	key_mask signer;
	const char *doubt; /* why its signer does not count under this root; NULL: does */
};

static void revocations_version_done(struct revocations_version *version)
{
	revocations_done(&version->list);
}

AUTO_RELEASE(revocations_version, revocations_version_done);

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
	return OK;
}

/* STATUS_NOT_FOUND without a refusal: there is none. */
static enum status read_revocations(struct loading *l, uint64_t version,
				    struct revocations_version *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	const struct release_mark *seen = &l->trust->marks.revocations;
	char path[48];

	numbered(path, sizeof(path), "revocations", version);
	enum status status = loading_envelope(l, path, DOCUMENT_REVOCATIONS, &dsse);
	if (status == OK)
		status = find_revoker(l, path, &dsse, out);
	if (status == OK && version == l->index.revocations_version)
		status = loading_pinned(l, path, span_of(&dsse.payload), &l->index.revocations);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_REVOCATIONS, &s) != OK ||
	    revocations_read(&s, &out->list) != OK)
		return loading_check(l, path, &s);
	if (out->list.version != version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	/* Lower versions are read only for what they held. */
	if (version < seen->version)
		return OK;
	return loading_mark(l, path, seen, version, span_of(&dsse.payload), &l->marks.revocations);
}

static void mark_revoked_keys(struct loading *l)
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

	numbered(path, sizeof(path), "revocations", version);
	if (doubt != NULL)
		return loading_refuse(l, STATUS_DENIED, doubt, path, "signatures[0].keyid");
	mark_revoked_keys(l);
	/* Keys may be revoked after they signed what names the revocations. */
	if (((l->publishers | signer) & l->revoked) != 0)
		return loading_refuse(l, STATUS_DENIED, "key-revoked", "revocations", "keys");
	return loading_dated(l, path, l->revocations.time, l->revocations.expires,
			     l->root.caps.revocations_s);
}

/*
 * From the lowest version that somebody pinned to the highest that is there:
 * publish may withhold a reference to new revocations, yet not the revocations.
 */
enum status load_revocations(struct loading *l)
{
	uint64_t seen = l->trust->marks.revocations.version;
	uint64_t pinned = l->index.revocations_version;
	uint64_t version = seen > 0 && seen < pinned ? seen : pinned;
	uint64_t least = seen > pinned ? seen : pinned;
	const char *doubt = NULL;
	key_mask signer = 0;

	for (bool has_base = false;; version++) {
		AUTO_DONE(revocations_version) next = { 0 };
		enum status status = read_revocations(l, version, &next);

		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			break;
		if (status != OK)
			return status;
		signer = next.signer;
		doubt = next.doubt;
		/* Anybody could have written it. */
		if (doubt != NULL && version != seen)
			continue;
		if (has_base && !revocations_extend(&l->revocations, &next.list))
			return loading_refuse(l, STATUS_DENIED, "not-append-only", "revocations",
					      "");
		has_base = true;
		revocations_done(&l->revocations);
		l->revocations = next.list;
		next.list = (struct revocations){ 0 };
	}
	if (version <= least)
		return loading_refuse(l, STATUS_NOT_FOUND, "history-missing", "revocations", "");
	return check_newest(l, version - 1, signer, doubt);
}

/* Publish names the matrix: what both teams replaced must not come back by that. */
static enum status check_matrix_history(struct loading *l, const char *folder)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) aside = { 0 };
	struct matrix was;
	char path[96 + 8];

	if (l->old_index.version == 0 || digest_equal(&l->old_index.matrix, &l->index.matrix))
		return OK;
	loading_path(path, sizeof(path), "matrix/", &l->old_index.matrix, "/1.json");
	enum status status = loading_envelope(l, path, DOCUMENT_MATRIX, &dsse);
	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "history-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &l->old_index.matrix);
	if (status == OK && image_builder_init(&aside) != OK)
		status = loading_refuse(l, STATUS_NO_MEMORY, "source-failed", path, "");
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_MATRIX, &s) != OK ||
	    matrix_read(&s, &aside, &was) != OK)
		return loading_check(l, path, &s);
	if (l->matrix.version <= was.version)
		return loading_refuse(l, STATUS_DENIED, "rolled-back", folder, "version");
	return OK;
}

enum status load_matrix(struct loading *l)
{
	AUTO_DONE(bytes) payload = { 0 };
	struct statement *s = &l->matrix_statement;
	key_mask signers = 0;
	char folder[96];

	loading_path(folder, sizeof(folder), "matrix/", &l->index.matrix, "");
	enum status status =
		loading_signers(l, folder, DOCUMENT_MATRIX, &l->root, &payload, &signers);
	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "document-missing", folder, "");
	if (status == OK)
		status = loading_pinned(l, folder, span_of(&payload), &l->index.matrix);
	if (status != OK)
		return status;
	if (!root_meets(&l->root, ROLE_MATRIX, signers & ~l->revoked))
		return loading_refuse(l, STATUS_DENIED, "threshold-not-met", folder, "signatures");
	if (statement_open(span_of(&payload), DOCUMENT_MATRIX, s) != OK ||
	    matrix_read(s, &l->image, &l->matrix) != OK)
		return loading_check(l, folder, s);
	return check_matrix_history(l, folder);
}
