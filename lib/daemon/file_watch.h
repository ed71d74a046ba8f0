/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_FILE_WATCH_H
#define DAEMON_FILE_WATCH_H

#include <stdbool.h>
#include <time.h>

#include "base/digest.h"

#define WATCHED_MAX 4

/*
 * Files and directories of files that were read once, and are to be read again when
 * they have changed and come to rest: what is being written would be read by half.
 * Times are monotonic.
 */
struct file_watch {
	const char *paths[WATCHED_MAX]; /* borrowed; NULL is passed over */
	struct digest read; /* how they looked when they were read */
	struct digest seen, refused; /* at the last look; when they were of no use */
	time_t looked, again;
};

/* Before they are read: what changes meanwhile looks different afterwards. */
void file_watch_init(struct file_watch *watch, const char *const paths[WATCHED_MAX]);
/* Looks every few seconds. True: read them, and say how that went. */
bool file_watch_is_due(struct file_watch *watch, time_t now);
/* What was of no use is tried again when it has changed, and once a minute. */
void file_watch_was_read(struct file_watch *watch, bool is_good);

#endif
