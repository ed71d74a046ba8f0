/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "certificate_maker.h"
#include "tpm/ek_certificate.h"

/* Root "root", CA "maker", an EK: one key each, made once. */
struct fixture {
	EVP_PKEY *root_key, *maker_key, *ek_key, *other_key;
	struct recipe root, maker, leaf;
	struct ek_pool roots, intermediates, crls;
	struct ek_trust trust;
	struct ek_certificate result;
};

static struct fixture *f;

static int make_keys(void **state)
{
	static struct fixture fixture;

	(void)state;
	f = &fixture;
	f->root_key = maker_ec_key("P-384");
	f->maker_key = maker_ec_key("P-256");
	f->ek_key = maker_ec_key("P-256");
	f->other_key = maker_ec_key("P-256");
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->maker_key);
	EVP_PKEY_free(f->ek_key);
	EVP_PKEY_free(f->other_key);
	return 0;
}

static int start_afresh(void **state)
{
	(void)state;
	f->root = maker_root(f->root_key);
	f->maker = maker_intermediate(f->maker_key, f->root_key);
	f->leaf = maker_leaf(f->ek_key, f->maker_key);
	f->trust = (struct ek_trust){
		.roots = &f->roots,
		.intermediates = &f->intermediates,
		.crls = &f->crls,
		.at = MAKER_NOW,
	};
	return 0;
}

static int release(void **state)
{
	(void)state;
	ek_certificate_done(&f->result);
	ek_pool_done(&f->roots);
	ek_pool_done(&f->intermediates);
	ek_pool_done(&f->crls);
	return 0;
}

static void pool(struct ek_pool *to, const struct recipe *r)
{
	AUTO_DONE(bytes) der = maker_certificate(r);

	assert_int_equal(ek_pool_add_certificates(to, span_of(&der)), OK);
}

static enum ek_refusal judged(struct span bytes)
{
	ek_certificate_done(&f->result);
	assert_int_equal(ek_certificate_verify(bytes, &f->trust, &f->result), OK);
	return f->result.refusal;
}

/* The verdict on the leaf, under the root and the CA as their recipes say. */
static enum ek_refusal verdict(void)
{
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	if (f->roots.count == 0)
		pool(&f->roots, &f->root);
	if (f->intermediates.count == 0)
		pool(&f->intermediates, &f->maker);
	return judged(span_of(&leaf));
}

static void a_good_certificate_is_believed_and_described(void **state)
{
	(void)state;
	assert_int_equal(verdict(), EK_ACCEPTED);
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
	assert_int_equal(verdict(), EK_ACCEPTED);

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
	pool(&f->roots, &f->root);
	assert_int_equal(judged(span_of(&leaf)), EK_NO_PATH);
	assert_int_equal(f->result.refused_depth, 0);
}

static void a_root_that_is_not_pinned_is_no_root(void **state)
{
	struct recipe pinned = maker_root(f->other_key);

	(void)state;
	pool(&f->intermediates, &f->maker);
	pool(&f->intermediates, &f->root);
	pinned.subject = pinned.issuer = "another root";
	pool(&f->roots, &pinned);
	assert_int_equal(verdict(), EK_NO_PATH);
	pinned.subject = pinned.issuer = "root";
	pool(&f->roots, &pinned);
	assert_int_equal(verdict(), EK_BAD_SIGNATURE);
}

static void intermediates_of_the_node_serve_but_are_not_trusted(void **state)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	(void)state;
	pool(&supplied, &f->maker);
	pool(&supplied, &f->root);
	f->trust.supplied = &supplied;
	assert_int_equal(judged(span_of(&leaf)), EK_NO_PATH);
	pool(&f->roots, &f->root);
	assert_int_equal(judged(span_of(&leaf)), EK_ACCEPTED);
}

static void another_key_of_the_issuers_name_did_not_sign_it(void **state)
{
	(void)state;
	f->leaf.signer = f->other_key;
	assert_int_equal(verdict(), EK_BAD_SIGNATURE);
	assert_int_equal(f->result.refused_depth, 0);
}

static void another_name_did_not_issue_it(void **state)
{
	(void)state;
	f->leaf.issuer = "someone else";
	assert_int_equal(verdict(), EK_NO_PATH);
}

static void key_identifiers_must_agree_where_both_are_there(void **state)
{
	(void)state;
	f->maker.subject_key_id = "6162"; /* "ab" */
	f->leaf.authority_key_id = "ab";
	assert_int_equal(verdict(), EK_ACCEPTED);
	f->leaf.authority_key_id = "ac";
	assert_int_equal(verdict(), EK_NO_PATH);
}

static void of_several_issuers_of_one_name_the_right_one_is_found(void **state)
{
	struct recipe impostor = maker_intermediate(f->other_key, f->root_key);
	struct recipe dead_end = f->maker;

	(void)state;
	dead_end.issuer = "nobody";
	pool(&f->intermediates, &impostor);
	pool(&f->intermediates, &dead_end);
	pool(&f->intermediates, &f->maker);
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.chain_len, 2);
}

static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	f->leaf.not_after = MAKER_NOW;
	assert_int_equal(verdict(), EK_ACCEPTED);
	f->leaf.not_after = MAKER_NOW - 1;
	assert_int_equal(verdict(), EK_EXPIRED);
}

static void a_certificate_that_is_not_yet_valid_is_refused(void **state)
{
	(void)state;
	f->leaf.not_before = MAKER_NOW;
	assert_int_equal(verdict(), EK_ACCEPTED);
	f->leaf.not_before = MAKER_NOW + 1;
	assert_int_equal(verdict(), EK_NOT_YET_VALID);
}

static void an_expired_issuer_is_refused(void **state)
{
	(void)state;
	f->maker.not_after = MAKER_NOW - 1;
	assert_int_equal(verdict(), EK_EXPIRED);
	assert_int_equal(f->result.refused_depth, 1);
}

static void an_issuer_that_is_no_ca_is_refused(void **state)
{
	(void)state;
	f->maker.basic_constraints = "critical,CA:FALSE";
	assert_int_equal(verdict(), EK_ISSUER_NOT_CA);
	release(state);
	f->maker.basic_constraints = NULL;
	assert_int_equal(verdict(), EK_ISSUER_NOT_CA);
}

static void an_issuer_whose_key_may_not_sign_certificates_is_refused(void **state)
{
	(void)state;
	f->maker.key_usage = "critical,digitalSignature";
	assert_int_equal(verdict(), EK_ISSUER_NOT_CA);
}

static void a_path_longer_than_its_issuer_allows_is_refused(void **state)
{
	struct recipe lower = maker_intermediate(f->other_key, f->maker_key);

	(void)state;
	lower.subject = "lower";
	lower.issuer = "maker";
	f->leaf.issuer = "lower";
	f->leaf.signer = f->other_key;
	pool(&f->intermediates, &lower);
	pool(&f->intermediates, &f->maker);
	assert_int_equal(verdict(), EK_PATH_TOO_LONG);
	release(state);
	f->maker.basic_constraints = "critical,CA:TRUE,pathlen:1";
	pool(&f->intermediates, &lower);
	pool(&f->intermediates, &f->maker);
	assert_int_equal(verdict(), EK_ACCEPTED);
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
		pool(&f->intermediates, &step);
	}
	assert_int_equal(verdict(), EK_PATH_TOO_LONG);
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
	pool(&f->intermediates, &a);
	pool(&f->intermediates, &b);
	assert_int_equal(verdict(), EK_NO_PATH);
}

static void another_extended_usage_is_refused(void **state)
{
	(void)state;
	f->leaf.extended_usage = "serverAuth";
	assert_int_equal(verdict(), EK_WRONG_USAGE);
	f->leaf.extended_usage = "anyExtendedKeyUsage";
	assert_int_equal(verdict(), EK_WRONG_USAGE);
	f->leaf.extended_usage = "serverAuth," MAKER_EK_USAGE;
	assert_int_equal(verdict(), EK_ACCEPTED);
	f->leaf.extended_usage = NULL;
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_NO_EKU) != 0);
}

static void an_issuer_for_other_usages_is_refused(void **state)
{
	(void)state;
	f->maker.extended_usage = "serverAuth";
	assert_int_equal(verdict(), EK_WRONG_USAGE);
	assert_int_equal(f->result.refused_depth, 1);
	release(state);
	f->maker.extended_usage = "anyExtendedKeyUsage";
	assert_int_equal(verdict(), EK_ACCEPTED);
}

static void a_signing_key_is_no_endorsement_key(void **state)
{
	(void)state;
	f->leaf.key_usage = "critical,digitalSignature";
	assert_int_equal(verdict(), EK_WRONG_USAGE);
	f->leaf.key_usage = "critical,digitalSignature,keyAgreement";
	assert_int_equal(verdict(), EK_ACCEPTED);
	f->leaf.key_usage = NULL;
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_NO_KEY_USAGE) != 0);
}

static void a_ca_is_no_endorsement_key(void **state)
{
	(void)state;
	f->leaf.basic_constraints = "critical,CA:TRUE";
	assert_int_equal(verdict(), EK_IS_CA);
}

static void an_unknown_critical_extension_is_refused_on_any_certificate(void **state)
{
	(void)state;
	f->leaf.critical_oid = "1.2.3.4";
	assert_int_equal(verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	f->leaf.critical_oid = "2.5.29.30"; /* name constraints */
	assert_int_equal(verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	f->leaf.critical_oid = NULL;
	f->maker.critical_oid = "1.2.3.4";
	release(state);
	assert_int_equal(verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	assert_int_equal(f->result.refused_depth, 1);
	f->maker.critical_oid = NULL;
	f->root.critical_oid = "1.2.3.4";
	release(state);
	assert_int_equal(verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
	assert_int_equal(f->result.refused_depth, 2);
}

static void a_weak_key_is_refused(void **state)
{
	AUTO(EVP_PKEY) rsa_1024 = maker_rsa_key(1024);
	AUTO(EVP_PKEY) p224 = maker_ec_key("P-224");
	AUTO(EVP_PKEY) p521 = maker_ec_key("P-521");

	(void)state;
	f->leaf.key = rsa_1024;
	assert_int_equal(verdict(), EK_WEAK_KEY);
	f->leaf.key = p224;
	assert_int_equal(verdict(), EK_WEAK_KEY);
	f->leaf.key = p521;
	assert_int_equal(verdict(), EK_WEAK_KEY);
}

static void a_weak_key_of_the_issuer_is_refused(void **state)
{
	AUTO(EVP_PKEY) rsa_1024 = maker_rsa_key(1024);

	(void)state;
	f->maker.key = rsa_1024;
	f->leaf.signer = rsa_1024;
	assert_int_equal(verdict(), EK_WEAK_KEY);
	assert_int_equal(f->result.refused_depth, 1);
}

static void sha1_passes_only_where_it_is_allowed(void **state)
{
	(void)state;
	f->leaf.hash = EVP_sha1();
	assert_int_equal(verdict(), EK_SHA1);
	f->trust.allow_sha1 = true;
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_SHA1_SIGNATURE) != 0);
}

static void the_pinned_roots_own_signature_is_not_asked(void **state)
{
	(void)state;
	f->root.hash = EVP_sha1();
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_SHA1_SIGNATURE) == 0);
}

static void a_hash_outside_the_list_is_refused(void **state)
{
	(void)state;
	f->leaf.hash = EVP_sha224();
	assert_int_equal(verdict(), EK_WEAK_SIGNATURE);
}

static void add_crl(const char *issuer, EVP_PKEY *signer, long revoked, int64_t from, int64_t to)
{
	AUTO_DONE(bytes) crl = maker_crl(issuer, signer, revoked, from, to);

	assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&crl)), OK);
}

static void a_revoked_certificate_is_refused(void **state)
{
	(void)state;
	f->leaf.serial = 0x1234;
	add_crl("maker", f->maker_key, 0x1235, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.revocation_checked, 1);
	f->leaf.serial = 0x1235;
	assert_int_equal(verdict(), EK_REVOKED);
	assert_int_equal(f->result.refused_depth, 0);
}

static void a_revoked_issuer_is_refused(void **state)
{
	(void)state;
	add_crl("root", f->root_key, 7, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(verdict(), EK_REVOKED);
	assert_int_equal(f->result.refused_depth, 1);
}

static void a_stale_crl_is_no_answer(void **state)
{
	(void)state;
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 9, MAKER_NOW - 1);
	assert_int_equal(verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW + 1, MAKER_NOW + 9);
	assert_int_equal(verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 9, 0);
	assert_int_equal(verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW, MAKER_NOW);
	assert_int_equal(verdict(), EK_ACCEPTED);
}

static void what_an_old_crl_revoked_stays_revoked(void **state)
{
	(void)state;
	add_crl("maker", f->maker_key, 7, MAKER_NOW - 9, MAKER_NOW - 1);
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(verdict(), EK_REVOKED);
}

static void a_crl_of_another_key_neither_clears_nor_revokes(void **state)
{
	(void)state;
	add_crl("maker", f->other_key, 7, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(verdict(), EK_CRL_STALE);
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_afresh, release)
	TEST(a_good_certificate_is_believed_and_described),
	TEST(the_node_id_is_the_digest_of_the_key_as_the_certificate_has_it),
	TEST(without_its_issuer_there_is_no_path),
	TEST(a_root_that_is_not_pinned_is_no_root),
	TEST(intermediates_of_the_node_serve_but_are_not_trusted),
	TEST(another_key_of_the_issuers_name_did_not_sign_it),
	TEST(another_name_did_not_issue_it),
	TEST(key_identifiers_must_agree_where_both_are_there),
	TEST(of_several_issuers_of_one_name_the_right_one_is_found),
	TEST(an_expired_certificate_is_refused),
	TEST(a_certificate_that_is_not_yet_valid_is_refused),
	TEST(an_expired_issuer_is_refused),
	TEST(an_issuer_that_is_no_ca_is_refused),
	TEST(an_issuer_whose_key_may_not_sign_certificates_is_refused),
	TEST(a_path_longer_than_its_issuer_allows_is_refused),
	TEST(a_ladder_without_end_is_refused),
	TEST(certificates_that_name_each_other_end_the_search),
	TEST(another_extended_usage_is_refused),
	TEST(an_issuer_for_other_usages_is_refused),
	TEST(a_signing_key_is_no_endorsement_key),
	TEST(a_ca_is_no_endorsement_key),
	TEST(an_unknown_critical_extension_is_refused_on_any_certificate),
	TEST(a_weak_key_is_refused),
	TEST(a_weak_key_of_the_issuer_is_refused),
	TEST(sha1_passes_only_where_it_is_allowed),
	TEST(the_pinned_roots_own_signature_is_not_asked),
	TEST(a_hash_outside_the_list_is_refused),
	TEST(a_revoked_certificate_is_refused),
	TEST(a_revoked_issuer_is_refused),
	TEST(a_stale_crl_is_no_answer),
	TEST(what_an_old_crl_revoked_stays_revoked),
	TEST(a_crl_of_another_key_neither_clears_nor_revokes),
};

int main(void)
{
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
