/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_MATRIX_H
#define POLICIES_DOCUMENTS_MATRIX_H

#include "policies/envelope/statement.h"
#include "policies/reference/image.h"

#define MATRIX_CELLS_MAX 512
#define MATRIX_DECISIONS_MAX 2048
#define MATRIX_REASON_MAX 1024

struct matrix_cell {
	struct span platform, kernel;
	bool is_allowed;
};

/* One act of allowing or blocking, on record. */
struct matrix_decision {
	struct span platform, kernel;
	bool is_allowed;
	struct span reason, by; /* by: the principal who proposed it */
	int64_t time;
};

/* Platform x kernel, allowed or blocked; the node classes go into the image.
 * Spans borrow from the statement. */
struct matrix {
	uint64_t version;
	size_t cell_count;
	struct matrix_cell cell[MATRIX_CELLS_MAX];
	bool has_decisions;
	size_t decision_count;
	struct matrix_decision decision[MATRIX_DECISIONS_MAX]; /* oldest first */
};

enum status matrix_read(struct statement *s, struct image_builder *image, struct matrix *out);
/* What stands in "cells", each once. For matrix_read(). */
void matrix_read_cells(struct strict_cursor *predicate, struct matrix *out);
/* NULL where the matrix does not know the cell. */
const struct matrix_cell *matrix_cell(const struct matrix *matrix, struct span platform,
				      struct span kernel);
/*
 * What stands in "decisions", where it is there: each names a cell, their times rise,
 * each cell has one, and the last about a cell is its state. For matrix_read().
 */
void matrix_read_decisions(struct strict_cursor *predicate, struct matrix *out);
/* Does the newer one have all of the older one's decisions, in their places? */
bool matrix_goes_on(const struct matrix *older, const struct matrix *newer);
/* "7.40" or "7.40.4161.3" as the TPM reports it: four numbers of 16 bits; parts
 * left out are filled with the given one. */
enum status firmware_version_parse(struct span text, uint16_t fill, uint64_t *out);

#endif
