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
 * file is no regular file, belongs to neither root nor this user, or others than
 * its owner may write it, and, for a secret, where group or others may read it. */
enum status file_read_guarded(const char *path, size_t max, bool is_secret, struct bytes *out);
/* Would it be read? For those who want to know before they start. */
enum status file_check_guarded(const char *path, bool is_secret);
/* Where there is nothing of that name yet, from an open directory on or AT_FDCWD: of exactly
 * this mode, which the umask does not narrow. Statuses as file_read(), with errno. */
enum status directory_make(int above, const char *name, mode_t mode);
/* STATUS_DENIED where others than root or this user could put a file there. */
enum status directory_check_guarded(const char *path);
/* The same for it and all that its path leads through, by which another could be put in
 * its place; there, the sticky bit keeps others from that. STATUS_UNSUPPORTED: the path
 * is not absolute. */
enum status directory_check_reached(const char *path);
/* What went wrong with a guarded file, and what is wanted. */
const char *file_guard_text(enum status status);
/* All of it, however often the kernel takes a part. False with errno. */
bool file_write_fd(int fd, struct span content);
/* Written beside it under a hidden name, synced, renamed over it, directory synced:
 * readers see the old file or the new one. What another one that was killed left of this
 * file is removed. Owner -1 leaves it. */
enum status file_replace(const char *path, struct span content, mode_t mode, uid_t owner,
			 gid_t group);

#endif
