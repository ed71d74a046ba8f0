/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ARTIFACTS_CONTENT_HASH_H
#define TOOLS_ARTIFACTS_CONTENT_HASH_H

#include "base/digest.h"
#include "tools/progress.h"

/* SHA-256 of files, however large, through one buffer. */
struct content_hash {
	struct hasher sha256;
	struct progress *progress;
	uint8_t buffer[1 << 18];
};

enum status content_hash_new(struct progress *progress, struct content_hash **out);
void content_hash_free(struct content_hash *hash);

AUTO_FREE(content_hash, struct content_hash, content_hash_free);

/* The rest of a descriptor; STATUS_IO with errno. */
enum status content_hash_fd(struct content_hash *hash, int fd, struct digest *out, uint64_t *size);

/* A whole file; says what failed. */
enum status content_hash_file(struct content_hash *hash, const char *path, struct digest *out);

/* A file that has to have this digest, opened for reading from its start: whatever its
 * name leads to by then. Who may write into it changes what is read, so that this has to
 * be hashed again (content_archive.h). Says what failed. */
enum status content_open(struct content_hash *hash, const char *path, const struct digest *wanted,
			 uint64_t *size, int *fd);

/* A regular file; one that is none would block, or have no end. Links are followed where
 * the digest says what has to be behind them. Says what is wrong. */
enum status content_open_regular(const char *path, bool follows, int *fd);

#endif
