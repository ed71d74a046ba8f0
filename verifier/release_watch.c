/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/release_watch.h"

#include <stdio.h>
#include <string.h>

static const char *const watched[RELEASE_WATCHED] = { "",     "timestamp.json", "index",
						      "root", "revocations",	"log/witnessed" };

static void look(const struct release_watch *watch, struct stat *seen)
{
	char path[4096];

	for (size_t i = 0; i < RELEASE_WATCHED; i++) {
		/* What is not there is all zero. */
		memset(&seen[i], 0, sizeof(seen[i]));
		if (snprintf(path, sizeof(path), "%s/%s", watch->directory, watched[i]) <
		    (int)sizeof(path))
			(void)stat(path, &seen[i]);
	}
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void release_watch_init(struct release_watch *watch, const char *directory)
{
	watch->directory = directory;
	look(watch, watch->seen);
}

bool release_watch_changed(struct release_watch *watch)
{
	struct stat now[RELEASE_WATCHED];
	bool is_changed = false;

	look(watch, now);
	for (size_t i = 0; i < RELEASE_WATCHED; i++)
		is_changed = is_changed || !is_same(&now[i], &watch->seen[i]);
	memcpy(watch->seen, now, sizeof(now));
	return is_changed;
}
