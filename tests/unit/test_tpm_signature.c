/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <openssl/pem.h>

#include "base/auto_openssl.h"
#include "capture.h"
#include "tpm/signature.h"

static const char message[] = "what was signed";
#define MESSAGE ((struct span){ (const uint8_t *)message, sizeof(message) })

static EVP_PKEY *captured_pem(const char *file)
{
	AUTO_DONE(bytes) pem = capture(file);
	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	return PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
}

static void captured_signatures_verify_and_altered_ones_do_not(void **state)
{
	static const struct {
		const char *signature, *attest, *pem;
		enum tpm_alg scheme;
	} cases[] = {
		{ "quote_ecc.sig.bin", "quote_ecc.attest.bin", "ak_ecc.pem", TPM_ALG_ECDSA },
		{ "quote_rsa.sig.bin", "quote_rsa.attest.bin", "ak_rsa.pem", TPM_ALG_RSASSA },
	};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(bytes) raw = capture(cases[i].signature);
		AUTO_DONE(bytes) attest = capture(cases[i].attest);
		AUTO(EVP_PKEY) key = captured_pem(cases[i].pem);
		struct signature s;

		assert_int_equal(signature_parse(span_of(&raw), &s), OK);
		assert_int_equal(
			signature_verify(&s, cases[i].scheme, DIGEST_SHA256, span_of(&attest), key),
			OK);
		attest.data[20] ^= 1;
		assert_int_equal(
			signature_verify(&s, cases[i].scheme, DIGEST_SHA256, span_of(&attest), key),
			STATUS_MISMATCH);
		attest.data[20] ^= 1;
		raw.data[raw.len - 1] ^= 1;
		assert_int_equal(
			signature_verify(&s, cases[i].scheme, DIGEST_SHA256, span_of(&attest), key),
			STATUS_MISMATCH);
	}
}

static void a_signature_is_tried_with_the_keys_own_scheme_and_hash_only(void **state)
{
	AUTO_DONE(bytes) raw_ecc = capture("quote_ecc.sig.bin");
	AUTO_DONE(bytes) raw_rsa = capture("quote_rsa.sig.bin");
	AUTO_DONE(bytes) attest_ecc = capture("quote_ecc.attest.bin");
	AUTO_DONE(bytes) attest_rsa = capture("quote_rsa.attest.bin");
	AUTO(EVP_PKEY) ecc = captured_pem("ak_ecc.pem");
	AUTO(EVP_PKEY) rsa = captured_pem("ak_rsa.pem");
	struct span over_ecc = span_of(&attest_ecc);
	struct span over_rsa = span_of(&attest_rsa);
	struct signature se, sr;
	(void)state;

	assert_int_equal(signature_parse(span_of(&raw_ecc), &se), OK);
	assert_int_equal(signature_parse(span_of(&raw_rsa), &sr), OK);
	/* Another scheme or hash than the enrolled one. */
	assert_int_equal(signature_verify(&se, TPM_ALG_RSASSA, DIGEST_SHA256, over_ecc, ecc),
			 STATUS_MISMATCH);
	assert_int_equal(signature_verify(&se, TPM_ALG_ECDSA, DIGEST_SHA384, over_ecc, ecc),
			 STATUS_MISMATCH);
	assert_int_equal(signature_verify(&sr, TPM_ALG_RSASSA, DIGEST_SHA1, over_rsa, rsa),
			 STATUS_MISMATCH);
	assert_int_equal(signature_verify(&se, TPM_ALG_NULL, DIGEST_SHA256, over_ecc, ecc),
			 STATUS_UNSUPPORTED);
	/* The same bytes under another label. */
	se.hash = DIGEST_SHA384;
	assert_int_equal(signature_verify(&se, TPM_ALG_ECDSA, DIGEST_SHA256, over_ecc, ecc),
			 STATUS_MISMATCH);
	se.hash = DIGEST_SHA256;
	se.scheme = TPM_ALG_RSASSA;
	assert_int_equal(signature_verify(&se, TPM_ALG_ECDSA, DIGEST_SHA256, over_ecc, ecc),
			 STATUS_MISMATCH);
	se.scheme = TPM_ALG_ECDSA;
	assert_int_equal(signature_verify(&se, TPM_ALG_ECDSA, DIGEST_SHA256, over_ecc, ecc), OK);
	/* A structure of one kind for a key of the other. */
	assert_int_equal(signature_verify(&sr, TPM_ALG_RSASSA, DIGEST_SHA256, over_rsa, ecc),
			 STATUS_MISMATCH);
	assert_int_equal(signature_verify(&se, TPM_ALG_ECDSA, DIGEST_SHA256, over_ecc, rsa),
			 STATUS_MISMATCH);
}

static void schemes_and_hashes_beyond_the_known_are_refused(void **state)
{
	AUTO_DONE(bytes) raw = capture("quote_rsa.sig.bin");
	struct signature s;
	(void)state;

	for (unsigned scheme = 0; scheme < 0x100; scheme++) {
		raw.data[1] = (uint8_t)scheme;
		if (scheme != TPM_ALG_RSASSA && scheme != TPM_ALG_ECDSA)
			assert_int_equal(signature_parse(span_of(&raw), &s), STATUS_UNSUPPORTED);
	}
	raw.data[1] = TPM_ALG_RSASSA;
	raw.data[3] = TPM_ALG_NULL;
	assert_int_equal(signature_parse(span_of(&raw), &s), STATUS_UNSUPPORTED);
}

static void every_truncation_of_a_signature_is_refused(void **state)
{
	static const char *const files[] = { "quote_ecc.sig.bin", "quote_rsa.sig.bin" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(bytes) raw = capture(files[i]);
		struct signature s;

		for (size_t len = 0; len < raw.len; len++)
			assert_int_equal(signature_parse((struct span){ raw.data, len }, &s),
					 STATUS_TRUNCATED);
		assert_int_equal(bytes_append_byte(&raw, 0), OK);
		assert_int_equal(signature_parse(span_of(&raw), &s), STATUS_MALFORMED);
	}
}

static void empty_and_oversized_numbers_are_refused(void **state)
{
	static const uint8_t no_rsa[] = { 0, 0x14, 0, 11, 0, 0 };
	static const uint8_t no_r[] = { 0, 0x18, 0, 11, 0, 0, 0, 1, 1 };
	static const uint8_t no_s[] = { 0, 0x18, 0, 11, 0, 1, 1, 0, 0 };
	static const uint8_t wide[] = { 0, 0x18, 0, 11, 0, 67 };
	static const uint8_t wide_rsa[] = { 0, 0x14, 0, 11, 2, 1 };
	struct signature s;
	(void)state;

	assert_int_equal(signature_parse((struct span){ no_rsa, sizeof(no_rsa) }, &s),
			 STATUS_MALFORMED);
	assert_int_equal(signature_parse((struct span){ no_r, sizeof(no_r) }, &s),
			 STATUS_MALFORMED);
	assert_int_equal(signature_parse((struct span){ no_s, sizeof(no_s) }, &s),
			 STATUS_MALFORMED);
	assert_int_equal(signature_parse((struct span){ wide, sizeof(wide) }, &s),
			 STATUS_TOO_LARGE);
	assert_int_equal(signature_parse((struct span){ wide_rsa, sizeof(wide_rsa) }, &s),
			 STATUS_TOO_LARGE);
}

/* Signs the message; r and s at their full width. */
static void sign(EVP_PKEY *key, uint8_t r[32], uint8_t s[32])
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	size_t len = sizeof(der);
	const uint8_t *at = der;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, MESSAGE.data, MESSAGE.len), 1);

	AUTO(ECDSA_SIG) pair = d2i_ECDSA_SIG(NULL, &at, (long)len);

	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), r, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), s, 32), 32);
}

static void leading_zeros_of_r_may_be_there_or_not(void **state)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	uint8_t padded[1 + 32] = { 0 };
	uint8_t *r = padded + 1;
	uint8_t s[32];
	struct signature signature = {
		.scheme = TPM_ALG_ECDSA,
		.hash = DIGEST_SHA256,
		.s = { s, 32 },
	};
	(void)state;

	do
		sign(key, r, s);
	while (r[0] != 0);
	signature.r = (struct span){ r, 32 };
	assert_int_equal(signature_verify(&signature, TPM_ALG_ECDSA, DIGEST_SHA256, MESSAGE, key),
			 OK);
	signature.r = (struct span){ r + 1, 31 };
	assert_int_equal(signature_verify(&signature, TPM_ALG_ECDSA, DIGEST_SHA256, MESSAGE, key),
			 OK);
	signature.r = (struct span){ padded, sizeof(padded) };
	assert_int_equal(signature_verify(&signature, TPM_ALG_ECDSA, DIGEST_SHA256, MESSAGE, key),
			 STATUS_MISMATCH);
}

static void zero_is_no_signature(void **state)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	uint8_t zero[32] = { 0 };
	struct signature signature = {
		.scheme = TPM_ALG_ECDSA,
		.hash = DIGEST_SHA256,
		.r = { zero, 32 },
		.s = { zero, 32 },
	};
	(void)state;

	assert_int_equal(signature_verify(&signature, TPM_ALG_ECDSA, DIGEST_SHA256, MESSAGE, key),
			 STATUS_MISMATCH);
}

static void the_der_form_has_the_shortest_numbers(void **state)
{
	static const uint8_t r[] = { 0, 0, 0x80 };
	static const uint8_t s[] = { 0x01 };
	static const uint8_t expected[] = { 0x30, 7, 2, 2, 0, 0x80, 2, 1, 1 };
	struct signature signature = {
		.scheme = TPM_ALG_ECDSA,
		.hash = DIGEST_SHA256,
		.r = { r, sizeof(r) },
		.s = { s, sizeof(s) },
	};
	AUTO_DONE(bytes) der = { 0 };
	(void)state;

	assert_int_equal(signature_der(&signature, &der), OK);
	assert_true(span_equal(span_of(&der), (struct span){ expected, sizeof(expected) }));
	signature.scheme = TPM_ALG_RSASSA;
	assert_int_equal(signature_der(&signature, &der), STATUS_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_signatures_verify_and_altered_ones_do_not),
		cmocka_unit_test(a_signature_is_tried_with_the_keys_own_scheme_and_hash_only),
		cmocka_unit_test(schemes_and_hashes_beyond_the_known_are_refused),
		cmocka_unit_test(every_truncation_of_a_signature_is_refused),
		cmocka_unit_test(empty_and_oversized_numbers_are_refused),
		cmocka_unit_test(leading_zeros_of_r_may_be_there_or_not),
		cmocka_unit_test(zero_is_no_signature),
		cmocka_unit_test(the_der_form_has_the_shortest_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
