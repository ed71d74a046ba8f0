/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/path.h"

#include <errno.h>
#include <fcntl.h>
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

/* Makes it where it is not there, and goes there; -1 with errno. */
static int step_into(int folder, const char *name)
{
	if (mkdirat(folder, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The directory of a file, step by step; *file is what the path ends with. -1 with errno. */
static int open_steps(const char *directory, char *path, const char **file)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *name = path;

	for (char *end; folder >= 0 && (end = strchr(name, '/')) != NULL; name = end + 1) {
		*end = '\0';

		int next = step_into(folder, name);
		int saved = errno;
		(void)close(folder);
		errno = saved;
		folder = next;
	}
	*file = name;
	return folder;
}

int path_open_beneath(const char *directory, const char *name, struct path_text *opened)
{
	struct path_text copy, full;
	const char *file;
	int folder = -1;

	(void)snprintf(full.text, sizeof(full.text), "%s/%s", directory, name);
	errno = ENAMETOOLONG;
	if ((size_t)snprintf(copy.text, sizeof(copy.text), "%s", name) < sizeof(copy.text))
		folder = open_steps(directory, copy.text, &file);
	if (folder >= 0 &&
	    (size_t)snprintf(opened->text, sizeof(opened->text), "/proc/self/fd/%d/%s", folder,
			     file) < sizeof(opened->text))
		return folder;
	(void)path_failed(STATUS_IO, full.text);
	if (folder >= 0)
		(void)close(folder);
	return -1;
}

enum status path_write_beneath(const char *directory, const char *name, struct span content,
			       mode_t mode)
{
	struct path_text full, opened;
	int folder = path_open_beneath(directory, name, &opened);

	if (folder < 0)
		return STATUS_IO;
	(void)snprintf(full.text, sizeof(full.text), "%s/%s", directory, name);

	enum status status = file_replace(opened.text, content, mode, (uid_t)-1, (gid_t)-1);
	int saved = errno;
	(void)close(folder);
	errno = saved;
	return status == OK ? OK : path_failed(status, full.text);
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
