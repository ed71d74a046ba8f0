/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_INDEX_H
#define POLICIES_DOCUMENTS_INDEX_H

#include "policies/envelope/statement.h"
#include "policies/reference/reference.h"

#define INDEX_ENTRIES_MAX 512
#define INDEX_ROLLBACKS_MAX 256
#define CELL_MANIFESTS_MAX 16
#define CELL_ROLLBACKS_MAX 8
#define INDEX_REVIEWS_MAX 16

/* A manifest that is accepted in a cell. */
struct index_entry {
	struct span platform, kernel;
	struct digest manifest;
	uint64_t version;
	enum release_state state;
	int64_t accept_until; /* INT64_MAX where none is named */
	/* Of the last load's, where rollbacks that came since brought it down: what was in
	 * force. Version 0: none did */
	struct digest seen;
	uint64_t seen_version;
};

/* A rollback document of a cell. */
struct index_rollback {
	struct span platform, kernel;
	struct digest document; /* SHA-256 of its payload */
};

/* A review of the emergency, as publish found it. */
struct index_review {
	struct digest document; /* SHA-256 of its payload */
	bool is_confirmed; /* false: it ends what the emergency let in */
	int64_t time; /* of the first index that names it */
};

/* What is in force. Spans borrow from the statement. */
struct index {
	uint64_t version;
	int64_t time;
	uint64_t root_version, revocations_version;
	struct digest root, matrix, revocations;
	bool has_emergency;
	struct digest emergency; /* SHA-256 of the last one's payload */
	size_t review_count;
	struct index_review review[INDEX_REVIEWS_MAX];
	size_t entry_count;
	struct index_entry entry[INDEX_ENTRIES_MAX]; /* a cell's together, newest first */
	size_t rollback_count;
	struct index_rollback rollback[INDEX_ROLLBACKS_MAX]; /* a cell's oldest first */
};

/* Each cell once, its manifests newest first, one current and one canary at
 * most, every previous one after another and with its end. Those that a rollback
 * left come after the current one all the same. */
enum status index_read(struct statement *s, struct index *out);

/* The cell's current manifest; NULL where it has none. cell: any entry of it. */
const struct index_entry *index_current(const struct index *index, const struct index_entry *cell);
/* The review that it names; NULL where it does not. */
const struct index_review *index_review(const struct index *index, const struct digest *document);
bool index_has_rollback(const struct index *index, const struct index_entry *cell);
bool index_same_cell(const struct index_entry *a, const struct index_entry *b);
/* What became of an older index's entry. Whatever but INDEX_GOES_ON would let
 * publish alone undo a release; going down by way of an index that leaves the
 * cell out counts too. */
enum index_change {
	INDEX_GOES_ON,
	INDEX_WITHDRAWN, /* the cell has no current manifest any more */
	INDEX_WENT_DOWN, /* to a lower version */
	INDEX_EXCHANGED, /* for other bytes under the same version */
};

enum index_change index_change_of(const struct index *newer, const struct index_entry *was);

#endif
