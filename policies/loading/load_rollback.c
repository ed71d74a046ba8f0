/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <string.h>

#include "policies/documents/rollback.h"

/*
 * Rollback documents: what lets `current` go down, and nodes with it. One that this
 * verifier has to go by is refused with a reason; one that is history counts while
 * it holds, and is passed over afterwards.
 */
#define PATH_SIZE 160

/* Who says what a manifest of a rollback is. */
enum standing {
	IN_FORCE, /* at the last load: whoever may sign today */
	APPROVED, /* like any other, though it may be revoked since */
	UNREVOKED, /* and it is not, nor are those who signed */
	SIGNED, /* the rest is asked where the index names it */
};

/* What epochs and ways back a manifest declares. */
struct manifest_head {
	uint64_t security_epoch;
	size_t rollback_count;
	uint64_t rollback_to[MANIFEST_ROLLBACKS_MAX];
};

/* A signature alone would let who signs releases make up a manifest to come from, which
 * declares what it likes. */
static enum status check_left(struct loading *l, const char *path, struct span payload,
			      const struct index_entry *is, size_t signer, enum standing standing)
{
	bool is_complete = false, in_force = false;
	enum status status = loading_proven(l, "manifest", payload, signer);

	if (status == OK)
		status = load_approvals(l, path, payload, is, &is_complete, &in_force);
	if (status != OK)
		return status;
	if (!is_complete)
		return loading_refuse(l, STATUS_DENIED, "approvals-missing", path, "approvals");
	if (standing == APPROVED)
		return OK;
	if (!in_force || loading_is_revoked(l, signer) ||
	    revocations_have(&l->revocations, REVOKED_MANIFESTS, digest_span(&is->manifest)))
		return loading_refuse(l, STATUS_DENIED, "rollback-from-revoked", path, "");
	return OK;
}

/* The manifest of a cell, of this version. */
static enum status read_head(struct loading *l, const struct index_entry *is,
			     enum standing standing, struct manifest_head *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) aside = { 0 };
	struct manifest read = { 0 };
	char path[PATH_SIZE];
	size_t signer = 0;

	loading_path(path, sizeof(path), "manifests/", &is->manifest, ".json");
	enum status status = loading_document(l, path, DOCUMENT_MANIFEST, &dsse);
	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), &is->manifest);
	if (status == OK && standing != IN_FORCE)
		status = loading_signed(l, path, ROLE_RELEASE_SIGN, &dsse, &signer);
	if (status == OK && (standing == APPROVED || standing == UNREVOKED))
		status = check_left(l, path, span_of(&dsse.payload), is, signer, standing);
	if (status == OK)
		status = image_builder_init(&aside);
	if (status != OK)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_MANIFEST, &s) != OK ||
	    manifest_read(&s, &aside, &read) != OK)
		return loading_check(l, path, &s);
	if (read.release.version != is->version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "version");
	if (!span_equal(read.release.platform, is->platform) ||
	    !span_equal(read.release.kernel, is->kernel))
		return loading_refuse(l, STATUS_MISMATCH, "target-mismatch", path, "target");
	out->security_epoch = read.release.security_epoch;
	out->rollback_count = read.rollback_count;
	memcpy(out->rollback_to, read.rollback_to, sizeof(out->rollback_to));
	return OK;
}

static bool declares(const struct manifest_head *left, uint64_t version)
{
	for (size_t i = 0; i < left->rollback_count; i++)
		if (left->rollback_to[i] == version)
			return true;
	return false;
}

/* The cell's current manifest at the last load, as far as rollbacks that came
 * since have brought it down; NULL: there was none. */
static struct index_entry *standing(struct loading *l, const struct index_rollback *cell)
{
	struct index_entry *was = l->old_index.entry;

	for (size_t i = 0; i < l->old_index.entry_count; i++, was++)
		if (was->state == RELEASE_CURRENT && span_equal(was->platform, cell->platform) &&
		    span_equal(was->kernel, cell->kernel))
			return was;
	return NULL;
}

/* A document that could never count: whoever lists it is mistaken. */
static enum status read_rollback(struct loading *l, const struct index_rollback *cell,
				 const char *path, struct rollback *out, key_mask *signers)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO_DONE(statement) s = { 0 };
	enum status status =
		loading_signers(l, path, DOCUMENT_ROLLBACK, &l->root, &payload, signers);

	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "document-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&payload), &cell->document);
	if (status != OK)
		return status;
	if (statement_open(span_of(&payload), DOCUMENT_ROLLBACK, &s) != OK ||
	    rollback_read(&s, out) != OK)
		return loading_check(l, path, &s);
	if (!span_equal(out->platform, cell->platform) || !span_equal(out->kernel, cell->kernel))
		return loading_refuse(l, STATUS_MISMATCH, "target-mismatch", path, "target");
	if (out->time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	if (out->index > l->index.version)
		return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path, "index");
	/* Spans of the statement that ends here. */
	out->platform = cell->platform;
	out->kernel = cell->kernel;
	out->reason = (struct span){ 0 };
	return OK;
}

/* Does this verifier need it to follow the index? Each counts once: in the index
 * that it names, whatever that verifier has seen of those before. */
static bool is_needed(const struct loading *l, const struct rollback *r,
		      const struct index_entry *was)
{
	return was != NULL && r->index > l->old_index.version && was->version > r->to_version;
}

static struct index_entry from_of(const struct rollback *r)
{
	return (struct index_entry){ .platform = r->platform,
				     .kernel = r->kernel,
				     .manifest = r->from,
				     .version = r->from_version };
}

static struct index_entry to_of(const struct rollback *r)
{
	return (struct index_entry){ .platform = r->platform,
				     .kernel = r->kernel,
				     .manifest = r->to,
				     .version = r->to_version };
}

/* What was in force here at the last load. */
static struct index_entry seen_of(const struct index_entry *was)
{
	struct index_entry seen = *was;

	if (was->seen_version > 0) {
		seen.manifest = was->seen;
		seen.version = was->seen_version;
	}
	return seen;
}

/* What this verifier saw in force needs no more than that. Any other has to stand by
 * itself, one that another rollback leads to as well: to go down by it, and where that is
 * history, for nodes that come from it. */
static enum standing standing_of(const struct loading *l, const struct rollback *r,
				 const struct index_entry *was)
{
	if (was != NULL && was->seen_version == 0 && digest_equal(&was->manifest, &r->from))
		return IN_FORCE;
	return is_needed(l, r, was) ? UNREVOKED : APPROVED;
}

/*
 * What was revoked since leads nobody back by its own word: it may never have been in
 * force. For a verifier that was away meanwhile the way stands all the same where what it
 * had in force declares it too, or where who revokes signed the document as well.
 */
static enum status excuse_revoked(struct loading *l, const struct digest *document,
				  key_mask signers, const struct rollback *r,
				  const struct index_entry *was, enum standing *standing)
{
	key_mask revokers = signers & l->root.role[ROLE_REVOKE].keys & ~l->revoked;
	struct manifest_head had = { 0 };

	if (*standing != UNREVOKED)
		return OK;
	const struct index_entry seen = seen_of(was);
	enum status status = read_head(l, &seen, IN_FORCE, &had);
	if (status != OK)
		return status;
	if (!declares(&had, r->to_version)) {
		if (revokers == 0)
			return OK;
		status = loading_proven_by(l, "rollback", document, ROLE_REVOKE, revokers);
	}
	if (status == OK)
		*standing = APPROVED;
	return status;
}

/* Is it where the index has arrived? What another rollback left again comes into force
 * for nobody. */
static bool is_arrival(const struct loading *l, const struct rollback *r)
{
	const struct index_entry to = to_of(r);
	const struct index_entry *current = index_current(&l->index, &to);

	return current == NULL || digest_equal(&current->manifest, &r->to);
}

/* Declared by what is left, and neither below an epoch nor to what is revoked. */
static enum status check_way(struct loading *l, const char *path, const struct rollback *r,
			     enum standing standing)
{
	const struct index_entry from = from_of(r), to = to_of(r);
	struct manifest_head left = { 0 };
	struct manifest_head target = { 0 };
	enum status status = read_head(l, &from, standing, &left);

	if (status == OK)
		status = read_head(l, &to, SIGNED, &target);
	if (status != OK)
		return status;
	if (!declares(&left, r->to_version))
		return loading_refuse(l, STATUS_DENIED, "rollback-not-declared", path, "to");
	if (target.security_epoch < left.security_epoch)
		return loading_refuse(l, STATUS_DENIED, "rollback-below-epoch", path, "to");
	if (is_arrival(l, r) &&
	    revocations_have(&l->revocations, REVOKED_MANIFESTS, digest_span(&r->to)))
		return loading_refuse(l, STATUS_DENIED, "rollback-to-revoked", path, "to");
	return OK;
}

static enum status check_rollback(struct loading *l, const char *path, const struct rollback *r,
				  const struct digest *document, key_mask signers,
				  const struct index_entry *was)
{
	if (!root_meets(&l->root, ROLE_ROLLBACK, signers & ~l->revoked))
		return loading_refuse(l, STATUS_DENIED, "threshold-not-met", path, "signatures");
	if (revocations_have(&l->revocations, REVOKED_MANIFESTS, digest_span(document)))
		return loading_refuse(l, STATUS_DENIED, "document-revoked", path, "");
	enum standing start = standing_of(l, r, was);
	enum status status = loading_proven_by(l, "rollback", document, ROLE_ROLLBACK, signers);
	if (status == OK)
		status = excuse_revoked(l, document, signers, r, was, &start);
	return status == OK ? check_way(l, path, r, start) : status;
}

/* History that nothing in the index leads back to. */
static bool is_of_use(const struct loading *l, const struct rollback *r)
{
	for (size_t i = 0; i < l->index.entry_count; i++)
		if (digest_equal(&l->index.entry[i].manifest, &r->from) ||
		    digest_equal(&l->index.entry[i].manifest, &r->to))
			return true;
	return false;
}

/* From what this verifier had, or from a newer one that it did not see. */
static enum status step_down(struct loading *l, const char *path, const struct rollback *r,
			     struct index_entry *was)
{
	const struct index_entry to = to_of(r);
	struct manifest_head had = { 0 };
	struct manifest_head target = { 0 };

	if (r->from_version < was->version ||
	    (r->from_version == was->version && !digest_equal(&r->from, &was->manifest)))
		return loading_refuse(l, STATUS_MISMATCH, "rollback-not-from-current", path,
				      "from");
	enum status status = read_head(l, was, IN_FORCE, &had);
	if (status == OK)
		status = read_head(l, &to, SIGNED, &target);
	if (status != OK)
		return status;
	if (target.security_epoch < had.security_epoch)
		return loading_refuse(l, STATUS_DENIED, "rollback-below-epoch", path, "to");
	const struct index_entry seen = seen_of(was);

	was->seen = seen.manifest;
	was->seen_version = seen.version;
	was->version = r->to_version;
	was->manifest = r->to;
	return OK;
}

static bool is_refusal(enum status status)
{
	return status != OK && status != STATUS_NO_MEMORY && status != STATUS_IO;
}

static enum status load_rollback(struct loading *l, const struct index_rollback *cell)
{
	struct index_entry *was = standing(l, cell);
	struct rollback r = { 0 };
	key_mask signers = 0;
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "rollbacks/", &cell->document, "");
	enum status status = read_rollback(l, cell, path, &r, &signers);
	if (status != OK)
		return status;

	bool has_to_count = is_needed(l, &r, was);
	if (!has_to_count && !is_of_use(l, &r))
		return OK;
	status = check_rollback(l, path, &r, &cell->document, signers, was);
	if (is_refusal(status) && !has_to_count) {
		*l->refusal = (struct release_refusal){ 0 };
		return OK;
	}
	if (status == OK && has_to_count)
		status = step_down(l, path, &r, was);
	if (status == OK)
		l->way_back[l->way_back_count++] =
			(struct way_back){ .platform = cell->platform,
					   .kernel = cell->kernel,
					   .from = r.from,
					   .to = r.to,
					   .was_gone = true,
					   .from_version = r.from_version,
					   .time = r.time };
	return status;
}

enum status load_rollbacks(struct loading *l)
{
	enum status status = OK;

	for (size_t i = 0; i < l->index.rollback_count && status == OK; i++)
		status = load_rollback(l, &l->index.rollback[i]);
	return status;
}

enum status check_epoch(struct loading *l, const struct index_entry *was)
{
	struct manifest_head had = { 0 };
	enum status status = read_head(l, was, IN_FORCE, &had);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "history-missing", "manifests", "");
	if (status == OK && l->manifest.release.security_epoch < had.security_epoch)
		return loading_refuse(l, STATUS_DENIED, "epoch-went-down", "index",
				      "cells.manifests");
	return status;
}

/*
 * A document that was signed and never done leads no node back, whenever it is listed. What
 * it would have left shows that: it is current still, or the one that came after it goes
 * on from it. The oldest of those that came after decides; one that is not listed any more
 * cannot speak for the way.
 */
void hold_against_rollbacks(struct loading *l, const struct index_entry *entry)
{
	const struct manifest *m = &l->manifest;

	for (size_t i = 0; i < l->way_back_count; i++) {
		struct way_back *way = &l->way_back[i];

		if (!span_equal(way->platform, entry->platform) ||
		    !span_equal(way->kernel, entry->kernel))
			continue;
		if (entry->version > way->from_version)
			way->was_gone = m->has_previous && m->previous_version < way->from_version;
		else if (entry->state != RELEASE_PREVIOUS &&
			 digest_equal(&way->from, &entry->manifest))
			way->was_gone = false;
	}
}

bool is_left_behind(const struct loading *l, const struct index_entry *entry, int64_t *since)
{
	bool is_left = false;

	for (size_t i = 0; i < l->way_back_count; i++) {
		if (!digest_equal(&l->way_back[i].from, &entry->manifest))
			continue;
		is_left = true;
		*since = l->way_back[i].time;
	}
	return is_left;
}

uint64_t rolled_back_from(const struct loading *l, const struct index_entry *entry)
{
	uint64_t version = 0;

	for (size_t i = 0; i < l->way_back_count; i++)
		if (digest_equal(&l->way_back[i].to, &entry->manifest) &&
		    (entry->state == RELEASE_CURRENT || l->way_back[i].was_gone) &&
		    l->way_back[i].from_version > version)
			version = l->way_back[i].from_version;
	return version;
}
