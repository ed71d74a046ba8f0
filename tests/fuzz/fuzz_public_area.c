/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/auto_openssl.h"
#include "tpm/public_area.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever parses has a name, and a key made of it, or a refusal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(EVP_PKEY) key = NULL;
	struct span whole = { data, len };
	struct public_area area;
	struct name name;
	struct name qualified;

	if (public_area_parse(whole, &area) != OK)
		return 0;
	if (public_area_name(whole, &name) != OK ||
	    qualified_name_of_primary(TPM_RH_NULL, &name, &qualified) != OK ||
	    name.len != 2 + digest_size(area.name_alg))
		abort();
	if ((public_area_key(&area, &key) == OK) != (key != NULL))
		abort();
	if (attestation_key_check(&area) == OK && minting_key_check(&area, area.auth_policy) == OK)
		abort();
	return 0;
}
