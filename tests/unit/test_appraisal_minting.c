/* SPDX-License-Identifier: Apache-2.0 */
/* The minting key that a quote vouches for, and its certification. */
#include "unit.h"

#include <string.h>

#include "quote_scene.h"
#include "tpm/policy_digest.h"

/* Offers the minting key with these changes; quote and certification follow. */
static void offer(struct quote_scene *s, uint32_t attributes, struct span policy)
{
	s->minting.public.len = 0;
	write_ecc_public(&s->minting, DIGEST_SHA256, attributes, policy, DIGEST_SHA256,
			 &s->minting.public);
	assert_int_equal(public_area_name(span_of(&s->minting.public), &s->minting.name), OK);
	s->evidence.minting_public = span_of(&s->minting.public);
	quote_scene_quote(s);
	s->certify = honest_certify(&s->ak, quote_scene_nonce, &s->minting.name);
}

#define MINTING                                                                                    \
	(OBJECT_SIGN | OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |     \
	 OBJECT_NO_DA)

static void a_minting_key_is_bound_to_what_was_quoted(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct digest policy;
	(void)state;

	quote_scene_init(&s);
	quote_scene_policy(&s, &policy);
	offer(&s, MINTING, digest_span(&policy));
	quote_scene_expect_accepted(&s);
	offer(&s, MINTING | OBJECT_USER_WITH_AUTH, digest_span(&policy));
	quote_scene_expect_refused(&s, "minting-key-unsuitable");
	offer(&s, MINTING | OBJECT_RESTRICTED, digest_span(&policy));
	quote_scene_expect_refused(&s, "minting-key-unsuitable");
	offer(&s, MINTING, (struct span){ 0 });
	quote_scene_expect_refused(&s, "minting-key-unsuitable");
	/* Other counters: a key of another boot (k19). */
	assert_int_equal(
		minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s.golden.values, 7, 0, &policy),
		OK);
	offer(&s, MINTING, digest_span(&policy));
	quote_scene_expect_refused(&s, "minting-key-unsuitable");
	/* Without the cap PCR, the cap would never reach it. */
	assert_int_equal(minting_policy(DIGEST_SHA256, 0x4090, &s.golden.values, 7, 1, &policy),
			 OK);
	offer(&s, MINTING, digest_span(&policy));
	quote_scene_expect_refused(&s, "minting-key-unsuitable");
}

static void a_minting_key_that_cannot_be_read_is_refused(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.minting.public.data[s.minting.public.len - 1] ^= 1;
	s.minting.public.data[1] ^= 0xff; /* an unknown type */
	assert_int_equal(public_area_name(span_of(&s.minting.public), &s.minting.name), OK);
	quote_scene_quote(&s);
	s.certify = honest_certify(&s.ak, quote_scene_nonce, &s.minting.name);
	quote_scene_expect_refused(&s, "minting-key-malformed");
}

static void a_minting_key_is_certified_in_its_boot_session(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct tpm_counters before = { 7, 1, 5 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	s.evidence.certify_attest = s.evidence.certify_signature = (struct span){ 0 };
	s.previous = &before;
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.evidence.known_minting_name = name_span(&s.ak.name);
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.evidence.known_minting_name = name_span(&s.minting.name);
	quote_scene_expect_as_sent(&s, AUTHENTIC, "none");
	assert_false(s.result.was_certified);
	before.restart_count = 0;
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.previous = NULL;
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
}

static void evidence_without_a_minting_key_is_whole(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.evidence.minting_public = (struct span){ 0 };
	s.minting.name.len = 0;
	quote_scene_quote(&s);
	s.minting.name.len = 34;
	quote_scene_expect_accepted(&s);
	assert_false(s.result.has_minting_key);
}

static void the_certification_is_by_the_same_key(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	s.certify_bytes.data[s.certify_bytes.len - 1] ^= 1;
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "certify-signature-invalid");
	s.evidence.certify_signature = (struct span){ 0 };
	quote_scene_expect_as_sent(&s, AUTHENTIC_REFUSED, "certify-signature-invalid");
}

static void a_certification_says_all_of_it(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct made_attest honest;
	(void)state;

	quote_scene_init(&s);
	honest = s.certify;
	s.certify.magic ^= 1;
	quote_scene_expect_refused(&s, "certify-malformed");
	s.certify = s.quote;
	quote_scene_expect_refused(&s, "certify-malformed");
	s.certify = honest;
	s.certify.extra[31] ^= 1;
	quote_scene_expect_refused(&s, "certify-nonce-mismatch");
	s.certify = honest;
	s.certify.restart_count++;
	quote_scene_expect_refused(&s, "certify-counters-mismatch");
	s.certify = honest;
	s.certify.reset_count++;
	quote_scene_expect_refused(&s, "certify-counters-mismatch");
	s.certify = honest;
	s.certify.certified.value[5] ^= 1;
	quote_scene_expect_refused(&s, "certify-name-mismatch");
	s.certify = honest;
	s.certify.signer.value[5] ^= 1;
	quote_scene_expect_refused(&s, "quote-signer-mismatch");
	s.certify = honest;
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &s.minting.name,
						   &s.certify.certified_qualified),
			 OK);
	quote_scene_expect_refused(&s, "certify-hierarchy-mismatch");
	s.certify = honest;
	quote_scene_expect_accepted(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minting_key_is_bound_to_what_was_quoted),
		cmocka_unit_test(a_minting_key_that_cannot_be_read_is_refused),
		cmocka_unit_test(a_minting_key_is_certified_in_its_boot_session),
		cmocka_unit_test(evidence_without_a_minting_key_is_whole),
		cmocka_unit_test(the_certification_is_by_the_same_key),
		cmocka_unit_test(a_certification_says_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
