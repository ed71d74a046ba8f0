/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetcher/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16

enum status tree_make_parents(int top, const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		int len = snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);

		if (len < 0 || (size_t)len >= sizeof(part))
			return STATUS_TOO_LARGE;
		if (mkdirat(top, part, S_IRWXU) != 0 && errno != EEXIST)
			return STATUS_IO;
	}
	return OK;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static enum status remove_below(int top, const char *name, int depth);

static enum status empty(int fd, int depth)
{
	DIR *directory = fdopendir(fd);
	enum status status = OK;

	if (directory == NULL) {
		(void)close(fd);
		return STATUS_IO;
	}
	for (const struct dirent *e; status == OK && (e = readdir(directory)) != NULL;)
		if (!is_dots(e->d_name))
			status = remove_below(fd, e->d_name, depth);
	(void)closedir(directory);
	return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by DEPTH_MAX */
static enum status remove_below(int top, const char *name, int depth)
{
	if (depth > DEPTH_MAX)
		return STATUS_TOO_LARGE;

	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return unlinkat(top, name, 0) == 0 || errno == ENOENT ? OK : STATUS_IO;

	enum status status = empty(fd, depth + 1);
	if (status == OK && unlinkat(top, name, AT_REMOVEDIR) != 0)
		status = STATUS_IO;
	return status;
}

enum status tree_remove(int top, const char *name)
{
	return remove_below(top, name, 0);
}
