/* SPDX-License-Identifier: Apache-2.0 */
/* A token that anybody may hand to ValidateJWTSVID, before a fixed key: only what it signed is
 * believed, for now, this audience and this trust domain. Signatures are fake_verify.c's. The
 * same bytes as what was sealed for a fixed reader. */
#include "attestd/jwt_svid.h"

#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "fake_verify.h"
#include "fuzz.h"
#include "messages/sealed.h"
#include "messages/spiffe_id.h"

/* P-256, the point of scalar 21..40 (hex). */
static const char spki_text[] = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHxQBRr+xslH4T03b4NTNz9d6/"
				"ZhKlSDjV5QCH4MSu57smVoIsfp3BN89"
				"zAtQqWZSY/t3Eflfn4pEnFCW5HyJKw==";

#define NOW INT64_C(1767225600)

static const struct jwt_key *fixed_key(void)
{
	static struct jwt_key key;

	if (key.kid.len == 0)
		must(bytes_copy(span_text("one"), &key.kid) == OK &&
		     base64_decode(span_text(spki_text), JWT_KEY_SPKI_MAX, &key.spki) == OK);
	return &key;
}

static bool is_signed(struct span token)
{
	const uint8_t *dot = memrchr(token.data, '.', token.len);
	AUTO_DONE(bytes) signature = { 0 };

	if (dot == NULL)
		return false;

	struct span text = { dot + 1, (size_t)(token.data + token.len - dot) - 1 };

	return base64url_decode(text, 64, &signature) == OK && fake_signature(span_of(&signature));
}

static void must_be_good(struct span token, const struct jwt_svid *svid)
{
	must(is_signed(token) && svid->expires > NOW && svid->claims.len > 0);
	must(span_equal(spiffe_id_trust_domain(span_of(&svid->spiffe_id)),
			span_text("example.org")));
	must(memmem(svid->claims.data, svid->claims.len, "\"aud\"", 5) != NULL);
}

static void read_token(struct span token)
{
	AUTO_DONE(bytes) domain = { 0 };
	AUTO_DONE(jwt_svid) svid = { 0 };
	const char *fault = NULL;
	const struct jwt_svid_question question = {
		.token = token,
		.keys = fixed_key(),
		.key_count = 1,
		.trust_domain = span_text("example.org"),
		.audience = span_text("a"),
		.now = NOW,
	};
	enum status status = jwt_svid_verify(&question, &svid, &fault);

	must(status == OK || fault != NULL);
	must(status != STATUS_DENIED || is_signed(token));
	if (status == OK)
		must_be_good(token, &svid);
	if (jwt_svid_claimed_domain(token, &domain) == OK)
		must(trust_domain_is_valid(span_of(&domain)));
}

static EVP_PKEY *fixed_reader(void)
{
	static EVP_PKEY *reader;
	uint8_t scalar[SEALED_SCALAR_SIZE];

	for (size_t i = 0; i < sizeof(scalar); i++)
		scalar[i] = (uint8_t)(33 + i);
	if (reader == NULL)
		must(sealing_key(scalar, &reader) == OK);
	return reader;
}

static void open_sealed(struct span sealed)
{
	AUTO_DONE(bytes) plain = { 0 };

	if (unseal(fixed_reader(), span_text("context"), sealed, &plain) == OK)
		must(plain.len == sealed.len - SEALED_OVERHEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span input = { data, len };

	read_token(input);
	open_sealed(input);
	return 0;
}
