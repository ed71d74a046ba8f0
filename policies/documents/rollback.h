/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_ROLLBACK_H
#define POLICIES_DOCUMENTS_ROLLBACK_H

#include "policies/envelope/statement.h"

/* A way back that the manifest which is left declared: `current` of one cell goes
 * down, in one index and never again. Spans borrow from the statement. */
struct rollback {
	struct span platform, kernel;
	uint64_t from_version, to_version;
	struct digest from, to; /* SHA-256 of the manifests' payloads */
	uint64_t index; /* the version of the index that does it */
	struct span reason;
	int64_t time;
};

enum status rollback_read(struct statement *s, struct rollback *out);

#endif
