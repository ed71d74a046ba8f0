/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <openssl/pem.h>

#include "base/auto_openssl.h"
#include "capture.h"
#include "tpm/public_area.h"

static EVP_PKEY *captured_pem(const char *file)
{
	AUTO_DONE(bytes) pem = capture(file);
	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	return PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
}

static void key_and_name_are_the_tpms(const char *public_file, const char *name_file,
				      const char *pem_file)
{
	AUTO_DONE(bytes) sized = capture(public_file);
	AUTO_DONE(bytes) expected = capture(name_file);
	AUTO(EVP_PKEY) pem = captured_pem(pem_file);
	AUTO(EVP_PKEY) key = NULL;
	struct public_area area;
	struct name name;

	assert_int_equal(public_area_parse(unsized(&sized), &area), OK);
	assert_int_equal(public_area_name(unsized(&sized), &name), OK);
	assert_true(span_equal(name_span(&name), span_of(&expected)));
	assert_int_equal(public_area_key(&area, &key), OK);
	assert_int_equal(EVP_PKEY_eq(key, pem), 1);
}

static void a_captured_ecc_key_is_the_tpms(void **state)
{
	(void)state;
	key_and_name_are_the_tpms("ak_ecc.tpm2b_public", "ak_ecc.name", "ak_ecc.pem");
}

static void a_captured_rsa_key_is_the_tpms(void **state)
{
	(void)state;
	key_and_name_are_the_tpms("ak_rsa.tpm2b_public", "ak_rsa.name", "ak_rsa.pem");
}

static void a_captured_endorsement_key_has_template_l(void **state)
{
	AUTO_DONE(bytes) sized = capture("ek_rsa.tpm2b_public");
	struct public_area a;
	(void)state;

	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	assert_int_equal(a.type, TPM_ALG_RSA);
	assert_int_equal(a.attributes,
			 OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |
				 OBJECT_ADMIN_WITH_POLICY | OBJECT_RESTRICTED | OBJECT_DECRYPT);
	assert_int_equal(a.auth_policy.len, 32);
	assert_int_equal(a.symmetric, TPM_ALG_AES);
	assert_int_equal(a.symmetric_bits, 128);
	assert_int_equal(a.scheme, TPM_ALG_NULL);
	assert_int_equal(a.rsa_bits, 2048);
	assert_int_equal(a.rsa_exponent, 65537);
}

static void every_truncation_of_a_public_area_is_refused(void **state)
{
	static const char *const files[] = { "ak_ecc.tpm2b_public", "ak_rsa.tpm2b_public",
					     "ek_rsa.tpm2b_public" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(bytes) sized = capture(files[i]);
		struct public_area a;

		for (size_t len = 0; len + 2 < sized.len; len++)
			assert_int_not_equal(
				public_area_parse((struct span){ sized.data + 2, len }, &a), OK);
		assert_int_equal(bytes_append_byte(&sized, 0), OK);
		assert_int_equal(public_area_parse(unsized(&sized), &a), STATUS_MALFORMED);
	}
}

/* The captured ECC key with one byte set: offsets into TPMT_PUBLIC. */
enum {
	AT_TYPE = 1,
	AT_NAME_ALG = 3,
	AT_POLICY_SIZE = 9,
	AT_SYMMETRIC = 11,
	AT_SCHEME = 13,
	AT_SCHEME_HASH = 15,
	AT_CURVE = 17,
	AT_KDF = 19,
	AT_X_SIZE = 21,
	AT_Y_LAST = 87,
};

static enum status parse_with(size_t at, uint8_t value)
{
	AUTO_DONE(bytes) sized = capture("ak_ecc.tpm2b_public");
	struct public_area a;

	sized.data[2 + at] = value;
	return public_area_parse(unsized(&sized), &a);
}

static void what_is_not_known_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(AT_TYPE, 0x08), STATUS_UNSUPPORTED); /* keyed hash */
	assert_int_equal(parse_with(AT_NAME_ALG, 0x12), STATUS_UNSUPPORTED); /* SM3 */
	assert_int_equal(parse_with(AT_NAME_ALG, 0x10), STATUS_UNSUPPORTED); /* NULL */
	assert_int_equal(parse_with(AT_SYMMETRIC, 0x13), STATUS_UNSUPPORTED); /* SM4 */
	assert_int_equal(parse_with(AT_SCHEME, 0x1a), STATUS_UNSUPPORTED); /* ECDAA */
	assert_int_equal(parse_with(AT_SCHEME, 0x14), STATUS_UNSUPPORTED); /* RSASSA */
	assert_int_equal(parse_with(AT_SCHEME_HASH, 0x27), STATUS_UNSUPPORTED); /* SHA3-256 */
	assert_int_equal(parse_with(AT_CURVE, 0x05), STATUS_UNSUPPORTED); /* P-521 */
	assert_int_equal(parse_with(AT_KDF, 0x20), STATUS_UNSUPPORTED); /* KDF1 */
}

static void sizes_that_contradict_are_refused(void **state)
{
	(void)state;
	assert_int_not_equal(parse_with(AT_POLICY_SIZE, 1), OK);
	assert_int_equal(parse_with(AT_POLICY_SIZE, DIGEST_MAX + 1), STATUS_TOO_LARGE);
	assert_int_not_equal(parse_with(AT_X_SIZE, 31), OK);
	assert_int_equal(parse_with(AT_X_SIZE, 49), STATUS_TOO_LARGE);
}

static void a_modulus_shorter_than_its_bits_is_refused(void **state)
{
	AUTO_DONE(bytes) sized = capture("ak_rsa.tpm2b_public");
	AUTO(EVP_PKEY) key = NULL;
	struct public_area a;
	(void)state;

	sized.data[2 + 16] = 0x04; /* 1024 bits, 256 bytes */
	assert_int_equal(public_area_parse(unsized(&sized), &a), STATUS_MALFORMED);
	sized.data[2 + 16] = 0x08;
	sized.data[2 + 17] = 1; /* 2049 bits, 256 bytes */
	assert_int_equal(public_area_parse(unsized(&sized), &a), STATUS_MALFORMED);
	sized.data[2 + 17] = 0;
	sized.data[2 + 24] = 0; /* the modulus' first byte */
	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	assert_int_equal(public_area_key(&a, &key), STATUS_MALFORMED);
	assert_null(key);
}

/* Each of them verifies what anybody signs, or nothing at all. */
static void an_rsa_key_of_other_numbers_is_refused(void **state)
{
	static const uint32_t exponents[] = { 1, 2, 65536 };
	AUTO_DONE(bytes) sized = capture("ak_rsa.tpm2b_public");
	AUTO(EVP_PKEY) key = NULL;
	struct public_area a;
	(void)state;

	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
		a.rsa_exponent = exponents[i];
		assert_int_equal(public_area_key(&a, &key), STATUS_MALFORMED);
	}
	a.rsa_exponent = 65537;
	sized.data[sized.len - 1] ^= 1; /* the modulus' last byte: even */
	assert_int_equal(public_area_key(&a, &key), STATUS_MALFORMED);
	sized.data[sized.len - 1] ^= 1;
	assert_int_equal(public_area_key(&a, &key), OK);
}

/* Wider than the curve, by a zero in front. */
static void a_coordinate_is_no_wider_than_its_curve(void **state)
{
	static const uint8_t wider[] = { 0, 33, 0 }, usual[] = { 0, 32 };
	AUTO_DONE(bytes) sized = capture("ak_ecc.tpm2b_public");
	struct span area = unsized(&sized);
	const size_t end = area.len - 2 * (2 + 32);
	struct public_area a;
	(void)state;

	for (unsigned which = 0; which < 4; which++) {
		AUTO_DONE(bytes) made = { 0 };

		assert_int_equal(bytes_append(&made, (struct span){ area.data, end }), OK);
		for (size_t i = 0; i < 2; i++) {
			const bool is_wider = (which >> i & 1) != 0;
			const uint8_t *number = area.data + end + 2 + i * (2 + 32);

			assert_int_equal(bytes_append(&made, is_wider ? (struct span){ wider, 3 }
								      : (struct span){ usual, 2 }),
					 OK);
			assert_int_equal(bytes_append(&made, (struct span){ number, 32 }), OK);
		}
		assert_int_equal(public_area_parse(span_of(&made), &a),
				 which == 0 ? OK : STATUS_MALFORMED);
	}
}

static void a_point_off_its_curve_is_refused(void **state)
{
	AUTO_DONE(bytes) sized = capture("ak_ecc.tpm2b_public");
	AUTO(EVP_PKEY) key = NULL;
	struct public_area a;
	(void)state;

	sized.data[2 + AT_Y_LAST] ^= 1;
	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	assert_int_equal(public_area_key(&a, &key), STATUS_MALFORMED);
	assert_null(key);

	AUTO(EVP_PKEY) other = EVP_EC_gen("P-256");

	assert_int_equal(public_area_key_in(&a, other, &key), STATUS_MALFORMED);
	assert_null(key);
}

static void a_key_put_into_another_is_the_same_as_one_made_alone(void **state)
{
	static const char *const files[] = { "ak_ecc.tpm2b_public", "ak_rsa.tpm2b_public" };
	AUTO(EVP_PKEY) other = EVP_EC_gen("P-256");
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(bytes) sized = capture(files[i]);
		EVP_PKEY *alone = NULL, *in = NULL;
		struct public_area a;

		assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
		assert_int_equal(public_area_key(&a, &alone), OK);
		assert_int_equal(public_area_key_in(&a, other, &in), OK);
		assert_int_equal(EVP_PKEY_eq(alone, in), 1);
		EVP_PKEY_free(alone);
		EVP_PKEY_free(in);
	}
}

static bool verifies(EVP_PKEY *key, const uint8_t digest[32], struct span signature)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	return EVP_PKEY_verify(ctx, signature.data, signature.len, digest, 32) == 1;
}

/* Also where OpenSSL could have kept something of the one before. */
static void what_one_key_signed_no_key_put_in_its_place_verifies(void **state)
{
	AUTO(EVP_PKEY) signer = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) place = EVP_PKEY_dup(signer);
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, signer, NULL);
	AUTO_DONE(bytes) sized = capture("ak_ecc.tpm2b_public");
	AUTO(EVP_PKEY) in = NULL;
	const uint8_t digest[32] = { 1 };
	struct public_area a;
	uint8_t der[80], *point = NULL;
	size_t len = sizeof(der), point_len;
	(void)state;

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, der, &len, digest, sizeof(digest)), 1);
	AUTO(EVP_PKEY_CTX) kept = EVP_PKEY_CTX_new_from_pkey(NULL, place, NULL);

	assert_int_equal(EVP_PKEY_verify_init(kept), 1);
	assert_true(verifies(place, digest, (struct span){ der, len }));
	assert_int_equal(EVP_PKEY_verify(kept, der, len, digest, sizeof(digest)), 1);
	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	assert_int_equal(public_area_key_in(&a, place, &in), OK);
	assert_false(verifies(place, digest, (struct span){ der, len }));
	assert_int_not_equal(EVP_PKEY_verify(kept, der, len, digest, sizeof(digest)), 1);
	point_len = EVP_PKEY_get1_encoded_public_key(signer, &point);
	assert_int_equal(EVP_PKEY_set1_encoded_public_key(place, point, point_len), 1);
	assert_int_equal(EVP_PKEY_verify(kept, der, len, digest, sizeof(digest)), 1);
	OPENSSL_free(point);

	/* One that is off its curve leaves nothing to verify with. */
	EVP_PKEY *none = NULL;

	sized.data[2 + AT_Y_LAST] ^= 1;
	assert_int_equal(public_area_parse(unsized(&sized), &a), OK);
	assert_int_equal(public_area_key_in(&a, place, &none), STATUS_MALFORMED);
	assert_null(none);
	assert_false(verifies(place, digest, (struct span){ der, len }));
}

/* The first multiple of the generator whose x starts with a zero byte. */
static void point_with_leading_zero(uint8_t x[32], uint8_t y[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	AUTO(BIGNUM) k = BN_new();
	AUTO(BIGNUM) bx = BN_new();
	AUTO(BIGNUM) by = BN_new();

	x[0] = 1;
	for (BN_ULONG i = 1; x[0] != 0; i++) {
		assert_int_equal(BN_set_word(k, i), 1);
		assert_int_equal(EC_POINT_mul(group, point, k, NULL, NULL, NULL), 1);
		assert_int_equal(EC_POINT_get_affine_coordinates(group, point, bx, by, NULL), 1);
		assert_int_equal(BN_bn2binpad(bx, x, 32), 32);
		assert_int_equal(BN_bn2binpad(by, y, 32), 32);
	}
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

static void a_stripped_coordinate_is_padded(void **state)
{
	uint8_t x[32], y[32];
	struct public_area whole = {
		.type = TPM_ALG_ECC,
		.curve = TPM_CURVE_P256,
		.x = { x, 32 },
		.y = { y, 32 },
	};
	struct public_area stripped = whole;
	AUTO(EVP_PKEY) a = NULL;
	AUTO(EVP_PKEY) b = NULL;
	(void)state;

	point_with_leading_zero(x, y);
	stripped.x = (struct span){ x + 1, 31 };
	assert_int_equal(public_area_key(&whole, &a), OK);
	assert_int_equal(public_area_key(&stripped, &b), OK);
	assert_int_equal(EVP_PKEY_eq(a, b), 1);
}

#define NULL_PRIMARY_NAME "000bd40df3a09a67b2a0722df3f18393c30224568c15b557ece1812736e37f03fa77"
#define NULL_PRIMARY_QUALIFIED_NAME                                                                \
	"000b6db5a5eab478279d1477501b7f84ee837ec68465c79490845272fd167a637730"

/* Name and qualified name of one P-256 primary in the NULL hierarchy, as a
 * software TPM gave them (tpm2_readpublic -n, -q). */
static void a_qualified_name_names_the_hierarchy(void **state)
{
	AUTO_DONE(bytes) raw_name = { 0 };
	AUTO_DONE(bytes) expected = { 0 };
	struct name name = { 0 };
	struct name qualified;
	(void)state;

	assert_int_equal(hex_decode(span_text(NULL_PRIMARY_NAME), &raw_name), OK);
	assert_int_equal(hex_decode(span_text(NULL_PRIMARY_QUALIFIED_NAME), &expected), OK);
	name.len = raw_name.len;
	memcpy(name.value, raw_name.data, raw_name.len);
	assert_int_equal(qualified_name_of_primary(TPM_RH_NULL, &name, &qualified), OK);
	assert_true(span_equal(name_span(&qualified), span_of(&expected)));
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &name, &qualified), OK);
	assert_false(span_equal(name_span(&qualified), span_of(&expected)));
	name.len--;
	assert_int_equal(qualified_name_of_primary(TPM_RH_NULL, &name, &qualified),
			 STATUS_TRUNCATED);
}

static const uint8_t policy_bytes[SHA256_SIZE] = { 1, 2, 3 };

static struct public_area good_ak(void)
{
	return (struct public_area){
		.type = TPM_ALG_ECC,
		.name_alg = DIGEST_SHA256,
		.attributes = 0x00050472,
		.symmetric = TPM_ALG_NULL,
		.scheme = TPM_ALG_ECDSA,
		.scheme_hash = DIGEST_SHA256,
		.curve = TPM_CURVE_P256,
	};
}

static struct public_area good_rsa_ak(void)
{
	struct public_area a = good_ak();

	a.type = TPM_ALG_RSA;
	a.scheme = TPM_ALG_RSASSA;
	a.rsa_bits = 2048;
	a.rsa_exponent = 65537;
	return a;
}

static struct public_area good_minting_key(void)
{
	struct public_area a = good_ak();

	a.attributes = 0x00040432;
	a.auth_policy = (struct span){ policy_bytes, sizeof(policy_bytes) };
	return a;
}

static enum status check_minting(const struct public_area *a)
{
	return minting_key_check(a, (struct span){ policy_bytes, sizeof(policy_bytes) });
}

static void every_attribute_bit_of_an_attestation_key_counts(void **state)
{
	struct public_area ecc = good_ak();
	struct public_area rsa = good_rsa_ak();
	(void)state;

	assert_int_equal(attestation_key_check(&ecc), OK);
	assert_int_equal(attestation_key_check(&rsa), OK);
	for (unsigned bit = 0; bit < 32; bit++) {
		ecc.attributes ^= (uint32_t)1 << bit;
		rsa.attributes ^= (uint32_t)1 << bit;
		assert_int_equal(attestation_key_check(&ecc), STATUS_DENIED);
		assert_int_equal(attestation_key_check(&rsa), STATUS_DENIED);
		ecc.attributes ^= (uint32_t)1 << bit;
		rsa.attributes ^= (uint32_t)1 << bit;
	}
}

static void every_attribute_bit_of_a_minting_key_counts(void **state)
{
	struct public_area a = good_minting_key();
	(void)state;

	assert_int_equal(check_minting(&a), OK);
	for (unsigned bit = 0; bit < 32; bit++) {
		a.attributes ^= (uint32_t)1 << bit;
		assert_int_equal(check_minting(&a), STATUS_DENIED);
		a.attributes ^= (uint32_t)1 << bit;
	}
}

#define CHANGED(check, make, field, value)                                                         \
	do {                                                                                       \
		struct public_area changed = make();                                               \
		changed.field = value;                                                             \
		assert_int_equal(check(&changed), STATUS_DENIED);                                  \
	} while (0)

static void a_weak_attestation_key_is_refused(void **state)
{
	struct span policy = { policy_bytes, sizeof(policy_bytes) };
	(void)state;

	CHANGED(attestation_key_check, good_ak, name_alg, DIGEST_SHA1);
	CHANGED(attestation_key_check, good_ak, name_alg, DIGEST_SHA384);
	CHANGED(attestation_key_check, good_ak, scheme, TPM_ALG_NULL);
	CHANGED(attestation_key_check, good_ak, scheme, TPM_ALG_RSASSA);
	CHANGED(attestation_key_check, good_ak, scheme_hash, DIGEST_SHA1);
	CHANGED(attestation_key_check, good_ak, scheme_hash, DIGEST_SHA384);
	CHANGED(attestation_key_check, good_ak, curve, TPM_CURVE_P384);
	CHANGED(attestation_key_check, good_ak, symmetric, TPM_ALG_AES);
	CHANGED(attestation_key_check, good_ak, auth_policy, policy);
	CHANGED(attestation_key_check, good_ak, type, TPM_ALG_RSA);
	CHANGED(attestation_key_check, good_rsa_ak, rsa_bits, 1024);
	CHANGED(attestation_key_check, good_rsa_ak, rsa_exponent, 3);
	CHANGED(attestation_key_check, good_rsa_ak, scheme, TPM_ALG_NULL);
	CHANGED(attestation_key_check, good_rsa_ak, scheme_hash, DIGEST_SHA1);
}

static void another_minting_key_is_refused(void **state)
{
	static const uint8_t other[SHA256_SIZE] = { 1, 2, 4 };
	struct public_area a = good_minting_key();
	struct span none = { 0 };
	struct span other_policy = { other, sizeof(other) };
	struct span shorter = { policy_bytes, sizeof(policy_bytes) - 1 };
	(void)state;

	CHANGED(check_minting, good_minting_key, auth_policy, none);
	CHANGED(check_minting, good_minting_key, auth_policy, other_policy);
	CHANGED(check_minting, good_minting_key, auth_policy, shorter);
	CHANGED(check_minting, good_minting_key, name_alg, DIGEST_SHA1);
	CHANGED(check_minting, good_minting_key, scheme, TPM_ALG_NULL);
	CHANGED(check_minting, good_minting_key, scheme_hash, DIGEST_SHA384);
	CHANGED(check_minting, good_minting_key, curve, TPM_CURVE_P384);
	CHANGED(check_minting, good_minting_key, symmetric, TPM_ALG_AES);
	CHANGED(check_minting, good_minting_key, type, TPM_ALG_RSA);
	/* A policy of nothing must not make two empty spans equal. */
	a.auth_policy = none;
	assert_int_equal(minting_key_check(&a, none), STATUS_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_captured_ecc_key_is_the_tpms),
		cmocka_unit_test(a_captured_rsa_key_is_the_tpms),
		cmocka_unit_test(a_captured_endorsement_key_has_template_l),
		cmocka_unit_test(every_truncation_of_a_public_area_is_refused),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(sizes_that_contradict_are_refused),
		cmocka_unit_test(a_modulus_shorter_than_its_bits_is_refused),
		cmocka_unit_test(an_rsa_key_of_other_numbers_is_refused),
		cmocka_unit_test(a_coordinate_is_no_wider_than_its_curve),
		cmocka_unit_test(a_point_off_its_curve_is_refused),
		cmocka_unit_test(a_key_put_into_another_is_the_same_as_one_made_alone),
		cmocka_unit_test(what_one_key_signed_no_key_put_in_its_place_verifies),
		cmocka_unit_test(a_stripped_coordinate_is_padded),
		cmocka_unit_test(a_qualified_name_names_the_hierarchy),
		cmocka_unit_test(every_attribute_bit_of_an_attestation_key_counts),
		cmocka_unit_test(every_attribute_bit_of_a_minting_key_counts),
		cmocka_unit_test(a_weak_attestation_key_is_refused),
		cmocka_unit_test(another_minting_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
