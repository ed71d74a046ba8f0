/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ARTIFACTS_CONTENT_ARCHIVE_H
#define TOOLS_ARTIFACTS_CONTENT_ARCHIVE_H

#include <archive.h>

#include "tools/artifacts/content_hash.h"

/*
 * An archive that has to have a digest, given to libarchive. It is hashed before a byte
 * of it is parsed, and again as it is parsed: who may write the file meanwhile changes
 * what is read, and then it ends in a refusal. Both say what failed.
 */
struct content_archive {
	struct content_hash *hash; /* its own, until the end */
	const char *path;
	const struct digest *wanted;
	int fd;
};

/* a has its formats and filters. */
enum status content_archive_open(struct content_archive *c, struct archive *a);
/* After the last entry; reads what no entry reached. */
enum status content_archive_end(struct content_archive *c);
void content_archive_done(struct content_archive *c);

#endif
