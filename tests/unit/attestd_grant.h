/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_ATTESTD_GRANT_H
#define TESTS_UNIT_ATTESTD_GRANT_H

#include "attestd/grant.h"
#include "base/writer.h"

/* A verifier's and a TPM's part, in memory. */
#define NOW ((int64_t)1800000000)
#define LIFETIME_S 600

struct granted {
	EVP_PKEY *minting; /* stands in for the TPM's */
	EVP_PKEY *result;
	struct bytes certificate; /* DER of the grant */
	struct bytes text, signature; /* the verdict */
	struct bytes entries; /* that it names; may be replaced before it is signed */
	uint64_t bundle; /* sequence that it names; 0: none */
	uint32_t interval_s; /* that it names; 0: none */
	const char *last_lines; /* before "end"; NULL: none */
	int64_t now; /* when it was issued */
};

/* Issued at NOW. */
void granted_init(struct granted *g);
void granted_init_at(struct granted *g, int64_t now);
void granted_done(struct granted *g);
/* The verdict's text with these lines instead of its own, signed. */
void granted_sign(struct granted *g, const char *state, int64_t expires, const char *entitlement);
void granted_open(const struct granted *g, struct grant *out);
/* The signed bundle of example.org, as FRAME_RIGHT has it. */
void granted_put_bundle(const struct granted *g, struct writer *w, uint64_t sequence);
/* What the verifier's CA makes of a minting key; valid from an hour ago. */
void certify_minting_key(EVP_PKEY *minting, EVP_PKEY *issuer, int64_t now, struct bytes *der);
/* ECDSA with SHA-256 in DER. */
void sign_with(EVP_PKEY *key, struct span message, struct bytes *out);

#endif
