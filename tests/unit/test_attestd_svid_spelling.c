/* SPDX-License-Identifier: Apache-2.0 */
/* An SVID has one spelling: what the mint writes is what others read, and nothing that
 * they would read otherwise is signed (s17). */
#include "unit.h"

#include <openssl/core_names.h>

#include "svid_scene.h"

static void a_negative_serial_is_refused(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	AUTO(BIGNUM) number = NULL;

	(void)state;
	assert_true(BN_dec2bn(&number, "-1234567890123456789012345") > 0);
	assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)));
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_SERIAL);
}

/* The mint's certificate with this serial number, byte for byte. */
static enum svid_refusal check_serial(struct span serial)
{
	AUTO_DONE(bytes) tbs = { 0 };
	uint8_t *point = NULL;
	struct svid_tbs fields = {
		.serial = serial, .from = NOW, .until = NOW + LIFETIME_S, .names = span_text(ID)
	};

	fields.point.len = EVP_PKEY_get1_encoded_public_key(made.svid.key, &point);
	fields.point.data = point;
	assert_true(grant_issuer(&made.grant, &fields.issuer, &fields.authority));
	assert_int_equal(svid_tbs_write(&fields, &tbs), OK);
	OPENSSL_free(point);
	return svid_scene_check(span_of(&tbs), NOW);
}

static void a_serial_has_one_spelling_and_twenty_bytes(void **state)
{
	static const struct {
		uint8_t first[3];
		size_t len;
		enum svid_refusal refusal;
	} cases[] = {
		{ { 0x01, 0x02, 0x03 }, 8, SVID_ACCEPTED },
		{ { 0x7f, 0xff, 0xff }, 20, SVID_ACCEPTED },
		{ { 0x00, 0x80, 0x00 }, 9, SVID_ACCEPTED },
		{ { 0x00, 0x80, 0x00 }, 20, SVID_ACCEPTED },
		{ { 0x00, 0x80, 0x00 }, 21, SVID_BAD_SERIAL },
		{ { 0x01, 0x00, 0x00 }, 21, SVID_BAD_SERIAL },
		{ { 0x01, 0x02, 0x03 }, 7, SVID_BAD_SERIAL },
		{ { 0x80, 0x00, 0x00 }, 16, SVID_BAD_SERIAL },
		{ { 0x00, 0x7f, 0xff }, 16, SVID_BAD_SERIAL },
		{ { 0x00, 0x00, 0x80 }, 16, SVID_BAD_SERIAL },
		{ { 0x00, 0x00, 0x01 }, 20, SVID_BAD_SERIAL },
		{ { 0 }, 0, SVID_BAD_SERIAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t serial[24];

		memset(serial, 0x5a, sizeof(serial));
		memcpy(serial, cases[i].first, sizeof(cases[i].first));
		if (check_serial((struct span){ serial, cases[i].len }) != cases[i].refusal)
			fail_msg("case %zu", i);
	}
}

static void a_nul_inside_the_name_does_not_end_it(void **state)
{
	static const char name[] = ID "\0.evil";
	AUTO(X509) x = svid_scene_certificate();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	(void)state;
	assert_int_equal(ASN1_STRING_set(uri, name, sizeof(name) - 1), 1);
	GENERAL_NAME_set0_value(one, GEN_URI, uri);
	assert_true(sk_GENERAL_NAME_push(names, one) > 0);
	svid_scene_remove(x, NID_subject_alt_name);
	assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0), 1);
	GENERAL_NAMES_free(names);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_NAME);
}

/* OpenSSL reads over them; who else would is not asked. */
static void bytes_after_an_extensions_value_are_refused(void **state)
{
	(void)state;
	for (int at = 0; at < 5; at++) {
		AUTO(X509) x = svid_scene_certificate();
		ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, at));
		AUTO_DONE(bytes) longer = { 0 };

		assert_int_equal(bytes_copy((struct span){ ASN1_STRING_get0_data(value),
							   (size_t)ASN1_STRING_length(value) },
					    &longer),
				 OK);
		assert_int_equal(bytes_append(&longer, span_text("\x30\x03\x01\x01\xff")), OK);
		assert_int_equal(ASN1_STRING_set(value, longer.data, (int)longer.len), 1);
		assert_int_equal(svid_scene_check_changed(x), SVID_BAD_EXTENSIONS);
	}
}

static void names_have_one_spelling(void **state)
{
	static const uint8_t one_empty_set[] = { 0x30, 0x02, 0x31, 0x00 };
	const uint8_t *p = one_empty_set;
	AUTO(X509) x = svid_scene_certificate();
	AUTO(X509) y = svid_scene_certificate();
	AUTO(X509_NAME) hollow = d2i_X509_NAME(NULL, &p, sizeof(one_empty_set));
	AUTO(X509_NAME) upper = X509_NAME_new();
	char own[64];

	(void)state;
	assert_non_null(hollow);
	assert_int_equal(X509_set_subject_name(x, hollow), 1);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_SUBJECT);

	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(made.grant.certificate),
					      NID_commonName, own, sizeof(own)) > 0);
	own[0] = 'N';
	assert_int_equal(X509_NAME_add_entry_by_txt(upper, "CN", V_ASN1_UTF8STRING,
						    (const uint8_t *)own, -1, -1, 0),
			 1);
	/* One name for OpenSSL. */
	assert_int_equal(X509_NAME_cmp(upper, X509_get_subject_name(made.grant.certificate)), 0);
	assert_int_equal(X509_set_issuer_name(y, upper), 1);
	assert_int_equal(svid_scene_check_changed(y), SVID_BAD_ISSUER);
}

static void times_have_one_spelling(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	struct tm tm;
	char text[32];

	(void)state;
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_true(strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) > 0);
	/* The same second, as GeneralizedTime. */
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), text), 1);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)), V_ASN1_GENERALIZEDTIME);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_VALIDITY);
}

static void set_key(X509 *x, const char *format, const char *encoding)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(
				 key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, format),
			 1);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding),
			 1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
}

static void a_curve_in_parameters_and_a_compressed_point_are_refused(void **state)
{
	AUTO(X509) x = svid_scene_certificate();

	(void)state;
	set_key(x, "uncompressed", "explicit");
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_KEY);
	set_key(x, "compressed", "named_curve");
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_KEY);
	set_key(x, "uncompressed", "named_curve");
	assert_int_equal(svid_scene_check_changed(x), SVID_ACCEPTED);
}

/* What OpenSSL makes of the bytes: the writer and its reader here could agree on a form
 * that is none. */
static void others_read_what_the_mint_writes(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	uint8_t *again = NULL;
	int len = i2d_re_X509_tbs(x, &again);
	int64_t from = 0, until = 0;

	(void)state;
	assert_true(span_equal(span_of(&made.svid.tbs), (struct span){ again, (size_t)len }));
	OPENSSL_free(again);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), made.svid.key), 1);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER | XKU_SSL_CLIENT);
	assert_int_equal(X509_check_issued(made.grant.certificate, x), X509_V_OK);
	assert_true(grant_validity(&(struct grant){ .certificate = x }, &from, &until));
	assert_int_equal(until, made.svid.not_after);
	assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), 4);
	/* Each extension is as OpenSSL itself writes it. */
	svid_scene_replace(x, NID_subject_alt_name, "critical,URI:" ID);
	assert_int_equal(svid_scene_check_changed(x), SVID_ACCEPTED);
}

static void a_key_is_written_as_others_write_it(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(made.svid.key);
	uint8_t *wanted = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &wanted);

	(void)state;
	sign_with(made.granted.minting, span_of(&made.svid.tbs), &signature);
	assert_int_equal(
		svid_finish_der(&made.svid, &made.grant, span_of(&signature), &chain, &key), OK);
	assert_true(span_equal(span_of(&key), (struct span){ wanted, (size_t)len }));
	OPENSSL_free(wanted);
	PKCS8_PRIV_KEY_INFO_free(info);
	bytes_wipe(&key);
}

static void what_is_written_otherwise_is_refused(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	AUTO(X509_EXTENSION) first = X509_delete_ext(x, 0);
	AUTO_DONE(bytes) padded = { 0 };
	struct span tbs = span_of(&made.svid.tbs);
	/* The same length in one byte more. */
	const uint8_t longer[] = { 0x30, 0x83, 0, tbs.data[2], tbs.data[3] };

	(void)state;
	/* The same five, in another order. */
	assert_int_equal(X509_add_ext(x, first, -1), 1);
	assert_int_equal(svid_scene_check_changed(x), SVID_MALFORMED);
	assert_int_equal(tbs.data[1], 0x82);
	assert_int_equal(bytes_append(&padded, (struct span){ longer, sizeof(longer) }), OK);
	assert_int_equal(bytes_append(&padded, (struct span){ tbs.data + 4, tbs.len - 4 }), OK);
	assert_int_equal(svid_scene_check(span_of(&padded), NOW), SVID_MALFORMED);
}

static void a_point_beside_the_curve_is_no_key(void **state)
{
	AUTO_DONE(bytes) tbs = { 0 };
	uint8_t *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(made.svid.key, &point);
	uint8_t *at;

	(void)state;
	assert_int_equal(bytes_copy(span_of(&made.svid.tbs), &tbs), OK);
	at = memmem(tbs.data, tbs.len, point, len);
	assert_non_null(at);
	at[len - 1] ^= 1;
	assert_int_equal(svid_scene_check(span_of(&tbs), NOW), SVID_BAD_KEY);
	OPENSSL_free(point);
}

static void push_uri(GENERAL_NAMES *names, const char *text)
{
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(uri, text, -1), 1);
	GENERAL_NAME_set0_value(one, GEN_URI, uri);
	assert_true(sk_GENERAL_NAME_push(names, one) > 0);
}

static void an_empty_name_and_a_space_make_no_other_names(void **state)
{
	static const char *const odd[] = {
		"", "x509pop://example.org/region/eu x509pop://example.org/zone/a"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		AUTO(X509) x = svid_scene_certificate();
		GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

		push_uri(names, SELECTOR);
		push_uri(names, odd[i]);
		svid_scene_remove(x, NID_subject_alt_name);
		assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0), 1);
		GENERAL_NAMES_free(names);
		assert_int_equal(svid_scene_check_changed(x), SVID_BAD_NAME);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, svid_scene_begin, svid_scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_negative_serial_is_refused),
		TEST(a_serial_has_one_spelling_and_twenty_bytes),
		TEST(a_nul_inside_the_name_does_not_end_it),
		TEST(bytes_after_an_extensions_value_are_refused),
		TEST(names_have_one_spelling),
		TEST(times_have_one_spelling),
		TEST(a_curve_in_parameters_and_a_compressed_point_are_refused),
		TEST(an_empty_name_and_a_space_make_no_other_names),
		TEST(others_read_what_the_mint_writes),
		TEST(a_key_is_written_as_others_write_it),
		TEST(what_is_written_otherwise_is_refused),
		TEST(a_point_beside_the_curve_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
