/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_LOADER_FETCH_SOURCE_H
#define VERIFIER_LOADER_FETCH_SOURCE_H

#include "daemon/channel.h"
#include "policies/loading/release.h"
#include "verifier/fetch_messages.h"

/*
 * Documents from a fetcher, which is no more believed than the server behind it:
 * names go there, files come back, and the loader verifies them as those of any
 * directory. The first failure sticks, since what comes after a hole is no release.
 */
struct fetch_source {
	struct channel fetcher;
	enum fetch_cause cause; /* 0: none failed */
	char text[FETCH_TEXT_MAX + 1];
};

/* Owns the descriptor. */
void fetch_source_init(struct fetch_source *source, int fetcher_fd);
void fetch_source_done(struct fetch_source *source);
/* For struct document_source. */
enum status fetch_source_read(void *self, const char *path, size_t max, struct bytes *out);
/* Is anything else there than at the last adoption? STATUS_IO: see cause. */
enum status fetch_source_news(struct fetch_source *source, bool *out);
/* What was read is kept, and loaded at the next start. */
enum status fetch_source_adopt(struct fetch_source *source);

AUTO_RELEASE(fetch_source, fetch_source_done);

#endif
