/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/ima_entry_check.h"

#include <string.h>

#include "base/text.h"

static const char boot_aggregate[] = "boot_aggregate";

/* What few entries need stands apart: those that need none of it have no room for it on
 * their stack. */
static enum status found(struct ima_walk *w, enum reason reason, const struct ima_entry *entry)
	__attribute__((cold, noinline));
static enum status check_boot_aggregate(struct ima_walk *w, const struct ima_entry *entry)
	__attribute__((cold, noinline));
static enum status check_buffer(struct ima_walk *w, const struct ima_entry *entry)
	__attribute__((cold, noinline));
static enum status check_violation(struct ima_walk *w, const struct ima_entry *entry)
	__attribute__((cold, noinline));
static enum status unlisted(struct ima_walk *w, const struct ima_entry *entry,
			    const struct digest *digest, struct ima_listing listing)
	__attribute__((cold, noinline));

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

struct finding ima_entry_finding(enum reason reason, const struct ima_entry *entry)
{
	struct finding f = finding_of(reason);

	if (is_module(entry->path) && f.layer == LAYER_USERLAND)
		f.layer = LAYER_KERNEL;
	describe(&f, entry);
	return f;
}

static enum status found(struct ima_walk *w, enum reason reason, const struct ima_entry *entry)
{
	struct finding f = ima_entry_finding(reason, entry);

	findings_add(&w->state->findings, &f);
	return OK;
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
	enum status status = digest_of(DIGEST_SHA256, entry->buffer, &key);

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
	case SET_VENDOR:
		return (enum layer)(LAYER_VENDOR + set->vendor);
	case SET_BASE:
		break;
	}
	return LAYER_USERLAND;
}

/* Its path is in no set. */
static enum status unknown(struct ima_walk *w, const struct ima_entry *entry,
			   const struct digest *digest)
{
	return found(w,
		     ima_walk_has_digest(w, digest) ? REASON_IMA_ENTRY_ELSEWHERE
						    : REASON_IMA_ENTRY_UNKNOWN,
		     entry);
}

enum status ima_entry_settle(struct ima_walk *walk)
{
	struct digest digest;
	enum status status =
		digest_from(walk->waiting.file_alg, walk->waiting.file_digest, &digest);

	walk->is_waiting = false;
	return status == OK ? unknown(walk, &walk->waiting, &digest) : status;
}

static enum status unlisted(struct ima_walk *w, const struct ima_entry *entry,
			    const struct digest *digest, struct ima_listing listing)
{
	if (listing.status == STATUS_MISMATCH) {
		struct finding f = finding_of(REASON_IMA_ENTRY_CHANGED);

		f.layer = layer_of_set(listing.set);
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
	if (w->is_covered)
		return unknown(w, entry, digest);
	w->waiting = *entry;
	w->is_waiting = true;
	return OK;
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

static enum status check_listed(struct ima_walk *w, const struct ima_entry *entry, size_t i,
				const struct digest *digest)
{
	bool is_early = ima_policy_is_required(w->rules) && w->state->phase < IMA_PHASE_LOADED;
	size_t count = is_early ? w->sets->early_count : w->sets->approved_count;
	struct ima_listing listing = ima_walk_look_up(w, count, i, entry->path, digest);

	if (listing.status == OK) {
		ima_walk_note_required(w, entry->path);
		return OK;
	}
	if (count == w->sets->count)
		return unlisted(w, entry, digest, listing);
	listing = ima_walk_look_up(w, w->sets->count, i, entry->path, digest);
	if (listing.status != OK)
		return unlisted(w, entry, digest, listing);
	if (is_early)
		return found(w, REASON_IMA_ENTRY_EARLY, entry);
	w->state->uses_emergency = true;
	ima_walk_note_required(w, entry->path);
	return OK;
}

static enum status check_file(struct ima_walk *w, const struct ima_entry *entry, size_t i)
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
	return status == OK ? check_listed(w, entry, i, &digest) : status;
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

/* The last template's name is nearly always this one's, and the same bytes. */
static bool is_allowed_template(struct ima_walk *w, struct span name)
{
	if (name.data == w->template_name.data && name.len == w->template_name.len)
		return true;
	if (!reference_range_has_text(w->input->reference, w->rules->templates, name))
		return false;
	w->template_name = name;
	return true;
}

enum status ima_entry_check(struct ima_walk *walk, const struct ima_entry *entry, size_t i)
{
	bool is_first = walk->state->phase == IMA_PHASE_START;

	if (is_first)
		walk->state->phase = IMA_PHASE_EARLY;
	if (!is_allowed_template(walk, entry->template_name))
		return found(walk, REASON_IMA_TEMPLATE, entry);
	if (entry->is_violation)
		return is_first ? found(walk, REASON_IMA_AGGREGATE_MISSING, entry)
				: check_violation(walk, entry);
	if (is_first)
		return check_boot_aggregate(walk, entry);
	return entry->has_buffer ? check_buffer(walk, entry) : check_file(walk, entry, i);
}
