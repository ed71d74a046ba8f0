/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies/difference/difference.h"
#include "policies/documents/approval.h"

#define PATH_SIZE 160
/* How far back a chain of low-risk changes may reach to one that both teams saw. */
#define BASELINES_MAX 64

/* A manifest, what it changes, and who said yes to that. */
struct judged {
	struct digest manifest;
	uint64_t version;
	bool has_previous;
	struct digest previous;
	enum change_class class; /* computed, raised by what its author declared */
	struct digest difference;
	key_mask approvers[2]; /* by the class they approved it as, or a higher one */
	bool has_lower; /* an approval is below the class */
	enum status unproven; /* of the first approval that has no proof; OK: all have */
	struct release_refusal why;
};

/* Sets of a manifest, from the release directory. */
static enum status open_set(void *self, const struct manifest_set *set, struct span *file)
{
	struct loading *l = self;
	AUTO_DONE(bytes) content = { 0 };
	char path[PATH_SIZE];

	loading_path(path, sizeof(path), "sets/", &set->digest, "");
	enum status status = load_set_file(l, set, path, &content);
	if (status == OK) {
		*file = span_of(&content);
		content = (struct bytes){ 0 };
	}
	return status;
}

static void close_set(void *self, struct span file)
{
	(void)self;
	free((void *)(uintptr_t)file.data);
}

static enum status refuse_set(struct loading *l, enum status status, const struct set_fault *why)
{
	char path[PATH_SIZE];
	char line[32];

	if (l->refusal->code != NULL)
		return status;
	if (why->code == NULL)
		return loading_refuse(l, status, "source-failed", "sets", "");
	loading_path(path, sizeof(path), "sets/", &why->set, "");
	(void)snprintf(line, sizeof(line), "line %llu", (unsigned long long)why->line);
	return loading_refuse(l, status, why->code, path, line);
}

/* What it changes against the manifest that it names, however its author calls it. */
static enum status judge(struct loading *l, const char *path, struct span payload,
			 struct judged *out)
{
	AUTO_DONE(dsse) old = { 0 };
	AUTO_DONE(difference_side) before = { 0 };
	AUTO_DONE(difference_side) after = { 0 };
	const struct set_source sets = { .open = open_set, .close = close_set, .self = l };
	struct difference difference;
	struct set_fault why = { 0 };
	char old_path[PATH_SIZE];

	if (difference_side_open(payload, &after) != OK)
		return loading_check(l, path, &after.statement);
	if (after.manifest.has_previous) {
		loading_path(old_path, sizeof(old_path), "manifests/", &after.manifest.previous,
			     ".json");
		enum status status = loading_document(l, old_path, DOCUMENT_MANIFEST, &old);
		if (status == OK)
			status = loading_pinned(l, old_path, span_of(&old.payload),
						&after.manifest.previous);
		if (status != OK)
			return status;
		if (difference_side_open(span_of(&old.payload), &before) != OK)
			return loading_check(l, old_path, &before.statement);
		if (before.manifest.release.version != after.manifest.previous_version)
			return loading_refuse(l, STATUS_MISMATCH, "version-mismatch", path,
					      "previous.version");
	}
	enum status status = difference_of(after.manifest.has_previous ? &before : NULL, &after,
					   &sets, &l->root.class_rules, NULL, &difference, &why);
	if (status != OK)
		return refuse_set(l, status, &why);
	*out = (struct judged){
		.manifest = after.digest,
		.version = after.manifest.release.version,
		.has_previous = after.manifest.has_previous,
		.previous = after.manifest.previous,
		.class = difference.class > after.manifest.declared ? difference.class
								    : after.manifest.declared,
		.difference = difference.digest,
	};
	return OK;
}

/* Is this a word on this manifest, and on what it changes? */
static enum status check_approval(struct loading *l, const char *path, struct span payload,
				  const struct judged *judged, enum change_class *class)
{
	AUTO_DONE(statement) s = { 0 };
	struct approval approval;

	if (statement_open(payload, DOCUMENT_APPROVAL, &s) != OK ||
	    approval_read(&s, &approval) != OK)
		return loading_check(l, path, &s);
	if (!digest_equal(&approval.manifest, &judged->manifest))
		return loading_refuse(l, STATUS_MISMATCH, "subject-mismatch", path, "manifest");
	if (approval.time > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "time");
	if (approval.has_compared_with != judged->has_previous ||
	    (approval.has_compared_with &&
	     !digest_equal(&approval.compared_with, &judged->previous)))
		return loading_refuse(l, STATUS_MISMATCH, "approval-compared-with", path,
				      "comparedWith");
	/* Who approved was shown something else. */
	if (!digest_equal(&approval.difference, &judged->difference))
		return loading_refuse(l, STATUS_MISMATCH, "approval-difference", path,
				      "difference");
	*class = approval.class;
	return OK;
}

/* Whoever has no say, and signs one all the same, keeps nobody else's from counting. */
static bool has_a_say(const struct loading *l, size_t key)
{
	key_mask approvers =
		l->root.role[ROLE_APPROVE_PLATFORM].keys | l->root.role[ROLE_APPROVE_SECURITY].keys;

	return (approvers >> key & 1) != 0;
}

/* One without a proof is no approval yet: it may have been written since the witness
 * looked. */
static enum status prove_approval(struct loading *l, struct span payload, size_t key,
				  struct judged *judged, bool *is_proven)
{
	enum status status = loading_is_logged(l, "approval", payload, key);

	*is_proven = status == OK;
	if (status == OK || status == STATUS_NO_MEMORY)
		return status;
	if (judged->unproven == OK) {
		judged->unproven = status;
		judged->why = *l->refusal;
	}
	*l->refusal = (struct release_refusal){ 0 };
	return OK;
}

static void count_approval(struct judged *judged, enum change_class class, size_t key)
{
	judged->has_lower |= class < judged->class;
	for (unsigned i = 0; i <= (unsigned)class; i++)
		judged->approvers[i] |= (key_mask)1 << key;
}

static enum status read_approval(struct loading *l, const char *path, const struct dsse *dsse,
				 struct judged *judged)
{
	enum change_class class = CHANGE_LOW_RISK;
	bool is_proven = false;
	size_t key = 0;
	enum status status = root_verify(&l->root, dsse, &key);

	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (!has_a_say(l, key))
		return OK;
	status = check_approval(l, path, span_of(&dsse->payload), judged, &class);
	if (status != OK && status != STATUS_NO_MEMORY && loading_is_revoked(l, key)) {
		*l->refusal = (struct release_refusal){ 0 };
		return OK;
	}
	if (status == OK)
		status = prove_approval(l, span_of(&dsse->payload), key, judged, &is_proven);
	if (status == OK && is_proven)
		count_approval(judged, class, key);
	return status;
}

/* Who approved the manifest. Keys that the root no longer knows don't count. */
static enum status read_approvals(struct loading *l, struct judged *judged)
{
	for (int i = 1; i <= SIGNERS_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char folder[PATH_SIZE];
		char path[PATH_SIZE + 32];

		loading_path(folder, sizeof(folder), "approvals/", &judged->manifest, "");
		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, DOCUMENT_APPROVAL, &dsse);
		if (status == STATUS_NOT_FOUND)
			return OK;
		if (status == OK)
			status = read_approval(l, path, &dsse, judged);
		if (status != OK)
			return status;
	}
	return OK;
}

static bool is_approved(const struct loading *l, const struct judged *judged,
			enum change_class class, key_mask without)
{
	const struct class_rule *rule = &l->root.rule[class];
	key_mask approvers = judged->approvers[class] & ~without;
	key_mask platform = approvers & l->root.role[ROLE_APPROVE_PLATFORM].keys;
	key_mask security = approvers & l->root.role[ROLE_APPROVE_SECURITY].keys;

	return root_principals(&l->root, platform) >= rule->platform &&
	       root_principals(&l->root, security) >= rule->security;
}

static enum status judge_counted(struct loading *l, const char *path, struct span payload,
				 struct judged *out)
{
	enum status status = judge(l, path, payload, out);

	if (status == OK)
		status = read_approvals(l, out);
	if (status != OK || out->unproven == OK || is_approved(l, out, out->class, 0) ||
	    !loading_goes_without_proofs(l, &out->why))
		return status;
	out->unproven = OK;
	return read_approvals(l, out);
}

/* Approved as its class asks for? */
static enum status check_approved(struct loading *l, const char *path, const char *missing,
				  const struct judged *judged)
{
	if (is_approved(l, judged, judged->class, 0))
		return OK;
	if (judged->unproven != OK) {
		*l->refusal = judged->why;
		return judged->unproven;
	}
	return loading_refuse(l, STATUS_DENIED, judged->has_lower ? "approval-class" : missing,
			      path, "approvals");
}

/* Whoever approved it as what touches trust carries it, revoked or not: then it has to
 * stand without the keys that were stolen. */
static bool still_counts(const struct loading *l, const struct judged *judged)
{
	if (!is_approved(l, judged, judged->class, l->revoked))
		return false;
	return !is_approved(l, judged, CHANGE_TRUST_IMPACTING, 0) ||
	       is_approved(l, judged, CHANGE_TRUST_IMPACTING, l->revoked);
}

/* What a manifest names as previous stands by itself: signed, and approved as its own
 * class asks for. */
static enum status judge_baseline(struct loading *l, const char *path,
				  const struct digest *manifest, struct judged *out, bool *in_force)
{
	AUTO_DONE(dsse) dsse = { 0 };
	size_t signer = 0;
	enum status status = loading_document(l, path, DOCUMENT_MANIFEST, &dsse);

	if (status == OK)
		status = loading_pinned(l, path, span_of(&dsse.payload), manifest);
	if (status == OK)
		status = loading_signed(l, path, ROLE_RELEASE_SIGN, &dsse, &signer);
	if (status == OK)
		status = loading_proven(l, "manifest", span_of(&dsse.payload), signer);
	if (status == OK)
		status = judge_counted(l, path, span_of(&dsse.payload), out);
	if (status == OK)
		status = check_approved(l, path, "baseline-not-approved", out);
	*in_force =
		*in_force && status == OK && !loading_is_revoked(l, signer) && still_counts(l, out);
	return status;
}

/*
 * A change is shown and classed against its baseline alone: the author could have made
 * that up, and all that matters with it. So the baseline has to stand by itself, whoever
 * approved what goes on from it; and so on from one that was approved as a low risk, back
 * to one that both teams approved as what touches trust. What took over leads back to
 * what was current (had, or NULL) first: an older one that both teams approved once would
 * make a way back look small.
 */
static enum status check_baselines(struct loading *l, const struct judged *first,
				   const struct index_entry *had, bool *in_force)
{
	struct judged judged = *first;
	bool is_beyond = had == NULL || first->version <= had->version;
	bool is_shown = !is_approved(l, first, first->class, 0) ||
			is_approved(l, first, CHANGE_TRUST_IMPACTING, 0);

	for (int i = 0;
	     judged.has_previous && (i == 0 || !is_approved(l, &judged, CHANGE_TRUST_IMPACTING, 0));
	     i++) {
		struct digest manifest = judged.previous;
		char path[PATH_SIZE];

		loading_path(path, sizeof(path), "manifests/", &manifest, ".json");
		if (i == BASELINES_MAX)
			return loading_refuse(l, STATUS_DENIED, "baseline-too-far", path,
					      "approvals");
		enum status status = judge_baseline(l, path, &manifest, &judged, in_force);
		if (status != OK)
			return status;
		/* Where it takes over, what it was shown against is asked there. */
		is_beyond = is_beyond || digest_equal(&manifest, &had->manifest) ||
			    (is_shown && i == 0 && judged.version <= had->version);
		if (!is_beyond && judged.version <= had->version)
			return loading_refuse(l, STATUS_MISMATCH, "previous-mismatch", path,
					      "version");
	}
	return OK;
}

enum status load_approvals(struct loading *l, const char *path, struct span payload,
			   const struct index_entry *entry, bool *is_complete, bool *in_force)
{
	struct judged judged = { 0 };
	enum status status = judge_counted(l, path, payload, &judged);

	if (status != OK)
		return status;
	*is_complete = is_approved(l, &judged, judged.class, 0);
	if (!*is_complete && !is_expedited(l, &judged.manifest))
		return check_approved(l, path, "approvals-missing", &judged);
	/* Who declared the emergency answers for the rest; what it was shown against is
	 * nobody's word either. */
	*in_force = !*is_complete || still_counts(l, &judged);
	return check_baselines(l, &judged, index_current(&l->old_index, entry), in_force);
}

enum status load_baseline(struct loading *l, const struct digest *manifest)
{
	const struct judged first = { .has_previous = true, .previous = *manifest };
	bool in_force = true;
	char path[PATH_SIZE];
	enum status status = check_baselines(l, &first, NULL, &in_force);

	if (status != OK || in_force)
		return status;
	loading_path(path, sizeof(path), "manifests/", manifest, ".json");
	return loading_refuse(l, STATUS_DENIED, "key-revoked", path, "approvals");
}
