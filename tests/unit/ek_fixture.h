/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EK_FIXTURE_H
#define TESTS_EK_FIXTURE_H

#include "unit.h"

#include "certificate_maker.h"
#include "tpm/ek_certificate.h"

/* Root "root", CA "maker", an EK: one key each, made once. */
struct ek_fixture {
	EVP_PKEY *root_key, *maker_key, *ek_key, *other_key;
	struct recipe root, maker, leaf;
	struct ek_pool roots, intermediates, crls;
	struct ek_trust trust;
	struct ek_certificate result;
};

extern struct ek_fixture *f;

int ek_fixture_make(void **state);
int ek_fixture_free(void **state);
int ek_fixture_start(void **state);
int ek_fixture_release(void **state);
void ek_fixture_pool(struct ek_pool *to, const struct recipe *r);
enum ek_refusal ek_judged(struct span bytes);
/* The verdict on the leaf, under the root and the CA as their recipes say. */
enum ek_refusal ek_verdict(void);

#define EK_TEST(name) cmocka_unit_test_setup_teardown(name, ek_fixture_start, ek_fixture_release)

#endif
