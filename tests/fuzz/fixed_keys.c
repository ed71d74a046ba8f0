/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of policies/signing_key.c: any text of a key's length is a key, and
 * what two texts differ in makes two keys. OpenSSL takes 100 us for one of them
 * and a root has a dozen; what it would say is fuzz_dsse_signature's subject.
 */
#include "fuzz.h"
#include "policies/signing_key.h"

const char *const key_scheme_names[] = { "ed25519", "ecdsa-p256-sha256", NULL };

enum status signing_key_load(enum key_scheme scheme, struct span spki, EVP_PKEY **out)
{
	static EVP_PKEY *key;

	if (spki.len != (scheme == SCHEME_ED25519 ? 44 : 91))
		return STATUS_MALFORMED;
	if (key == NULL)
		key = EVP_EC_gen("P-256");
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
