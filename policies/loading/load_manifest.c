/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <string.h>

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

static enum status add_table(struct loading *l, const struct manifest_set *set, const char *path,
			     struct span file, struct file_table_result *result)
{
	char line[32];
	enum status status = image_file_table(&l->image, file, &set->digest, result);

	(void)snprintf(line, sizeof(line), "line %llu", (unsigned long long)result->line);
	if (status == STATUS_MALFORMED)
		return loading_refuse(l, status, result->fault, path, line);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (l->table_count < INDEX_ENTRIES_MAX) {
		l->table[l->table_count].digest = set->digest;
		l->table[l->table_count].table = result->table;
		l->table[l->table_count].files = result->files;
		l->table_count++;
	}
	return OK;
}

/* Size before hash: what is too long is not even read. */
enum status load_set_file(struct loading *l, const struct manifest_set *set, const char *path,
			  struct bytes *file)
{
	struct digest digest;
	enum status status = l->source->read(l->source->self, path, (size_t)set->size, file);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "document-missing", path, "");
	if (status == STATUS_TOO_LARGE || (status == OK && file->len != set->size))
		return loading_refuse(l, STATUS_MISMATCH, "set-size-mismatch", path, "size");
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(file), &digest);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (!digest_equal(&digest, &set->digest))
		return loading_refuse(l, STATUS_MISMATCH, "digest-mismatch", path, "sha256");
	return OK;
}

static bool has_class_rules(const struct loading *l, const struct manifest_set *set)
{
	return l->root.class_rules.path_count > 0 &&
	       (set->class == SET_BASE || set->class == SET_VENDOR) && !set->is_early;
}

/* No exclude may reach a file that identity or enforcement rests on. */
static enum status check_excludes(struct loading *l, const struct manifest_set *set,
				  const char *path, struct span file)
{
	struct ref_range excludes = l->manifest.release.ima.exclude;
	struct set_reader reader = set_reader_over(file);
	struct set_entry entry;
	uint8_t logged[SET_PATH_MAX];

	if (excludes.count == 0 || (set->class != SET_IDENTITY && set->class != SET_ENFORCEMENT))
		return OK;
	while (set_reader_next(&reader, &entry) == OK) {
		path_as_logged(entry.path, logged);
		entry.path.data = logged;
		for (uint32_t i = 0; i < excludes.count; i++) {
			struct span prefix = image_text_at(&l->image, excludes.first + i);

			prefix.len -= prefix.len > 0;
			if (path_is_within(entry.path, prefix))
				return loading_refuse(l, STATUS_DENIED, "exclude-covers-identity",
						      path, "ima.exclude");
		}
	}
	return OK;
}

/* What the root calls identity, enforcement or kernel code is in no base set, nor in a
 * vendor's. The
 * files of an early set are the initramfs's: all their changes touch trust. */
static enum status check_classes(struct loading *l, const struct manifest_set *set,
				 const char *path, struct span file)
{
	const struct class_rules *rules = &l->root.class_rules;
	struct set_reader reader = set_reader_over(file);
	struct set_entry entry;
	uint8_t logged[SET_PATH_MAX];
	char line[32];

	if (!has_class_rules(l, set))
		return OK;
	while (set_reader_next(&reader, &entry) == OK) {
		path_as_logged(entry.path, logged);
		entry.path.data = logged;
		if (class_rules_class(rules, entry.path) == SET_BASE)
			continue;
		(void)snprintf(line, sizeof(line), "line %llu", (unsigned long long)reader.line);
		return loading_refuse(l, STATUS_DENIED, "set-class-too-low", path, line);
	}
	return OK;
}

static enum status load_set(struct loading *l, const struct manifest_set *set)
{
	AUTO_DONE(bytes) file = { 0 };
	struct file_table_result table = { 0 };
	bool is_known = false;
	char path[PATH_SIZE];
	enum status status = OK;

	loading_path(path, sizeof(path), "sets/", &set->digest, "");
	for (size_t i = 0; i < l->table_count && !is_known; i++) {
		if (!digest_equal(&l->table[i].digest, &set->digest))
			continue;
		is_known = true;
		table.table = l->table[i].table;
		table.files = l->table[i].files;
	}
	if (!is_known || l->manifest.release.ima.exclude.count > 0 || has_class_rules(l, set))
		status = load_set_file(l, set, path, &file);
	if (status == OK && !is_known)
		status = add_table(l, set, path, span_of(&file), &table);
	if (status == OK)
		status = check_excludes(l, set, path, span_of(&file));
	if (status == OK)
		status = check_classes(l, set, path, span_of(&file));
	for (uint32_t i = 0; i < set->must_appear.count && status == OK; i++)
		if (!image_table_has_path(&l->image, table.table,
					  image_text_at(&l->image, set->must_appear.first + i)))
			status = loading_refuse(l, STATUS_MISMATCH, "must-appear-not-in-set", path,
						"mustAppear");
	if (status != OK)
		return status;

	struct reference_set row = { .name = set->name,
				     .digest = set->digest,
				     .class = set->class,
				     .vendor = (uint8_t)set->vendor,
				     .files = table.files,
				     .must_appear = set->must_appear,
				     .table = table.table };
	(void)image_set(&l->image, &row);
	return OK;
}

/* Early sets first, so that they are a range too. */
static enum status load_sets(struct loading *l)
{
	struct ima_rules *ima = &l->manifest.release.ima;
	enum status status = OK;

	ima->sets = image_sets_from_here(&l->image);
	ima->early = ima->sets;
	for (int is_early = 1; is_early >= 0; is_early--) {
		for (size_t i = 0; i < l->manifest.set_count && status == OK; i++) {
			if (l->manifest.set[i].is_early != is_early)
				continue;
			status = load_set(l, &l->manifest.set[i]);
			ima->sets.count++;
			ima->early.count += (uint32_t)is_early;
		}
	}
	return status;
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

/* newer is what was read before in the same cell, or has version 0. */
static enum status load_manifest(struct loading *l, const struct index_entry *entry,
				 struct manifest *newer)
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
	in_force = in_force && is_built;
	if (status == OK && in_force)
		status = load_sets(l);
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
	/* For its versions, times and digests: the spans end with the statement. */
	*newer = l->manifest;
	return OK;
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
		if (cell == NULL)
			return loading_refuse(l, STATUS_DENIED, "cell-not-in-matrix", "index",
					      "cells");
		/* What is blocked is out of force; the rest goes on. */
		if (!cell->is_allowed)
			continue;

		enum status status = load_manifest(l, entry, &newer);
		if (status != OK)
			return status;
	}
	return OK;
}
