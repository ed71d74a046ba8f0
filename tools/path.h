/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PATH_H
#define TOOLS_PATH_H

#include <sys/types.h>

#include "base/bytes.h"

#define PATH_TEXT_MAX 4096

struct path_text {
	char text[PATH_TEXT_MAX];
};

/* Files as commands read and write them. Each says what failed on standard error. */
enum status path_read(const char *path, size_t max, struct bytes *out);
/* Its directories, then the file. */
enum status path_write(const char *path, struct span content, mode_t mode);
/* The same where others write too: name goes through no link below the directory, by which
 * they would choose what is written over. No step of name is "..". */
enum status path_write_beneath(const char *directory, const char *name, struct span content,
			       mode_t mode);
/* The directory of name, made and reached so, and name in it as a path that goes through no link
 * as long as that stays open. -1 after a message. */
int path_open_beneath(const char *directory, const char *name, struct path_text *opened);
/* The directories that path goes through. */
enum status path_make_directories(const char *path);
bool path_exists(const char *path);
/* Says so; gives the status. */
enum status path_failed(enum status status, const char *path);

#endif
