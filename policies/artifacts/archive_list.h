/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_ARCHIVE_LIST_H
#define POLICIES_ARTIFACTS_ARCHIVE_LIST_H

#include "base/bytes.h"

/*
 * An archive's Release file (Debian repository format, "Release" files): one paragraph
 * whose field SHA256 has a line " DIGEST SIZE NAME" for each index. What it says counts
 * once its signature was verified.
 */
struct archive_list {
	struct span valid_until; /* "Sat, 11 Jul 2026 10:17:11 UTC"; empty: not said */
	struct span sums; /* the lines of SHA256 */
};

/* STATUS_MALFORMED for a second paragraph, a field given twice, or without sums. Spans borrow. */
enum status archive_list_parse(struct span text, struct archive_list *out);
/* The index with this digest, 64 digits in lower case, and size; false: it lists none. */
bool archive_list_find(const struct archive_list *list, struct span sha256, uint64_t size,
		       struct span *name);

#endif
