/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/index.h"

#include <string.h>

#include "policies/documents/timestamp.h"

static const char *const state_names[] = { "canary", "current", "previous", NULL };

bool index_same_cell(const struct index_entry *a, const struct index_entry *b)
{
	return span_equal(a->platform, b->platform) && span_equal(a->kernel, b->kernel);
}

bool index_has_rollback(const struct index *index, const struct index_entry *cell)
{
	for (size_t i = 0; i < index->rollback_count; i++)
		if (span_equal(index->rollback[i].platform, cell->platform) &&
		    span_equal(index->rollback[i].kernel, cell->kernel))
			return true;
	return false;
}

static void read_rollbacks(struct strict_cursor *cell, const struct index_entry *entry,
			   struct index *index)
{
	struct strict_cursor list = strict_array(cell, "rollbacks", CELL_ROLLBACKS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		if (index->rollback_count == INDEX_ROLLBACKS_MAX) {
			strict_fail(&list, NULL, STATUS_TOO_LARGE, "too-many-elements");
			return;
		}
		index->rollback[index->rollback_count++] = (struct index_rollback){
			.platform = entry->platform,
			.kernel = entry->kernel,
			.document = strict_element_sha256(&list, i),
		};
	}
}

/* Newest first, but for what the cell was rolled back from: which that is, the
 * documents say. */
static bool is_in_order(const struct index *index, const struct index_entry *newer,
			const struct index_entry *entry)
{
	for (size_t i = 0; i < index->entry_count; i++)
		if (index_same_cell(&index->entry[i], entry) &&
		    index->entry[i].version == entry->version)
			return false;
	return entry->version < newer->version ||
	       (entry->state == RELEASE_PREVIOUS && index_has_rollback(index, entry));
}

static void read_entry(struct statement *s, struct strict_cursor *list, size_t i,
		       struct index *index, struct index_entry entry)
{
	struct strict_cursor one = strict_element_object(list, i);

	entry.manifest = strict_sha256(&one, "sha256");
	entry.version = strict_uint(&one, "version", 1, INT64_MAX);
	entry.state = (enum release_state)strict_choice(&one, "state", state_names);
	entry.accept_until = INT64_MAX;
	if (entry.state == RELEASE_PREVIOUS || strict_has(&one, "acceptUntil"))
		entry.accept_until = strict_int(&one, "acceptUntil", 1, TIME_MAX);
	if (i > 0) {
		const struct index_entry *newer = &index->entry[index->entry_count - 1];

		if (!is_in_order(index, newer, &entry))
			strict_fail(&one, "version", STATUS_MALFORMED, "not-newest-first");
		/* canary, then current, then what was current before. */
		if (entry.state < newer->state ||
		    (entry.state == newer->state && entry.state != RELEASE_PREVIOUS))
			strict_fail(&one, "state", STATUS_MALFORMED, "bad-value");
	} else if (entry.state == RELEASE_PREVIOUS) {
		/* Its end counts from what came after it. */
		strict_fail(&one, "state", STATUS_MALFORMED, "previous-alone");
	}
	(void)strict_end(&one);
	if (index->entry_count == INDEX_ENTRIES_MAX) {
		strict_fail(list, NULL, STATUS_TOO_LARGE, "too-many-elements");
		return;
	}
	statement_expect_subject(s, index->entry_count, NULL, &entry.manifest);
	index->entry[index->entry_count++] = entry;
}

static void read_cell(struct statement *s, struct strict_cursor *cells, size_t i,
		      struct index *index)
{
	struct strict_cursor cell = strict_element_object(cells, i);
	struct index_entry entry = { .platform = strict_text_as(&cell, "platform", 64,
								target_is_valid) };

	entry.kernel = strict_text_as(&cell, "kernel", 64, target_is_valid);
	for (size_t j = 0; j < index->entry_count; j++)
		if (index_same_cell(&index->entry[j], &entry))
			strict_fail(&cell, NULL, STATUS_MALFORMED, "cell-twice");
	if (strict_has(&cell, "rollbacks"))
		read_rollbacks(&cell, &entry, index);

	struct strict_cursor list = strict_array(&cell, "manifests", CELL_MANIFESTS_MAX);
	for (size_t j = 0; j < strict_count(&list); j++)
		read_entry(s, &list, j, index, entry);
	(void)strict_end(&cell);
}

/* Whoever serves the directory decides neither whether one was made nor when. */
static void read_reviews(struct strict_cursor *predicate, struct index *out)
{
	static const char *const findings[] = { "rejected", "confirmed", NULL };
	struct strict_cursor list = strict_array(predicate, "reviews", INDEX_REVIEWS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor one = strict_element_object(&list, i);
		struct index_review review = { .document = strict_sha256(&one, "sha256") };

		review.is_confirmed = strict_choice(&one, "finding", findings) == 1;
		review.time = strict_int(&one, "time", 1, out->time);
		if (index_review(out, &review.document) != NULL)
			strict_fail(&one, "sha256", STATUS_MALFORMED, "review-twice");
		(void)strict_end(&one);
		out->review[out->review_count++] = review;
	}
}

enum status index_read(struct statement *s, struct index *out)
{
	struct strict_cursor *predicate = &s->predicate;

	memset(out, 0, sizeof(*out));
	out->version = strict_uint(predicate, "version", 1, INT64_MAX);
	out->time = strict_int(predicate, "time", 1, TIME_MAX);
	statement_read_pin(predicate, "root", &out->root_version, &out->root);
	out->matrix = strict_sha256(predicate, "matrix");
	statement_read_pin(predicate, "revocations", &out->revocations_version, &out->revocations);

	out->has_emergency = strict_has(predicate, "emergency");
	if (out->has_emergency)
		out->emergency = strict_sha256(predicate, "emergency");
	if (out->has_emergency && strict_has(predicate, "reviews"))
		read_reviews(predicate, out);

	struct strict_cursor cells = strict_array(predicate, "cells", INDEX_ENTRIES_MAX);
	for (size_t i = 0; i < strict_count(&cells); i++)
		read_cell(s, &cells, i, out);
	statement_expect_subjects(s, out->entry_count);
	return strict_end(predicate);
}

const struct index_review *index_review(const struct index *index, const struct digest *document)
{
	for (size_t i = 0; i < index->review_count; i++)
		if (digest_equal(&index->review[i].document, document))
			return &index->review[i];
	return NULL;
}

const struct index_entry *index_current(const struct index *index, const struct index_entry *cell)
{
	for (size_t i = 0; i < index->entry_count; i++)
		if (index->entry[i].state == RELEASE_CURRENT &&
		    index_same_cell(&index->entry[i], cell))
			return &index->entry[i];
	return NULL;
}

enum index_change index_change_of(const struct index *newer, const struct index_entry *was)
{
	const struct index_entry *is = index_current(newer, was);

	if (was->state != RELEASE_CURRENT)
		return INDEX_GOES_ON;
	if (is == NULL)
		return INDEX_WITHDRAWN;
	if (is->version < was->version)
		return INDEX_WENT_DOWN;
	if (is->version == was->version && !digest_equal(&is->manifest, &was->manifest))
		return INDEX_EXCHANGED;
	return INDEX_GOES_ON;
}
