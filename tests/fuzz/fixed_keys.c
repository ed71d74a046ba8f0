/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of policies/envelope/signing_key.c: any text of a key's length is a key. OpenSSL takes 100 us for one of them
 * and a root has a dozen; what it would say is fuzz_dsse_signature's subject.
 */
#include "fuzz.h"
#include "policies/envelope/signing_key.h"

const char *const key_scheme_names[] = { "ed25519", "ecdsa-p256-sha256", NULL };

#define KEYS 251

/* The key that stands for a text: another for each but by an unlikely chance. */
static EVP_PKEY *key_of(struct span spki)
{
	static EVP_PKEY *keys[KEYS];
	uint8_t raw[32] = { 0 };
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < spki.len; i++)
		hash = (hash ^ spki.data[i]) * 16777619u;
	raw[0] = (uint8_t)((hash ^ hash >> 16) % KEYS);
	if (keys[raw[0]] == NULL)
		keys[raw[0]] =
			EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof(raw));
	return keys[raw[0]];
}

enum status signing_key_load(enum key_scheme scheme, struct span spki, EVP_PKEY **out)
{
	EVP_PKEY *key;

	if (spki.len != (scheme == SCHEME_ED25519 ? 44 : 91))
		return STATUS_MALFORMED;
	key = key_of(spki);
	must(key != NULL && EVP_PKEY_up_ref(key) == 1);
	*out = key;
	return OK;
}

enum status signing_key_verify(EVP_PKEY *key, enum key_scheme scheme, struct span message,
			       struct span signature)
{
	(void)key;
	(void)scheme;
	(void)message;
	(void)signature;
	return STATUS_MISMATCH;
}

enum status signing_key_verify_digest(EVP_PKEY *key, const struct digest *digest,
				      struct span signature)
{
	(void)key;
	(void)digest;
	(void)signature;
	return STATUS_MISMATCH;
}
