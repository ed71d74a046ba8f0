/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/release_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define REST_S 2 /* more than a second, however seconds are cut */
#define UNREST_MAX_S 10

/* Directories in which names, and directories of these names, appear. */
static const char *const watched[] = { "timestamp.json", "index", "log/witnessed", "revocations" };
static const char *const watched_deep[] = { "", "root", "reviews" };

/* One sum of all that is looked at: only whether it is another counts. */
static void fold(uint64_t *sum, uint64_t value)
{
	*sum = (*sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	*sum ^= *sum >> 29;
}

/* What is not there is all zero. */
static uint64_t state_of(int parent, const char *name)
{
	struct stat found = { 0 };
	uint64_t sum = 0;

	(void)fstatat(parent, name, &found, 0);
	fold(&sum, found.st_dev);
	fold(&sum, found.st_ino);
	fold(&sum, (uint64_t)found.st_size);
	fold(&sum, (uint64_t)found.st_mtim.tv_sec);
	fold(&sum, (uint64_t)found.st_mtim.tv_nsec);
	return sum;
}

/* Of all that it holds, in no order. */
static uint64_t state_below(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	uint64_t sum = 0;

	if (directory == NULL)
		return 0;
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			sum += state_of(dirfd(directory), entry->d_name);
	(void)closedir(directory);
	return sum;
}

static uint64_t look(const struct release_watch *watch)
{
	uint64_t sum = 0;
	char path[4096];

	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", watch->directory, watched[i]) <
		    (int)sizeof(path))
			fold(&sum, state_of(AT_FDCWD, path));
	for (size_t i = 0; i < sizeof(watched_deep) / sizeof(watched_deep[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", watch->directory, watched_deep[i]) >=
		    (int)sizeof(path))
			continue;
		fold(&sum, state_of(AT_FDCWD, path));
		fold(&sum, state_below(path));
	}
	return sum;
}

void release_watch_init(struct release_watch *watch, const char *directory)
{
	*watch = (struct release_watch){ .directory = directory };
	watch->seen = look(watch);
}

bool release_watch_changed(struct release_watch *watch, time_t now)
{
	uint64_t sum = look(watch);

	if (sum != watch->seen) {
		watch->seen = sum;
		watch->moved = now;
		if (watch->first_moved == 0)
			watch->first_moved = now;
	}
	if (watch->moved == 0)
		return false;
	if (now - watch->moved >= REST_S) {
		watch->moved = 0;
		watch->first_moved = 0;
		return true;
	}
	if (now - watch->first_moved < UNREST_MAX_S)
		return false;
	watch->first_moved = now;
	return true;
}
