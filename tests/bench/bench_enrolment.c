/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an appraiser spends on an EK certificate, with the roots and lists of all makers
 * before it: on an honest one, and on a stranger's with the dearest chain that fits into
 * a request. Nobody vouches for a stranger, so that this is what anyone may spend.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "ek_fixture.h"
#include "measure.h"

#define ROUNDS 31
#define ROOTS 300
#define LISTS 20
#define LIST_ENTRIES 1000 /* 21 KB */
#define RING 36 /* CAs of one name and one key */

struct request {
	struct bytes leaf, chain;
	enum ek_refusal wanted;
};

static void request_done(struct request *r)
{
	bytes_done(&r->leaf);
	bytes_done(&r->chain);
}

AUTO_RELEASE(request, request_done);

static void pool_makers(void)
{
	for (int i = 0; i < ROOTS; i++) {
		struct recipe root = maker_root(f->root_key);
		char name[32] = "root";

		if (i > 0)
			(void)snprintf(name, sizeof(name), "TPM maker's root %d", i);
		root.subject = root.issuer = name;
		ek_fixture_pool(&f->roots, &root);
		if (i >= LISTS)
			continue;

		const struct crl_recipe recipe = { .issuer = name,
						   .signer = f->root_key,
						   .more_revoked = LIST_ENTRIES,
						   .this_update = MAKER_NOW - 1,
						   .next_update = MAKER_NOW + 1 };
		AUTO_DONE(bytes) list = maker_crl(&recipe);

		assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&list)), OK);
	}
	ek_fixture_pool(&f->intermediates, &f->maker);
}

static void request_honest(struct request *out)
{
	*out = (struct request){ .leaf = maker_certificate(&f->leaf), .wanted = EK_ACCEPTED };
}

/* No order of the ring leads to a root, and each signature in it is good. */
static void request_hostile(EVP_PKEY *key, struct request *out)
{
	struct recipe leaf = maker_leaf(f->ek_key, key);
	char name[] = "D\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD\nD";

	leaf.issuer = name;
	*out = (struct request){ .leaf = maker_certificate(&leaf), .wanted = EK_PATH_TOO_LONG };
	for (int i = 0; i < RING; i++) {
		struct recipe ca = maker_root(key);

		ca.subject = ca.issuer = name;
		ca.serial = 100 + i;

		AUTO_DONE(bytes) der = maker_certificate(&ca);
		assert_int_equal(bytes_append(&out->chain, span_of(&der)), OK);
	}
}

/* CPU seconds, what it sent with the certificate taken in too. */
static double spend(const struct request *r)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	double begin = measure_cpu();

	if (r->chain.len > 0)
		assert_int_equal(ek_pool_add_certificates(&supplied, span_of(&r->chain)), OK);
	f->trust.supplied = &supplied;
	assert_int_equal(ek_judged(span_of(&r->leaf)), r->wanted);
	return measure_cpu() - begin;
}

static void measure_ring(const char *curve, const struct request *honest)
{
	AUTO(EVP_PKEY) key = maker_ec_key(curve);
	AUTO_DONE(request) hostile = { 0 };
	char ratio_name[80], cost_name[80];
	struct measure ratio = { .name = ratio_name,
				 .unit = "ratio of CPU time",
				 .compared_with = "an honest one",
				 .wanted = "at most 16" };
	struct measure cost = { .name = cost_name, .unit = "ms of CPU" };

	request_hostile(key, &hostile);
	(void)snprintf(ratio_name, sizeof(ratio_name), "a stranger's EK certificate, chain of %s",
		       curve);
	(void)snprintf(cost_name, sizeof(cost_name), "the same: its cost, %zu bytes",
		       hostile.chain.len);
	for (int i = 0; i < ROUNDS; i++) {
		double spent = spend(&hostile);

		measure_add(&ratio, spent / spend(honest));
		measure_add(&cost, spent * 1e3);
	}
	measure_print(&ratio);
	measure_print(&cost);
}

int main(void)
{
	AUTO_DONE(request) honest = { 0 };

	(void)ek_fixture_make(NULL);
	(void)ek_fixture_start(NULL);
	pool_makers();
	request_honest(&honest);
	measure_ring("P-256", &honest);
	measure_ring("P-384", &honest);
	(void)ek_fixture_release(NULL);
	(void)ek_fixture_free(NULL);
	return 0;
}
