/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_PARTS_H
#define VERIFIER_SIGNER_PARTS_H

#include "tpm/pcr.h"
#include "verifier/appraisal/claims.h"
#include "verifier/wire.h"

/* What several of the signer's messages consist of, and how long it may be. */
#define SIGNER_SPKI_MAX 800
#define SIGNER_PUBLIC_MAX 1024 /* TPMT_PUBLIC */
#define SIGNER_ATTEST_MAX 1024 /* TPMS_ATTEST */
#define SIGNER_SIGNATURE_MAX 1024 /* TPMT_SIGNATURE, ECDSA, Ed25519 */
#define SIGNER_TEXT_MAX 256
#define SIGNER_ADVICE_MAX 1024
#define SIGNER_PCRS_MAX (PCR_COUNT * DIGEST_MAX)
#define SIGNER_DETAIL_MAX 512
#define SIGNER_RECORD_MAX 4096
#define SIGNER_NONCE_MAX 64
#define SIGNER_CREDENTIAL_MAX 1024
#define SIGNER_ACT_MAX 2048
#define SIGNER_AUDIT_TEXT_MAX 4096
#define SIGNER_STATE_MAX ((size_t)64 << 10)
#define SIGNER_LOG_MAX ((size_t)40 << 20) /* compressed, all of a boot session */
#define SIGNER_CERTIFICATE_MAX 4096
#define SIGNER_REPORT_MAX ((size_t)128 << 10) /* STATEMENT_MAX */
#define SIGNER_STATEMENT_MAX ((size_t)256 << 10)
#define SIGNER_BUNDLE_MAX 8
#define SIGNER_JWTS_MAX 16 /* REPORT_JWTS_MAX */
#define SIGNER_JWT_MAX 16384 /* sealed */
#define SIGNER_PAGE_MAX 100
/* The channel's FRAME_BODY_MAX: two full logs do not fit, and need not. */
#define SIGNER_FRAME_MAX ((size_t)48 << 20)

/* A finding with the people who answer for it; code as in appraisal/reason.h. */
struct reason_item {
	struct span code;
	enum layer layer;
	uint64_t entry; /* FINDING_NO_ENTRY: none */
	struct span detail;
	struct span owner, contact;
};

struct reason_list {
	size_t count;
	struct reason_item items[FINDINGS_MAX];
};

struct certificate_list {
	size_t count;
	struct span items[SIGNER_BUNDLE_MAX]; /* DER */
};

extern const struct wire_table reason_list_wire;
extern const struct wire_table certificate_list_wire;

#endif
