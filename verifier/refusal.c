/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/refusal.h"

#include <stddef.h>

struct refusal_facts {
	const char *name;
	unsigned http_status;
};

static const struct refusal_facts refusal_facts[REFUSALS] = {
	[REFUSAL_NONE] = { "none", 200 },
	[REFUSAL_MALFORMED] = { "malformed", 400 },
	[REFUSAL_NODE_UNKNOWN] = { "node-unknown", 404 },
	[REFUSAL_NODE_PENDING] = { "node-pending", 403 },
	[REFUSAL_NODE_QUARANTINED] = { "node-quarantined", 403 },
	[REFUSAL_NODE_RETIRED] = { "node-retired", 403 },
	[REFUSAL_NONCE_INVALID] = { "nonce-invalid", 400 },
	[REFUSAL_NONCE_EXPIRED] = { "nonce-expired", 400 },
	[REFUSAL_SIGNATURE_INVALID] = { "signature-invalid", 400 },
	[REFUSAL_EVIDENCE_REPLAYED] = { "evidence-replayed", 409 },
	[REFUSAL_EK_MISMATCH] = { "ek-mismatch", 400 },
	[REFUSAL_EK_UNSUPPORTED] = { "ek-unsupported", 400 },
	[REFUSAL_AK_UNACCEPTABLE] = { "ak-unacceptable", 400 },
	[REFUSAL_AK_TAKEN] = { "ak-taken", 409 },
	[REFUSAL_AK_CHANGED] = { "ak-changed", 409 },
	[REFUSAL_ENROLMENT_EXPIRED] = { "enrolment-expired", 400 },
	[REFUSAL_ACTIVATION_INVALID] = { "activation-invalid", 400 },
	[REFUSAL_ACT_MALFORMED] = { "act-malformed", 400 },
	[REFUSAL_ACT_SIGNATURE_INVALID] = { "act-signature-invalid", 403 },
	[REFUSAL_ACT_EXPIRED] = { "act-expired", 403 },
	[REFUSAL_ACT_REPLAYED] = { "act-replayed", 409 },
	[REFUSAL_ROLE_DENIED] = { "role-denied", 403 },
	[REFUSAL_CLASS_UNKNOWN] = { "class-unknown", 409 },
	[REFUSAL_TRUST_DOMAIN_UNKNOWN] = { "trust-domain-unknown", 404 },
	[REFUSAL_TOO_MANY_ACTS] = { "too-many-acts", 429 },
	[REFUSAL_NODE_NOT_QUARANTINED] = { "node-not-quarantined", 409 },
	[REFUSAL_LOG_NOT_KEPT] = { "log-not-kept", 409 },
	[REFUSAL_ENTRY_UNKNOWN] = { "entry-unknown", 404 },
	[REFUSAL_ENTRY_EXISTS] = { "entry-exists", 409 },
	[REFUSAL_ENTRY_NOT_QUARANTINED] = { "entry-not-quarantined", 409 },
	[REFUSAL_ENTRY_NOT_ENTITLED] = { "entry-not-entitled", 409 },
	[REFUSAL_ENTRIES_FULL] = { "entries-full", 409 },
	[REFUSAL_NOT_CANARY] = { "not-canary", 409 },
	[REFUSAL_NO_VERDICT_LOG] = { "no-verdict-log", 409 },
	[REFUSAL_GENERATION_CHANGED] = { "generation-changed", 503 },
	[REFUSAL_RELEASE_AWAITED] = { "release-awaited", 503 },
	[REFUSAL_CLOCK_SET_BACK] = { "clock-set-back", 503 },
	[REFUSAL_STORE_UNAVAILABLE] = { "store-unavailable", 503 },
	[REFUSAL_INTERNAL] = { "internal", 500 },
};

static const char *const health_names[HEALTH_STATES] = {
	[HEALTH_OK] = "ok",
	[HEALTH_NO_RELEASE] = "no-release",
	[HEALTH_RELEASE_STALE] = "release-stale",
	[HEALTH_STORE_UNAVAILABLE] = "store-unavailable",
	[HEALTH_CLOCK_SET_BACK] = "clock-set-back",
	[HEALTH_AUTHORITY_EXPIRED] = "authority-expired",
	[HEALTH_AUTHORITY_ENDING] = "authority-ending",
};

const char *refusal_name(enum refusal refusal)
{
	return (unsigned)refusal < REFUSALS ? refusal_facts[refusal].name : NULL;
}

unsigned refusal_http_status(enum refusal refusal)
{
	return (unsigned)refusal < REFUSALS ? refusal_facts[refusal].http_status : 500;
}

const char *health_name(enum health health)
{
	return (unsigned)health < HEALTH_STATES ? health_names[health] : NULL;
}

bool health_can_grant(enum health health)
{
	return health == HEALTH_OK || health == HEALTH_AUTHORITY_ENDING;
}
