/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <stdlib.h>

#include "policies/documents/canary.h"

/* The gate between canary and current: a verifier has seen enough nodes go through
 * all of it, attestation, grant and SVID, under the manifest that takes over. */
#define PATH_SIZE 160

static bool is_enough(const struct root *root, const struct canary *canary)
{
	return canary->nodes >= root->canary_nodes && canary->svids >= root->canary_nodes &&
	       canary->to - canary->from <= root->canary_window_s;
}

/* Too large for a stack. */
struct index_box {
	struct index index;
};

AUTO_FREE(index_box, struct index_box, free);

/* What the documents of a manifest have come to. */
struct gate {
	bool is_open;
	bool has_old; /* one would be enough, of what was in force once */
};

static bool tries_out(const struct index *index, const struct index_entry *entry)
{
	for (size_t i = 0; i < index->entry_count; i++)
		if (index->entry[i].state == RELEASE_CANARY &&
		    digest_equal(&index->entry[i].manifest, &entry->manifest))
			return true;
	return false;
}

/*
 * It speaks of the release as it stood when the manifest took over: the same root and
 * matrix, and no longer ago than a trial may last. A verifier that saw the index before
 * has that one before it; who was away knows that it came after what it had.
 */
static bool is_of_today(const struct loading *l, const struct canary *canary,
			const struct index *under)
{
	bool saw_the_last = l->old_index.version + 1 == l->index.version;
	const struct index *then = saw_the_last ? &l->index : &l->old_index;

	if (then->time - canary->to > l->root.canary_window_s ||
	    under->time > canary->to + CLOCK_SKEW_S)
		return false;
	return under->version >= then->version || (digest_equal(&under->root, &then->root) &&
						   digest_equal(&under->matrix, &then->matrix));
}

/* The index that it was counted under. */
static enum status check_index(struct loading *l, const char *path, const struct canary *canary,
			       const struct index_entry *entry, bool *is_today)
{
	AUTO_DONE(statement) s = { 0 };
	AUTO(index_box) under = malloc(sizeof(*under));

	if (under == NULL)
		return loading_refuse(l, STATUS_NO_MEMORY, "source-failed", path, "");
	enum status status =
		loading_index(l, canary->index_version, &canary->index, &s, &under->index);
	/* It names one that is not there. */
	if (status == STATUS_NOT_FOUND || status == STATUS_MISMATCH)
		return loading_refuse(l, status, l->refusal->code, path, "index");
	if (status != OK)
		return status;
	if (under->index.version != canary->index_version || !tries_out(&under->index, entry))
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "index");
	*is_today = is_of_today(l, canary, &under->index);
	return OK;
}

/* Does this document open it? */
static enum status check_canary(struct loading *l, const char *path, const struct dsse *dsse,
				const struct index_entry *entry, struct gate *gate)
{
	AUTO_DONE(statement) s = { 0 };
	struct canary canary;
	bool is_today = false;
	size_t key;
	enum status status = root_verify(&l->root, dsse, &key);

	/* Of a verifier that is none, or none any more. */
	if (status == STATUS_NOT_FOUND ||
	    (status == OK && ((l->root.role[ROLE_CANARY].keys & ~l->revoked) >> key & 1) == 0))
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (statement_open(span_of(&dsse->payload), DOCUMENT_CANARY, &s) != OK ||
	    canary_read(&s, &canary) != OK)
		return loading_check(l, path, &s);
	if (!digest_equal(&canary.manifest, &entry->manifest))
		return loading_refuse(l, STATUS_MISMATCH, "subject-mismatch", path, "manifest");
	if (canary.to > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "to");
	if (!is_enough(&l->root, &canary))
		return OK;
	status = check_index(l, path, &canary, entry, &is_today);
	gate->has_old = gate->has_old || !is_today;
	if (status != OK || !is_today)
		return status;
	status = loading_proven(l, "canary", span_of(&dsse->payload), key);
	gate->is_open = status == OK;
	return status;
}

enum status check_promotion(struct loading *l, const struct index_entry *entry)
{
	struct gate gate = { .is_open = l->root.canary_nodes == 0 };
	char folder[PATH_SIZE];
	int i;

	loading_path(folder, sizeof(folder), "canaries/", &entry->manifest, "");
	for (i = 1; i <= SIGNERS_MAX && !gate.is_open; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char path[PATH_SIZE + 32];

		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, DOCUMENT_CANARY, &dsse);
		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			break;
		if (status == OK)
			status = check_canary(l, path, &dsse, entry, &gate);
		if (status != OK)
			return status;
	}
	if (gate.is_open)
		return OK;
	if (gate.has_old)
		return loading_refuse(l, STATUS_DENIED, "canary-too-old", folder, "");
	return loading_refuse(l, STATUS_DENIED, i == 1 ? "canary-missing" : "canary-not-enough",
			      folder, "");
}
