/* SPDX-License-Identifier: Apache-2.0 */
#include "base/auto_openssl.h"
#include "fuzz.h"
#include "tpm/public_area.h"

/* Whatever parses has a name, and a key made of it, or a refusal; and no key
 * may both attest and mint. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(EVP_PKEY) key = NULL;
	struct span whole = { data, len };
	struct public_area area;
	struct name name;
	struct name qualified;

	taint(&area, sizeof(area));
	if (public_area_parse(whole, &area) != OK) {
		must_be_tainted(&area, sizeof(area));
		return 0;
	}
	must_lie_inside(area.auth_policy, whole);
	must_lie_inside(area.rsa_modulus, whole);
	must_lie_inside(area.x, whole);
	must_lie_inside(area.y, whole);
	must(public_area_name(whole, &name) == OK &&
	     qualified_name_of_primary(TPM_RH_NULL, &name, &qualified) == OK &&
	     name.len == 2 + digest_size(area.name_alg));
	must(attestation_key_check(&area) != OK ||
	     minting_key_check(&area, area.auth_policy) != OK);
	must((public_area_key(&area, &key) == OK) == (key != NULL));
	return 0;
}
