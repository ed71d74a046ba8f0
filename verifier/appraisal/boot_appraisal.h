/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_BOOT_APPRAISAL_H
#define VERIFIER_APPRAISAL_BOOT_APPRAISAL_H

#include "verifier/appraisal/appraise.h"

/* A boot that matched. */
struct boot_outcome {
	uint32_t release; /* index in the reference */
	struct digest manifest;
	uint64_t version;
	pcr_mask explained; /* by the log, or by a pinned value */
	/* Where the log or nothing leads the cap PCR to; caps may follow. */
	struct digest cap_base;
};

/* Is it for this node? An emergency counts for those that it names and for nobody else. */
bool release_is_for(const struct reference *ref, const struct release *release,
		    struct span class_name, struct span node);
/* Is its cell among the class's? */
bool release_is_of_class(const struct reference *ref, const struct release *release,
			 const struct node_class *node_class);

/* May this node be appraised against the release now? */
bool release_is_in_force(const struct appraisal_input *input, const struct release *release);

/* The ratchet: nothing below what the node has booted, unless the index says by a rollback
 * document that this is the current one. */
bool release_is_below_ratchet(const struct appraisal_input *input, const struct release *release);

/*
 * The boot log against the quoted values, then against one whole release among
 * those in force: the newest that explains everything. *has_matched false comes
 * with the findings of the release that got furthest.
 */
enum status boot_appraise(const struct appraisal_input *input, bool *has_matched,
			  struct boot_outcome *out, struct findings *findings);

/* The value is base, or base with at most 64 caps on top. */
enum status cap_is_explained(enum digest_alg bank, const struct digest *base,
			     const struct digest *value, bool *is_explained);

#endif
