/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/claims.h"

const char *claim_name(enum claim claim)
{
	static const char *const names[CLAIM_COUNT] = {
		[CLAIM_EXECUTABLES] = "executables",
		[CLAIM_CONFIGURATION] = "configuration",
		[CLAIM_HARDWARE] = "hardware",
		[CLAIM_INSTANCE_IDENTITY] = "instance-identity",
	};

	return (unsigned)claim < CLAIM_COUNT ? names[claim] : "unknown";
}

void claims_affirm(struct claims *claims, enum claim claim)
{
	claims->tier[claim] = TIER_AFFIRMING;
}

static enum trust_tier lowered(enum trust_tier tier, const struct findings *findings,
			       enum claim claim)
{
	if (tier == TIER_CONTRAINDICATED ||
	    findings_have(findings, claim, SEVERITY_CONTRAINDICATED) ||
	    findings_have(findings, claim, SEVERITY_REFUSED))
		return TIER_CONTRAINDICATED;
	if (findings_have(findings, claim, SEVERITY_RETRYABLE))
		return TIER_NONE;
	if (findings_have(findings, claim, SEVERITY_WARNING))
		return TIER_WARNING;
	return tier;
}

void claims_lower(struct claims *claims, const struct findings *findings)
{
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
		claims->tier[claim] = lowered(claims->tier[claim], findings, (enum claim)claim);
}

struct claims claims_joined(const struct claims *a, const struct claims *b)
{
	struct claims joined;

	/* The tiers' numbers rise as trust falls. */
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
		joined.tier[claim] =
			a->tier[claim] > b->tier[claim] ? a->tier[claim] : b->tier[claim];
	return joined;
}

enum trust_verdict claims_verdict(const struct claims *claims)
{
	enum trust_verdict verdict = VERDICT_TRUSTED;

	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++) {
		if (claims->tier[claim] == TIER_WARNING)
			verdict = VERDICT_WARNED;
		if (claims->tier[claim] != TIER_WARNING && claims->tier[claim] != TIER_AFFIRMING)
			return VERDICT_UNTRUSTED;
	}
	return verdict;
}

const char *verdict_name(enum trust_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_UNTRUSTED] = "untrusted",
		[VERDICT_WARNED] = "warned",
		[VERDICT_TRUSTED] = "trusted",
	};

	return (unsigned)verdict <= VERDICT_TRUSTED ? names[verdict] : "untrusted";
}
