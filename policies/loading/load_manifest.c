/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#define PATH_SIZE 160

static enum status check_manifest(struct loading *l, const char *path,
				  const struct index_entry *entry)
{
	const struct release *release = &l->manifest.release;

	if (release->version != entry->version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	if (!span_equal(release->platform, entry->platform) ||
	    !span_equal(release->kernel, entry->kernel))
		return loading_refuse(l, STATUS_MISMATCH, "target-mismatch", path, "target");
	if (release->not_after - release->not_before > l->root.caps.manifest_s)
		return loading_refuse(l, STATUS_DENIED, "lifetime-over-cap", path, "notAfter");
	if (entry->accept_until != INT64_MAX && entry->accept_until > release->not_after)
		return loading_refuse(l, STATUS_DENIED, "accept-until-over-cap", "index",
				      "cells.manifests.acceptUntil");
	return OK;
}

/* Does the newer's `previous` reach back behind what the cell had, or exchange
 * it? One between the two may have left the index since. */
static bool looks_behind(const struct manifest *newer, const struct index_entry *had)
{
	if (!newer->has_previous || newer->previous_version < had->version)
		return true;
	return newer->previous_version == had->version &&
	       !digest_equal(&newer->previous, &had->manifest);
}

/* A baseline is what was current when this manifest took over: what the last load
 * had, where it had another. */
static enum status check_baseline(struct loading *l, const struct index_entry *entry)
{
	const struct index_entry *was = index_current(&l->old_index, entry);

	if (entry->state != RELEASE_CURRENT || was == NULL || was->version >= entry->version)
		return OK;
	if (looks_behind(&l->manifest, was))
		return loading_refuse(l, STATUS_MISMATCH, "previous-mismatch", "index",
				      "cells.manifests");
	return check_epoch(l, was);
}

/* What a rollback left may be accepted a while longer, counted from the day that
 * its document bears. */
static enum status check_left_behind(struct loading *l, const struct index_entry *entry)
{
	int64_t since;

	if (!is_left_behind(l, entry, &since))
		return loading_refuse(l, STATUS_DENIED, "rollback-not-from-current", "index",
				      "cells.manifests");
	if (entry->accept_until - since > l->root.caps.accept_until_s)
		return loading_refuse(l, STATUS_DENIED, "accept-until-over-cap", "index",
				      "cells.manifests.acceptUntil");
	return OK;
}

/* Was it to end earlier? With the one between left out its end would count from a
 * later day at each release. */
static bool is_prolonged(const struct loading *l, const struct index_entry *entry)
{
	for (size_t i = 0; i < l->old_index.entry_count; i++) {
		const struct index_entry *was = &l->old_index.entry[i];

		if (was->state == RELEASE_PREVIOUS && was->accept_until < entry->accept_until &&
		    digest_equal(&was->manifest, &entry->manifest))
			return true;
	}
	return false;
}

/*
 * Against its newer neighbour in the cell: that one's `previous` names this
 * one, and this one's end counts from the day the newer took over, so that
 * publish cannot prolong it day by day.
 */
static enum status check_neighbour(struct loading *l, const struct index_entry *entry,
				   const struct manifest *newer)
{
	if (entry->version > newer->release.version)
		return check_left_behind(l, entry);
	if (looks_behind(newer, entry))
		return loading_refuse(l, STATUS_MISMATCH, "previous-mismatch", "index",
				      "cells.manifests");
	if ((entry->state == RELEASE_PREVIOUS &&
	     entry->accept_until - newer->release.not_before > l->root.caps.accept_until_s) ||
	    (newer->previous_version != entry->version && is_prolonged(l, entry)))
		return loading_refuse(l, STATUS_DENIED, "accept-until-over-cap", "index",
				      "cells.manifests.acceptUntil");
	return OK;
}

/* Approved as its class asks for, or expedited; *in_force is false for what is revoked or
 * carried by a revoked key: it lapses without taking the rest with it. */
static enum status check_signatures(struct loading *l, const char *path, struct span payload,
				    const struct index_entry *entry, size_t signer, bool *in_force)
{
	bool is_complete = false;
	enum status status = load_approvals(l, path, payload, entry, &is_complete, in_force);

	l->manifest.release.scope = (struct release_scope){ 0 };
	if (status == OK && !is_complete) {
		status = check_expedited(l, entry, in_force);
		l->manifest.release.scope = l->emergency.scope;
	}
	if (status == OK)
		*in_force = *in_force && !loading_is_revoked(l, signer) &&
			    !revocations_have(&l->revocations, REVOKED_MANIFESTS,
					      digest_span(&entry->manifest));
	return status;
}

static bool is_accepted(const struct loading *l, const struct index_entry *entry)
{
	return l->trust->now < entry->accept_until && l->trust->now < l->manifest.release.not_after;
}

/* newer is what was read before in the same cell, or has version 0. What is blocked is
 * held to all of it, and comes into force for nobody. */
static enum status load_manifest(struct loading *l, const struct index_entry *entry,
				 bool is_allowed, struct manifest *newer)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	struct release *release = &l->manifest.release;
	bool in_force = false;
	bool is_built = false;
	size_t signer = 0;
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "manifests/", &entry->manifest, ".json");
	enum status status = loading_document(l, path, DOCUMENT_MANIFEST, &dsse);
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &entry->manifest);
	if (status == OK)
		status = loading_signed(l, path, ROLE_RELEASE_SIGN, &dsse, &signer);
	if (status == OK)
		status = loading_proven(l, "manifest", span_of(&dsse.payload), signer);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_MANIFEST, &s) != OK ||
	    manifest_read(&s, &l->image, &l->manifest) != OK)
		return loading_check(l, path, &s);
	status = check_manifest(l, path, entry);
	if (status == OK && newer->release.version > 0)
		status = check_neighbour(l, entry, newer);
	if (status == OK)
		status = check_baseline(l, entry);
	if (status == OK)
		status = load_provenance(l, path, span_of(&dsse.payload), &is_built);
	if (status == OK)
		status = load_vendors(l, path, &is_built);
	if (status == OK)
		status =
			check_signatures(l, path, span_of(&dsse.payload), entry, signer, &in_force);
	in_force = in_force && is_built && is_allowed;
	if (status == OK && in_force)
		status = load_sets(l, is_accepted(l, entry));
	if (status != OK)
		return status;
	if (in_force) {
		release->manifest = entry->manifest;
		release->state = entry->state;
		release->accept_until = entry->accept_until;
		if (release->scope.is_emergency && l->emergency_end < release->accept_until)
			release->accept_until = l->emergency_end;
		release->rolled_back_from = rolled_back_from(l, entry);
		(void)image_release(&l->image, release);
	}
	hold_against_rollbacks(l, entry);
	/* For its versions, times and digests: the spans end with the statement. */
	*newer = l->manifest;
	return OK;
}

static bool was_listed(const struct index *index, const struct index_entry *entry)
{
	for (size_t i = 0; i < index->entry_count; i++) {
		const struct index_entry *was = &index->entry[i];

		if (was->seen_version == 0 && was->version == entry->version &&
		    was->state == entry->state && was->accept_until == entry->accept_until &&
		    index_same_cell(was, entry) && digest_equal(&was->manifest, &entry->manifest))
			return true;
	}
	return false;
}

/*
 * Of a blocked cell is read what came into it since the last load: the next load goes on
 * from there, and holds what is allowed again against itself. What lies there longer may
 * be of keys that nobody has any more.
 */
static bool is_at_rest(const struct loading *l, const struct index_entry *cell)
{
	if (l->old_index.version == 0)
		return true;
	for (size_t i = 0; i < l->index.entry_count; i++)
		if (index_same_cell(&l->index.entry[i], cell) &&
		    !was_listed(&l->old_index, &l->index.entry[i]))
			return false;
	return true;
}

enum status load_manifests(struct loading *l)
{
	struct manifest newer = { 0 };

	for (size_t i = 0; i < l->index.entry_count; i++) {
		const struct index_entry *entry = &l->index.entry[i];
		const struct matrix_cell *cell =
			matrix_cell(&l->matrix, entry->platform, entry->kernel);

		if (i > 0 && !index_same_cell(entry, &l->index.entry[i - 1]))
			newer = (struct manifest){ 0 };
		if (newer.release.version == 0)
			l->cell_set_count = 0;
		if (cell == NULL)
			return loading_refuse(l, STATUS_DENIED, "cell-not-in-matrix", "index",
					      "cells");
		if (!cell->is_allowed && is_at_rest(l, entry))
			continue;

		enum status status = load_manifest(l, entry, cell->is_allowed, &newer);
		if (status != OK)
			return status;
	}
	return OK;
}
