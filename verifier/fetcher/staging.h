/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCHER_STAGING_H
#define VERIFIER_FETCHER_STAGING_H

#include "verifier/fetch_messages.h"

/*
 * Where a followed release is kept. In one directory:
 *
 *   current      a link to the release that was verified last: 7
 *   7/           its files, and .asked: what was asked for, there or not
 *   8/           the next one, while it is fetched
 *   sets/        set files by their digests, linked into both
 *   incoming     the file that is on its way
 *
 * `current` is replaced at once by rename(2), when all is on disk; what is left from
 * a pass that was cut off, sets aside, is removed at the next.
 */
struct staging {
	int top; /* descriptors; -1: none */
	int now; /* of what `current` leads to */
	int next;
	unsigned long now_number, next_number;
	struct bytes asked; /* lines: '+' or '-', and a path; as .asked has them */
};

/* Makes the directory where there is none, and its parents are. */
enum status staging_open(const char *path, struct staging *out);
void staging_done(struct staging *s);
/* What was asked for of the current release; empty where there is none. */
enum status staging_asked(const struct staging *s, struct bytes *out);

/* Was this pass told that there is no such file? */
bool staging_is_absent(const struct staging *s, const char *path);
enum status staging_note_absent(struct staging *s, const char *path);
/* Read-only; -1 where this pass has not got it yet. */
int staging_find(const struct staging *s, const char *path);
/* The same of the current release. */
int staging_find_current(const struct staging *s, const char *path);
/* The current release's file is this one's too. */
enum status staging_reuse(struct staging *s, const char *path);
/* sets/SHA256 that was fetched before: it is here, with that digest. */
enum status staging_reuse_set(struct staging *s, const char *path);

/* An empty file; its descriptor, or -1. */
int staging_receive(const struct staging *s);
/* What was received under this name. STATUS_MISMATCH: sets/SHA256 with another digest. */
enum status staging_keep(struct staging *s, const char *path, int fd, int64_t modified);

/* `current` is this pass's from here on. */
enum status staging_adopt(struct staging *s);

AUTO_RELEASE(staging, staging_done);

#endif
