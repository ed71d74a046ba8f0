/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/matrix.h"

const struct matrix_cell *matrix_cell(const struct matrix *matrix, struct span platform,
				      struct span kernel)
{
	for (size_t i = 0; i < matrix->cell_count; i++)
		if (span_equal(matrix->cell[i].platform, platform) &&
		    span_equal(matrix->cell[i].kernel, kernel))
			return &matrix->cell[i];
	return NULL;
}

void matrix_read_cells(struct strict_cursor *predicate, struct matrix *out)
{
	static const char *const states[] = { "allow", "block", NULL };
	struct strict_cursor cells = strict_array(predicate, "cells", MATRIX_CELLS_MAX);

	for (size_t i = 0; i < strict_count(&cells); i++) {
		struct strict_cursor one = strict_element_object(&cells, i);
		struct matrix_cell cell = { .platform = strict_text_as(&one, "platform", 64,
								       target_is_valid) };

		cell.kernel = strict_text_as(&one, "kernel", 64, target_is_valid);
		cell.is_allowed = strict_choice(&one, "state", states) == 0;
		if (matrix_cell(out, cell.platform, cell.kernel) != NULL)
			strict_fail(&one, NULL, STATUS_MALFORMED, "cell-twice");
		(void)strict_end(&one);
		out->cell[out->cell_count++] = cell;
	}
}
