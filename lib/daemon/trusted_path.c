/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX 40

struct walk {
	int directory; /* that it came to */
	char rest[PATH_MAX]; /* of the path, from there */
	unsigned links; /* that it followed */
};

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Whoever may write the directory can put another link there, but not in the place of one
 * that is not his where the directory has the sticky bit. */
static bool is_trusted(int directory, const struct stat *entry)
{
	struct stat st;

	if (fstat(directory, &st) != 0)
		return false;

	mode_t forbidden = (st.st_mode & S_ISVTX) != 0 ? 0 : S_IWGRP | S_IWOTH;

	return is_ours(entry) && is_ours(&st) && (st.st_mode & forbidden) == 0;
}

static bool go_to(struct walk *w, int directory)
{
	if (directory < 0)
		return false;
	(void)close(w->directory);
	w->directory = directory;
	return true;
}

static bool go_to_root(struct walk *w)
{
	return go_to(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* What the link says comes before the rest. */
static bool follow(struct walk *w, int found)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(found, "", target, sizeof(target));
	size_t rest = strlen(w->rest);

	if (len <= 0)
		return false;
	if (w->links++ == LINKS_MAX) {
		errno = ELOOP;
		return false;
	}
	if ((size_t)len + rest + 2 > sizeof(w->rest)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memmove(w->rest + len + 1, w->rest, rest + 1);
	memcpy(w->rest, target, (size_t)len);
	w->rest[len] = '/';
	return target[0] != '/' || go_to_root(w);
}

static bool step(struct walk *w, const char *name)
{
	int next = openat(w->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool is_followed = false;
	struct stat st;

	if (next < 0)
		return false;

	bool is_known = fstat(next, &st) == 0;

	if (is_known && !S_ISLNK(st.st_mode))
		return go_to(w, next);
	if (is_known && is_trusted(w->directory, &st))
		is_followed = follow(w, next);
	else if (is_known)
		errno = ELOOP;

	int saved = errno;

	(void)close(next);
	errno = saved;
	return is_followed;
}

/* The next name; false where it is too long to be one. */
static bool take_name(struct walk *w, char name[NAME_MAX + 1])
{
	const char *begin = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(begin, "/");
	const char *rest = begin + len + strspn(begin + len, "/");

	if (len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(name, begin, len);
	name[len] = '\0';
	memmove(w->rest, rest, strlen(rest) + 1);
	return true;
}

static bool begin(struct walk *w, const char *path)
{
	size_t len = strlen(path);

	w->directory = -1;
	w->links = 0;
	if (path[0] != '/' || len >= sizeof(w->rest)) {
		errno = path[0] != '/' ? EINVAL : ENAMETOOLONG;
		return false;
	}
	memcpy(w->rest, path, len + 1);
	w->directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->directory >= 0;
}

int trusted_path_open_above(const char *path, char name[NAME_MAX + 1])
{
	struct walk w;
	bool is_reached = begin(&w, path) && take_name(&w, name);

	while (is_reached && w.rest[0] != '\0')
		is_reached = step(&w, name) && take_name(&w, name);
	if (is_reached)
		return w.directory;

	int saved = errno;

	if (w.directory >= 0)
		(void)close(w.directory);
	errno = saved;
	return -1;
}
