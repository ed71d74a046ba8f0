/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates that ought not to be believed, and odd ones that ought to. */
#include "attacks.h"

#include "ek_fixture.h"
#include "tpm/ek_path.h"

static unsigned signatures;

enum status __real_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1);
enum status __wrap_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1);
enum status __wrap_signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1)
{
	signatures++;
	return __real_signed_der_verify(s, key, is_sha1);
}

static void pool_crl(long revoked, int64_t from, int64_t to)
{
	struct crl_recipe r = { .issuer = "maker",
				.signer = f->maker_key,
				.revoked = revoked,
				.this_update = from,
				.next_update = to };
	AUTO_DONE(bytes) crl = maker_crl(&r);

	assert_int_equal(ek_pool_add_crls(&f->crls, span_of(&crl)), OK);
}

static void break_nothing(void)
{
}

static void break_chain(void)
{
	struct recipe stranger = maker_intermediate(f->other_key, f->root_key);

	stranger.subject = "stranger";
	ek_fixture_pool(&f->intermediates, &stranger);
}

static void break_root(void)
{
	struct recipe own = maker_root(f->other_key);

	own.subject = own.issuer = "another root";
	ek_fixture_pool(&f->roots, &own);
	ek_fixture_pool(&f->intermediates, &f->maker);
	/* The node brings its own root along: not among the pinned ones. */
	ek_fixture_pool(&f->intermediates, &f->root);
}

static void break_signature(void)
{
	f->leaf.signer = f->other_key;
}

static void break_issuer_name(void)
{
	f->leaf.issuer = "someone else";
}

static void break_validity(void)
{
	f->leaf.not_after = MAKER_NOW - 1;
}

static void break_start(void)
{
	f->leaf.not_before = MAKER_NOW + 1;
}

static void break_issuer_validity(void)
{
	f->maker.not_after = MAKER_NOW - 1;
}

static void break_issuer_ca(void)
{
	f->maker.basic_constraints = "critical,CA:FALSE";
}

static void break_usage(void)
{
	f->leaf.extended_usage = "serverAuth";
}

static void break_by_revocation(void)
{
	pool_crl(7, MAKER_NOW - 1, MAKER_NOW + 1);
}

static void break_by_stale_crl(void)
{
	pool_crl(0, MAKER_NOW - 9, MAKER_NOW - 1);
}

/* Offline: a path is what the pools hold, a CRL is a file; nothing is fetched. */
static void k08_a_chain_that_does_not_hold_is_refused(void **state)
{
	static const struct {
		void (*spoil)(void);
		enum ek_refusal refusal;
	} cases[] = {
		{ break_nothing, EK_ACCEPTED },
		{ break_chain, EK_NO_PATH },
		{ break_root, EK_NO_PATH },
		{ break_signature, EK_BAD_SIGNATURE },
		{ break_issuer_name, EK_NO_PATH },
		{ break_validity, EK_EXPIRED },
		{ break_start, EK_NOT_YET_VALID },
		{ break_issuer_validity, EK_EXPIRED },
		{ break_issuer_ca, EK_ISSUER_NOT_CA },
		{ break_usage, EK_WRONG_USAGE },
		{ break_by_revocation, EK_REVOKED },
		{ break_by_stale_crl, EK_CRL_STALE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)ek_fixture_release(state);
		(void)ek_fixture_start(state);
		cases[i].spoil();
		assert_string_equal(ek_refusal_name(ek_verdict()),
				    ek_refusal_name(cases[i].refusal));
	}
}

static void k10_odd_encodings_have_names_and_unknown_demands_end_the_path(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xff };
	AUTO_DONE(bytes) leaf = { 0 };
	AUTO_DONE(bytes) headed = { 0 };
	(void)state;

	assert_int_equal(ek_verdict(), EK_ACCEPTED);
	/* The maker's SAN is critical, and names a TPM: a quirk, and no reason. */
	assert_true((f->result.quirks & EK_QUIRK_CRITICAL_SAN) != 0);
	assert_int_equal(f->result.quirks & (EK_QUIRK_PADDING | EK_QUIRK_PREFIX), 0);
	leaf = maker_certificate(&f->leaf);
	for (size_t i = 0; i < sizeof(fills); i++) {
		AUTO_DONE(bytes) padded = { 0 };

		assert_int_equal(bytes_copy(span_of(&leaf), &padded), OK);
		for (size_t n = 0; n < 100; n++)
			assert_int_equal(bytes_append_byte(&padded, fills[i]), OK);
		assert_int_equal(ek_judged(span_of(&padded)), EK_ACCEPTED);
		assert_true((f->result.quirks & EK_QUIRK_PADDING) != 0);
		assert_true(span_equal(span_of(&f->result.der), span_of(&leaf)));
	}

	const uint8_t header[] = {
		0x10, 0x01, 0x00, (uint8_t)((leaf.len + 2) >> 8), (uint8_t)(leaf.len + 2),
		0x10, 0x02
	};

	assert_int_equal(bytes_append(&headed, (struct span){ header, sizeof(header) }), OK);
	assert_int_equal(bytes_append(&headed, span_of(&leaf)), OK);
	assert_int_equal(ek_judged(span_of(&headed)), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_PREFIX) != 0);

	/* A serial with a zero too many, as some makers write it. */
	f->leaf.serial = 0x0102;

	AUTO_DONE(bytes) odd = maker_certificate(&f->leaf);
	static const uint8_t minimal[] = { 0x02, 0x02, 0x01, 0x02 };
	static const uint8_t longer[] = { 0x02, 0x02, 0x00, 0x02 };

	maker_patch(&odd, (struct span){ minimal, 4 }, (struct span){ longer, 4 }, f->maker_key);
	assert_int_equal(ek_judged(span_of(&odd)), EK_ACCEPTED);
	assert_true((f->result.quirks & EK_QUIRK_ODD_SERIAL) != 0);

	f->leaf.critical_oid = "1.2.3.4";
	assert_int_equal(ek_verdict(), EK_UNKNOWN_CRITICAL_EXTENSION);
}

/* CAs of a stranger's own making, all of one name and one key: each may have signed
 * each, and an order of them that leads to a root there is none. */
static void s03_a_strangers_chain_costs_so_many_signatures_and_no_more(void **state)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	(void)state;

	for (int i = 0; i < 40; i++) {
		struct recipe ca = maker_root(f->other_key);

		ca.subject = ca.issuer = "nobody";
		ca.serial = 100 + i;
		ek_fixture_pool(&supplied, &ca);
	}
	f->trust.supplied = &supplied;
	f->leaf.issuer = "nobody";
	f->leaf.signer = f->other_key;
	signatures = 0;
	assert_int_not_equal(ek_verdict(), EK_ACCEPTED);
	assert_in_range(signatures, 1, EK_LINKS_MAX);
}

static const struct CMUnitTest tests[] = {
	EK_TEST(k08_a_chain_that_does_not_hold_is_refused),
	EK_TEST(k10_odd_encodings_have_names_and_unknown_demands_end_the_path),
	EK_TEST(s03_a_strangers_chain_costs_so_many_signatures_and_no_more),
};

ATTACKS_MAIN_WITH(tests, ek_fixture_make, ek_fixture_free)
