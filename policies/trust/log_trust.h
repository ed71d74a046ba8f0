/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRUST_LOG_TRUST_H
#define POLICIES_TRUST_LOG_TRUST_H

#include "policies/transparency/checkpoint.h"
#include "policies/trust/root.h"

/* Clocks of signers and verifiers differ by this much at most. */
#define CLOCK_SKEW_S 300

/* Whose word a checkpoint of the release log is taken on. */
struct log_trust {
	const struct root *root;
	key_mask revoked;
	struct span origin;
	int64_t now;
	bool without_witness; /* for who is about to cosign */
};

/* Why the checkpoint does not count, as the code of a refusal; NULL: it does. *out
 * borrows from bytes. */
const char *log_trust_doubt(const struct log_trust *trust, struct span bytes,
			    struct checkpoint *out);
/* The checkpoint with one line of each log and witness key that counts and signed: what
 * others wrote below it would fill the note, or say something in a file's name. */
enum status log_trust_copy(const struct log_trust *trust, const struct checkpoint *checkpoint,
			   struct bytes *out);

#endif
