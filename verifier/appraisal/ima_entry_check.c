/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/ima_entry_check.h"

#include <string.h>

#include "base/text.h"

/* Looking for a digest under other paths reads whole sets: for a person's sake,
 * never in proportion to what a host sends. */
#define SEARCHES_MAX 16

static const char boot_aggregate[] = "boot_aggregate";

enum status ima_walk_init(struct ima_walk *walk, const struct appraisal_input *input,
			  const struct ima_sets *sets, struct ima_state *state)
{
	*walk = (struct ima_walk){
		.input = input,
		.sets = sets,
		.rules = &sets->booted.ima,
		.state = state,
		.searches_left = SEARCHES_MAX,
	};
	enum status status = hasher_init(&walk->recorded, DIGEST_SHA1);

	return status == OK ? hasher_init(&walk->sha256, DIGEST_SHA256) : status;
}

void ima_walk_done(struct ima_walk *walk)
{
	hasher_done(&walk->recorded);
	hasher_done(&walk->sha256);
}

bool ima_policy_is_required(const struct ima_rules *rules)
{
	return !rules->allow_builtin_policy;
}

bool ima_path_is_under(struct span path, struct span prefix)
{
	if (prefix.len == 0 || path.len < prefix.len ||
	    memcmp(path.data, prefix.data, prefix.len) != 0)
		return false;
	return prefix.data[prefix.len - 1] == '/' || path.len == prefix.len ||
	       path.data[prefix.len] == '/';
}

static bool ends_with(struct span s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && memcmp(s.data + s.len - len, end, len) == 0;
}

/* By name only: it never makes an entry better than its digest is. */
static bool is_module(struct span path)
{
	return ends_with(path, ".ko") || ends_with(path, ".ko.xz") || ends_with(path, ".ko.zst") ||
	       ends_with(path, ".ko.gz");
}

static void describe(struct finding *f, const struct ima_entry *entry)
{
	AUTO_DONE(bytes) digest = { 0 };

	f->entry = entry->index;
	finding_detail(f, NULL, entry->path);
	if (entry->has_digest && bytes_append(&digest, entry->file_alg_name) == OK &&
	    bytes_append_byte(&digest, ':') == OK && hex_append(&digest, entry->file_digest) == OK)
		finding_detail(f, NULL, span_of(&digest));
}

static enum status found(struct ima_walk *w, enum reason reason, const struct ima_entry *entry)
{
	struct finding f = finding_of(reason);

	if (is_module(entry->path) && f.layer == LAYER_USERLAND)
		f.layer = LAYER_KERNEL;
	describe(&f, entry);
	findings_add(&w->state->findings, &f);
	return OK;
}

static enum status check_template_hash(struct ima_walk *w, const struct ima_entry *entry,
				       bool *is_right)
{
	struct digest hash;
	enum status status = ima_entry_hash(entry, &w->recorded, &hash);

	if (status == OK)
		*is_right = span_equal(digest_span(&hash), entry->template_hash);
	return status;
}

/* Ties the log to this boot: the first entry hashes the PCRs that were quoted
 * (kernel: security/integrity/ima/ima_crypto.c, ima_calc_boot_aggregate_tfm). */
static enum status check_boot_aggregate(struct ima_walk *w, const struct ima_entry *entry)
{
	unsigned pcrs = entry->file_alg == DIGEST_SHA1 ? 8 : 10;
	struct digest computed;

	if (!span_equal(entry->path, span_text(boot_aggregate)) || entry->has_buffer)
		return found(w, REASON_IMA_AGGREGATE_MISSING, entry);
	w->state->is_typed_by_default = entry->digest_type.len > 0;

	/* Another bank's values were not quoted: nothing to compare with. */
	enum status status = ima_boot_aggregate(w->input->values, entry->file_alg, pcrs, &computed);

	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != OK || !span_equal(entry->file_digest, digest_span(&computed)))
		return found(w, REASON_IMA_AGGREGATE_MISMATCH, entry);
	return OK;
}

static bool is_keyring(struct span name)
{
	return name.len > 0 && (name.data[0] == '.' || name.data[0] == '_');
}

/* The reference has keys as pairs: a keyring's name, a key's digest. */
static bool is_listed_key(const struct ima_walk *w, struct span keyring, const struct digest *key)
{
	const struct reference *ref = w->input->reference;

	for (uint32_t i = 0; i < w->rules->keyrings.count; i++) {
		struct digest listed = reference_digest(ref, w->rules->keyring_digests.first + i);

		if (span_equal(reference_text(ref, w->rules->keyrings.first + i), keyring) &&
		    digest_equal(&listed, key))
			return true;
	}
	return false;
}

/* Template "ima-buf": keys, the kexec command line, critical data. */
static enum status check_buffer(struct ima_walk *w, const struct ima_entry *entry)
{
	struct digest key, logged;

	if (span_starts_with(entry->path, "kexec"))
		return found(w, REASON_IMA_KEXEC, entry);
	if (!is_keyring(entry->path))
		return found(w, REASON_IMA_BUFFER_UNKNOWN, entry);
	enum status status = hasher_digest(&w->sha256, &entry->buffer, 1, &key);

	/* The logged digest is of the buffer too, or one of them is made up. */
	if (status == OK)
		status = digest_of(entry->file_alg, entry->buffer, &logged);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != OK || !span_equal(entry->file_digest, digest_span(&logged)) ||
	    !is_listed_key(w, entry->path, &key))
		return found(w, REASON_IMA_KEY_UNKNOWN, entry);
	return OK;
}

/* Where an entry's path and digest stand among sets first to end - 1. */
struct lookup {
	enum status status; /* OK, STATUS_MISMATCH, STATUS_NOT_FOUND */
	const struct reference_set *set; /* OK, STATUS_MISMATCH: where */
};

static struct lookup look_up(const struct ima_walk *w, size_t end, struct span path,
			     const struct digest *digest)
{
	struct lookup best = { .status = STATUS_NOT_FOUND };

	for (size_t i = 0; i < end; i++) {
		const struct reference_set *set = &w->sets->set[i];
		enum status status =
			reference_file_lookup(w->input->reference, set->table, path, digest);

		if (status == OK)
			return (struct lookup){ OK, set };
		if (status == STATUS_MISMATCH)
			best = (struct lookup){ STATUS_MISMATCH, set };
	}
	return best;
}

static bool is_elsewhere(struct ima_walk *w, const struct digest *digest)
{
	if (w->searches_left == 0)
		return false;
	w->searches_left--;
	for (size_t i = 0; i < w->sets->count; i++)
		if (reference_set_has_digest(w->input->reference, w->sets->set[i].table, digest))
			return true;
	return false;
}

static bool is_excluded(const struct ima_walk *w, struct span path)
{
	struct ref_range exclude = w->rules->exclude;

	for (uint32_t i = 0; i < exclude.count; i++)
		if (ima_path_is_under(path, reference_text(w->input->reference, exclude.first + i)))
			return true;
	return false;
}

static enum layer layer_of_set(const struct reference_set *set)
{
	switch (set->class) {
	case SET_IDENTITY:
	case SET_ENFORCEMENT:
		return LAYER_IDENTITY_MODULE;
	case SET_KERNEL:
		return LAYER_KERNEL;
	case SET_BASE:
		break;
	}
	return LAYER_USERLAND;
}

static enum status unlisted(struct ima_walk *w, const struct ima_entry *entry,
			    const struct digest *digest, struct lookup lookup)
{
	if (lookup.status == STATUS_MISMATCH) {
		struct finding f = finding_of(REASON_IMA_ENTRY_CHANGED);

		f.layer = layer_of_set(lookup.set);
		describe(&f, entry);
		findings_add(&w->state->findings, &f);
		return OK;
	}
	if (is_excluded(w, entry->path)) {
		/* Counted, and reported once. */
		if (w->state->excluded++ == 0)
			return found(w, REASON_IMA_ENTRY_EXCLUDED, entry);
		return OK;
	}
	return found(
		w, is_elsewhere(w, digest) ? REASON_IMA_ENTRY_ELSEWHERE : REASON_IMA_ENTRY_UNKNOWN,
		entry);
}

static void note_required(struct ima_walk *w, struct span path)
{
	struct ref_range sets = w->sets->booted.ima.sets;
	size_t bit = 0;

	for (uint32_t i = 0; i < sets.count; i++) {
		struct reference_set set;

		if (reference_set(w->input->reference, sets.first + i, &set) != OK)
			return;
		for (uint32_t j = 0; j < set.must_appear.count && bit < IMA_REQUIRED_MAX;
		     j++, bit++)
			if (span_equal(path, reference_text(w->input->reference,
							    set.must_appear.first + j)))
				w->state->seen[bit / 64] |= (uint64_t)1 << (bit % 64);
	}
}

/* The policy's own file. Never looked up in a set: one path, listed digests. */
static enum status check_policy_file(struct ima_walk *w, const struct ima_entry *entry,
				     const struct digest *digest)
{
	if (!reference_range_has_digest(w->input->reference, w->rules->policy_digests, digest))
		return found(w, REASON_IMA_POLICY_UNKNOWN, entry);
	if (w->state->phase < IMA_PHASE_LOADED)
		w->state->phase = IMA_PHASE_LOADED;
	return OK;
}

/*
 * Once the policy's file was measured, what follows must look like its rules:
 * in another form than the default. Only the kernel's own rules for modules
 * (IMA_ARCH_POLICY under Secure Boot) go on with the default.
 */
static enum status check_in_force(struct ima_walk *w, const struct ima_entry *entry)
{
	if (w->state->phase < IMA_PHASE_LOADED)
		return OK;
	if ((entry->digest_type.len > 0) != w->state->is_typed_by_default) {
		w->state->phase = IMA_PHASE_IN_FORCE;
		return OK;
	}
	return is_module(entry->path) ? OK : found(w, REASON_IMA_POLICY_NOT_IN_FORCE, entry);
}

static enum status check_listed(struct ima_walk *w, const struct ima_entry *entry,
				const struct digest *digest)
{
	bool is_early = ima_policy_is_required(w->rules) && w->state->phase < IMA_PHASE_LOADED;
	struct lookup lookup =
		look_up(w, is_early ? w->sets->early_count : w->sets->count, entry->path, digest);

	if (lookup.status == OK) {
		note_required(w, entry->path);
		return OK;
	}
	if (is_early) {
		lookup = look_up(w, w->sets->count, entry->path, digest);
		if (lookup.status == OK)
			return found(w, REASON_IMA_ENTRY_EARLY, entry);
	}
	return unlisted(w, entry, digest, lookup);
}

static enum status check_file(struct ima_walk *w, const struct ima_entry *entry)
{
	struct digest digest;

	if (!entry->has_path || !entry->has_digest)
		return found(w, REASON_IMA_TEMPLATE, entry);
	if (span_equal(entry->path, span_text(boot_aggregate)))
		return found(w, REASON_IMA_AGGREGATE_AGAIN, entry);
	if (span_is_zero(entry->file_digest))
		return found(w, REASON_IMA_DIGEST_ZERO, entry);
	/* "verity" digests are of a tree over the file, not of the file (i08). */
	if ((entry->digest_type.len > 0 && !span_equal(entry->digest_type, span_text("ima"))) ||
	    entry->file_alg != w->rules->hash ||
	    digest_from(entry->file_alg, entry->file_digest, &digest) != OK)
		return found(w, REASON_IMA_DIGEST_ALGORITHM, entry);
	if (reference_is_revoked_file(w->input->reference, &digest))
		return found(w, REASON_IMA_ENTRY_REVOKED, entry);
	/* An image for kexec looks like any file: none may come from there (i27). */
	if (ima_path_is_under(entry->path, span_text("/boot")))
		return found(w, REASON_IMA_KEXEC, entry);
	if (w->rules->policy_path.len > 0 && span_equal(entry->path, w->rules->policy_path))
		return check_policy_file(w, entry, &digest);

	enum status status = OK;

	if (ima_policy_is_required(w->rules))
		status = check_in_force(w, entry);
	return status == OK ? check_listed(w, entry, &digest) : status;
}

static enum status check_violation(struct ima_walk *w, const struct ima_entry *entry)
{
	w->state->violations++;
	/* The path was not extended: for people, it decides nothing (i24). */
	return found(w,
		     w->rules->tolerate_violations ? REASON_IMA_VIOLATION_TOLERATED
						   : REASON_IMA_VIOLATION,
		     entry);
}

enum status ima_entry_check(struct ima_walk *walk, const struct ima_entry *entry)
{
	bool is_right = false;
	bool is_first = walk->state->phase == IMA_PHASE_START;
	enum status status;

	if (is_first)
		walk->state->phase = IMA_PHASE_EARLY;
	if (!reference_range_has_text(walk->input->reference, walk->rules->templates,
				      entry->template_name))
		return found(walk, REASON_IMA_TEMPLATE, entry);
	if (entry->is_violation)
		return is_first ? found(walk, REASON_IMA_AGGREGATE_MISSING, entry)
				: check_violation(walk, entry);
	status = check_template_hash(walk, entry, &is_right);
	if (status != OK)
		return status;
	if (!is_right)
		return found(walk, REASON_IMA_TEMPLATE_HASH, entry);
	if (is_first)
		return check_boot_aggregate(walk, entry);
	return entry->has_buffer ? check_buffer(walk, entry) : check_file(walk, entry);
}
