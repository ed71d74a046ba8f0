/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "fuzz.h"
#include "tpm/signature.h"

/* A verification takes as long as thousands of parses. */
#define RARELY 16

static bool is_rare(struct span s)
{
	return s.len > 0 && s.data[s.len - 1] % RARELY == 0;
}

/* Nobody here has the keys, so that nothing verifies. */
static void must_not_verify(const struct signature *s)
{
	static EVP_PKEY *keys[3];
	const struct span message = span_text("nobody signed this");

	if (keys[0] == NULL) {
		keys[0] = EVP_EC_gen("P-256");
		keys[1] = EVP_EC_gen("P-384");
		keys[2] = EVP_RSA_gen(2048);
	}
	for (size_t i = 0; i < 3; i++) {
		must(signature_verify(s, s->scheme, s->hash, message, keys[i]) != OK);
		must(signature_verify(s, TPM_ALG_NULL, s->hash, message, keys[i]) ==
		     STATUS_UNSUPPORTED);
	}
}

/* Whatever parses names a scheme we know, and an ECDSA one has a DER form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) der = { 0 };
	struct span whole = { data, len };
	struct signature s;

	taint(&s, sizeof(s));
	if (signature_parse(whole, &s) != OK) {
		must_be_tainted(&s, sizeof(s));
		return 0;
	}
	must_lie_inside(s.rsa, whole);
	must_lie_inside(s.r, whole);
	must_lie_inside(s.s, whole);
	must(digest_size(s.hash) != 0 && (s.rsa.len == 0) == (s.scheme != TPM_ALG_RSASSA));
	must((signature_der(&s, &der) == OK) == (s.scheme == TPM_ALG_ECDSA));
	if (is_rare(s.rsa) || is_rare(s.s))
		must_not_verify(&s);
	return 0;
}
