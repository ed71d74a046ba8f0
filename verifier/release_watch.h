/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_RELEASE_WATCH_H
#define VERIFIER_RELEASE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Whether a release directory is another than at the last look: by the inodes, sizes and
 * times of what every publication touches, and of what counts by being there: the next
 * root, revocations, reviews.
 */
struct release_watch {
	const char *directory;
	uint64_t seen;
	time_t moved; /* when it was first, and last, found to be another; 0: at rest */
	time_t first_moved;
};

/* now: any clock that only rises, in seconds. */
void release_watch_init(struct release_watch *watch, const char *directory);
/*
 * True once it has come to rest after a change, or does not come to rest for long: a
 * copy that is under way is not looked at after each file, and what is written within
 * the file system's grain of time is not missed.
 */
bool release_watch_changed(struct release_watch *watch, time_t now);

#endif
