/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_INDEX_H
#define POLICIES_INDEX_H

#include "policies/reference.h"
#include "policies/statement.h"

#define INDEX_ENTRIES_MAX 512

/* A manifest that is accepted in a cell. */
struct index_entry {
	struct span platform, kernel;
	struct digest manifest;
	uint64_t version;
	enum release_state state;
	int64_t accept_until; /* INT64_MAX where none is named */
};

/* What is in force. Spans borrow from the statement. */
struct index {
	uint64_t version;
	int64_t time;
	uint64_t root_version, revocations_version;
	struct digest root, matrix, revocations;
	size_t entry_count;
	struct index_entry entry[INDEX_ENTRIES_MAX]; /* a cell's together, newest first */
};

/* Each cell once, its manifests newest first, one current and one canary at
 * most, every previous one with its end. */
enum status index_read(struct statement *s, struct index *out);

bool index_same_cell(const struct index_entry *a, const struct index_entry *b);
/* The first cell whose current version is below what older says: only a rollback
 * document may do that. NULL where there is none. */
const struct index_entry *index_find_rollback(const struct index *older, const struct index *newer);

#endif
