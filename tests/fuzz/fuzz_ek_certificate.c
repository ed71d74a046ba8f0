/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/certificate.h"
#include "tpm/ek_certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The input is the EK certificate, a candidate for its issuer and a CRL, so that
 * the search has something to walk. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span input = { data, len };
	AUTO_DONE(ek_pool) pool = { 0 };
	AUTO_DONE(ek_pool) crls = { 0 };
	AUTO_DONE(ek_certificate) result = { 0 };
	struct ek_trust trust = {
		.roots = &pool,
		.crls = &crls,
		.at = 1800000000,
		.allow_sha1 = true,
	};

	if (ek_pool_add_certificates(&pool, input) != OK)
		trust.roots = NULL;
	if (ek_pool_add_crls(&crls, input) != OK)
		trust.crls = NULL;
	(void)(ek_certificate_verify(input, &trust, &result) == OK);
	return 0;
}
