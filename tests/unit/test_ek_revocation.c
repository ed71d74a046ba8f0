/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "ek_fixture.h"

static void pool_crl(const struct crl_recipe *r)
{
	AUTO_DONE(bytes) crl = maker_crl(r);

	assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&crl)), OK);
}

static void add_crl(const char *issuer, EVP_PKEY *signer, long revoked, int64_t from, int64_t to)
{
	struct crl_recipe r = { .issuer = issuer,
				.signer = signer,
				.revoked = revoked,
				.this_update = from,
				.next_update = to };

	pool_crl(&r);
}

static struct crl_recipe fresh_crl(void)
{
	return (struct crl_recipe){
		.issuer = "maker",
		.signer = f->maker_key,
		.this_update = MAKER_NOW - 1,
		.next_update = MAKER_NOW + 1,
	};
}

static void a_revoked_certificate_is_refused(void **state)
{
	(void)state;
	f->leaf.serial = 0x1234;
	add_crl("maker", f->maker_key, 0x1235, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.revocation_checked, 1);
	f->leaf.serial = 0x1235;
	assert_int_equal(ek_verdict(), EK_REVOKED);
	assert_int_equal(f->result.refused_depth, 0);
}

static void a_revoked_issuer_is_refused(void **state)
{
	(void)state;
	add_crl("root", f->root_key, 7, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(ek_verdict(), EK_REVOKED);
	assert_int_equal(f->result.refused_depth, 1);
}

static void a_stale_crl_is_no_answer(void **state)
{
	(void)state;
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 9, MAKER_NOW - 1);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW + 1, MAKER_NOW + 9);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 9, 0);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
	add_crl("maker", f->maker_key, 0, MAKER_NOW, MAKER_NOW);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void what_an_old_crl_revoked_stays_revoked(void **state)
{
	(void)state;
	add_crl("maker", f->maker_key, 7, MAKER_NOW - 9, MAKER_NOW - 1);
	add_crl("maker", f->maker_key, 0, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(ek_verdict(), EK_REVOKED);
}

static void a_crl_of_another_key_neither_clears_nor_revokes(void **state)
{
	(void)state;
	add_crl("maker", f->other_key, 7, MAKER_NOW - 1, MAKER_NOW + 1);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
}

static void a_crl_for_others_only_is_no_answer(void **state)
{
	static const char *const scopes[] = {
		"critical,onlyCA:TRUE",
		"critical,onlyAA:TRUE",
		"critical,indirectCRL:TRUE",
		"critical,onlysomereasons:keyCompromise",
	};
	struct crl_recipe crl = fresh_crl();

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		crl.scope = scopes[i];
		pool_crl(&crl);
		assert_int_equal(ek_verdict(), EK_CRL_STALE);
		ek_fixture_release(state);
	}
	crl.scope = "critical,onlyuser:TRUE";
	pool_crl(&crl);
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	assert_int_equal(f->result.revocation_checked, 1);
}

static void a_crl_of_changes_alone_is_no_answer(void **state)
{
	struct crl_recipe crl = fresh_crl();
	(void)state;

	crl.is_delta = true;
	pool_crl(&crl);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
}

static void a_sha1_crl_counts_only_where_sha1_is_allowed(void **state)
{
	struct crl_recipe crl = fresh_crl();

	(void)state;
	crl.hash = EVP_sha1();
	pool_crl(&crl);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
	f->trust.allow_sha1 = true;
	assert_int_equal(ek_verdict(), EK_ACCEPTED);
}

static void a_crl_whose_outer_algorithm_was_altered_is_no_answer(void **state)
{
	struct crl_recipe recipe = fresh_crl();
	AUTO_DONE(bytes) crl = maker_crl(&recipe);
	AUTO_DONE(bytes) altered = maker_alter_outer_algorithm(span_of(&crl));

	(void)state;
	assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&altered)), OK);
	assert_int_equal(ek_verdict(), EK_CRL_STALE);
}

static const struct CMUnitTest tests[] = {
	EK_TEST(a_revoked_certificate_is_refused),
	EK_TEST(a_revoked_issuer_is_refused),
	EK_TEST(a_stale_crl_is_no_answer),
	EK_TEST(what_an_old_crl_revoked_stays_revoked),
	EK_TEST(a_crl_of_another_key_neither_clears_nor_revokes),
	EK_TEST(a_crl_for_others_only_is_no_answer),
	EK_TEST(a_crl_of_changes_alone_is_no_answer),
	EK_TEST(a_sha1_crl_counts_only_where_sha1_is_allowed),
	EK_TEST(a_crl_whose_outer_algorithm_was_altered_is_no_answer),
};

int main(void)
{
	return cmocka_run_group_tests(tests, ek_fixture_make, ek_fixture_free);
}
