/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_IMA_APPRAISAL_H
#define VERIFIER_APPRAISAL_IMA_APPRAISAL_H

#include "tpm/ima_log.h"
#include "verifier/appraisal/boot_appraisal.h"

/*
 * How far the log shows that the required IMA policy is in force. Its file's
 * entry only says that somebody read it: the proof is an entry whose digest is
 * written in another form (d-ngv2, where the kernel's default has d-ng) than
 * boot_aggregate's, which nothing but a loaded policy brings about (BOOT.md,
 * i26); that it is the listed one is for the release's boot to see to
 * (docs/threat-model.md, i22). The form is part of what is hashed; a template's
 * name is not.
 */
enum ima_phase {
	IMA_PHASE_START, /* no entry yet */
	IMA_PHASE_EARLY, /* before the policy: early sets only */
	IMA_PHASE_LOADED, /* its file was measured */
	IMA_PHASE_IN_FORCE,
};

#define IMA_REQUIRED_MAX MUST_APPEAR_MAX
#define IMA_SETS_MAX CELL_SETS_MAX

/* What is known of a boot session's log so far. */
struct ima_state {
	struct ima_progress progress;
	/* Entries that some quote has reached; what progress has beyond them came
	 * in parts of a log, in so many bytes. */
	uint64_t proven, unproven_bytes;
	enum ima_phase phase;
	bool is_typed_by_default; /* boot_aggregate's digest has a type: d-ngv2 */
	bool uses_emergency; /* files that only an emergency lists, which was not booted */
	uint64_t excluded, violations;
	uint64_t seen[IMA_REQUIRED_MAX / 64]; /* mustAppear paths, in the release's order */
	uint8_t unreached; /* appraisals in a row whose log did not reach the quote */
	int64_t incomplete_since; /* a file that must appear has not; 0: all have */
	/* About entries: what was bad stays bad. */
	struct findings findings;
};

void ima_state_init(struct ima_state *state, enum digest_alg bank);
void ima_state_copy(const struct ima_state *from, struct ima_state *to);
/* It went on over parts of a log that no quote has reached yet. */
bool ima_state_is_unproven(const struct ima_state *state);
/* And no quote will: what is proven is all there is. */
bool ima_state_is_lost(const struct ima_state *state);

/* Releases whose sets count: from the booted one on, and until when. */
struct ima_sets {
	struct release booted;
	size_t count, early_count;
	/* Those after so many only an emergency has, beyond what was booted. */
	size_t approved_count;
	struct digest emergency; /* its manifest; DIGEST_NONE: none */
	/* Of all of them, those of early first; what is beyond count is not set. */
	struct reference_set set[IMA_SETS_MAX];
	int64_t valid_until; /* then another union holds */
};

/* In place: only OK makes anything of *out. STATUS_TOO_LARGE: more sets than that. */
enum status ima_sets_collect(const struct appraisal_input *input, uint32_t booted,
			     struct ima_sets *out);

/*
 * The new entries of the log, as far as the quote covers them. unexplained: the
 * quoted PCRs whose values only entries can account for. *state goes on
 * only over entries that are covered, or over a whole part of a log that has
 * more; findings gets what is about this evidence alone. *is_complete: the claim
 * about executables can be made.
 */
enum status ima_appraise(const struct appraisal_input *input, const struct ima_sets *sets,
			 pcr_mask unexplained, struct ima_state *state, struct findings *findings,
			 size_t *prefix_bytes, bool *is_complete);

#endif
