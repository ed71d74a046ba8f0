/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_TIMESTAMP_H
#define POLICIES_DOCUMENTS_TIMESTAMP_H

#include "policies/envelope/statement.h"

/* Which index is the newest, and until when that may be believed. */
struct timestamp {
	uint64_t version;
	int64_t time, expires;
	uint64_t index_version;
	struct digest index;
};

enum status timestamp_read(struct statement *s, struct timestamp *out);

/* A version and the SHA-256 that says which bytes it is: {"version", "sha256"}. */
void statement_read_pin(struct strict_cursor *object, const char *name, uint64_t *version,
			struct digest *digest);

#endif
