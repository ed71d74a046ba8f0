/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an enrolment that nobody vouches for costs, counted and not timed: signatures,
 * certificates and names taken apart, names compared.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ek_fixture.h"
#include "tpm/ek_path.h"

static struct {
	unsigned signatures, certificates, names, comparisons, lists;
} spent;

enum status __real_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1);
enum status __wrap_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1);
enum status __wrap_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1)
{
	spent.signatures++;
	return __real_signed_der_verify(s, key, is_sha1);
}

enum status __real_certificate_parse(struct span der, struct certificate *out);
enum status __wrap_certificate_parse(struct span der, struct certificate *out);
enum status __wrap_certificate_parse(struct span der, struct certificate *out)
{
	spent.certificates++;
	return __real_certificate_parse(der, out);
}

X509_NAME *__real_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len);
X509_NAME *__wrap_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len);
X509_NAME *__wrap_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len)
{
	spent.names++;
	return __real_d2i_X509_NAME(a, in, len);
}

int __real_X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b);
int __wrap_X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b);
int __wrap_X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b)
{
	spent.comparisons++;
	return __real_X509_NAME_cmp(a, b);
}

X509_CRL *__real_d2i_X509_CRL(X509_CRL **a, const unsigned char **in, long len);
X509_CRL *__wrap_d2i_X509_CRL(X509_CRL **a, const unsigned char **in, long len);
X509_CRL *__wrap_d2i_X509_CRL(X509_CRL **a, const unsigned char **in, long len)
{
	spent.lists++;
	return __real_d2i_X509_CRL(a, in, len);
}

static enum ek_refusal judge_and_count(void)
{
	AUTO_DONE(bytes) leaf = maker_certificate(&f->leaf);

	memset(&spent, 0, sizeof(spent));
	return ek_judged(span_of(&leaf));
}

static void pool_roots(unsigned count)
{
	char name[24];

	for (unsigned i = f->roots.count == 0 ? 0 : (unsigned)f->roots.count; i < count; i++) {
		struct recipe root = maker_root(f->root_key);

		(void)snprintf(name, sizeof(name), "root %u", i);
		root.subject = root.issuer = name;
		ek_fixture_pool(&f->roots, &root);
	}
}

static void add_crls(unsigned count)
{
	const struct crl_recipe recipe = {
		.issuer = "maker",
		.signer = f->maker_key,
		.this_update = MAKER_NOW - 1,
		.next_update = MAKER_NOW + 1,
	};
	AUTO_DONE(bytes) crl = maker_crl(&recipe);

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&crl)), OK);
}

/* A name of so many parts of 12 bytes each, and 4 of its own. */
static const char *long_name(unsigned parts, char out[256])
{
	for (unsigned i = 0; i < parts; i++)
		memcpy(out + 2 * (size_t)i, "D\n", 3);
	out[2 * (size_t)parts - 1] = '\0';
	return out;
}

#define PARTS_MAX ((NAME_DER_MAX - 4) / 12)

/* CAs that a stranger made, each of which signed each: as many ways as there are orders. */
static void supply_ring(struct ek_pool *supplied, const char *name, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct recipe ca = maker_root(f->other_key);

		ca.subject = ca.issuer = name;
		ca.serial = 100 + i;
		ek_fixture_pool(supplied, &ca);
	}
	f->leaf.issuer = name;
	f->leaf.signer = f->other_key;
	f->trust.supplied = supplied;
}

static void a_strangers_chain_is_given_up_after_so_many_signatures(void **state)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	char name[256];
	(void)state;

	pool_roots(30);
	add_crls(20);
	supply_ring(&supplied, long_name(PARTS_MAX, name), 5);
	assert_int_equal(judge_and_count(), EK_NO_PATH);
	assert_int_equal(spent.signatures, EK_LINKS_MAX);
	assert_in_range(spent.comparisons, 1, (EK_LINKS_MAX + 1) * (30 + 5));
	assert_int_equal(spent.certificates, 1);
	assert_int_equal(spent.lists, 0);
}

static void what_is_pinned_makes_no_stranger_dearer(void **state)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	char name[256];
	(void)state;

	pool_roots(1);
	supply_ring(&supplied, long_name(PARTS_MAX, name), 5);
	assert_int_equal(judge_and_count(), EK_NO_PATH);

	unsigned names = spent.names;

	/* Two to tell of the leaf, one for each certificate whose issuer is looked for. */
	assert_in_range(names, 3, 2 + EK_LINKS_MAX + 1);
	pool_roots(40);
	assert_int_equal(judge_and_count(), EK_NO_PATH);
	assert_int_equal(spent.names, names);
	assert_int_equal(spent.certificates, 1);
}

static void no_list_is_gone_through_for_who_only_has_a_makers_name(void **state)
{
	struct recipe impostor = maker_intermediate(f->other_key, f->other_key);
	AUTO_DONE(ek_pool) supplied = { 0 };
	(void)state;

	ek_fixture_pool(&f->roots, &f->root);
	ek_fixture_pool(&f->intermediates, &f->maker);
	add_crls(20);
	ek_fixture_pool(&supplied, &impostor);
	f->trust.supplied = &supplied;
	f->leaf.signer = f->other_key;
	assert_int_equal(judge_and_count(), EK_BAD_SIGNATURE);
	/* The leaf's by maker and impostor, the impostor's by the root. */
	assert_int_equal(spent.signatures, 3);
	f->leaf.signer = f->maker_key;
	assert_int_equal(judge_and_count(), EK_ACCEPTED);
	assert_int_equal(f->result.revocation_checked, 1);
	assert_int_equal(spent.signatures, 2 + 20);
	assert_int_equal(spent.lists, 0);
}

static void a_name_longer_than_any_makers_is_refused(void **state)
{
	struct recipe ca = f->maker;
	char name[256];
	(void)state;

	pool_roots(1);
	ca.subject = f->leaf.issuer = long_name(PARTS_MAX, name);
	ca.issuer = "root 0";
	ek_fixture_pool(&f->intermediates, &ca);
	assert_int_equal(judge_and_count(), EK_ACCEPTED);
	ca.subject = f->leaf.issuer = long_name(PARTS_MAX + 1, name);
	assert_int_equal(judge_and_count(), EK_MALFORMED);
	assert_int_equal(spent.signatures, 0);

	AUTO_DONE(bytes) der = maker_certificate(&ca);
	assert_int_equal(ek_pool_add_certificates(&f->intermediates, span_of(&der)),
			 STATUS_MALFORMED);
}

/* EK_PATH_MAX of them, the first and the last CA named as the fixture names them. */
static void pool_ladder(void)
{
	char names[EK_PATH_MAX][12];

	f->maker.basic_constraints = "critical,CA:TRUE";
	for (int i = 1; i < EK_PATH_MAX; i++) {
		struct recipe step = f->maker;

		(void)snprintf(names[i], sizeof(names[i]), "%d", i);
		step.subject = i == 1 ? "maker" : names[i - 1];
		step.issuer = i == EK_PATH_MAX - 1 ? "root" : names[i];
		step.signer = i == EK_PATH_MAX - 1 ? f->root_key : f->maker_key;
		ek_fixture_pool(&f->intermediates, &step);
	}
	ek_fixture_pool(&f->roots, &f->root);
}

#define IMPOSTORS 8

static void the_longest_path_is_found_behind_as_many_impostors(void **state)
{
	struct recipe impostor = maker_intermediate(f->other_key, f->root_key);
	(void)state;

	for (int i = 0; i < IMPOSTORS; i++)
		ek_fixture_pool(&f->intermediates, &impostor);
	pool_ladder();
	assert_int_equal(judge_and_count(), EK_ACCEPTED);
	assert_int_equal(f->result.chain_len, EK_PATH_MAX);
	assert_int_equal(spent.signatures, IMPOSTORS + EK_PATH_MAX);
	ek_fixture_release(state);

	for (int i = 0; i <= IMPOSTORS; i++)
		ek_fixture_pool(&f->intermediates, &impostor);
	pool_ladder();
	assert_int_not_equal(judge_and_count(), EK_ACCEPTED);
	assert_int_equal(spent.signatures, EK_LINKS_MAX);
}

static const struct CMUnitTest tests[] = {
	EK_TEST(a_strangers_chain_is_given_up_after_so_many_signatures),
	EK_TEST(what_is_pinned_makes_no_stranger_dearer),
	EK_TEST(no_list_is_gone_through_for_who_only_has_a_makers_name),
	EK_TEST(a_name_longer_than_any_makers_is_refused),
	EK_TEST(the_longest_path_is_found_behind_as_many_impostors),
};

int main(void)
{
	return cmocka_run_group_tests(tests, ek_fixture_make, ek_fixture_free);
}
