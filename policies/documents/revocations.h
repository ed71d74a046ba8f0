/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_REVOCATIONS_H
#define POLICIES_DOCUMENTS_REVOCATIONS_H

#include "policies/envelope/statement.h"

enum revoked {
	REVOKED_MANIFESTS, /* SHA-256 of the payload */
	REVOKED_FILES, /* SHA-256 of the content */
	REVOKED_KEYS, /* SHA-256 of the SubjectPublicKeyInfo */
	REVOKED_NODES, /* node ids */
};

#define REVOKED_KINDS 4

/* Each list is rows of 32 bytes, sorted. */
struct revocations {
	uint64_t version;
	int64_t time, expires;
	struct bytes list[REVOKED_KINDS];
};

enum status revocations_read(struct statement *s, struct revocations *out);
void revocations_done(struct revocations *r);

AUTO_RELEASE(revocations, revocations_done);

bool revocations_have(const struct revocations *r, enum revoked kind, struct span row);
/* Append-only: everything that older revokes, newer revokes too. */
bool revocations_extend(const struct revocations *older, const struct revocations *newer);

#endif
