/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/dsse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	EVP_PKEY *key = NULL;

	if (dsse_parse((struct span){ data, len }, 1 << 16, &dsse, &why) != OK)
		return 0;
	/* The payload stands in for a key that a document brought. */
	for (int scheme = 0; scheme < 2; scheme++) {
		if (signing_key_load((enum key_scheme)scheme, span_of(&dsse.payload), &key) != OK)
			continue;
		(void)dsse_verify(&dsse, key, (enum key_scheme)scheme);
		EVP_PKEY_free(key);
	}
	return 0;
}
