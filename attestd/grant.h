/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_GRANT_H
#define ATTESTD_GRANT_H

#include "base/auto_openssl.h"
#include "messages/entries.h"
#include "messages/statement.h"

/*
 * What the verifier signed, verified by each role for itself: between the
 * verifier and a role stands at least one process that may have been taken
 * over. Pure: time and key are arguments.
 */

/* Signature before anything else. STATUS_MISMATCH: not by that key. */
enum status verdict_open(struct span text, struct span signature, EVP_PKEY *result_key,
			 struct verdict *out);
enum status bundle_open(struct span text, struct span signature, EVP_PKEY *result_key,
			struct bundle *out);

/* Is text what the verdict names as the registration entries? */
bool verdict_names_entries(const struct verdict *verdict, struct span text);
/* The same before it parses: STATUS_MISMATCH. */
enum status entries_open(struct span text, const struct verdict *verdict, struct entries *out);

/* The right to mint until it expires. */
struct grant {
	struct verdict verdict;
	X509 *certificate; /* the CA certificate of the minting key */
	/* OpenSSL looks its curve up anew for each key that it makes or reads: once for
	 * all that come under a grant. */
	EVP_PKEY_CTX *keys; /* makes one after the other, of P-256 */
	EVP_PKEY *place; /* of P-256: points that are looked at take each other's place */
};

void grant_done(struct grant *g);
/*
 * Takes a verdict that grants. STATUS_DENIED where it grants nothing, or no
 * longer at now; STATUS_MISMATCH where certificate is not the one it names.
 * The verdict moves into the grant.
 */
enum status grant_take(struct verdict *verdict, struct span certificate, int64_t now,
		       struct grant *out);
/* For a clock that nobody sets: what is left of it by this host's clock, and no more
 * than the verifier gave, whose clock may be ahead of it. */
int64_t grant_left_s(const struct grant *g, int64_t now);
/* Of its certificate: from when to when it is valid, whom it names, by which key identifier;
 * spans borrow. False where it lacks one. */
bool grant_validity(const struct grant *g, int64_t *from, int64_t *until);
bool grant_issuer(const struct grant *g, struct span *name, struct span *key_id);
/* Is this the minting key's signature (ECDSA with SHA-256)? STATUS_MISMATCH. */
enum status grant_verify(const struct grant *g, struct span text, struct span signature);
/* A key for one that is signed under it. */
enum status grant_new_key(const struct grant *g, EVP_PKEY **out);
/* An uncompressed point: on the curve, and not the minting key's? */
bool grant_takes_point(const struct grant *g, struct span point);
bool grant_entitles(const struct grant *g, struct span spiffe_id);

AUTO_RELEASE(grant, grant_done);

#endif
