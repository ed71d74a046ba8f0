/* SPDX-License-Identifier: Apache-2.0 */
/* The one profile of certificate that a minting key signs: what the mint makes
 * passes, and each departure from it is refused by its name (s17). */
#include "unit.h"

#include <openssl/core_names.h>
#include <time.h>

#include "attestd/mint/identity/svid.h"
#include "attestd/svid_profile.h"
#include "attestd_grant.h"

#define ID "spiffe://example.org/web/1"
#define SELECTOR "x509pop://example.org/class/web"

static struct granted granted;
static struct grant grant;
static struct svid svid;

static int make(void **state)
{
	(void)state;
	granted_init(&granted);
	granted_open(&granted, &grant);
	assert_int_equal(svid_make(&grant, ID, NOW, &svid), OK);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	svid_done(&svid);
	grant_done(&grant);
	granted_done(&granted);
	return 0;
}

static enum svid_refusal check_at(struct span tbs, int64_t now)
{
	AUTO_DONE(bytes) names = { 0 };
	enum svid_refusal refusal = SVID_MALFORMED;

	assert_int_equal(svid_profile_check(tbs, &grant, now, &names, &refusal), OK);
	assert_true((names.len > 0) == (refusal == SVID_ACCEPTED));
	return refusal;
}

/* The mint's certificate, to be changed and encoded again. */
static X509 *mine(void)
{
	AUTO_DONE(bytes) der = { 0 };

	assert_int_equal(svid_assemble(span_of(&svid.tbs), span_of(&granted.signature), &der), OK);

	const uint8_t *p = der.data;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	assert_non_null(x);
	return x;
}

static enum svid_refusal check_changed(X509 *x)
{
	uint8_t *tbs = NULL;
	int len = i2d_re_X509_tbs(x, &tbs);

	assert_true(len > 0);

	enum svid_refusal refusal = check_at((struct span){ tbs, (size_t)len }, NOW);

	OPENSSL_free(tbs);
	return refusal;
}

static void remove_extension(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx = { 0 };

	X509V3_set_ctx(&ctx, grant.certificate, x, NULL, NULL, 0);

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
}

static void replace_extension(X509 *x, int nid, const char *value)
{
	remove_extension(x, nid);
	add_extension(x, nid, value);
}

static void what_the_mint_makes_is_accepted_and_leads_to_the_grant(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };

	(void)state;
	assert_int_equal(check_at(span_of(&svid.tbs), NOW), SVID_ACCEPTED);
	assert_true(svid.not_after <= NOW + LIFETIME_S);
	sign_with(granted.minting, span_of(&svid.tbs), &signature);
	assert_int_equal(svid_finish(&svid, &grant, span_of(&signature), &chain, &key), OK);
	assert_true(span_starts_with(span_of(&chain), "-----BEGIN CERTIFICATE-----"));
	assert_true(span_starts_with(span_of(&key), "-----BEGIN PRIVATE KEY-----"));
}

static void a_signature_that_is_not_the_minting_keys_is_no_svid(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };

	(void)state;
	sign_with(granted.result, span_of(&svid.tbs), &signature);
	assert_int_equal(svid_finish(&svid, &grant, span_of(&signature), &chain, &key),
			 STATUS_MISMATCH);
	assert_int_equal(key.len, 0);
}

static void every_truncation_and_a_longer_tbs_are_refused(void **state)
{
	AUTO_DONE(bytes) longer = { 0 };

	(void)state;
	for (size_t len = 0; len < svid.tbs.len; len++)
		assert_int_equal(check_at((struct span){ svid.tbs.data, len }, NOW),
				 SVID_MALFORMED);
	assert_int_equal(bytes_copy(span_of(&svid.tbs), &longer), OK);
	assert_int_equal(bytes_append_byte(&longer, 0), OK);
	assert_int_equal(check_at(span_of(&longer), NOW), SVID_MALFORMED);
}

static void a_whole_certificate_is_no_tbs(void **state)
{
	(void)state;
	assert_int_equal(check_at(span_of(&granted.certificate), NOW), SVID_MALFORMED);
}

static void version_serial_and_issuer_are_checked(void **state)
{
	AUTO(X509) old = mine();
	AUTO(X509) small = mine();
	AUTO(X509) foreign = mine();
	AUTO(X509_NAME) name = X509_NAME_new();

	(void)state;
	assert_int_equal(X509_set_version(old, X509_VERSION_2), 1);
	assert_int_not_equal(check_changed(old), SVID_ACCEPTED);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(small), 1), 1);
	assert_int_equal(check_changed(small), SVID_BAD_SERIAL);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const uint8_t *)"another", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_issuer_name(foreign, name), 1);
	assert_int_equal(check_changed(foreign), SVID_BAD_ISSUER);
}

static void a_negative_serial_is_refused(void **state)
{
	AUTO(X509) x = mine();
	AUTO(BIGNUM) number = NULL;

	(void)state;
	assert_true(BN_dec2bn(&number, "-1234567890123456789012345") > 0);
	assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)));
	assert_int_equal(check_changed(x), SVID_BAD_SERIAL);
}

/* The mint's certificate with this serial number, byte for byte. */
static enum svid_refusal check_serial(struct span serial)
{
	AUTO_DONE(bytes) tbs = { 0 };
	uint8_t *point = NULL;
	struct svid_tbs fields = {
		.serial = serial, .from = NOW, .until = NOW + LIFETIME_S, .names = span_text(ID)
	};

	fields.point.len = EVP_PKEY_get1_encoded_public_key(svid.key, &point);
	fields.point.data = point;
	assert_true(grant_issuer(&grant, &fields.issuer, &fields.authority));
	assert_int_equal(svid_tbs_write(&fields, &tbs), OK);
	OPENSSL_free(point);
	return check_at(span_of(&tbs), NOW);
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

static void another_signature_algorithm_is_refused(void **state)
{
	AUTO(X509) x = mine();

	(void)state;
	assert_true(X509_sign(x, svid.key, EVP_sha384()) > 0);
	assert_int_equal(check_changed(x), SVID_BAD_ALGORITHM);
}

static void validity_never_leaves_the_grant(void **state)
{
	AUTO(X509) late = mine();
	AUTO(X509) early = mine();
	AUTO(X509) empty = mine();

	(void)state;
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(late), NOW + LIFETIME_S + 1));
	assert_int_equal(check_changed(late), SVID_BAD_VALIDITY);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(early), NOW - SVID_BACKDATE_S - 1));
	assert_int_equal(check_changed(early), SVID_BAD_VALIDITY);
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(empty), NOW - SVID_BACKDATE_S));
	assert_int_equal(check_changed(empty), SVID_BAD_VALIDITY);
	assert_int_equal(check_at(span_of(&svid.tbs), NOW + LIFETIME_S), SVID_BAD_VALIDITY);
}

static void a_subject_is_refused(void **state)
{
	AUTO(X509) x = mine();
	AUTO(X509_NAME) name = X509_NAME_new();

	(void)state;
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const uint8_t *)"www.example.org", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_subject_name(x, name), 1);
	assert_int_equal(check_changed(x), SVID_BAD_SUBJECT);
}

static void the_minting_key_and_other_curves_are_no_leaf_keys(void **state)
{
	AUTO(X509) x = mine();
	AUTO(EVP_PKEY) other = EVP_EC_gen("P-384");

	(void)state;
	assert_int_equal(X509_set_pubkey(x, granted.minting), 1);
	assert_int_equal(check_changed(x), SVID_BAD_KEY);
	assert_int_equal(X509_set_pubkey(x, other), 1);
	assert_int_equal(check_changed(x), SVID_BAD_KEY);
}

static void an_extension_more_or_less_is_refused(void **state)
{
	static const int each[] = { NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
				    NID_authority_key_identifier, NID_subject_alt_name };
	AUTO(X509) more = mine();

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		AUTO(X509) less = mine();

		remove_extension(less, each[i]);
		assert_int_equal(check_changed(less), SVID_BAD_EXTENSIONS);
		/* Five again, but one twice. */
		add_extension(less,
			      NID_key_usage == each[i] ? NID_basic_constraints : NID_key_usage,
			      NID_key_usage == each[i] ? "critical,CA:FALSE"
						       : "critical,digitalSignature");
		assert_int_equal(check_changed(less), SVID_BAD_EXTENSIONS);
	}
	add_extension(more, NID_subject_key_identifier, "hash");
	assert_int_equal(check_changed(more), SVID_BAD_EXTENSIONS);
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
		AUTO(X509) x = mine();

		replace_extension(x, wrong[i].nid, wrong[i].value);
		assert_int_equal(check_changed(x), wrong[i].refusal);
	}
}

static void a_nul_inside_the_name_does_not_end_it(void **state)
{
	static const char name[] = ID "\0.evil";
	AUTO(X509) x = mine();
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	(void)state;
	assert_int_equal(ASN1_STRING_set(uri, name, sizeof(name) - 1), 1);
	GENERAL_NAME_set0_value(one, GEN_URI, uri);
	assert_true(sk_GENERAL_NAME_push(names, one) > 0);
	remove_extension(x, NID_subject_alt_name);
	assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0), 1);
	GENERAL_NAMES_free(names);
	assert_int_equal(check_changed(x), SVID_BAD_NAME);
}

/* OpenSSL reads over them; who else would is not asked. */
static void bytes_after_an_extensions_value_are_refused(void **state)
{
	(void)state;
	for (int at = 0; at < 5; at++) {
		AUTO(X509) x = mine();
		ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, at));
		AUTO_DONE(bytes) longer = { 0 };

		assert_int_equal(bytes_copy((struct span){ ASN1_STRING_get0_data(value),
							   (size_t)ASN1_STRING_length(value) },
					    &longer),
				 OK);
		assert_int_equal(bytes_append(&longer, span_text("\x30\x03\x01\x01\xff")), OK);
		assert_int_equal(ASN1_STRING_set(value, longer.data, (int)longer.len), 1);
		assert_int_equal(check_changed(x), SVID_BAD_EXTENSIONS);
	}
}

static void names_have_one_spelling(void **state)
{
	static const uint8_t one_empty_set[] = { 0x30, 0x02, 0x31, 0x00 };
	const uint8_t *p = one_empty_set;
	AUTO(X509) x = mine();
	AUTO(X509) y = mine();
	AUTO(X509_NAME) hollow = d2i_X509_NAME(NULL, &p, sizeof(one_empty_set));
	AUTO(X509_NAME) upper = X509_NAME_new();
	char own[64];

	(void)state;
	assert_non_null(hollow);
	assert_int_equal(X509_set_subject_name(x, hollow), 1);
	assert_int_equal(check_changed(x), SVID_BAD_SUBJECT);

	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(grant.certificate),
					      NID_commonName, own, sizeof(own)) > 0);
	own[0] = 'N';
	assert_int_equal(X509_NAME_add_entry_by_txt(upper, "CN", V_ASN1_UTF8STRING,
						    (const uint8_t *)own, -1, -1, 0),
			 1);
	/* One name for OpenSSL. */
	assert_int_equal(X509_NAME_cmp(upper, X509_get_subject_name(grant.certificate)), 0);
	assert_int_equal(X509_set_issuer_name(y, upper), 1);
	assert_int_equal(check_changed(y), SVID_BAD_ISSUER);
}

static void times_have_one_spelling(void **state)
{
	AUTO(X509) x = mine();
	struct tm tm;
	char text[32];

	(void)state;
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_true(strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) > 0);
	/* The same second, as GeneralizedTime. */
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), text), 1);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)), V_ASN1_GENERALIZEDTIME);
	assert_int_equal(check_changed(x), SVID_BAD_VALIDITY);
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
	AUTO(X509) x = mine();

	(void)state;
	set_key(x, "uncompressed", "explicit");
	assert_int_equal(check_changed(x), SVID_BAD_KEY);
	set_key(x, "compressed", "named_curve");
	assert_int_equal(check_changed(x), SVID_BAD_KEY);
	set_key(x, "uncompressed", "named_curve");
	assert_int_equal(check_changed(x), SVID_ACCEPTED);
}

static void two_svids_share_neither_key_nor_serial(void **state)
{
	AUTO_DONE(svid) second = { 0 };

	(void)state;
	assert_int_equal(svid_make(&grant, ID, NOW, &second), OK);
	assert_int_not_equal(EVP_PKEY_eq(svid.key, second.key), 1);
	assert_false(span_equal(span_of(&svid.tbs), span_of(&second.tbs)));
}

/* What a grant that entitles to selectors makes of these names. */
static enum svid_refusal check_names(const char *names)
{
	AUTO_DONE(grant) entitled = { 0 };
	AUTO_DONE(svid) named = { 0 };
	AUTO_DONE(bytes) found = { 0 };
	enum svid_refusal refusal = SVID_MALFORMED;

	granted_sign(&granted, "trusted", NOW + LIFETIME_S, "spiffe://example.org/x509pop/**");
	granted_open(&granted, &entitled);
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

/* What OpenSSL makes of the bytes: the writer and its reader here could agree on a form
 * that is none. */
static void others_read_what_the_mint_writes(void **state)
{
	AUTO(X509) x = mine();
	uint8_t *again = NULL;
	int len = i2d_re_X509_tbs(x, &again);
	int64_t from = 0, until = 0;

	(void)state;
	assert_true(span_equal(span_of(&svid.tbs), (struct span){ again, (size_t)len }));
	OPENSSL_free(again);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), svid.key), 1);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER | XKU_SSL_CLIENT);
	assert_int_equal(X509_check_issued(grant.certificate, x), X509_V_OK);
	assert_true(grant_validity(&(struct grant){ .certificate = x }, &from, &until));
	assert_int_equal(until, svid.not_after);
	assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1), 4);
	/* Each extension is as OpenSSL itself writes it. */
	replace_extension(x, NID_subject_alt_name, "critical,URI:" ID);
	assert_int_equal(check_changed(x), SVID_ACCEPTED);
}

static void a_key_is_written_as_others_write_it(void **state)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(svid.key);
	uint8_t *wanted = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &wanted);

	(void)state;
	sign_with(granted.minting, span_of(&svid.tbs), &signature);
	assert_int_equal(svid_finish_der(&svid, &grant, span_of(&signature), &chain, &key), OK);
	assert_true(span_equal(span_of(&key), (struct span){ wanted, (size_t)len }));
	OPENSSL_free(wanted);
	PKCS8_PRIV_KEY_INFO_free(info);
	bytes_wipe(&key);
}

static void what_is_written_otherwise_is_refused(void **state)
{
	AUTO(X509) x = mine();
	AUTO(X509_EXTENSION) first = X509_delete_ext(x, 0);
	AUTO_DONE(bytes) padded = { 0 };
	struct span tbs = span_of(&svid.tbs);
	/* The same length in one byte more. */
	const uint8_t longer[] = { 0x30, 0x83, 0, tbs.data[2], tbs.data[3] };

	(void)state;
	/* The same five, in another order. */
	assert_int_equal(X509_add_ext(x, first, -1), 1);
	assert_int_equal(check_changed(x), SVID_MALFORMED);
	assert_int_equal(tbs.data[1], 0x82);
	assert_int_equal(bytes_append(&padded, (struct span){ longer, sizeof(longer) }), OK);
	assert_int_equal(bytes_append(&padded, (struct span){ tbs.data + 4, tbs.len - 4 }), OK);
	assert_int_equal(check_at(span_of(&padded), NOW), SVID_MALFORMED);
}

static void a_point_beside_the_curve_is_no_key(void **state)
{
	AUTO_DONE(bytes) tbs = { 0 };
	uint8_t *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(svid.key, &point);
	uint8_t *at;

	(void)state;
	assert_int_equal(bytes_copy(span_of(&svid.tbs), &tbs), OK);
	at = memmem(tbs.data, tbs.len, point, len);
	assert_non_null(at);
	at[len - 1] ^= 1;
	assert_int_equal(check_at(span_of(&tbs), NOW), SVID_BAD_KEY);
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
		AUTO(X509) x = mine();
		GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

		push_uri(names, SELECTOR);
		push_uri(names, odd[i]);
		remove_extension(x, NID_subject_alt_name);
		assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0), 1);
		GENERAL_NAMES_free(names);
		assert_int_equal(check_changed(x), SVID_BAD_NAME);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_mint_makes_is_accepted_and_leads_to_the_grant),
		TEST(a_signature_that_is_not_the_minting_keys_is_no_svid),
		TEST(every_truncation_and_a_longer_tbs_are_refused),
		TEST(a_whole_certificate_is_no_tbs),
		TEST(version_serial_and_issuer_are_checked),
		TEST(a_negative_serial_is_refused),
		TEST(a_serial_has_one_spelling_and_twenty_bytes),
		TEST(another_signature_algorithm_is_refused),
		TEST(validity_never_leaves_the_grant),
		TEST(a_subject_is_refused),
		TEST(the_minting_key_and_other_curves_are_no_leaf_keys),
		TEST(an_extension_more_or_less_is_refused),
		TEST(each_extension_has_one_value),
		TEST(a_nul_inside_the_name_does_not_end_it),
		TEST(bytes_after_an_extensions_value_are_refused),
		TEST(names_have_one_spelling),
		TEST(times_have_one_spelling),
		TEST(a_curve_in_parameters_and_a_compressed_point_are_refused),
		TEST(selectors_for_a_spire_server_stand_alone),
		TEST(an_empty_name_and_a_space_make_no_other_names),
		TEST(others_read_what_the_mint_writes),
		TEST(a_key_is_written_as_others_write_it),
		TEST(what_is_written_otherwise_is_refused),
		TEST(a_point_beside_the_curve_is_no_key),
		TEST(two_svids_share_neither_key_nor_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
