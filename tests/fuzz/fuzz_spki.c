/* SPDX-License-Identifier: Apache-2.0 */
/* A SubjectPublicKeyInfo that a certificate brings. */
#include "fuzz.h"
#include "tpm/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	EVP_PKEY *key = NULL;
	bool is_oaep = false;

	if (spki_key((struct span){ data, len }, &key, &is_oaep) != OK) {
		must(key == NULL);
		return 0;
	}
	must(key != NULL);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		must(EVP_PKEY_get_bits(key) >= 2048);
	else
		must(EVP_PKEY_get_bits(key) >= 256 && !is_oaep);
	EVP_PKEY_free(key);
	return 0;
}
