/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_AUTHORITY_H
#define VERIFIER_SIGNER_AUTHORITY_H

#include "base/auto_openssl.h"
#include "messages/node.h"
#include "verifier/signer/federation.h"
#include "verifier/signer/grant_template.h"
#include "verifier/signer/jwt_keys.h"
#include "verifier/signer/signing_key.h"

/*
 * The CA of one trust domain and what it issues: grants (MINTING.md,
 * "Certificate profile") for minting keys, nothing else.
 */
#define AUTHORITY_CHAIN_MAX 4

/* As nodes get it; its number and this content are in the store. */
struct signed_bundle {
	uint64_t sequence;
	struct bytes bundle, signature; /* messages/statement.h */
};

void signed_bundle_done(struct signed_bundle *b);

struct authority {
	char trust_domain[TRUST_DOMAIN_MAX + 1];
	EVP_PKEY *key;
	struct signing_key signer;
	X509 *issuer;
	struct bytes chain[AUTHORITY_CHAIN_MAX]; /* DER: issuer first; empty where it is the root */
	size_t chain_count;
	struct bytes root; /* DER: what the bundle holds */
	int64_t until; /* the first of its certificates ends: nothing it signs may live on */
	/* Extensions that all grants share, made once. */
	X509_EXTENSION *constraints, *usage, *san, *name_constraints, *authority_key_id;
	struct grant_template grant; /* empty: none could be made */
	struct jwt_signer jwt; /* of JWT-SVIDs; none: none are minted */
	struct federation federation; /* in the bundle beside it */
	struct signed_bundle published;
};

/* Takes key over. certificates is PEM: issuing CA first, root last. Whether they
 * are any good is authority_chain_fault()'s to say. */
enum status authority_init(const char *trust_domain, EVP_PKEY *key, struct span certificates,
			   struct authority *out);
void authority_done(struct authority *a);

#define GRANT_NAME_SIZE 16
#define GRANT_SKEW_S 60 /* not_before lies this much before the nonce's issue */

struct grant_request {
	const uint8_t *x, *y; /* the minting key, 32 bytes each */
	uint8_t name[GRANT_NAME_SIZE]; /* random, for the Subject */
	uint8_t serial[GRANT_NAME_SIZE]; /* random */
	int64_t issued; /* of the nonce */
	int64_t expires;
};

/* DER. */
enum status authority_grant(const struct authority *a, const struct grant_request *request,
			    struct bytes *out);

/* A self-signed root, PEM, for --init. serial: 16 random bytes. */
enum status authority_make_root(const char *trust_domain, EVP_PKEY *key, const uint8_t *serial,
				int64_t now, struct bytes *pem);

AUTO_RELEASE(authority, authority_done);

#endif
