/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "granted_scene.h"

static void the_grant_chains_to_the_root_for_its_time_only(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	int64_t start = GOLDEN_NOW;
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(verify_at(&g, g.grant, NULL, start), X509_V_OK);
	assert_int_equal(verify_at(&g, g.grant, NULL, start - GRANT_SKEW_S - 1),
			 X509_V_ERR_CERT_NOT_YET_VALID);
	assert_int_equal(verify_at(&g, g.grant, NULL, start + 599), X509_V_OK);
	assert_int_equal(verify_at(&g, g.grant, NULL, start + 601), X509_V_ERR_CERT_HAS_EXPIRED);
}

static void the_grant_is_for_the_certified_key(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(g.grant), g.scene.minting.key), 1);
}

static void the_profile_is_a_ca_of_depth_zero_for_signing(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(X509_check_ca(g.grant), 1);
	assert_int_equal(X509_get_pathlen(g.grant), 0);
	assert_int_equal(X509_get_key_usage(g.grant), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_get_version(g.grant), X509_VERSION_3);
	for (int i = 0; i < X509_get_ext_count(g.grant); i++) {
		X509_EXTENSION *extension = X509_get_ext(g.grant, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
		bool wanted = nid == NID_basic_constraints || nid == NID_key_usage ||
			      nid == NID_name_constraints;

		assert_int_equal(X509_EXTENSION_get_critical(extension), wanted);
	}
	assert_int_equal(X509_get_ext_count(g.grant), 6);
}

static void its_name_is_one_uri_without_a_path_and_a_random_subject(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	AUTO_DONE(bytes) id = { 0 };
	char subject[256];
	(void)state;

	granted_scene_init(&g);
	GENERAL_NAMES *names = X509_get_ext_d2i(g.grant, NID_subject_alt_name, NULL, NULL);
	assert_non_null(names);
	assert_int_equal(sk_GENERAL_NAME_num(names), 1);
	const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, 0);
	assert_int_equal(name->type, GEN_URI);
	assert_string_equal((const char *)ASN1_STRING_get0_data(name->d.ia5),
			    "spiffe://prod.example");
	GENERAL_NAMES_free(names);
	(void)X509_NAME_oneline(X509_get_subject_name(g.grant), subject, sizeof(subject));
	assert_non_null(strstr(subject, "/CN=node-"));
	assert_int_equal(node_id_append(&id, &g.scene.node), OK);
	assert_int_equal(bytes_append_byte(&id, 0), OK);
	id.data[16] = 0;
	assert_null(strstr(subject, (const char *)id.data));
}

static void a_node_issues_within_its_domain_and_nothing_else(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	assert_int_equal(
		verify_issued(&g, "critical,URI:spiffe://prod.example/web", "critical,CA:FALSE"),
		X509_V_OK);
	assert_int_equal(
		verify_issued(&g, "critical,URI:spiffe://other.example/web", "critical,CA:FALSE"),
		X509_V_ERR_PERMITTED_VIOLATION);
	assert_int_equal(verify_issued(&g, "critical,DNS:bank.example", "critical,CA:FALSE"),
			 X509_V_ERR_EXCLUDED_VIOLATION);
	assert_int_equal(verify_issued(&g, "critical,IP:192.0.2.1", "critical,CA:FALSE"),
			 X509_V_ERR_EXCLUDED_VIOLATION);
	assert_int_equal(verify_issued(&g, "critical,IP:2001:db8::1", "critical,CA:FALSE"),
			 X509_V_ERR_EXCLUDED_VIOLATION);
}

static void two_grants_share_neither_serial_nor_subject(void **state)
{
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	scene_attest(&g.scene);
	AUTO(X509) second = parse_certificate(g.scene.answer.commit.certificate);
	assert_int_not_equal(
		ASN1_INTEGER_cmp(X509_get0_serialNumber(g.grant), X509_get0_serialNumber(second)),
		0);
	assert_int_not_equal(
		X509_NAME_cmp(X509_get_subject_name(g.grant), X509_get_subject_name(second)), 0);
}

static struct bytes to_be_signed(const struct authority *a, const struct grant_request *request)
{
	AUTO_DONE(bytes) der = { 0 };
	struct bytes copy = { 0 };
	uint8_t *tbs = NULL;

	assert_int_equal(authority_grant(a, request, &der), OK);
	AUTO(X509) grant = parse_certificate(span_of(&der));
	int len = i2d_re_X509_tbs(grant, &tbs);

	assert_true(len > 0);
	assert_int_equal(X509_verify(grant, a->key), 1);
	assert_int_equal(bytes_copy((struct span){ tbs, (size_t)len }, &copy), OK);
	OPENSSL_free(tbs);
	return copy;
}

static void a_template_gives_what_openssl_would_encode(void **state)
{
	static const int64_t times[] = { 0, GOLDEN_NOW, GRANT_UTC_END - 600, GRANT_UTC_END };
	AUTO_DONE(granted_scene) g = { 0 };
	(void)state;

	granted_scene_init(&g);
	const struct authority *a = &g.scene.signer.keys.authorities[0];
	struct authority without = *a;

	without.grant = (struct grant_template){ 0 };
	assert_true(a->grant.tbs.len > 0);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		uint8_t x[32], y[32];
		struct grant_request request = { .x = x,
						 .y = y,
						 .name = { 0xff, (uint8_t)i },
						 .serial = { 0xff, 0, (uint8_t)i },
						 .issued = times[i] + GRANT_SKEW_S,
						 .expires = times[i] + 599 };

		memset(x, (int)i, sizeof(x));
		memset(y, 0x80, sizeof(y));
		AUTO_DONE(bytes) filled = to_be_signed(a, &request);
		AUTO_DONE(bytes) encoded = to_be_signed(&without, &request);
		assert_true(span_equal(span_of(&filled), span_of(&encoded)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grant_chains_to_the_root_for_its_time_only),
		cmocka_unit_test(the_grant_is_for_the_certified_key),
		cmocka_unit_test(the_profile_is_a_ca_of_depth_zero_for_signing),
		cmocka_unit_test(its_name_is_one_uri_without_a_path_and_a_random_subject),
		cmocka_unit_test(a_node_issues_within_its_domain_and_nothing_else),
		cmocka_unit_test(two_grants_share_neither_serial_nor_subject),
		cmocka_unit_test(a_template_gives_what_openssl_would_encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
