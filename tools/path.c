/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "tools/command.h"

enum status path_failed(enum status status, const char *path)
{
	(void)unusable("%s: %s", path, status == STATUS_IO ? strerror(errno) : status_text(status));
	return status;
}

enum status path_make_directories(const char *path)
{
	char copy[PATH_TEXT_MAX];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *at = strchr(copy + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			return path_failed(STATUS_IO, copy);
		*at = '/';
	}
	return OK;
}

enum status path_write(const char *path, struct span content, mode_t mode)
{
	enum status status = path_make_directories(path);

	if (status != OK)
		return status;
	status = file_replace(path, content, mode, (uid_t)-1, (gid_t)-1);
	return status == OK ? OK : path_failed(status, path);
}

enum status path_read(const char *path, size_t max, struct bytes *out)
{
	enum status status = file_read(path, max, out);

	return status == OK ? OK : path_failed(status, path);
}

bool path_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
