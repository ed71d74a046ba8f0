/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_FILE_TABLE_H
#define POLICIES_REFERENCE_FILE_TABLE_H

#include "base/reader.h"
#include "base/writer.h"
#include "policies/reference/file_lookup.h"
#include "policies/reference/image.h"
#include "policies/reference/image_layout.h"

/* Checks a set file and appends its table to slots and records; result's fault
 * and line tell what is wrong with a file that is STATUS_MALFORMED. */
enum status file_table_build(struct span file, const struct digest *digest, struct bytes *slots,
			     struct bytes *records, struct file_table *out,
			     struct file_table_result *result);
void file_table_write(struct writer *w, const struct file_table *table);
void file_table_read(struct reader *r, struct file_table *out);
/* The slots lie in the section, a power of two; records lie in theirs. */
bool file_table_is_sound(const struct file_table *table, struct span slots, struct span records);
struct file_lookup file_table_open(const struct file_table *table, struct span slots,
				   struct span records);

#endif
