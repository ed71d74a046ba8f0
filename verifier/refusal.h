/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_REFUSAL_H
#define VERIFIER_REFUSAL_H

#include <stdbool.h>

/* What a person or a program is told; the names stand in docs/protocol.md. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_MALFORMED,
	REFUSAL_NODE_UNKNOWN,
	REFUSAL_NODE_PENDING,
	REFUSAL_NODE_QUARANTINED,
	REFUSAL_NODE_RETIRED,
	REFUSAL_NONCE_INVALID,
	REFUSAL_NONCE_EXPIRED,
	REFUSAL_SIGNATURE_INVALID,
	REFUSAL_EVIDENCE_REPLAYED,
	REFUSAL_EK_MISMATCH,
	REFUSAL_EK_UNSUPPORTED,
	REFUSAL_AK_UNACCEPTABLE,
	REFUSAL_AK_TAKEN,
	REFUSAL_AK_CHANGED,
	REFUSAL_ENROLMENT_EXPIRED,
	REFUSAL_ACTIVATION_INVALID,
	REFUSAL_ACT_MALFORMED,
	REFUSAL_ACT_SIGNATURE_INVALID,
	REFUSAL_ACT_EXPIRED,
	REFUSAL_ACT_REPLAYED,
	REFUSAL_ROLE_DENIED,
	REFUSAL_CLASS_UNKNOWN,
	REFUSAL_TRUST_DOMAIN_UNKNOWN,
	REFUSAL_TOO_MANY_ACTS, /* unsigned ones, for this hour */
	REFUSAL_NODE_NOT_QUARANTINED,
	REFUSAL_LOG_NOT_KEPT, /* it outgrew the store's cap for a boot session */
	REFUSAL_ENTRY_UNKNOWN,
	REFUSAL_ENTRY_EXISTS, /* of this name: it is removed before another is added */
	REFUSAL_ENTRY_NOT_QUARANTINED,
	REFUSAL_ENTRY_NOT_ENTITLED, /* no such SPIFFE ID on nodes of the class */
	REFUSAL_ENTRIES_FULL, /* of a class */
	REFUSAL_NOT_CANARY, /* no release of this manifest is being tried out */
	REFUSAL_NO_VERDICT_LOG, /* no key signs one, or nothing stands in it yet */
	REFUSAL_GENERATION_CHANGED, /* appraise again, from AUTHENTICATE */
	REFUSAL_RELEASE_AWAITED, /* configured, and not loaded yet */
	REFUSAL_CLOCK_SET_BACK,
	REFUSAL_STORE_UNAVAILABLE,
	REFUSAL_INTERNAL,
};

#define REFUSALS (REFUSAL_INTERNAL + 1)

/* "nonce-expired"; NULL beyond the last. */
const char *refusal_name(enum refusal refusal);
/* 403 ... ; 500 beyond the last. */
unsigned refusal_http_status(enum refusal refusal);

/* Of the verifier as a whole. */
enum health {
	HEALTH_OK,
	HEALTH_NO_RELEASE,
	HEALTH_RELEASE_STALE,
	HEALTH_STORE_UNAVAILABLE,
	HEALTH_CLOCK_SET_BACK,
	HEALTH_AUTHORITY_EXPIRED, /* of one trust domain at least */
	HEALTH_AUTHORITY_ENDING, /* within a month: it grants still */
};

#define HEALTH_STATES (HEALTH_AUTHORITY_ENDING + 1)

/* "ok"; NULL beyond the last. */
const char *health_name(enum health health);
/* It may warn, and grants all the same. */
bool health_can_grant(enum health health);

#endif
