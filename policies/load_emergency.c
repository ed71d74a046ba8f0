/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading.h"

#include <stdio.h>

/*
 * The one emergency that the index names, and the reviews of it. What it let in
 * lapses by itself: after its end, and before that where nobody else has looked at
 * it in time.
 */
#define PATH_SIZE 160

/* An emergency, whoever it is that names it. */
struct declared {
	struct emergency emergency;
	key_mask signers;
	bool is_reviewed; /* by somebody else, however late */
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

/* Late, it opens the way to another emergency and does not bring this one back. */
static void count_review(const struct loading *l, const struct review *review, struct declared *out)
{
	bool is_in_time = review->time >= out->emergency.time &&
			  review->time - out->emergency.time <= l->root.caps.review_s;

	out->is_reviewed = true;
	if (!review->is_confirmed)
		out->end = 0;
	else if (is_in_time && out->end > 0)
		out->end = out->emergency.expires;
}

static enum status read_review(struct loading *l, const char *path, const struct digest *document,
			       const struct dsse *dsse, struct declared *out)
{
	AUTO_DONE(statement) s = { 0 };
	struct review review;
	size_t key;
	enum status status = root_verify(&l->root, dsse, &key);

	/* Of a key that is none, or no reviewer's any more. */
	if (status == STATUS_NOT_FOUND ||
	    (status == OK && (l->root.role[ROLE_REVIEW].keys >> key & 1) == 0))
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (statement_open(span_of(&dsse->payload), DOCUMENT_REVIEW, &s) != OK ||
	    review_read(&s, &review) != OK)
		return loading_check(l, path, &s);
	if (!digest_equal(&review.emergency, document))
		return loading_refuse(l, STATUS_MISMATCH, "subject-mismatch", path, "emergency");
	if (review.time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	/* By the person, not by the key. */
	if (has_principal_of(&l->root, out->signers, key))
		return loading_refuse(l, STATUS_DENIED, "self-review", path, "signatures[0].keyid");
	if (!loading_is_revoked(l, key))
		count_review(l, &review, out);
	return OK;
}

static enum status read_reviews(struct loading *l, const struct digest *document,
				struct declared *out)
{
	for (int i = 1; i <= SIGNERS_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char folder[PATH_SIZE];
		char path[PATH_SIZE + 32];

		loading_path(folder, sizeof(folder), "reviews/", document, "");
		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, DOCUMENT_REVIEW, &dsse);
		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			return OK;
		if (status == OK)
			status = read_review(l, path, document, &dsse, out);
		if (status != OK)
			return status;
	}
	return OK;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* s holds what *out borrows from. */
static enum status read_declared(struct loading *l, const struct digest *document, const char *path,
				 struct image_builder *image, struct statement *s,
				 struct declared *out)
{
	AUTO_DONE(bytes) payload = { 0 };
	enum status status =
		loading_signers(l, path, DOCUMENT_EMERGENCY, &l->root, &payload, &out->signers);

	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "document-missing", path, "");
	if (status == OK)
		status = loading_pinned(l, path, span_of(&payload), document);
	if (status != OK)
		return status;
	if (statement_open(span_of(&payload), DOCUMENT_EMERGENCY, s) != OK ||
	    emergency_read(s, image, &out->emergency) != OK)
		return loading_check(l, path, s);
	out->end = earlier(out->emergency.expires, out->emergency.time + l->root.caps.review_s);
	return read_reviews(l, document, out);
}

/* Emergencies do not follow each other: somebody has looked at the last one. */
static enum status check_chain(struct loading *l, const char *path)
{
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) aside = { 0 };
	struct declared before = { 0 };
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
		status = read_declared(l, &l->old_index.emergency, old_path, &aside, &s, &before);
	if (status == OK && !before.is_reviewed)
		return loading_refuse(l, STATUS_DENIED, "emergency-outstanding", path, "");
	return status;
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
	struct declared d = { 0 };
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "emergencies/", &l->index.emergency, "");
	enum status status = check_chain(l, path);
	if (status != OK || !l->index.has_emergency)
		return status;
	status =
		read_declared(l, &l->index.emergency, path, &l->image, &l->emergency_statement, &d);
	if (status != OK)
		return status;
	l->emergency = d.emergency;
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
	*in_force = l->trust->now < l->emergency_end;
	return OK;
}
