/* SPDX-License-Identifier: Apache-2.0 */
/* The one profile of certificate that a minting key signs: what the mint makes
 * passes, and each departure from it is refused by its name (s17). */
#include "unit.h"

#include <openssl/core_names.h>

#include "svid_scene.h"

static void what_the_mint_makes_is_accepted_and_leads_to_the_grant(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };

	(void)state;
	assert_int_equal(svid_scene_check(span_of(&made.svid.tbs), NOW), SVID_ACCEPTED);
	assert_true(made.svid.not_after <= NOW + LIFETIME_S);
	sign_with(made.granted.minting, span_of(&made.svid.tbs), &signature);
	assert_int_equal(svid_finish(&made.svid, &made.grant, span_of(&signature), &chain, &key),
			 OK);
	assert_true(span_starts_with(span_of(&chain), "-----BEGIN CERTIFICATE-----"));
	assert_true(span_starts_with(span_of(&key), "-----BEGIN PRIVATE KEY-----"));
}

static void a_signature_that_is_not_the_minting_keys_is_no_svid(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };

	(void)state;
	sign_with(made.granted.result, span_of(&made.svid.tbs), &signature);
	assert_int_equal(svid_finish(&made.svid, &made.grant, span_of(&signature), &chain, &key),
			 STATUS_MISMATCH);
	assert_int_equal(key.len, 0);
}

static void every_truncation_and_a_longer_tbs_are_refused(void **state)
{
	AUTO_DONE(bytes) longer = { 0 };

	(void)state;
	for (size_t len = 0; len < made.svid.tbs.len; len++)
		assert_int_equal(svid_scene_check((struct span){ made.svid.tbs.data, len }, NOW),
				 SVID_MALFORMED);
	assert_int_equal(bytes_copy(span_of(&made.svid.tbs), &longer), OK);
	assert_int_equal(bytes_append_byte(&longer, 0), OK);
	assert_int_equal(svid_scene_check(span_of(&longer), NOW), SVID_MALFORMED);
}

static void a_whole_certificate_is_no_tbs(void **state)
{
	(void)state;
	assert_int_equal(svid_scene_check(span_of(&made.granted.certificate), NOW), SVID_MALFORMED);
}

static void version_serial_and_issuer_are_checked(void **state)
{
	AUTO(X509) old = svid_scene_certificate();
	AUTO(X509) small = svid_scene_certificate();
	AUTO(X509) foreign = svid_scene_certificate();
	AUTO(X509_NAME) name = X509_NAME_new();

	(void)state;
	assert_int_equal(X509_set_version(old, X509_VERSION_2), 1);
	assert_int_not_equal(svid_scene_check_changed(old), SVID_ACCEPTED);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(small), 1), 1);
	assert_int_equal(svid_scene_check_changed(small), SVID_BAD_SERIAL);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const uint8_t *)"another", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_issuer_name(foreign, name), 1);
	assert_int_equal(svid_scene_check_changed(foreign), SVID_BAD_ISSUER);
}

static void another_signature_algorithm_is_refused(void **state)
{
	AUTO(X509) x = svid_scene_certificate();

	(void)state;
	assert_true(X509_sign(x, made.svid.key, EVP_sha384()) > 0);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_ALGORITHM);
}

static void validity_never_leaves_the_grant(void **state)
{
	AUTO(X509) late = svid_scene_certificate();
	AUTO(X509) early = svid_scene_certificate();
	AUTO(X509) empty = svid_scene_certificate();
	AUTO(X509) reversed = svid_scene_certificate();

	(void)state;
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(late), NOW + LIFETIME_S + 1));
	assert_int_equal(svid_scene_check_changed(late), SVID_BAD_VALIDITY);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(early), NOW - SVID_BACKDATE_S - 1));
	assert_int_equal(svid_scene_check_changed(early), SVID_BAD_VALIDITY);
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(empty), NOW - SVID_BACKDATE_S));
	assert_int_equal(svid_scene_check_changed(empty), SVID_BAD_VALIDITY);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(reversed), NOW + 20));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(reversed), NOW + 10));
	assert_int_equal(svid_scene_check_changed(reversed), SVID_BAD_VALIDITY);
	assert_int_equal(svid_scene_check(span_of(&made.svid.tbs), NOW + LIFETIME_S),
			 SVID_BAD_VALIDITY);
}

static void a_subject_is_refused(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	AUTO(X509_NAME) name = X509_NAME_new();

	(void)state;
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const uint8_t *)"www.example.org", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_SUBJECT);
}

static void the_minting_key_and_other_curves_are_no_leaf_keys(void **state)
{
	AUTO(X509) x = svid_scene_certificate();
	AUTO(EVP_PKEY) other = EVP_EC_gen("P-384");

	(void)state;
	assert_int_equal(X509_set_pubkey(x, made.granted.minting), 1);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_KEY);
	assert_int_equal(X509_set_pubkey(x, other), 1);
	assert_int_equal(svid_scene_check_changed(x), SVID_BAD_KEY);
}

/* SEC 1, 2.3.3: one key, several spellings; RFC 5480, 2.2 leaves hybrid ones out. */
static void a_point_has_one_spelling(void **state)
{
	static const char *const forms[] = { "hybrid", "compressed", "uncompressed" };
	AUTO(X509) x = svid_scene_certificate();
	(void)state;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");

		assert_int_equal(EVP_PKEY_set_utf8_string_param(
					 key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, forms[i]),
				 1);
		assert_int_equal(X509_set_pubkey(x, key), 1);
		assert_int_equal(svid_scene_check_changed(x), i < 2 ? SVID_BAD_KEY : SVID_ACCEPTED);
	}
}

static void an_extension_more_or_less_is_refused(void **state)
{
	static const int each[] = { NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
				    NID_authority_key_identifier, NID_subject_alt_name };
	AUTO(X509) more = svid_scene_certificate();

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		AUTO(X509) less = svid_scene_certificate();

		svid_scene_remove(less, each[i]);
		assert_int_equal(svid_scene_check_changed(less), SVID_BAD_EXTENSIONS);
		/* Five again, but one twice. */
		svid_scene_add(less,
			       NID_key_usage == each[i] ? NID_basic_constraints : NID_key_usage,
			       NID_key_usage == each[i] ? "critical,CA:FALSE"
							: "critical,digitalSignature");
		assert_int_equal(svid_scene_check_changed(less), SVID_BAD_EXTENSIONS);
	}
	svid_scene_add(more, NID_subject_key_identifier, "hash");
	assert_int_equal(svid_scene_check_changed(more), SVID_BAD_EXTENSIONS);
}

static void each_extension_has_one_value(void **state)
{
	static const struct {
		int nid;
		const char *value;
		enum svid_refusal refusal;
	} wrong[] = {
		{ NID_basic_constraints, "critical,CA:TRUE", SVID_BAD_BASIC_CONSTRAINTS },
		{ NID_basic_constraints, "CA:FALSE", SVID_BAD_EXTENSIONS },
		{ NID_key_usage, "critical,digitalSignature,keyCertSign", SVID_BAD_KEY_USAGE },
		{ NID_key_usage, "digitalSignature", SVID_BAD_EXTENSIONS },
		{ NID_key_usage, "critical,keyAgreement", SVID_BAD_KEY_USAGE },
		{ NID_ext_key_usage, "serverAuth", SVID_BAD_EXTENDED_KEY_USAGE },
		{ NID_ext_key_usage, "serverAuth,clientAuth,codeSigning",
		  SVID_BAD_EXTENDED_KEY_USAGE },
		{ NID_ext_key_usage, "serverAuth,serverAuth", SVID_BAD_EXTENDED_KEY_USAGE },
		{ NID_authority_key_identifier, "keyid:always,issuer:always",
		  SVID_BAD_AUTHORITY_KEY_ID },
		{ NID_ext_key_usage, "critical,serverAuth,clientAuth", SVID_BAD_EXTENSIONS },
		{ NID_authority_key_identifier, "critical,keyid:always", SVID_BAD_EXTENSIONS },
		{ NID_subject_alt_name, "URI:" ID, SVID_BAD_EXTENSIONS },
		{ NID_subject_alt_name, "critical,DNS:www.example.org", SVID_BAD_NAME },
		{ NID_subject_alt_name, "critical,URI:" ID ",DNS:www.example.org", SVID_BAD_NAME },
		{ NID_subject_alt_name, "critical,URI:" ID ",URI:" ID, SVID_BAD_NAME },
		{ NID_subject_alt_name, "critical,URI:spiffe://example.org/db/1",
		  SVID_NOT_ENTITLED },
		{ NID_subject_alt_name, "critical,URI:spiffe://other.org/web/1",
		  SVID_NOT_ENTITLED },
		{ NID_subject_alt_name, "critical,URI:https://example.org/web/1", SVID_BAD_NAME },
		{ NID_subject_alt_name, "critical,URI:" SELECTOR, SVID_NOT_ENTITLED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		AUTO(X509) x = svid_scene_certificate();

		svid_scene_replace(x, wrong[i].nid, wrong[i].value);
		assert_int_equal(svid_scene_check_changed(x), wrong[i].refusal);
	}
}

static void two_svids_share_neither_key_nor_serial(void **state)
{
	AUTO_DONE(svid) second = { 0 };

	(void)state;
	assert_int_equal(svid_make(&made.grant, ID, NOW, &second), OK);
	assert_int_not_equal(EVP_PKEY_eq(made.svid.key, second.key), 1);
	assert_false(span_equal(span_of(&made.svid.tbs), span_of(&second.tbs)));
}

/* What a grant that entitles to selectors makes of these names. */
static enum svid_refusal check_names(const char *names)
{
	AUTO_DONE(grant) entitled = { 0 };
	AUTO_DONE(svid) named = { 0 };
	AUTO_DONE(bytes) found = { 0 };
	enum svid_refusal refusal = SVID_MALFORMED;

	granted_sign(&made.granted, "trusted", NOW + LIFETIME_S, "spiffe://example.org/x509pop/**");
	granted_open(&made.granted, &entitled);
	assert_int_equal(svid_make(&entitled, names, NOW, &named), OK);
	assert_int_equal(svid_profile_check(span_of(&named.tbs), &entitled, NOW, &found, &refusal),
			 OK);
	if (refusal == SVID_ACCEPTED)
		assert_true(span_equal(span_of(&found), span_text(names)));
	return refusal;
}

static void selectors_for_a_spire_server_stand_alone(void **state)
{
	static const struct {
		const char *names;
		enum svid_refusal refusal;
	} cases[] = {
		{ SELECTOR, SVID_ACCEPTED },
		{ SELECTOR " x509pop://example.org/region/eu/north", SVID_ACCEPTED },
		{ "x509pop://other.example/class/web", SVID_NOT_ENTITLED },
		/* SPIRE leaves out what has no value. */
		{ "x509pop://example.org/class", SVID_BAD_NAME },
		{ "x509pop://example.org/class/", SVID_BAD_NAME },
		{ "x509pop://example.org//web", SVID_BAD_NAME },
		{ "x509pop://example.org/class/../admin", SVID_BAD_NAME },
		{ "x509pop://example.org/class/we%62", SVID_BAD_NAME },
		{ "x509pop:///class/web", SVID_BAD_NAME },
		{ "X509POP://example.org/class/web", SVID_BAD_NAME },
		/* The last one would count there. */
		{ SELECTOR " x509pop://example.org/class/admin", SVID_BAD_NAME },
		{ SELECTOR " x509pop://other.example/region/eu", SVID_BAD_NAME },
		/* Somebody would take it for an SVID. */
		{ SELECTOR " spiffe://example.org/x509pop/class/web", SVID_BAD_NAME },
		{ "spiffe://example.org/x509pop/class/web " SELECTOR, SVID_BAD_NAME },
		{ "x509pop://example.org/1/a x509pop://example.org/2/a x509pop://example.org/3/a "
		  "x509pop://example.org/4/a x509pop://example.org/5/a x509pop://example.org/6/a "
		  "x509pop://example.org/7/a x509pop://example.org/8/a x509pop://example.org/9/a",
		  SVID_BAD_NAME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(check_names(cases[i].names), cases[i].refusal);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, svid_scene_begin, svid_scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_mint_makes_is_accepted_and_leads_to_the_grant),
		TEST(a_signature_that_is_not_the_minting_keys_is_no_svid),
		TEST(every_truncation_and_a_longer_tbs_are_refused),
		TEST(a_whole_certificate_is_no_tbs),
		TEST(version_serial_and_issuer_are_checked),
		TEST(another_signature_algorithm_is_refused),
		TEST(validity_never_leaves_the_grant),
		TEST(a_subject_is_refused),
		TEST(the_minting_key_and_other_curves_are_no_leaf_keys),
		TEST(a_point_has_one_spelling),
		TEST(an_extension_more_or_less_is_refused),
		TEST(each_extension_has_one_value),
		TEST(selectors_for_a_spire_server_stand_alone),
		TEST(two_svids_share_neither_key_nor_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
