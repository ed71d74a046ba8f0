/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_REFERENCE_ROWS_H
#define POLICIES_REFERENCE_REFERENCE_ROWS_H

#include "base/reader.h"
#include "policies/reference/file_table.h"
#include "policies/reference/image_layout.h"
#include "policies/reference/reference.h"

/* How reference.c and reference_open.c read an image: sections of rows of one size. */

static inline uint32_t reference_rows(const struct reference *ref, enum image_section section)
{
	return (uint32_t)(ref->section[section].len / image_row_size[section]);
}

/* A reader over one row; it starts failed where there is no such row. */
static inline struct reader reference_row(const struct reference *ref, enum image_section section,
					  uint32_t index)
{
	size_t size = image_row_size[section];
	struct reader r = reader_over(ref->section[section]);

	if (index >= reference_rows(ref, section))
		reader_fail(&r, STATUS_NOT_FOUND);
	reader_skip(&r, index * size);
	return reader_within(&r, size);
}

/* STATUS_NOT_FOUND where there is none of that number. */
enum status reference_table_at(const struct reference *ref, uint32_t index, struct file_table *out);

#endif
