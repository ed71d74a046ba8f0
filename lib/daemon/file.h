/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_FILE_H
#define DAEMON_FILE_H

#include <sys/types.h>

#include "base/bytes.h"

/* A whole file of at most max bytes; "-" is standard input. STATUS_NOT_FOUND,
 * STATUS_DENIED, STATUS_TOO_LARGE or STATUS_IO; errno stays as it was set. */
enum status file_read(const char *path, size_t max, struct bytes *out);
/* The rest of a descriptor, at most max bytes. */
enum status file_read_fd(int fd, size_t max, struct bytes *out);
/* Like file_read, for keys and configuration: STATUS_DENIED as well where the
 * file is no regular file or others than its owner may write it, and, for a
 * secret, where group or others may read it. */
enum status file_read_guarded(const char *path, size_t max, bool is_secret, struct bytes *out);
/* All of it, however often the kernel takes a part. False with errno. */
bool file_write_fd(int fd, struct span content);
/* Written beside it, synced, renamed over it, directory synced: readers see the
 * old file or the new one. Owner -1 leaves it. */
enum status file_replace(const char *path, struct span content, mode_t mode, uid_t owner,
			 gid_t group);

#endif
