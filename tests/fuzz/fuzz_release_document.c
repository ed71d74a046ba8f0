/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document of a release, of kind KIND, as the payload of an envelope that
 * verified. Its signer is one role of several, and may be the attacker.
 */
#include "fuzz.h"
#include "policies/documents/approval.h"
#include "policies/documents/canary.h"
#include "policies/documents/emergency.h"
#include "policies/documents/index.h"
#include "policies/documents/manifest.h"
#include "policies/documents/matrix.h"
#include "policies/documents/provenance.h"
#include "policies/documents/revocations.h"
#include "policies/documents/rollback.h"
#include "policies/documents/timestamp.h"
#include "verdict_note.h"

/* Too large for a stack with AddressSanitizer's red zones; all are reused. */
static union {
	struct index index;
	struct matrix matrix;
	struct manifest manifest;
	struct approval approval;
	struct timestamp timestamp;
	struct emergency emergency;
} out;

static bool index_is_read(struct statement *s)
{
	if (index_read(s, &out.index) != OK)
		return false;
	must(out.index.entry_count <= INDEX_ENTRIES_MAX);
	for (size_t i = 1; i < out.index.entry_count; i++)
		if (index_same_cell(&out.index.entry[i - 1], &out.index.entry[i]))
			must(out.index.entry[i - 1].version > out.index.entry[i].version);
	/* An index goes on from itself. */
	for (size_t i = 0; i < out.index.entry_count; i++)
		if (out.index.entry[i].state == RELEASE_CURRENT)
			must(index_change_of(&out.index, &out.index.entry[i]) == INDEX_GOES_ON);
	return true;
}

static bool matrix_is_read(struct statement *s)
{
	AUTO_DONE(image_builder) image = { 0 };

	if (image_builder_init(&image) != OK || matrix_read(s, &image, &out.matrix) != OK)
		return false;
	must(out.matrix.cell_count <= MATRIX_CELLS_MAX);
	for (size_t i = 0; i < out.matrix.cell_count; i++) {
		const struct matrix_cell *cell = &out.matrix.cell[i];

		must(matrix_cell(&out.matrix, cell->platform, cell->kernel) == cell);
	}
	return true;
}

/* What a manifest says can be compiled, and the image it goes into be opened. */
static bool manifest_is_read(struct statement *s)
{
	AUTO_DONE(image_builder) image = { 0 };
	AUTO_DONE(bytes) compiled = { 0 };
	struct layer_owner owner = { span_text("team"), span_text("backup"), span_text("phone") };
	struct reference_facts facts = { .root_version = 1, .index_version = 1 };
	struct reference reference;
	struct release release;

	if (image_builder_init(&image) != OK || manifest_read(s, &image, &out.manifest) != OK)
		return false;
	must(out.manifest.set_count <= MANIFEST_SETS_MAX);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	out.manifest.release.manifest = digest_filled(DIGEST_SHA256, 1);
	(void)image_release(&image, &out.manifest.release);
	must(image_finish(&image, &facts, &compiled) == OK);
	must(reference_open(span_of(&compiled), &reference) == OK);
	must(reference_release(&reference, 0, &release) == OK);
	must(span_equal(release.platform, out.manifest.release.platform) &&
	     release.version == out.manifest.release.version);
	return true;
}

static bool revocations_is_read(struct statement *s)
{
	AUTO_DONE(revocations) r = { 0 };

	if (revocations_read(s, &r) != OK)
		return false;
	must(revocations_extend(&r, &r));
	for (int i = 0; i < REVOKED_KINDS; i++) {
		const struct bytes *list = &r.list[i];

		must(list->len % SHA256_SIZE == 0);
		for (size_t at = 0; at < list->len; at += SHA256_SIZE)
			must(revocations_have(&r, (enum revoked)i,
					      (struct span){ list->data + at, SHA256_SIZE }));
	}
	return true;
}

static bool approval_is_read(struct statement *s)
{
	if (approval_read(s, &out.approval) != OK)
		return false;
	must(out.approval.reason.len > 0);
	return true;
}

static bool timestamp_is_read(struct statement *s)
{
	if (timestamp_read(s, &out.timestamp) != OK)
		return false;
	must(out.timestamp.version > 0 && out.timestamp.index_version > 0);
	return true;
}

static bool provenance_is_read(struct statement *s)
{
	AUTO_DONE(provenance) p = { 0 };

	if (provenance_read(s, &p) != OK)
		return false;
	must(p.builder.len > 0 && p.input_count > 0 && p.outputs.len % SHA256_SIZE == 0);
	return true;
}

static bool rollback_is_read(struct statement *s)
{
	struct rollback r;

	if (rollback_read(s, &r) != OK)
		return false;
	must(r.to_version < r.from_version && r.index > 0 && r.reason.len > 0);
	must(target_is_valid(r.platform) && target_is_valid(r.kernel));
	return true;
}

/* An empty list would be one for everybody. */
static bool emergency_is_read(struct statement *s)
{
	AUTO_DONE(image_builder) image = { 0 };
	const struct release_scope *scope = &out.emergency.scope;

	if (image_builder_init(&image) != OK || emergency_read(s, &image, &out.emergency) != OK)
		return false;
	must(scope->is_emergency && scope->most_nodes > 0 && scope->classes.count > 0);
	must(out.emergency.platform_count > 0 &&
	     out.emergency.platform_count <= EMERGENCY_PLATFORMS_MAX);
	must(out.emergency.reason.len > 0);
	return true;
}

static bool review_is_read(struct statement *s)
{
	struct review r;

	if (review_read(s, &r) != OK)
		return false;
	must(r.time > 0 && r.reason.len > 0 && r.emergency.alg == DIGEST_SHA256);
	return true;
}

/* What is written again says the same. */
static bool canary_is_read(struct statement *s)
{
	AUTO_DONE(statement) again = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	struct canary c;
	struct canary same;

	if (canary_read(s, &c) != OK)
		return false;
	must(c.svids <= c.nodes && c.from <= c.to && c.index_version > 0);
	c.checkpoint = span_text(VERDICT_NOTE);
	must(canary_write(&c, &text) == OK);
	must(statement_open(span_of(&text), DOCUMENT_CANARY, &again) == OK);
	must(canary_read(&again, &same) == OK);
	must(digest_equal(&same.manifest, &c.manifest) && same.nodes == c.nodes &&
	     same.svids == c.svids && same.from == c.from && same.to == c.to &&
	     same.index_version == c.index_version && digest_equal(&same.index, &c.index));
	return true;
}

static bool (*const readers[DOCUMENT_KINDS])(struct statement *s) = {
	[DOCUMENT_TIMESTAMP] = timestamp_is_read,     [DOCUMENT_INDEX] = index_is_read,
	[DOCUMENT_REVOCATIONS] = revocations_is_read, [DOCUMENT_MATRIX] = matrix_is_read,
	[DOCUMENT_MANIFEST] = manifest_is_read,	      [DOCUMENT_APPROVAL] = approval_is_read,
	[DOCUMENT_PROVENANCE] = provenance_is_read,   [DOCUMENT_ROLLBACK] = rollback_is_read,
	[DOCUMENT_EMERGENCY] = emergency_is_read,     [DOCUMENT_REVIEW] = review_is_read,
	[DOCUMENT_CANARY] = canary_is_read,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(statement) s = { 0 };

	if (statement_open((struct span){ data, len }, KIND, &s) != OK)
		return 0;
	/* Whatever was accepted left no fault, and whatever was not left one. */
	must(readers[KIND](&s) == (s.document.status == OK));
	return 0;
}
