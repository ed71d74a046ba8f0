/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>

/*
 * The one emergency that the index names, and the reviews of it. What it let in
 * lapses by itself: after its end, and before that where nobody else has looked at
 * it in time.
 */
#define PATH_SIZE 160

/* An emergency, whoever it is that names it. */
struct declared {
	const struct digest *document;
	const struct index *index; /* that names it, and reviews of it */
	struct emergency emergency;
	key_mask signers;
	bool is_reviewed; /* by somebody else, however late */
	bool is_rejected;
	size_t found; /* confirmations that the index names */
	bool misses_review; /* there are fewer */
	int64_t end; /* of what it lets in */
};

static bool has_principal_of(const struct root *root, key_mask keys, size_t key)
{
	for (size_t i = 0; i < root->key_count; i++)
		if ((keys >> i & 1) != 0 &&
		    span_equal(root->key[i].principal, root->key[key].principal))
			return true;
	return false;
}

static bool is_in_time(const struct loading *l, const struct declared *d, int64_t time)
{
	return time >= d->emergency.time && time - d->emergency.time <= l->root.caps.review_s;
}

/*
 * A confirmation counts as the index names it: by the reviewer's date, and by the day on
 * which publish saw it, so that none is kept back or dated back. Late, it opens the way to
 * another emergency and does not bring this one back. A rejection waits for nobody, nor
 * for a proof.
 */
static enum status count_review(struct loading *l, const char *path, const struct review *review,
				const struct index_review *named, struct span payload, size_t key,
				struct declared *out)
{
	bool is_to_confirm = named != NULL && review->is_confirmed;

	if (named != NULL && named->is_confirmed != review->is_confirmed)
		return loading_refuse(l, STATUS_MISMATCH, "finding-mismatch", path, "finding");
	out->is_rejected = out->is_rejected || !review->is_confirmed;

	enum status status = loading_proven(l, "review", payload, key);
	if (status != OK && status != STATUS_NO_MEMORY && !is_to_confirm) {
		*l->refusal = (struct release_refusal){ 0 };
		return OK;
	}
	if (status != OK)
		return status;
	out->is_reviewed = true;
	if (is_to_confirm && is_in_time(l, out, review->time) && is_in_time(l, out, named->time))
		out->end = out->emergency.expires;
	return OK;
}

/* Of a reviewer, who is not one of those who signed the emergency. */
static enum status check_reviewer(struct loading *l, const char *path, const struct review *review,
				  size_t key, const struct declared *d)
{
	if (!digest_equal(&review->emergency, d->document))
		return loading_refuse(l, STATUS_MISMATCH, "subject-mismatch", path, "emergency");
	if (review->time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	/* By the person, not by the key. */
	if (has_principal_of(&l->root, d->signers, key))
		return loading_refuse(l, STATUS_DENIED, "self-review", path, "signatures[0].keyid");
	return OK;
}

static enum status read_review(struct loading *l, const char *path, const struct dsse *dsse,
			       struct declared *out)
{
	AUTO_DONE(statement) s = { 0 };
	const struct index_review *named;
	struct review review;
	struct digest digest;
	size_t key;
	enum status status = root_verify(&l->root, dsse, &key);

	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (digest_of(DIGEST_SHA256, span_of(&dsse->payload), &digest) != OK)
		return loading_refuse(l, STATUS_NO_MEMORY, "source-failed", path, "");
	named = index_review(out->index, &digest);
	/* It is there, whether or not its signer counts today. */
	out->found += named != NULL && named->is_confirmed;
	if ((l->root.role[ROLE_REVIEW].keys >> key & 1) == 0)
		return OK;
	if (statement_open(span_of(&dsse->payload), DOCUMENT_REVIEW, &s) != OK ||
	    review_read(&s, &review) != OK)
		return loading_check(l, path, &s);
	status = check_reviewer(l, path, &review, key, out);
	if (status != OK || loading_is_revoked(l, key))
		return status;
	return count_review(l, path, &review, named, span_of(&dsse->payload), key, out);
}

static enum status read_reviews(struct loading *l, struct declared *out)
{
	for (int i = 1; i <= SIGNERS_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char folder[PATH_SIZE];
		char path[PATH_SIZE + 32];

		loading_path(folder, sizeof(folder), "reviews/", out->document, "");
		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, DOCUMENT_REVIEW, &dsse);
		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			return OK;
		if (status == OK)
			status = read_review(l, path, &dsse, out);
		if (status != OK)
			return status;
	}
	return OK;
}

/* What the index says of reviews; and what was seen, though it is not there any more. */
static void count_named(const struct loading *l, struct declared *d)
{
	size_t confirmed = 0;

	for (size_t i = 0; i < d->index->review_count; i++) {
		if (d->index->review[i].is_confirmed)
			confirmed++;
		else
			d->is_rejected = true;
	}
	d->misses_review = d->found < confirmed;
	if (digest_equal(&l->trust->marks.rejected, d->document))
		d->is_rejected = true;
	if (d->is_rejected)
		d->end = 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* s holds what *out borrows from. */
static enum status read_declared(struct loading *l, const char *path, struct image_builder *image,
				 struct statement *s, struct declared *out)
{
	AUTO_DONE(bytes) payload = { 0 };
	enum status status =
		loading_signers(l, path, DOCUMENT_EMERGENCY, &l->root, &payload, &out->signers);

	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "document-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&payload), out->document);
	if (status != OK)
		return status;
	if (statement_open(span_of(&payload), DOCUMENT_EMERGENCY, s) != OK ||
	    emergency_read(s, image, &out->emergency) != OK)
		return loading_check(l, path, s);
	out->end = earlier(out->emergency.expires, out->emergency.time + l->root.caps.review_s);
	status = read_reviews(l, out);
	if (status == OK)
		count_named(l, out);
	return status;
}

/* Emergencies do not follow each other: somebody has looked at the last one. */
static enum status check_chain(struct loading *l, const char *path, int64_t *since)
{
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) aside = { 0 };
	struct declared before = { .document = &l->old_index.emergency, .index = &l->old_index };
	char old_path[PATH_SIZE];

	if (!l->old_index.has_emergency ||
	    (l->index.has_emergency && digest_equal(&l->old_index.emergency, &l->index.emergency)))
		return OK;
	/* A verifier has to remember which was the last one. */
	if (!l->index.has_emergency)
		return loading_refuse(l, STATUS_DENIED, "emergency-dropped", "index", "emergency");
	loading_path(old_path, sizeof(old_path), "emergencies/", &l->old_index.emergency, "");
	enum status status = image_builder_init(&aside);
	if (status == OK)
		status = read_declared(l, old_path, &aside, &s, &before);
	if (status == OK && !before.is_reviewed)
		return loading_refuse(l, STATUS_DENIED, "emergency-outstanding", path, "");
	*since = before.emergency.time;
	return status;
}

/* What an index said of a review, the next one says too; and none is said to have been there
 * before the last index that did not name it. */
static enum status check_reviews(struct loading *l)
{
	const struct index *old = &l->old_index;
	const struct index *new = &l->index;

	if (!old->has_emergency || !new->has_emergency ||
	    !digest_equal(&old->emergency, &new->emergency))
		return OK;
	for (size_t i = 0; i < old->review_count; i++) {
		const struct index_review *was = &old->review[i];
		const struct index_review *is = index_review(new, &was->document);

		if (is == NULL || is->time != was->time || is->is_confirmed != was->is_confirmed)
			return loading_refuse(l, STATUS_DENIED, "review-dropped", "index",
					      "reviews");
	}
	for (size_t i = 0; i < new->review_count; i++)
		if (index_review(old, &new->review[i].document) == NULL &&
		    new->review[i].time < old->time)
			return loading_refuse(l, STATUS_DENIED, "review-backdated", "index",
					      "reviews.time");
	return OK;
}

/* Why nothing may go by it. The last one is named for good, by whoever signed it
 * then: that is no reason to refuse what does not. */
static const char *fault_of(const struct loading *l, const struct declared *d)
{
	const struct emergency *e = &d->emergency;

	if (!root_meets(&l->root, ROLE_EMERGENCY, d->signers))
		return "threshold-not-met";
	if (e->time > l->trust->now + CLOCK_SKEW_S)
		return "not-yet-valid";
	if (e->expires <= e->time || e->expires - e->time > l->root.caps.emergency_s)
		return "lifetime-over-cap";
	return NULL;
}

enum status load_emergency(struct loading *l)
{
	struct declared d = { .document = &l->index.emergency, .index = &l->index };
	int64_t since = 0;
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "emergencies/", &l->index.emergency, "");
	enum status status = check_chain(l, path, &since);
	if (status == OK)
		status = check_reviews(l);
	l->marks.rejected = l->trust->marks.rejected;
	if (status != OK || !l->index.has_emergency)
		return status;
	status = read_declared(l, path, &l->image, &l->emergency_statement, &d);
	if (status != OK)
		return status;
	/* One of before does not come back. */
	if (d.emergency.time < since)
		return loading_refuse(l, STATUS_DENIED, "rolled-back", path, "time");
	if (d.is_rejected)
		l->marks.rejected = l->index.emergency;
	l->emergency = d.emergency;
	l->emergency_signers = d.signers;
	l->emergency_misses_review = d.misses_review && !d.is_rejected;
	l->emergency_fault = fault_of(l, &d);
	/* Keys and documents that were revoked let nobody in any more. */
	if (root_meets(&l->root, ROLE_EMERGENCY, d.signers & ~l->revoked) &&
	    !revocations_have(&l->revocations, REVOKED_MANIFESTS, digest_span(&l->index.emergency)))
		l->emergency_end = d.end;
	return OK;
}

bool is_expedited(const struct loading *l, const struct digest *manifest)
{
	return l->index.has_emergency && digest_equal(&l->emergency.manifest, manifest);
}

static bool covers(const struct emergency *e, struct span platform)
{
	for (size_t i = 0; i < e->platform_count; i++)
		if (span_equal(e->platform[i], platform))
			return true;
	return false;
}

enum status check_expedited(struct loading *l, const struct index_entry *entry, bool *in_force)
{
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "emergencies/", &l->index.emergency, "");
	if (l->emergency_fault != NULL)
		return loading_refuse(l, STATUS_DENIED, l->emergency_fault, path, "");
	/* It is tried beside the current one: for everybody else nothing changes. */
	if (entry->state != RELEASE_CANARY || !covers(&l->emergency, entry->platform))
		return loading_refuse(l, STATUS_DENIED, "emergency-out-of-scope", "index",
				      "cells.manifests");
	if (l->emergency_misses_review && l->trust->now < l->emergency.expires) {
		loading_path(path, sizeof(path), "reviews/", &l->index.emergency, "");
		return loading_refuse(l, STATUS_NOT_FOUND, "document-missing", path, "");
	}
	*in_force = *in_force && l->trust->now < l->emergency_end;
	return *in_force ? loading_proven_by(l, "emergency", &l->index.emergency, ROLE_EMERGENCY,
					     l->emergency_signers)
			 : OK;
}
