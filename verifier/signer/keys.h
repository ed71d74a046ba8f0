/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_KEYS_H
#define VERIFIER_SIGNER_KEYS_H

#include "verifier/signer/authority.h"
#include "verifier/signer/nonce.h"
#include "verifier/signer/signer.h"
#include "verifier/signer/signing_key.h"

/* Everything that makes this process the one to trust. */
struct act_key {
	char name[64];
	enum role role;
	EVP_PKEY *key;
};

struct signer_keys {
	struct mac_key mac;
	EVP_PKEY *result; /* P-256 */
	struct signing_key result_signer;
	EVP_PKEY *log; /* Ed25519; NULL: none */
	EVP_PKEY *p256; /* a public key: AKs take each other's place in it */
	EVP_PKEY_CTX *p256_verifier; /* ready to verify with the one that is there */
	struct authority authorities[SIGNER_AUTHORITIES_MAX];
	size_t authority_count;
	struct act_key act_keys[SIGNER_ACT_KEYS_MAX];
	size_t act_key_count;
};

/* Which file is at fault, and what about it, in words that say what to do. */
struct key_fault {
	const char *path, *what;
};

/* Refuses files that others may read or write, CAs that no relying party would
 * believe now, and one key in two places. */
enum status signer_keys_load(const struct signer_settings *settings, int64_t now,
			     struct signer_keys *out, struct key_fault *fault);
void signer_keys_done(struct signer_keys *keys);
/* NULL where there is none. */
const struct authority *signer_keys_authority(const struct signer_keys *keys,
					      struct span trust_domain);
/* When the first of them ends; 0 without one. */
int64_t signer_keys_until(const struct signer_keys *keys);

AUTO_RELEASE(signer_keys, signer_keys_done);

#endif
