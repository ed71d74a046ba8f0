/* SPDX-License-Identifier: Apache-2.0 */
/* How EK certificates are written down in the field, and how not. */
#include "unit.h"

#include <openssl/core_names.h>
#include <string.h>

#include "base/text.h"
#include "certificate_maker.h"
#include "tpm/certificate.h"
#include "tpm/der.h"
#include "tpm/ek_certificate.h"

static EVP_PKEY *root_key, *ek_key;
static struct ek_pool roots;
static struct bytes golden; /* an EK certificate right under the root */
static struct ek_certificate result;

static struct recipe golden_recipe(void)
{
	struct recipe leaf = maker_leaf(ek_key, root_key);

	leaf.issuer = "root";
	leaf.serial = 0x0102;
	return leaf;
}

static int set_up(void **state)
{
	(void)state;
	root_key = maker_ec_key("P-256");
	ek_key = maker_ec_key("P-384");

	struct recipe root = maker_root(root_key), leaf = golden_recipe();
	AUTO_DONE(bytes) der = maker_certificate(&root);
	assert_int_equal(ek_pool_add_certificates(&roots, span_of(&der)), OK);
	golden = maker_certificate(&leaf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(ek_key);
	ek_pool_done(&roots);
	bytes_done(&golden);
	ek_certificate_done(&result);
	return 0;
}

static enum ek_refusal judged(struct span bytes)
{
	struct ek_trust trust = { .roots = &roots, .at = MAKER_NOW };

	ek_certificate_done(&result);
	assert_int_equal(ek_certificate_verify(bytes, &trust, &result), OK);
	return result.refusal;
}

/* before || golden || count times fill */
static struct bytes stored(struct span before, size_t count, uint8_t fill)
{
	struct bytes all = { 0 };

	assert_int_equal(bytes_append(&all, before), OK);
	assert_int_equal(bytes_append(&all, span_of(&golden)), OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes_append_byte(&all, fill), OK);
	return all;
}

static void padding_is_trimmed_by_the_der_length(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xff, 0x11, 0x30 };

	(void)state;
	for (size_t i = 0; i < sizeof(fills); i++) {
		AUTO_DONE(bytes) nv = stored((struct span){ 0 }, 192, fills[i]);

		assert_int_equal(judged(span_of(&nv)), EK_ACCEPTED);
		assert_true((result.quirks & EK_QUIRK_PADDING) != 0);
		assert_true(span_equal(span_of(&result.der), span_of(&golden)));
	}
	assert_int_equal(judged(span_of(&golden)), EK_ACCEPTED);
	assert_true((result.quirks & (EK_QUIRK_PADDING | EK_QUIRK_PREFIX)) == 0);
}

static void the_stored_certificate_header_is_skipped(void **state)
{
	size_t len = golden.len;
	const uint8_t long_form[] = {
		0x10, 0x01, 0x00, (uint8_t)((len + 2) >> 8), (uint8_t)(len + 2), 0x10, 0x02
	};
	const uint8_t short_form[] = { 0x10, 0x01, 0x00, (uint8_t)(len >> 8), (uint8_t)len };
	AUTO_DONE(bytes) seven = stored((struct span){ long_form, sizeof(long_form) }, 9, 0);
	AUTO_DONE(bytes) five = stored((struct span){ short_form, sizeof(short_form) }, 0, 0);

	(void)state;
	assert_int_equal(judged(span_of(&seven)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_PREFIX) != 0);
	assert_int_equal(judged(span_of(&five)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_PREFIX) != 0);
}

static void any_other_header_is_refused(void **state)
{
	static const uint8_t header[] = { 0x10, 0x01, 0x01, 0x00, 0x10, 0x10, 0x02 };
	static const uint8_t empty[] = { 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00 };
	AUTO_DONE(bytes) nv = stored((struct span){ header, sizeof(header) }, 0, 0);

	(void)state;
	assert_int_equal(judged(span_of(&nv)), EK_MALFORMED);
	for (size_t len = 0; len <= sizeof(empty); len++)
		assert_int_equal(judged((struct span){ empty, len }), EK_MALFORMED);
}

static void pem_is_read_too(void **state)
{
	AUTO_DONE(bytes) pem = { 0 };

	(void)state;
	assert_int_equal(bytes_append(&pem, span_text("note\n-----BEGIN CERTIFICATE-----\n")), OK);

	AUTO_DONE(bytes) text = { 0 };
	assert_int_equal(base64_append(&text, span_of(&golden)), OK);
	for (size_t at = 0; at < text.len; at += 64) {
		size_t len = text.len - at < 64 ? text.len - at : 64;

		assert_int_equal(bytes_append(&pem, (struct span){ text.data + at, len }), OK);
		assert_int_equal(bytes_append_byte(&pem, '\n'), OK);
	}
	assert_int_equal(bytes_append(&pem, span_text("-----END CERTIFICATE-----\n")), OK);
	assert_int_equal(judged(span_of(&pem)), EK_ACCEPTED);
	assert_int_equal(result.quirks & (EK_QUIRK_PEM | EK_QUIRK_PADDING), EK_QUIRK_PEM);

	pem.len /= 2;
	assert_int_equal(judged(span_of(&pem)), EK_MALFORMED);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < golden.len; len++)
		assert_int_equal(judged((struct span){ golden.data, len }), EK_MALFORMED);
}

static void no_flipped_byte_is_believed(void **state)
{
	AUTO_DONE(bytes) copy = { 0 };

	(void)state;
	assert_int_equal(bytes_copy(span_of(&golden), &copy), OK);
	for (size_t i = 0; i < copy.len; i++) {
		copy.data[i] ^= 0x01;
		assert_int_not_equal(judged(span_of(&copy)), EK_ACCEPTED);
		copy.data[i] ^= 0x81;
		assert_int_not_equal(judged(span_of(&copy)), EK_ACCEPTED);
		copy.data[i] ^= 0x80;
	}
}

#define PATCH(certificate, from, to)                                                               \
	maker_patch(certificate, (struct span){ from, sizeof(from) },                              \
		    (struct span){ to, sizeof(to) }, root_key)

static void odd_serials_are_a_named_quirk(void **state)
{
	static const uint8_t serial[] = { 0x02, 0x02, 0x01, 0x02 };
	static const uint8_t not_minimal[] = { 0x02, 0x02, 0x00, 0x02 };
	static const uint8_t negative[] = { 0x02, 0x02, 0x81, 0x02 };
	AUTO_DONE(bytes) first = stored((struct span){ 0 }, 0, 0);
	AUTO_DONE(bytes) second = stored((struct span){ 0 }, 0, 0);

	(void)state;
	PATCH(&first, serial, not_minimal);
	assert_int_equal(judged(span_of(&first)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_ODD_SERIAL) != 0);
	PATCH(&second, serial, negative);
	assert_int_equal(judged(span_of(&second)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_ODD_SERIAL) != 0);
	assert_int_equal(judged(span_of(&golden)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_ODD_SERIAL) == 0);
}

static void a_serial_that_is_not_minimal_is_still_found_in_a_crl(void **state)
{
	static const uint8_t serial[] = { 0x02, 0x02, 0x01, 0x02 };
	static const uint8_t not_minimal[] = { 0x02, 0x02, 0x00, 0x02 };
	AUTO_DONE(bytes) leaf = stored((struct span){ 0 }, 0, 0);
	struct crl_recipe recipe = { .issuer = "root",
				     .signer = root_key,
				     .revoked = 2,
				     .this_update = MAKER_NOW - 1,
				     .next_update = MAKER_NOW + 1 };
	AUTO_DONE(bytes) crl = maker_crl(&recipe);
	AUTO_DONE(ek_pool) crls = { 0 };
	struct ek_trust trust = { .roots = &roots, .crls = &crls, .at = MAKER_NOW };

	(void)state;
	PATCH(&leaf, serial, not_minimal);
	assert_int_equal(ek_pool_add_crls(&crls, span_of(&crl)), OK);
	ek_certificate_done(&result);
	assert_int_equal(ek_certificate_verify(span_of(&leaf), &trust, &result), OK);
	assert_int_equal(result.refusal, EK_REVOKED);
}

static void a_key_marked_oaep_is_read(void **state)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	static const uint8_t oaep[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7 };
	AUTO(EVP_PKEY) key = maker_rsa_key(2048);
	struct recipe leaf = golden_recipe();

	(void)state;
	leaf.key = key;
	leaf.key_usage = "critical,keyEncipherment";

	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&der)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_OAEP_KEY) == 0);
	PATCH(&der, rsa, oaep);
	assert_int_equal(judged(span_of(&der)), EK_ACCEPTED);
	assert_true((result.quirks & EK_QUIRK_OAEP_KEY) != 0);
	assert_string_equal(result.key_type, "rsa-2048");
	assert_int_equal(EVP_PKEY_eq(result.key, key), 1);
}

static void a_point_that_is_not_on_its_curve_is_refused(void **state)
{
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(ek_key, &spki);
	EVP_PKEY *key = NULL;
	bool is_oaep = false;

	(void)state;
	assert_true(len > 0);
	spki[len - 1] ^= 1;
	assert_int_equal(spki_key((struct span){ spki, (size_t)len }, &key, &is_oaep),
			 STATUS_UNSUPPORTED);
	OPENSSL_free(spki);
}

static void the_unsigned_algorithm_must_be_the_signed_one(void **state)
{
	AUTO_DONE(bytes) altered = maker_alter_outer_algorithm(span_of(&golden));

	(void)state;
	assert_int_equal(judged(span_of(&altered)), EK_MALFORMED);
}

static void another_version_is_refused(void **state)
{
	static const uint8_t version_3[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
	static const uint8_t version_2[] = { 0xa0, 0x03, 0x02, 0x01, 0x01 };
	AUTO_DONE(bytes) copy = stored((struct span){ 0 }, 0, 0);

	(void)state;
	PATCH(&copy, version_3, version_2);
	assert_int_equal(judged(span_of(&copy)), EK_MALFORMED);
}

static void what_no_nv_index_holds_is_refused(void **state)
{
	AUTO_DONE(bytes) full = stored((struct span){ 0 }, 65536 - golden.len, 0);
	AUTO_DONE(bytes) over = stored((struct span){ 0 }, 65537 - golden.len, 0);

	(void)state;
	assert_int_equal(judged(span_of(&full)), EK_ACCEPTED);
	assert_int_equal(judged(span_of(&over)), EK_MALFORMED);
}

static void a_serial_over_64_bytes_is_refused(void **state)
{
	struct recipe leaf = golden_recipe();

	(void)state;
	leaf.serial = 7;
	leaf.serial_bytes = 64;
	AUTO_DONE(bytes) longest = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&longest)), EK_ACCEPTED);
	leaf.serial_bytes = 65;
	AUTO_DONE(bytes) over = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&over)), EK_MALFORMED);
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
	struct recipe root = maker_root(rsa), leaf = golden_recipe();
	AUTO_DONE(ek_pool) pinned = { 0 };
	struct ek_trust trust = { .roots = &pinned, .at = MAKER_NOW, .allow_sha1 = true };

	leaf.signer = rsa;
	leaf.hash = hash;
	leaf.pss_mask_hash = mask;
	AUTO_DONE(bytes) root_der = maker_certificate(&root);
	AUTO_DONE(bytes) leaf_der = maker_certificate(&leaf);
	assert_int_equal(ek_pool_add_certificates(&pinned, span_of(&root_der)), OK);
	ek_certificate_done(&result);
	assert_int_equal(ek_certificate_verify(span_of(&leaf_der), &trust, &result), OK);
	return result.refusal;
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

static void too_many_extensions_are_refused(void **state)
{
	struct recipe leaf = golden_recipe();

	(void)state;
	leaf.more_extensions = 60;
	AUTO_DONE(bytes) full = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&full)), EK_ACCEPTED);
	leaf.more_extensions = 61;
	AUTO_DONE(bytes) over = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&over)), EK_MALFORMED);
}

static void an_extension_twice_is_refused(void **state)
{
	struct recipe leaf = golden_recipe();

	(void)state;
	leaf.critical_oid = "1.3.6.1.4.1.99999.1";
	leaf.more_extensions = 1;
	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&der)), EK_MALFORMED);
}

static void assert_time(uint8_t tag, const char *text, int64_t expected)
{
	int64_t seconds = 0;

	assert_int_equal(der_time_parse(tag, span_text(text), &seconds), OK);
	assert_int_equal(seconds, expected);
}

static void times_are_seconds_since_1970(void **state)
{
	(void)state;
	assert_time(DER_UTC_TIME, "700101000000Z", 0);
	assert_time(DER_UTC_TIME, "491231235959Z", 2524607999);
	assert_time(DER_UTC_TIME, "500101000000Z", -631152000);
	assert_time(DER_GENERALIZED_TIME, "20000229120000Z", 951825600);
	assert_time(DER_GENERALIZED_TIME, "99991231235959Z", 253402300799);
}

static void other_forms_of_time_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"7001010000Z",
		"700101000000",
		"700101000000+0100",
		"701301000000Z",
		"700100000000Z",
		"700101240000Z",
		"700101006000Z",
		"70010100000aZ",
		"700101000000Z\n",
		"19700101000000.5Z",
	};
	int64_t seconds = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(der_time_parse(DER_UTC_TIME, span_text(wrong[i]), &seconds),
				 STATUS_MALFORMED);
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
	struct recipe leaf = golden_recipe();
	struct public_area area = {
		.type = TPM_ALG_ECC,
		.curve = TPM_CURVE_P256,
		.x = { point + 2, 31 },
		.y = { point + 33, 32 },
	};

	(void)state;
	leaf.key = key;
	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(judged(span_of(&der)), EK_ACCEPTED);
	assert_true(ek_certificate_is_for(&result, &area));
	area.x = (struct span){ point + 1, 32 };
	assert_true(ek_certificate_is_for(&result, &area));
	assert_int_equal(judged(span_of(&golden)), EK_ACCEPTED);
	assert_false(ek_certificate_is_for(&result, &area));
}

static void a_file_without_a_certificate_adds_nothing(void **state)
{
	AUTO_DONE(ek_pool) pool = { 0 };

	(void)state;
	assert_int_equal(ek_pool_add_certificates(&pool, span_text("{}")), STATUS_NOT_FOUND);
	assert_int_equal(ek_pool_add_certificates(&pool, span_text("")), STATUS_NOT_FOUND);
	assert_int_equal(ek_pool_add_crls(&pool, span_of(&golden)), STATUS_MALFORMED);
	assert_int_equal(pool.count, 0);
}

static void every_quirk_and_refusal_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EK_QUIRKS; i++)
		assert_non_null(ek_quirk_name(1u << i));
	assert_null(ek_quirk_name(1u << EK_QUIRKS));
	for (unsigned i = EK_ACCEPTED; i <= EK_IS_CA; i++)
		assert_non_null(ek_refusal_name(i));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(padding_is_trimmed_by_the_der_length),
	cmocka_unit_test(the_stored_certificate_header_is_skipped),
	cmocka_unit_test(any_other_header_is_refused),
	cmocka_unit_test(pem_is_read_too),
	cmocka_unit_test(every_truncation_is_refused),
	cmocka_unit_test(no_flipped_byte_is_believed),
	cmocka_unit_test(odd_serials_are_a_named_quirk),
	cmocka_unit_test(a_serial_that_is_not_minimal_is_still_found_in_a_crl),
	cmocka_unit_test(a_key_marked_oaep_is_read),
	cmocka_unit_test(a_point_that_is_not_on_its_curve_is_refused),
	cmocka_unit_test(the_unsigned_algorithm_must_be_the_signed_one),
	cmocka_unit_test(another_version_is_refused),
	cmocka_unit_test(what_no_nv_index_holds_is_refused),
	cmocka_unit_test(a_serial_over_64_bytes_is_refused),
	cmocka_unit_test(rsa_keys_have_bounds),
	cmocka_unit_test(rsa_pss_counts_with_one_sha2_hash),
	cmocka_unit_test(too_many_extensions_are_refused),
	cmocka_unit_test(an_extension_twice_is_refused),
	cmocka_unit_test(times_are_seconds_since_1970),
	cmocka_unit_test(other_forms_of_time_are_refused),
	cmocka_unit_test(coordinates_without_their_leading_zero_are_the_same_key),
	cmocka_unit_test(a_file_without_a_certificate_adds_nothing),
	cmocka_unit_test(every_quirk_and_refusal_has_a_name),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
