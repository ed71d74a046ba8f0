/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

/* Documents that publish and both teams renew. */

/*
 * A revoked key published this. Who stole it must not keep revocations from counting by
 * publishing what is refused: instead of it, what was in force at the last load is
 * appraised against, and gives no new right until another key publishes.
 */
static enum status fall_back(struct loading *l, const char *path)
{
	if (l->trust->marks.index.version == 0)
		return loading_refuse(l, STATUS_DENIED, "key-revoked", path, "signatures[0].keyid");
	loading_suspend(l, "key-revoked", path, "signatures[0].keyid");
	l->falls_back = true;
	l->timestamp = (struct timestamp){ 0 };
	l->marks.timestamp = l->trust->marks.timestamp;
	return OK;
}

/* The index that was in force at the last load, pinned by the high-water mark. */
static enum status read_seen_index(struct loading *l, struct statement *s, struct index *out)
{
	const struct release_mark *seen = &l->trust->marks.index;

	return loading_index(l, seen->version, &seen->digest, s, out);
}

/* With the root that it names, where that is an earlier one. */
static enum status load_index_of_before(struct loading *l)
{
	l->marks.index = l->trust->marks.index;
	statement_done(&l->index_statement);
	l->index_statement = (struct statement){ 0 };
	enum status status = read_seen_index(l, &l->index_statement, &l->index);

	if (status != OK || l->index.root_version >= l->root.version)
		return status;
	return load_root_of_index(l);
}

/*
 * A newer root is there, and what is published is not under it, which would keep revocations
 * from counting until somebody publishes again. So what was in force at the last load goes on
 * under the root that its index names, with all of them. A timestamp that was not seen then
 * may be the word of who lost the role: no new right is given. The one that was seen lets
 * go on what it let before, to its end.
 * why: what the newest root has against the document, which another one's publisher signed.
 */
static enum status go_on_under_older_root(struct loading *l, enum status why, const char *path,
					  const struct dsse *dsse, const struct digest *timestamp)
{
	const struct release_marks *seen = &l->trust->marks;
	const struct release_refusal refusal = *l->refusal;
	size_t key;

	if (seen->index.version == 0 || seen->revocations.version == 0)
		return why;
	*l->refusal = (struct release_refusal){ 0 };
	enum status status = load_index_of_before(l);
	if (status != OK || !l->has_older_root) {
		*l->refusal = refusal;
		return why;
	}
	status = loading_signed(l, path, ROLE_PUBLISH, dsse, &key);
	if (status != OK)
		return status;
	if (loading_is_revoked(l, key))
		return fall_back(l, path);
	l->falls_back = true;
	loading_notice(l, "root-mismatch", path, "root");
	l->is_suspended |= !digest_equal(timestamp, &seen->timestamp.digest);
	return OK;
}

static enum status go_on_by_timestamp(struct loading *l, enum status why, const char *path,
				      const struct dsse *dsse)
{
	AUTO_DONE(statement) s = { 0 };
	struct digest digest;

	if (digest_of(DIGEST_SHA256, span_of(&dsse->payload), &digest) != OK)
		return loading_refuse(l, STATUS_NO_MEMORY, "source-failed", path, "");
	enum status status = go_on_under_older_root(l, why, path, dsse, &digest);
	if (status != OK || l->is_suspended)
		return status;
	if (statement_open(span_of(&dsse->payload), DOCUMENT_TIMESTAMP, &s) != OK ||
	    timestamp_read(&s, &l->timestamp) != OK)
		return loading_check(l, path, &s);
	return OK;
}

enum status load_timestamp(struct loading *l)
{
	static const char path[] = "timestamp.json";
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	size_t key;
	enum status status = loading_document(l, path, DOCUMENT_TIMESTAMP, &dsse);

	if (status != OK)
		return status;
	status = loading_signed(l, path, ROLE_PUBLISH, &dsse, &key);
	if (status != OK)
		return go_on_by_timestamp(l, status, path, &dsse);
	if (loading_is_revoked(l, key))
		return fall_back(l, path);
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

static enum status load_old_index(struct loading *l)
{
	uint64_t seen = l->trust->marks.index.version;

	if (seen == 0 || seen == l->index.version)
		return OK;
	return read_seen_index(l, &l->old_index_statement, &l->old_index);
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

static enum status check_index(struct loading *l, const char *path)
{
	if (l->index.version != l->timestamp.index_version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	if (l->index.time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	return OK;
}

/* The one that the timestamp names. */
static enum status read_index(struct loading *l, const char *path, const struct dsse *dsse)
{
	struct statement *s = &l->index_statement;
	size_t key;
	enum status status = loading_signed(l, path, ROLE_PUBLISH, dsse, &key);

	if (status != OK)
		return go_on_under_older_root(l, status, path, dsse, &l->marks.timestamp.digest);
	if (loading_is_revoked(l, key)) {
		status = fall_back(l, path);
		return status == OK ? load_index_of_before(l) : status;
	}
	if (statement_open(span_of(&dsse->payload), DOCUMENT_INDEX, s) != OK ||
	    index_read(s, &l->index) != OK)
		return loading_check(l, path, s);
	l->publishers |= (key_mask)1 << key;
	status = check_index(l, path);
	if (status != OK)
		return status;
	if (l->index.root_version == l->root.version &&
	    digest_equal(&l->index.root, &l->root.digest))
		return OK;
	status = loading_refuse(l, STATUS_MISMATCH, "root-mismatch", path, "root");
	return go_on_under_older_root(l, status, path, dsse, &l->marks.timestamp.digest);
}

enum status load_index(struct loading *l)
{
	AUTO_DONE(dsse) dsse = { 0 };
	char path[48];

	if (l->has_older_root)
		return OK;
	if (l->falls_back)
		return load_index_of_before(l);
	loading_numbered(path, sizeof(path), "index", l->timestamp.index_version);
	enum status status = loading_document(l, path, DOCUMENT_INDEX, &dsse);
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &l->timestamp.index);
	if (status == OK)
		status = read_index(l, path, &dsse);
	if (status != OK || l->falls_back)
		return status;
	status = loading_mark(l, path, &l->trust->marks.index, l->index.version,
			      span_of(&dsse.payload), &l->marks.index);
	return status == OK ? load_old_index(l) : status;
}

/* Too large for a stack. */
struct matrix_box {
	struct matrix matrix;
};

AUTO_FREE(matrix_box, struct matrix_box, free);

/* Publish names the matrix: what both teams replaced must not come back by that. */
static enum status check_matrix_history(struct loading *l, const char *folder)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) aside = { 0 };
	AUTO(matrix_box) was = NULL;
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
	was = malloc(sizeof(*was));
	if (was == NULL)
		return loading_refuse(l, STATUS_NO_MEMORY, "source-failed", path, "");
	if (statement_open(span_of(&dsse.payload), DOCUMENT_MATRIX, &s) != OK ||
	    matrix_read(&s, &aside, &was->matrix) != OK)
		return loading_check(l, path, &s);
	if (l->matrix.version <= was->matrix.version)
		return loading_refuse(l, STATUS_DENIED, "rolled-back", folder, "version");
	/* What was decided stays on record. */
	if (!matrix_goes_on(&was->matrix, &l->matrix))
		return loading_refuse(l, STATUS_DENIED, "decision-removed", folder, "decisions");
	return OK;
}

/* It was in force at the last load, when all its signatures counted. */
static bool is_matrix_of_before(const struct loading *l)
{
	uint64_t seen = l->trust->marks.index.version;

	return seen != 0 &&
	       (seen == l->index.version || digest_equal(&l->old_index.matrix, &l->index.matrix));
}

/* Short of signatures for a revocation's sake, it goes on being appraised by, and gives no
 * new right until it is signed again: a refusal would keep revocations from counting. */
static enum status check_matrix_signers(struct loading *l, const char *folder, key_mask signers)
{
	if (root_meets(&l->root, ROLE_MATRIX, signers & ~l->revoked))
		return OK;
	if (!root_meets(&l->root, ROLE_MATRIX, signers) || !is_matrix_of_before(l))
		return loading_refuse(l, STATUS_DENIED, "threshold-not-met", folder, "signatures");
	loading_suspend(l, "key-revoked", folder, "signatures");
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
	if (status == OK)
		status = check_matrix_signers(l, folder, signers);
	if (status != OK)
		return status;
	if (statement_open(span_of(&payload), DOCUMENT_MATRIX, s) != OK ||
	    matrix_read(s, &l->image, &l->matrix) != OK)
		return loading_check(l, folder, s);
	if (l->matrix.decision_count > 0 &&
	    l->matrix.decision[l->matrix.decision_count - 1].time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", folder, "decisions");
	return check_matrix_history(l, folder);
}
