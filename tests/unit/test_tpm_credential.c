/* SPDX-License-Identifier: Apache-2.0 */
/* That a TPM opens what is made here, tests/integration/credential shows. */
#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "tpm/credential.h"

#define NAME span_text("the name of an object")
#define SECRET span_text("thirty-two bytes of a secret....")

static struct credential_random fixed_random(EVP_PKEY *ephemeral)
{
	struct credential_random r = { .ephemeral = ephemeral };

	memset(r.seed, 0x5e, sizeof(r.seed));
	memset(r.oaep, 0x0a, sizeof(r.oaep));
	return r;
}

static void openssl_finds_the_seed_in_our_oaep(void **state)
{
	AUTO(EVP_PKEY) ek = EVP_RSA_gen(2048);
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new(ek, NULL);
	AUTO_DONE(bytes) object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };
	struct credential_random random = fixed_random(NULL);
	char label[] = "IDENTITY";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, label,
						  sizeof(label)),
		OSSL_PARAM_construct_end(),
	};
	uint8_t seed[256];
	size_t len = sizeof(seed);
	(void)state;

	assert_int_equal(
		make_credential(ek, DIGEST_SHA256, 128, NAME, SECRET, &random, &object, &encrypted),
		OK);
	assert_int_equal(encrypted.len, 256);
	assert_int_equal(object.len, 2 + 32 + 2 + 32);
	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, seed, &len, encrypted.data, encrypted.len), 1);
	assert_int_equal(len, 32);
	assert_memory_equal(seed, random.seed, 32);
}

static void the_same_random_values_give_the_same_credential(void **state)
{
	AUTO(EVP_PKEY) ek = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) ephemeral = EVP_EC_gen("P-256");
	struct credential_random random = fixed_random(ephemeral);
	AUTO_DONE(bytes) object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };
	AUTO_DONE(bytes) object_again = { 0 };
	AUTO_DONE(bytes) encrypted_again = { 0 };
	(void)state;

	assert_int_equal(
		make_credential(ek, DIGEST_SHA256, 128, NAME, SECRET, &random, &object, &encrypted),
		OK);
	assert_int_equal(make_credential(ek, DIGEST_SHA256, 128, NAME, SECRET, &random,
					 &object_again, &encrypted_again),
			 OK);
	assert_true(span_equal(span_of(&object), span_of(&object_again)));
	assert_true(span_equal(span_of(&encrypted), span_of(&encrypted_again)));
	/* Two coordinates at the curve's width, whatever zeros they start with. */
	assert_int_equal(encrypted.len, 2 * (2 + 32));
}

static enum status make_for(EVP_PKEY *ek, enum digest_alg alg, uint16_t bits, EVP_PKEY *ephemeral)
{
	struct credential_random random = fixed_random(ephemeral);
	AUTO_DONE(bytes) object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };

	return make_credential(ek, alg, bits, NAME, SECRET, &random, &object, &encrypted);
}

static void keys_outside_the_templates_are_refused(void **state)
{
	AUTO(EVP_PKEY) rsa_1024 = EVP_RSA_gen(1024);
	AUTO(EVP_PKEY) p256 = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) p384 = EVP_EC_gen("P-384");
	AUTO(EVP_PKEY) p521 = EVP_EC_gen("P-521");
	AUTO(EVP_PKEY) k256 = EVP_EC_gen("secp256k1");
	AUTO(EVP_PKEY) ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	(void)state;

	assert_int_equal(make_for(p256, DIGEST_SHA256, 128, p256), OK);
	assert_int_equal(make_for(p384, DIGEST_SHA384, 256, p384), OK);
	assert_int_equal(make_for(rsa_1024, DIGEST_SHA256, 128, NULL), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(p521, DIGEST_SHA512, 256, p521), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(k256, DIGEST_SHA256, 128, k256), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(ed25519, DIGEST_SHA256, 128, p256), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(p256, DIGEST_SHA1, 128, p256), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(p256, DIGEST_SHA256, 256, p256), STATUS_UNSUPPORTED);
	/* An ephemeral key on another curve, or none. */
	assert_int_equal(make_for(p256, DIGEST_SHA256, 128, p384), STATUS_UNSUPPORTED);
	assert_int_equal(make_for(p256, DIGEST_SHA256, 128, NULL), STATUS_UNSUPPORTED);
}

static void a_secret_that_no_tpm_takes_is_refused(void **state)
{
	static const uint8_t long_secret[33];
	AUTO(EVP_PKEY) ek = EVP_EC_gen("P-256");
	struct credential_random random = fixed_random(ek);
	struct span too_long = { long_secret, sizeof(long_secret) };
	AUTO_DONE(bytes) object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };
	(void)state;

	assert_int_equal(make_credential(ek, DIGEST_SHA256, 128, NAME, too_long, &random, &object,
					 &encrypted),
			 STATUS_TOO_LARGE);
	assert_int_equal(make_credential(ek, DIGEST_SHA256, 128, NAME, (struct span){ 0 }, &random,
					 &object, &encrypted),
			 STATUS_MALFORMED);
	assert_int_equal(make_credential(ek, DIGEST_SHA256, 128, (struct span){ 0 }, SECRET,
					 &random, &object, &encrypted),
			 STATUS_MALFORMED);
	assert_null(object.data);
	assert_null(encrypted.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_finds_the_seed_in_our_oaep),
		cmocka_unit_test(the_same_random_values_give_the_same_credential),
		cmocka_unit_test(keys_outside_the_templates_are_refused),
		cmocka_unit_test(a_secret_that_no_tpm_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
