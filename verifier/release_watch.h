/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_RELEASE_WATCH_H
#define VERIFIER_RELEASE_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether a release directory is another than at the last look: by the inodes
 * and times of what every publication touches. */
#define RELEASE_WATCHED 6

struct release_watch {
	const char *directory;
	struct stat seen[RELEASE_WATCHED];
};

void release_watch_init(struct release_watch *watch, const char *directory);
bool release_watch_changed(struct release_watch *watch);

#endif
