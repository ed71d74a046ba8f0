/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_JWT_KEYS_H
#define VERIFIER_SIGNER_JWT_KEYS_H

#include "verifier/signer/signing_key.h"

/*
 * What signs the JWT-SVIDs of one trust domain: keys on P-256, of which the first
 * signs. The others are published, since they will sign, or did, and tokens of theirs
 * live.
 */
#define JWT_KEYS_MAX 4
#define JWT_KID_SIZE 43 /* base64url of SHA-256 */

struct jwt_signer {
	size_t count;
	EVP_PKEY *keys[JWT_KEYS_MAX];
	struct bytes kids[JWT_KEYS_MAX]; /* RFC 7638 */
	struct bytes spkis[JWT_KEYS_MAX]; /* DER */
	struct signing_key signer; /* with the first */
};

/* places: PEM files or OSSL_STORE URIs, separated by spaces; NULL: none. Any but the
 * first may be a public key's PEM file: one whose private half is gone for good.
 * *fault is the place that it fails at; it points into places and goes on after it. */
enum status jwt_signer_load(const char *places, struct jwt_signer *out, const char **fault);
void jwt_signer_done(struct jwt_signer *s);
/* Is this key one of them? */
bool jwt_signer_has(const struct jwt_signer *s, const EVP_PKEY *key);

AUTO_RELEASE(jwt_signer, jwt_signer_done);

#endif
