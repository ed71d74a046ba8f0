/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_CLAIMS_H
#define VERIFIER_APPRAISAL_CLAIMS_H

#include "verifier/appraisal/reason.h"

/* Values of a trustworthiness claim (draft-ietf-rats-ar4si, 2.3.2). */
enum trust_tier {
	TIER_NONE = 0, /* nothing was found out */
	TIER_AFFIRMING = 2,
	TIER_WARNING = 32,
	TIER_CONTRAINDICATED = 96,
};

/* Each starts at TIER_NONE; only the step that checked it all makes it affirm. */
struct claims {
	enum trust_tier tier[CLAIM_COUNT]; /* by enum claim */
};

/* "executables", "instance-identity" */
const char *claim_name(enum claim claim);

/* The step behind this claim went to its end. */
void claims_affirm(struct claims *claims, enum claim claim);
/* Every claim is at most as good as the findings about it. A retryable one
 * takes the claim back to TIER_NONE, nothing makes it better. */
void claims_lower(struct claims *claims, const struct findings *findings);
/* The worse of both, claim by claim; TIER_NONE counts as unknown: another
 * value takes its place. For halves that two processes found out. */
struct claims claims_joined(const struct claims *a, const struct claims *b);

/* What the claims come to. Trusted only if all four affirm. */
enum trust_verdict {
	VERDICT_UNTRUSTED,
	VERDICT_WARNED,
	VERDICT_TRUSTED,
};

/* The only place where a verdict is derived. */
enum trust_verdict claims_verdict(const struct claims *claims);
/* "trusted" */
const char *verdict_name(enum trust_verdict verdict);

#endif
