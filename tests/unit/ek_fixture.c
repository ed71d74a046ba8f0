/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_fixture.h"

struct ek_fixture *f;

int ek_fixture_make(void **state)
{
	static struct ek_fixture fixture;

	(void)state;
	f = &fixture;
	f->root_key = maker_ec_key("P-384");
	f->maker_key = maker_ec_key("P-256");
	f->ek_key = maker_ec_key("P-256");
	f->other_key = maker_ec_key("P-256");
	return 0;
}

int ek_fixture_free(void **state)
{
	(void)state;
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->maker_key);
	EVP_PKEY_free(f->ek_key);
	EVP_PKEY_free(f->other_key);
	return 0;
}

int ek_fixture_start(void **state)
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

int ek_fixture_release(void **state)
{
	(void)state;
	ek_certificate_done(&f->result);
	ek_pool_done(&f->roots);
	ek_pool_done(&f->intermediates);
	ek_pool_done(&f->crls);
	return 0;
}

void ek_fixture_pool(struct ek_pool *to, const struct recipe *r)
{
	AUTO_DONE(bytes) der = maker_certificate(r);

	assert_int_equal(ek_pool_add_certificates(to, span_of(&der)), OK);
}

enum ek_refusal ek_judged(struct span bytes)
{
	ek_certificate_done(&f->result);
	assert_int_equal(ek_certificate_verify(bytes, &f->trust, &f->result), OK);
	return f->result.refusal;
}

enum ek_refusal ek_verdict(void)
{
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	if (f->roots.count == 0)
		ek_fixture_pool(&f->roots, &f->root);
	if (f->intermediates.count == 0)
		ek_fixture_pool(&f->intermediates, &f->maker);
	return ek_judged(span_of(&leaf));
}
