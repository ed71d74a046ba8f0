/* SPDX-License-Identifier: Apache-2.0 */
/* A signed structure against a key that signed something else: the algorithm
 * comes from the input, and no input may hold. */
#include "fuzz.h"
#include "tpm/certificate.h"

static void must_not_hold(const struct signed_der *s, EVP_PKEY *key)
{
	bool is_sha1 = false;

	must(signed_der_verify(s, key, &is_sha1) != OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static EVP_PKEY *ec, *rsa;
	struct signed_der body;

	if (ec == NULL) {
		ec = EVP_EC_gen("P-256");
		rsa = EVP_RSA_gen(2048);
		must(ec != NULL && rsa != NULL);
	}
	if (signed_der_parse((struct span){ data, len }, &body) != OK)
		return 0;
	must_not_hold(&body, ec);
	must_not_hold(&body, rsa);
	return 0;
}
