/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_CPIO_ARCHIVE_H
#define POLICIES_ARTIFACTS_CPIO_ARCHIVE_H

#include "base/reader.h"

/*
 * Archives in cpio's "newc" format as the kernel unpacks them (kernel:
 * Documentation/driver-api/early-userspace/buffer-format.rst). One iterator
 * passes over all that stand behind each other with zeros between them, and
 * stops where something else follows: a compressed rest.
 */
struct cpio_archive {
	struct reader reader;
};

enum cpio_kind {
	CPIO_FILE,
	CPIO_LINK, /* symbolic; content is where it leads */
	CPIO_OTHER, /* directories, devices */
};

struct cpio_member {
	enum cpio_kind kind;
	struct span name; /* as stored, without the closing NUL */
	struct span content;
	/* Names of one file share these; its content comes with the last of them. */
	uint32_t inode, device_major, device_minor;
	uint32_t links;
};

struct cpio_archive cpio_archive_over(struct span bytes);
/* STATUS_NOT_FOUND at the end, or before what is no archive: cpio_archive_rest(). */
enum status cpio_archive_next(struct cpio_archive *archive, struct cpio_member *out);
struct span cpio_archive_rest(const struct cpio_archive *archive);

#endif
