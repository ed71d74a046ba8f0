/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_SIGNING_KEY_H
#define VERIFIER_SIGNER_SIGNING_KEY_H

#include "base/auto_openssl.h"
#include "base/digest.h"

/*
 * A private key with what each of its signatures would otherwise look up and set up
 * anew. For one thread.
 */
struct signing_key {
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx; /* NULL: whoever holds the key signs whole messages only */
	struct hasher sha256;
};

/* Takes a reference of its own. */
enum status signing_key_init(EVP_PKEY *key, struct signing_key *out);
void signing_key_done(struct signing_key *k);
/* With SHA-256, as EVP_DigestSign() would; appended. */
enum status signing_key_sign(const struct signing_key *k, struct span text,
			     struct bytes *signature);

AUTO_RELEASE(signing_key, signing_key_done);

#endif
