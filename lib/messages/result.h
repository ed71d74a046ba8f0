/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_RESULT_H
#define MESSAGES_RESULT_H

#include "base/bytes.h"
#include "messages/limits.h"

#define RESULT_CHAIN_MAX 4
#define RESULT_REASONS_MAX 64
#define EAR_MAX 16384
#define RESULT_JWTS_MAX 16
#define SEALED_JWT_MAX 16384

/* A reason for people; what counts is in the signed verdict. */
struct result_reason {
	struct bytes code, layer, owner, contact, detail, advice; /* the last four may be empty */
	bool has_entry;
	uint64_t entry; /* of the log that the reason is about */
};

/* The end of a wish for a JWT-SVID. */
struct result_jwt {
	uint64_t ticket; /* as the report had it */
	struct bytes sealed; /* messages/sealed.h; empty where it was refused */
	struct bytes refused; /* a code; empty where it was not */
};

/* The answer to evidence. */
struct attestation_result {
	struct bytes verdict; /* text, messages/statement.h */
	struct bytes signature; /* DER ECDSA by the result key */
	struct bytes certificate; /* DER of the grant; empty without one */
	struct bytes chain[RESULT_CHAIN_MAX]; /* DER */
	size_t chain_count;
	struct bytes bundle; /* text; empty where no trust domain is known */
	struct bytes bundle_signature;
	struct bytes entries; /* text, messages/entries.h; empty: the node has it, or none */
	struct bytes ear; /* compact JWS; may be empty */
	struct result_jwt jwts[RESULT_JWTS_MAX];
	size_t jwt_count;
	bool retry; /* nothing was decided, and only reasons are there: try again soon */
	size_t reason_count;
	struct result_reason reasons[RESULT_REASONS_MAX]; /* last: see _init() */
};

/* Zeros, but for the reasons, of which those below the count count. */
void attestation_result_init(struct attestation_result *result);

enum status attestation_result_parse(struct span json, struct attestation_result *out,
				     const char **fault);
enum status attestation_result_write(const struct attestation_result *result, struct bytes *json);
void attestation_result_done(struct attestation_result *result);

AUTO_RELEASE(attestation_result, attestation_result_done);

#endif
