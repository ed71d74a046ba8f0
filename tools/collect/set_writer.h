/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_SET_WRITER_H
#define TOOLS_COLLECT_SET_WRITER_H

#include "tools/artifacts/file_list.h"
#include "tools/release/release_line.h"

struct written_set {
	struct sha256_text sha256;
	uint64_t size;
	size_t files;
};

/* Writes the files of a settled list that have the class, as sets are written, to
 * the release's sets/; line by line, never the whole text in memory. */
enum status set_write(const struct release_line *line, const struct file_list *files,
		      enum set_class class, struct written_set *out);

#endif
