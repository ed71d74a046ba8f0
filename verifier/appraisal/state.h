/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_STATE_H
#define VERIFIER_APPRAISAL_STATE_H

#include "verifier/appraisal/ima_appraisal.h"

/*
 * What one appraisal of a boot session leaves to the next: kept by the signer
 * for (AK, resetCount, restartCount), written and read here only. It belongs to
 * one generation of reference values and one class, and runs out when another
 * union of sets comes to hold; then the session is appraised from entry 0 (i17).
 */
struct appraisal_state {
	uint8_t generation[SHA256_SIZE];
	struct digest class_name; /* SHA-256 of the class's name */
	int64_t valid_until;
	struct boot_outcome boot;
	struct digest boot_values; /* over the PCRs that the boot explains */
	struct ima_state ima; /* last: its findings are */
};

/* Of a session of which nothing is known. */
void appraisal_state_init(struct appraisal_state *state);
/* In place: only OK makes anything of *out. */
enum status appraisal_state_read(struct span bytes, struct appraisal_state *out);
enum status appraisal_state_write(const struct appraisal_state *state, struct bytes *out);

/* Does it go on, with these reference values, this class, at this time? */
bool appraisal_state_is_usable(const struct appraisal_state *state, const struct reference *ref,
			       const struct node_class *node_class, int64_t now);

#endif
