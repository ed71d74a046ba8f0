/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_REASON_H
#define VERIFIER_APPRAISAL_REASON_H

#include "policies/reference/layer.h"

/* Why a host is not, or not fully, believed. The codes of reason.c are a
 * promise to users; the numbers are not, and never leave a process group. */
enum reason {
	REASON_NONE,

	/* Before nonce and AK signature verified: a 4xx that changes nothing. */
	REASON_SIGNATURE_INVALID,
	REASON_QUOTE_MALFORMED,
	REASON_QUOTE_FORGED,
	REASON_QUOTE_TYPE,
	REASON_QUOTE_NONCE_MISMATCH,
	REASON_EVIDENCE_REPLAYED,

	/* The quote and the keys */
	REASON_QUOTE_SIGNER_MISMATCH,
	REASON_CLOCK_RANGE,
	REASON_TPM_CLEARED,
	REASON_CLOCK_NOT_SAFE,
	REASON_FIRMWARE_DENIED,
	REASON_SELECTION_MISMATCH,
	REASON_PCR_VALUES_MISMATCH,
	REASON_MINTING_KEY_MALFORMED,
	REASON_MINTING_KEY_UNSUITABLE,
	REASON_MINTING_KEY_UNCERTIFIED,
	REASON_CERTIFY_SIGNATURE_INVALID,
	REASON_CERTIFY_MALFORMED,
	REASON_CERTIFY_NONCE_MISMATCH,
	REASON_CERTIFY_COUNTERS_MISMATCH,
	REASON_CERTIFY_NAME_MISMATCH,
	REASON_CERTIFY_HIERARCHY,
	REASON_REPORT_MALFORMED,
	REASON_JOURNAL_GAP,

	/* Reference values */
	REASON_RELEASE_NONE,
	REASON_CELL_BLOCKED,
	REASON_CELL_NOT_ALLOWED,
	REASON_RELEASE_RATCHET,
	REASON_RELEASE_UNUSABLE,
	REASON_RELEASE_STALE,
	REASON_EMERGENCY_FULL,
	REASON_CLASS_UNKNOWN,
	REASON_TRUST_DOMAIN_UNKNOWN,
	REASON_AUTHORITY_EXPIRED,
	REASON_EVIDENCE_LATE,
	REASON_NODE_REVOKED,

	/* Boot */
	REASON_BOOT_LOG_MISSING,
	REASON_EVIDENCE_OVERTAKEN,
	REASON_BOOT_LOG_MALFORMED,
	REASON_BOOT_BANK_MISSING,
	REASON_BOOT_BANK_IRREVOCABLE,
	REASON_BOOT_REPLAY_MISMATCH,
	REASON_BOOT_PCR_CHANGED,
	REASON_PCR_UNEXPLAINED,
	REASON_PCR_NOT_ALLOWED,
	REASON_BOOT_EVENT_UNKNOWN,
	REASON_BOOT_EVENT_REVOKED,
	REASON_BOOT_EVENT_TYPE,
	REASON_BOOT_EVENT_ORDER,
	REASON_BOOT_PAYLOAD_UNMEASURED,
	REASON_BOOT_IMAGE_UNKNOWN,
	REASON_BOOT_EVENT_MISSING,
	REASON_SECURE_BOOT_OFF,
	REASON_SECURE_BOOT_MODE,
	REASON_SECURE_BOOT_KEYS,
	REASON_DBX_BELOW_MINIMUM,
	REASON_SBAT_BELOW_MINIMUM,
	REASON_CMDLINE_UNKNOWN,
	REASON_LOCKDOWN_MISSING,

	/* IMA */
	REASON_IMA_LOG_MISSING,
	REASON_IMA_LOG_MALFORMED,
	REASON_IMA_LOG_GAP,
	REASON_IMA_LOG_SHORT,
	REASON_IMA_LOG_PARTIAL,
	REASON_IMA_LOG_ENDLESS,
	REASON_IMA_PCR_MISMATCH,
	REASON_IMA_PCR_UNQUOTED,
	REASON_IMA_TEMPLATE,
	REASON_IMA_TEMPLATE_HASH,
	REASON_IMA_AGGREGATE_MISSING,
	REASON_IMA_AGGREGATE_MISMATCH,
	REASON_IMA_AGGREGATE_AGAIN,
	REASON_IMA_VIOLATION,
	REASON_IMA_VIOLATION_TOLERATED,
	REASON_IMA_DIGEST_ZERO,
	REASON_IMA_DIGEST_ALGORITHM,
	REASON_IMA_ENTRY_UNKNOWN,
	REASON_IMA_ENTRY_CHANGED,
	REASON_IMA_ENTRY_ELSEWHERE,
	REASON_IMA_ENTRY_REVOKED,
	REASON_IMA_ENTRY_EARLY,
	REASON_IMA_ENTRY_EXCLUDED,
	REASON_IMA_POLICY_MISSING,
	REASON_IMA_POLICY_UNKNOWN,
	REASON_IMA_POLICY_NOT_IN_FORCE,
	REASON_IMA_KEY_UNKNOWN,
	REASON_IMA_BUFFER_UNKNOWN,
	REASON_IMA_KEXEC,
	REASON_IMA_REQUIRED_MISSING,
	REASON_IMA_REQUIRED_ABSENT,

	REASON_COUNT,
};

enum severity {
	SEVERITY_REFUSED, /* not authenticated: answered 4xx, nothing changes */
	SEVERITY_RETRYABLE, /* nothing decided: the host should try again */
	SEVERITY_WARNING, /* no right, but nothing known to be bad */
	SEVERITY_CONTRAINDICATED,
};

/* Which claim of the AR4SI vector a reason speaks about. */
enum claim {
	CLAIM_EXECUTABLES,
	CLAIM_CONFIGURATION,
	CLAIM_HARDWARE,
	CLAIM_INSTANCE_IDENTITY,
};

#define CLAIM_COUNT 4

struct reason_facts {
	const char *code; /* "ima-entry-unknown" */
	const char *advice; /* one sentence: what to do */
	enum severity severity;
	enum claim claim;
	enum layer layer; /* unless the finding knows better */
};

/* Never NULL: a number beyond the table gives the facts of an unusable release. */
const struct reason_facts *reason_facts(enum reason reason);
/* STATUS_NOT_FOUND for a code that is none of ours. */
enum status reason_coded(struct span code, enum reason *out);

#define FINDING_NO_ENTRY UINT64_MAX
#define FINDING_DETAIL_MAX 255

/* One reason and what caused it. */
struct finding {
	enum reason reason;
	enum layer layer;
	uint64_t entry; /* of the IMA log, or of the boot log; FINDING_NO_ENTRY */
	/* Path, digest, event: printable ASCII, everything else as %XX. */
	char detail[FINDING_DETAIL_MAX + 1];
};

#define FINDINGS_MAX 64

/* The first of them, how many more there were, and what kinds there were in all. Where
 * the list is full, the first of a reason and layer takes the place of one whose like
 * stands before it, and a worse one that of a milder such. The list is large and mostly
 * empty: it comes last, here and in structs that have findings, and what is beyond count
 * is neither cleared nor copied. */
struct findings {
	size_t count;
	uint64_t more;
	uint8_t seen[CLAIM_COUNT]; /* bit n: a finding of severity n */
	struct finding list[FINDINGS_MAX];
};

void findings_init(struct findings *findings);
void findings_copy(const struct findings *from, struct findings *to);

/* A finding of its own table's layer, without detail. */
struct finding finding_of(enum reason reason);
/* Appends name (may be NULL) and escaped text, cut to fit. */
void finding_detail(struct finding *finding, const char *name, struct span text);
void findings_add(struct findings *findings, const struct finding *finding);
/* Those of another, and what it counted. */
void findings_join(struct findings *to, const struct findings *from);
bool findings_have(const struct findings *findings, enum claim claim, enum severity severity);
/* About any claim. */
bool findings_have_any(const struct findings *findings, enum severity severity);

#endif
