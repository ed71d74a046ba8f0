/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ENVELOPE_SIGNING_KEY_H
#define POLICIES_ENVELOPE_SIGNING_KEY_H

#include "base/auto_openssl.h"
#include "base/digest.h"

/* What a key may sign with is said by the root, once, and never by a message. */
enum key_scheme {
	SCHEME_ED25519,
	SCHEME_ECDSA_P256_SHA256, /* signatures in DER */
};

/* "ed25519", "ecdsa-p256-sha256", NULL: for strict_choice(). */
extern const char *const key_scheme_names[];

#define SPKI_MAX 128
#define DSSE_SIGNATURE_MAX 80

/*
 * SubjectPublicKeyInfo in the one encoding that each scheme has: STATUS_MALFORMED
 * for trailing bytes, compressed points, other curves and algorithms, and for
 * Ed25519 points of low order, under which anything verifies.
 */
enum status signing_key_load(enum key_scheme scheme, struct span spki, EVP_PKEY **out);
/* STATUS_MISMATCH unless the signature is over these very bytes, in DER or with
 * canonical S as the scheme has it. */
enum status signing_key_verify(EVP_PKEY *key, enum key_scheme scheme, struct span message,
			       struct span signature);
/* The same of a P-256 key, over bytes of which only the SHA-256 digest is here. */
enum status signing_key_verify_digest(EVP_PKEY *key, const struct digest *digest,
				      struct span signature);

#endif
