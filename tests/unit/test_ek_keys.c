/* SPDX-License-Identifier: Apache-2.0 */
/* Which public keys of EK certificates, and of who signed them, are believed. */
#include "unit.h"

#include <openssl/core_names.h>

#include "ek_scene.h"
#include "tpm/certificate.h"
#include "tpm/der.h"

static void a_key_marked_oaep_is_read(void **state)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	static const uint8_t oaep[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7 };
	AUTO(EVP_PKEY) key = maker_rsa_key(2048);
	struct recipe leaf = ek_scene_recipe();

	(void)state;
	leaf.key = key;
	leaf.key_usage = "critical,keyEncipherment";

	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&der)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_OAEP_KEY) == 0);
	PATCH(&der, rsa, oaep);
	assert_int_equal(ek_scene_judge(span_of(&der)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_OAEP_KEY) != 0);
	assert_string_equal(ek.result.key_type, "rsa-2048");
	assert_int_equal(EVP_PKEY_eq(ek.result.key, key), 1);
}

static void a_point_that_is_not_on_its_curve_is_refused(void **state)
{
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(ek.ek_key, &spki);
	EVP_PKEY *key = NULL;
	bool is_oaep = false;

	(void)state;
	assert_true(len > 0);
	spki[len - 1] ^= 1;
	assert_int_equal(spki_key((struct span){ spki, (size_t)len }, &key, &is_oaep),
			 STATUS_UNSUPPORTED);
	OPENSSL_free(spki);
}

/* An RSA SubjectPublicKeyInfo with these numbers; nobody holds the private key. */
static enum status rsa_spki_status(int bits, unsigned last_byte, BN_ULONG exponent)
{
	AUTO(BIGNUM) n = BN_new();
	AUTO(BIGNUM) e = BN_new();
	AUTO(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *made = NULL, *read = NULL;
	unsigned char *spki = NULL;
	bool is_oaep = false;

	assert_int_equal(BN_set_bit(n, bits - 1), 1);
	assert_int_equal(BN_add_word(n, last_byte), 1);
	assert_int_equal(BN_set_word(e, exponent), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e), 1);

	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params), 1);

	int len = i2d_PUBKEY(made, &spki);
	assert_true(len > 0);
	enum status status = spki_key((struct span){ spki, (size_t)len }, &read, &is_oaep);
	OPENSSL_free(spki);
	EVP_PKEY_free(made);
	EVP_PKEY_free(read);
	return status;
}

static void rsa_keys_have_bounds(void **state)
{
	(void)state;
	assert_int_equal(rsa_spki_status(2048, 1, 65537), OK);
	assert_int_equal(rsa_spki_status(8192, 1, 65537), OK);
	assert_int_equal(rsa_spki_status(2047, 1, 65537), STATUS_UNSUPPORTED);
	assert_int_equal(rsa_spki_status(8193, 1, 65537), STATUS_UNSUPPORTED);
	assert_int_equal(rsa_spki_status(2048, 2, 65537), STATUS_UNSUPPORTED);
	assert_int_equal(rsa_spki_status(2048, 1, 3), STATUS_UNSUPPORTED);
	assert_int_equal(rsa_spki_status(2048, 1, 65538), STATUS_UNSUPPORTED);
	assert_int_equal(rsa_spki_status(2048, 1, 0x100000001), STATUS_UNSUPPORTED);
}

/* Under an RSA root: does a signature by RSA-PSS with these hashes count? */
static enum ek_refusal judged_with_pss(EVP_PKEY *rsa, const EVP_MD *hash, const EVP_MD *mask)
{
	struct recipe root = maker_root(rsa), leaf = ek_scene_recipe();
	AUTO_DONE(ek_pool) pinned = { 0 };
	struct ek_trust trust = { .roots = &pinned, .at = MAKER_NOW, .allow_sha1 = true };

	leaf.signer = rsa;
	leaf.hash = hash;
	leaf.pss_mask_hash = mask;
	AUTO_DONE(bytes) root_der = maker_certificate(&root);
	AUTO_DONE(bytes) leaf_der = maker_certificate(&leaf);
	assert_int_equal(ek_pool_add_certificates(&pinned, span_of(&root_der)), OK);
	ek_certificate_done(&ek.result);
	assert_int_equal(ek_certificate_verify(span_of(&leaf_der), &trust, &ek.result), OK);
	return ek.result.refusal;
}

static void rsa_pss_counts_with_one_sha2_hash(void **state)
{
	AUTO(EVP_PKEY) rsa = maker_rsa_key(2048);

	(void)state;
	assert_int_equal(judged_with_pss(rsa, EVP_sha256(), EVP_sha256()), EK_ACCEPTED);
	assert_int_equal(judged_with_pss(rsa, EVP_sha384(), EVP_sha384()), EK_ACCEPTED);
	assert_int_equal(judged_with_pss(rsa, EVP_sha256(), EVP_sha512()), EK_WEAK_SIGNATURE);
	assert_int_equal(judged_with_pss(rsa, EVP_sha224(), EVP_sha224()), EK_WEAK_SIGNATURE);
	assert_int_equal(judged_with_pss(rsa, EVP_sha1(), EVP_sha1()), EK_WEAK_SIGNATURE);
}

/* A P-256 key whose X coordinate begins with a zero byte: one of 256. */
static EVP_PKEY *key_with_leading_zero(uint8_t point[65])
{
	for (int tries = 0; tries < 20000; tries++) {
		EVP_PKEY *key = maker_ec_key("P-256");
		size_t len = 0;

		assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
								 point, 65, &len),
				 1);
		assert_int_equal(len, 65);
		if (point[1] == 0)
			return key;
		EVP_PKEY_free(key);
	}
	fail();
	return NULL;
}

static void coordinates_without_their_leading_zero_are_the_same_key(void **state)
{
	uint8_t point[65];
	AUTO(EVP_PKEY) key = key_with_leading_zero(point);
	struct recipe leaf = ek_scene_recipe();
	struct public_area area = {
		.type = TPM_ALG_ECC,
		.curve = TPM_CURVE_P256,
		.x = { point + 2, 31 },
		.y = { point + 33, 32 },
	};

	(void)state;
	leaf.key = key;
	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&der)), EK_ACCEPTED);
	assert_true(ek_certificate_is_for(&ek.result, &area));
	area.x = (struct span){ point + 1, 32 };
	assert_true(ek_certificate_is_for(&ek.result, &area));
	assert_int_equal(ek_scene_judge(span_of(&ek.golden)), EK_ACCEPTED);
	assert_false(ek_certificate_is_for(&ek.result, &area));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_key_marked_oaep_is_read),
	cmocka_unit_test(a_point_that_is_not_on_its_curve_is_refused),
	cmocka_unit_test(rsa_keys_have_bounds),
	cmocka_unit_test(rsa_pss_counts_with_one_sha2_hash),
	cmocka_unit_test(coordinates_without_their_leading_zero_are_the_same_key),
};

int main(void)
{
	return cmocka_run_group_tests(tests, ek_scene_begin, ek_scene_end);
}
