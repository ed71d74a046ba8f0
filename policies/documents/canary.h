/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_CANARY_H
#define POLICIES_DOCUMENTS_CANARY_H

#include "policies/envelope/statement.h"

/* What a verifier saw of nodes that try a manifest out. */
struct canary {
	struct digest manifest; /* SHA-256 of its payload */
	uint64_t nodes; /* that were trusted and got a grant under it */
	uint64_t svids; /* of these, nodes that showed an SVID which a relying party would take */
	int64_t from, to; /* in this time */
	uint64_t index_version; /* under this index, which tells what else was in force */
	struct digest index;
	struct span checkpoint; /* of the verdict log, a signed note */
};

/* Reads the checkpoint, which is for auditors, and leaves it empty. */
enum status canary_read(struct statement *s, struct canary *out);
/* The payload of such a document, as the verifier signs it. */
enum status canary_write(const struct canary *canary, struct bytes *payload);

#endif
