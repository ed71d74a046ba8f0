/* SPDX-License-Identifier: Apache-2.0 */
/* A token that anybody may hand to ValidateJWTSVID, before fixed keys that signed none:
 * nothing is ever believed. The same bytes as what was sealed for a fixed reader. */
#include "attestd/jwt_svid.h"

#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "fuzz.h"
#include "messages/sealed.h"

/* P-256, the point of scalar 21..40 (hex). */
static const char spki_text[] = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHxQBRr+xslH4T03b4NTNz9d6/"
				"ZhKlSDjV5QCH4MSu57smVoIsfp3BN89"
				"zAtQqWZSY/t3Eflfn4pEnFCW5HyJKw==";

static void read_token(struct span token)
{
	AUTO_DONE(bytes) domain = { 0 };
	struct jwt_key key = { 0 };
	struct jwt_svid svid;
	const char *fault = NULL;

	must(bytes_copy(span_text("one"), &key.kid) == OK &&
	     base64_decode(span_text(spki_text), JWT_KEY_SPKI_MAX, &key.spki) == OK);

	const struct jwt_svid_question question = {
		.token = token,
		.keys = &key,
		.key_count = 1,
		.trust_domain = span_text("example.org"),
		.audience = span_text("a"),
		.now = 1767225600,
	};

	must(jwt_svid_verify(&question, &svid, &fault) != OK && fault != NULL);
	if (jwt_svid_claimed_domain(token, &domain) == OK)
		must(trust_domain_is_valid(span_of(&domain)));
	bytes_done(&key.kid);
	bytes_done(&key.spki);
}

static void open_sealed(struct span sealed)
{
	AUTO_DONE(bytes) plain = { 0 };
	uint8_t scalar[SEALED_SCALAR_SIZE];
	EVP_PKEY *made = NULL;

	for (size_t i = 0; i < sizeof(scalar); i++)
		scalar[i] = (uint8_t)(33 + i);
	must(sealing_key(scalar, &made) == OK);

	AUTO(EVP_PKEY) reader = made;

	if (unseal(reader, span_text("context"), sealed, &plain) == OK)
		must(plain.len == sealed.len - SEALED_OVERHEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span input = { data, len };

	read_token(input);
	open_sealed(input);
	return 0;
}
