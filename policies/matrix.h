/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_MATRIX_H
#define POLICIES_MATRIX_H

#include "policies/image.h"
#include "policies/statement.h"

#define MATRIX_CELLS_MAX 512

struct matrix_cell {
	struct span platform, kernel;
	bool is_allowed;
};

/* Platform x kernel, allowed or blocked; the node classes go into the image.
 * Spans borrow from the statement. */
struct matrix {
	uint64_t version;
	size_t cell_count;
	struct matrix_cell cell[MATRIX_CELLS_MAX];
};

enum status matrix_read(struct statement *s, struct image_builder *image, struct matrix *out);
/* NULL where the matrix does not know the cell. */
const struct matrix_cell *matrix_cell(const struct matrix *matrix, struct span platform,
				      struct span kernel);
/* "7.40" or "7.40.4161.3" as the TPM reports it: four numbers of 16 bits; parts
 * left out are filled with the given one. */
enum status firmware_version_parse(struct span text, uint16_t fill, uint64_t *out);

#endif
