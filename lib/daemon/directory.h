/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_DIRECTORY_H
#define DAEMON_DIRECTORY_H

#include "base/bytes.h"

/* What is done with each file; anything but OK ends the walk. read: how reading it went,
 * as file_read() says it; where it is not OK, content is empty, and what the file would
 * have said is not known. */
typedef enum status (*directory_visitor)(void *context, const char *path, enum status read,
					 struct span content);

/*
 * Hands over each regular file of a directory, in the order of their names and
 * read whole, at most max bytes each; hidden files and subdirectories are left
 * out. A path that is a file itself is the only one. Statuses of the directory as
 * file_read(); STATUS_TOO_LARGE: more than 100,000 names.
 */
enum status directory_read(const char *path, size_t max, directory_visitor visit, void *context);
/* For what trust rests on: STATUS_DENIED where the directory is not guarded as
 * file_read_guarded() wants it, and handed over with it a file that is not, and what
 * is none: hidden names alone are left out. */
enum status directory_read_guarded(const char *path, size_t max, directory_visitor visit,
				   void *context);
/* Appends what tells, without reading them, whether one of those files was changed,
 * replaced, added or removed, or who may write it. */
enum status directory_look(const char *path, struct bytes *looks);

#endif
