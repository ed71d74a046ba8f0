/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FOLLOWING_H
#define VERIFIER_FOLLOWING_H

#include <limits.h>
#include <time.h>

#include "verifier/configuration.h"

/* A release that is fetched, as the parent sees it: when to ask for news, and the
 * fetcher, which lives as long as the loader that it works for. */
#define FOLLOW_NEWS "news" /* of the loader: what was adopted is in force */
#define FOLLOW_ALL "all"

struct following {
	const struct followed_release *release;
	char program[PATH_MAX];
	pid_t fetcher; /* 0: none */
	bool is_settled; /* what was adopted is what the signer has, and the last look ended well */
	time_t next;
};

/* release->url may be NULL: then nothing is ever due. STATUS_NOT_FOUND: no fetcher. */
enum status following_init(struct following *f, const struct followed_release *release);
bool following_is_due(const struct following *f, time_t now);
/* What a loader that follows is to be told. */
const char *following_mode(const struct following *f);
/* Starts a fetcher; *loader_fd is its loader's end, the caller's to close. */
enum status following_start(struct following *f, time_t now, int *loader_fd);
/* The loader ended. */
void following_end(struct following *f);
/* Is there anything from before? */
bool following_has_adopted(const struct following *f);

#endif
