/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "ek_fixture.h"

static void a_good_certificate_is_believed_and_described(void **state)
{
	(void)state;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.chain_len, 2);
	assert_string_equal(f->result.chain[0].subject, "CN=maker");
	assert_string_equal(f->result.chain[1].subject, "CN=root");
	assert_string_equal(f->result.manufacturer, "id:421");
	assert_string_equal(f->result.model, "SLB 9");
	assert_string_equal(f->result.version, "id:1?");
	assert_string_equal(f->result.key_type, "p-256");
	assert_int_equal(f->result.quirks, EK_QUIRK_CRITICAL_SAN | EK_QUIRK_NO_AUTHORITY_KEY_ID);
	assert_int_equal(EVP_PKEY_eq(f->result.key, f->ek_key), 1);
	assert_int_equal(f->result.revocation_checked, 0);
}

static void the_node_id_is_the_digest_of_the_key_as_the_certificate_has_it(void **state)
{
	unsigned char *spki = NULL;
	struct digest expected;

	(void)state;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);

	int len = i2d_PUBKEY(f->ek_key, &spki);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &expected),
			 OK);
	OPENSSL_free(spki);
	assert_true(digest_equal(&expected, &f->result.spki_sha256));
}

static void without_its_issuer_there_is_no_path(void **state)
{
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	(void)state;
	ek_fixture_pool(&f->roots, &f->root);
	assert_int_equal(ek_judged(span_of(&leaf)), EK_NO_PATH);
	assert_int_equal(f->result.refused_depth, 0);
}

static void a_root_that_is_not_pinned_is_no_root(void **state)
{
	struct recipe pinned = maker_root(f->other_key);

	(void)state;
	ek_fixture_pool(&f->intermediates, &f->maker);
	ek_fixture_pool(&f->intermediates, &f->root);
	pinned.subject = pinned.issuer = "another root";
	ek_fixture_pool(&f->roots, &pinned);
	assert_int_equal(ek_verdict(), EK_NO_PATH);
	pinned.subject = pinned.issuer = "root";
	ek_fixture_pool(&f->roots, &pinned);
	assert_int_equal(ek_verdict(), EK_BAD_SIGNATURE);
}

static void intermediates_of_the_node_serve_but_are_not_trusted(void **state)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	(void)state;
	ek_fixture_pool(&supplied, &f->maker);
	ek_fixture_pool(&supplied, &f->root);
	f->trust.supplied = &supplied;
	assert_int_equal(ek_judged(span_of(&leaf)), EK_NO_PATH);
	ek_fixture_pool(&f->roots, &f->root);
	assert_int_equal(ek_judged(span_of(&leaf)), EK_ACCEPTED);
}

static void another_key_of_the_issuers_name_did_not_sign_it(void **state)
{
	(void)state;
	f->leaf.signer = f->other_key;
	assert_int_equal(ek_verdict(), EK_BAD_SIGNATURE);
	assert_int_equal(f->result.refused_depth, 0);
}

static void another_name_did_not_issue_it(void **state)
{
	(void)state;
	f->leaf.issuer = "someone else";
	assert_int_equal(ek_verdict(), EK_NO_PATH);
}

static void key_identifiers_must_agree_where_both_are_there(void **state)
{
	(void)state;
	f->maker.subject_key_id = "6162"; /* "ab" */
	f->leaf.authority_key_id = "ab";
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.authority_key_id = "ac";
	assert_int_equal(ek_verdict(), EK_NO_PATH);
}

static void of_several_issuers_of_one_name_the_right_one_is_found(void **state)
{
	struct recipe impostor = maker_intermediate(f->other_key, f->root_key);
	struct recipe dead_end = f->maker;

	(void)state;
	dead_end.issuer = "nobody";
	ek_fixture_pool(&f->intermediates, &impostor);
	ek_fixture_pool(&f->intermediates, &dead_end);
	ek_fixture_pool(&f->intermediates, &f->maker);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.chain_len, 2);
}

static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	f->leaf.not_after = MAKER_NOW;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.not_after = MAKER_NOW - 1;
	assert_int_equal(ek_verdict(), EK_EXPIRED);
}

static void a_certificate_that_is_not_yet_valid_is_refused(void **state)
{
	(void)state;
	f->leaf.not_before = MAKER_NOW;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.not_before = MAKER_NOW + 1;
	assert_int_equal(ek_verdict(), EK_NOT_YET_VALID);
}

static void an_expired_issuer_is_refused(void **state)
{
	(void)state;
	f->maker.not_after = MAKER_NOW - 1;
	assert_int_equal(ek_verdict(), EK_EXPIRED);
	assert_int_equal(f->result.refused_depth, 1);
}

static void an_issuer_that_is_no_ca_is_refused(void **state)
{
	(void)state;
	f->maker.basic_constraints = "critical,CA:FALSE";
	assert_int_equal(ek_verdict(), EK_ISSUER_NOT_CA);
	ek_fixture_release(state);
	f->maker.basic_constraints = NULL;
	assert_int_equal(ek_verdict(), EK_ISSUER_NOT_CA);
}

static void an_issuer_whose_key_may_not_sign_certificates_is_refused(void **state)
{
	(void)state;
	f->maker.key_usage = "critical,digitalSignature";
	assert_int_equal(ek_verdict(), EK_ISSUER_NOT_CA);
}

static void a_path_longer_than_its_issuer_allows_is_refused(void **state)
{
	struct recipe lower = maker_intermediate(f->other_key, f->maker_key);

	(void)state;
	lower.subject = "lower";
	lower.issuer = "maker";
	f->leaf.issuer = "lower";
	f->leaf.signer = f->other_key;
	ek_fixture_pool(&f->intermediates, &lower);
	ek_fixture_pool(&f->intermediates, &f->maker);
	assert_int_equal(ek_verdict(), EK_PATH_TOO_LONG);
	ek_fixture_release(state);
	f->maker.basic_constraints = "critical,CA:TRUE,pathlen:1";
	ek_fixture_pool(&f->intermediates, &lower);
	ek_fixture_pool(&f->intermediates, &f->maker);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

/* As NV 0x01c00100 holds an on-die CA's chain. */
static void a_chain_of_der_after_der_is_read_to_its_end(void **state)
{
	struct recipe lower = maker_intermediate(f->other_key, f->maker_key);
	AUTO_DONE(bytes) chain = { 0 };
	(void)state;

	lower.subject = "lower";
	lower.issuer = "maker";
	f->leaf.issuer = "lower";
	f->leaf.signer = f->other_key;
	f->maker.basic_constraints = "critical,CA:TRUE,pathlen:1";
	AUTO_DONE(bytes) lower_der = maker_certificate(&lower);
	AUTO_DONE(bytes) maker_der = maker_certificate(&f->maker);
	assert_int_equal(bytes_append(&chain, span_of(&lower_der)), OK);
	assert_int_equal(bytes_append(&chain, span_of(&maker_der)), OK);

	struct span cut = { .data = chain.data, .len = chain.len - 1 };
	assert_int_equal(ek_pool_add_certificates(&f->intermediates, cut), STATUS_MALFORMED);
	assert_int_equal(f->intermediates.count, 1);
	assert_int_equal(ek_verdict(), EK_NO_PATH);
	ek_fixture_release(state);

	assert_int_equal(bytes_append(&chain, (struct span){ (const uint8_t[64]){ 0 }, 64 }), OK);
	assert_int_equal(ek_pool_add_certificates(&f->intermediates, span_of(&chain)), OK);
	assert_int_equal(f->intermediates.count, 2);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void a_damaged_certificate_keeps_none_of_its_neighbours_out(void **state)
{
	AUTO_DONE(bytes) maker_der = maker_certificate(&f->maker);
	AUTO_DONE(bytes) file = { 0 };
	(void)state;

	assert_int_equal(bytes_append(&file, span_text("\x30\x03\x02\x01\x07")), OK);
	assert_int_equal(bytes_append(&file, span_of(&maker_der)), OK);
	assert_int_equal(ek_pool_add_certificates(&f->intermediates, span_of(&file)),
			 STATUS_MALFORMED);
	assert_int_equal(f->intermediates.count, 1);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void a_ladder_without_end_is_refused(void **state)
{
	char names[EK_PATH_MAX + 2][12];

	(void)state;
	f->leaf.issuer = "0";
	f->leaf.signer = f->other_key;
	for (int i = 0; i <= EK_PATH_MAX; i++) {
		struct recipe step = maker_root(f->other_key);

		(void)snprintf(names[i], sizeof(names[i]), "%d", i);
		(void)snprintf(names[i + 1], sizeof(names[i + 1]), "%d", i + 1);
		step.subject = names[i];
		step.issuer = names[i + 1];
		ek_fixture_pool(&f->intermediates, &step);
	}
	assert_int_equal(ek_verdict(), EK_PATH_TOO_LONG);
}

static void certificates_that_name_each_other_end_the_search(void **state)
{
	struct recipe a = maker_root(f->other_key), b = a;

	(void)state;
	f->leaf.issuer = "a";
	f->leaf.signer = f->other_key;
	a.subject = "a";
	a.issuer = "b";
	b.subject = "b";
	b.issuer = "a";
	ek_fixture_pool(&f->intermediates, &a);
	ek_fixture_pool(&f->intermediates, &b);
	assert_int_equal(ek_verdict(), EK_NO_PATH);
}

static void another_extended_usage_is_refused(void **state)
{
	(void)state;
	f->leaf.extended_usage = "serverAuth";
	assert_int_equal(ek_verdict(), EK_WRONG_USAGE);
	f->leaf.extended_usage = "anyExtendedKeyUsage";
	assert_int_equal(ek_verdict(), EK_WRONG_USAGE);
	f->leaf.extended_usage = "serverAuth," MAKER_EK_USAGE;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.extended_usage = NULL;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_NO_EKU) != 0);
}

static void an_issuer_for_other_usages_is_refused(void **state)
{
	(void)state;
	f->maker.extended_usage = "serverAuth";
	assert_int_equal(ek_verdict(), EK_WRONG_USAGE);
	assert_int_equal(f->result.refused_depth, 1);
	ek_fixture_release(state);
	f->maker.extended_usage = "anyExtendedKeyUsage";
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void a_signing_key_is_no_endorsement_key(void **state)
{
	(void)state;
	f->leaf.key_usage = "critical,digitalSignature";
	assert_int_equal(ek_verdict(), EK_WRONG_USAGE);
	f->leaf.key_usage = "critical,digitalSignature,keyAgreement";
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.key_usage = NULL;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_NO_KEY_USAGE) != 0);
}

static void a_ca_is_no_endorsement_key(void **state)
{
	(void)state;
	f->leaf.basic_constraints = "critical,CA:TRUE";
	assert_int_equal(ek_verdict(), EK_IS_CA);
}

static void a_critical_extension_without_a_demand_is_passed_over(void **state)
{
	(void)state;
	f->leaf.critical_oid = "2.5.29.9"; /* subject directory attributes */
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	f->leaf.critical_oid = "2.5.29.31"; /* CRL distribution points */
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void an_unknown_critical_extension_is_refused_on_any_certificate(void **state)
{
	(void)state;
	f->leaf.critical_oid = "1.2.3.4";
	assert_int_equal(ek_verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	f->leaf.critical_oid = "2.5.29.30"; /* name constraints */
	assert_int_equal(ek_verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	f->leaf.critical_oid = NULL;
	f->maker.critical_oid = "1.2.3.4";
	ek_fixture_release(state);
	assert_int_equal(ek_verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	assert_int_equal(f->result.refused_depth, 1);
	f->maker.critical_oid = NULL;
	f->root.critical_oid = "1.2.3.4";
	ek_fixture_release(state);
	assert_int_equal(ek_verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	assert_int_equal(f->result.refused_depth, 2);
}

static void a_weak_key_is_refused(void **state)
{
	AUTO(EVP_PKEY) rsa_1024 = maker_rsa_key(1024);
	AUTO(EVP_PKEY) p224 = maker_ec_key("P-224");
	AUTO(EVP_PKEY) p521 = maker_ec_key("P-521");

	(void)state;
	f->leaf.key = rsa_1024;
	assert_int_equal(ek_verdict(), EK_WEAK_KEY);
	f->leaf.key = p224;
	assert_int_equal(ek_verdict(), EK_WEAK_KEY);
	f->leaf.key = p521;
	assert_int_equal(ek_verdict(), EK_WEAK_KEY);
}

static void a_weak_key_of_the_issuer_is_refused(void **state)
{
	AUTO(EVP_PKEY) rsa_1024 = maker_rsa_key(1024);

	(void)state;
	f->maker.key = rsa_1024;
	f->leaf.signer = rsa_1024;
	assert_int_equal(ek_verdict(), EK_WEAK_KEY);
	assert_int_equal(f->result.refused_depth, 1);
}

static void sha1_passes_only_where_it_is_allowed(void **state)
{
	(void)state;
	f->leaf.hash = EVP_sha1();
	assert_int_equal(ek_verdict(), EK_SHA1);
	f->trust.allow_sha1 = true;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_SHA1_SIGNATURE) != 0);
}

static void the_pinned_roots_own_signature_is_not_asked(void **state)
{
	(void)state;
	f->root.hash = EVP_sha1();
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_SHA1_SIGNATURE) == 0);
}

static void a_hash_outside_the_list_is_refused(void **state)
{
	(void)state;
	f->leaf.hash = EVP_sha224();
	assert_int_equal(ek_verdict(), EK_WEAK_SIGNATURE);
}

static void a_flood_of_candidates_ends_the_search(void **state)
{
	struct recipe impostor = maker_intermediate(f->other_key, f->root_key);

	(void)state;
	for (int i = 0; i < 100; i++)
		ek_fixture_pool(&f->intermediates, &impostor);
	ek_fixture_pool(&f->intermediates, &f->maker);
	assert_int_equal(ek_verdict(), EK_BAD_SIGNATURE);
}

static void sha1_on_a_way_that_was_left_is_no_quirk(void **state)
{
	struct recipe detour = f->maker, nobody = maker_intermediate(f->other_key, f->other_key);

	(void)state;
	detour.issuer = nobody.subject = "detour";
	detour.signer = f->other_key;
	detour.hash = EVP_sha1();
	nobody.issuer = "nobody";
	nobody.basic_constraints = "critical,CA:TRUE";
	ek_fixture_pool(&f->intermediates, &detour);
	ek_fixture_pool(&f->intermediates, &nobody);
	ek_fixture_pool(&f->intermediates, &f->maker);
	f->trust.allow_sha1 = true;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_SHA1_SIGNATURE) == 0);
}

static const struct CMUnitTest tests[] = {
	EK_TEST(a_good_certificate_is_believed_and_described),
	EK_TEST(the_node_id_is_the_digest_of_the_key_as_the_certificate_has_it),
	EK_TEST(without_its_issuer_there_is_no_path),
	EK_TEST(a_root_that_is_not_pinned_is_no_root),
	EK_TEST(intermediates_of_the_node_serve_but_are_not_trusted),
	EK_TEST(another_key_of_the_issuers_name_did_not_sign_it),
	EK_TEST(another_name_did_not_issue_it),
	EK_TEST(key_identifiers_must_agree_where_both_are_there),
	EK_TEST(of_several_issuers_of_one_name_the_right_one_is_found),
	EK_TEST(an_expired_certificate_is_refused),
	EK_TEST(a_certificate_that_is_not_yet_valid_is_refused),
	EK_TEST(an_expired_issuer_is_refused),
	EK_TEST(an_issuer_that_is_no_ca_is_refused),
	EK_TEST(an_issuer_whose_key_may_not_sign_certificates_is_refused),
	EK_TEST(a_path_longer_than_its_issuer_allows_is_refused),
	EK_TEST(a_chain_of_der_after_der_is_read_to_its_end),
	EK_TEST(a_damaged_certificate_keeps_none_of_its_neighbours_out),
	EK_TEST(a_ladder_without_end_is_refused),
	EK_TEST(certificates_that_name_each_other_end_the_search),
	EK_TEST(another_extended_usage_is_refused),
	EK_TEST(an_issuer_for_other_usages_is_refused),
	EK_TEST(a_signing_key_is_no_endorsement_key),
	EK_TEST(a_ca_is_no_endorsement_key),
	EK_TEST(a_critical_extension_without_a_demand_is_passed_over),
	EK_TEST(an_unknown_critical_extension_is_refused_on_any_certificate),
	EK_TEST(a_weak_key_is_refused),
	EK_TEST(a_weak_key_of_the_issuer_is_refused),
	EK_TEST(sha1_passes_only_where_it_is_allowed),
	EK_TEST(the_pinned_roots_own_signature_is_not_asked),
	EK_TEST(a_hash_outside_the_list_is_refused),
	EK_TEST(a_flood_of_candidates_ends_the_search),
	EK_TEST(sha1_on_a_way_that_was_left_is_no_quirk),
};

int main(void)
{
	return cmocka_run_group_tests(tests, ek_fixture_make, ek_fixture_free);
}
