/* SPDX-License-Identifier: Apache-2.0 */
/* The quote: who speaks, and what about. */
#include "unit.h"

#include <string.h>

#include "quote_scene.h"

static void honest_words_are_believed(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct claims claims = { 0 };
	struct tpm_counters before = { 7, 1, 99999 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_expect_accepted(&s);
	assert_true(s.result.is_new_session && s.result.is_safe && s.result.was_certified);
	assert_true(s.result.has_minting_key);
	assert_int_equal(s.result.counters.clock, 100000);
	assert_true(span_equal(name_span(&s.result.minting_name), name_span(&s.minting.name)));
	assert_non_null(pcr_value(&s.result.values, DIGEST_SHA256, 10));
	assert_null(pcr_value(&s.result.values, DIGEST_SHA256, 12));
	authentication_claims(&s.result, &claims);
	assert_int_equal(claims.tier[CLAIM_HARDWARE], TIER_AFFIRMING);
	assert_int_equal(claims.tier[CLAIM_INSTANCE_IDENTITY], TIER_AFFIRMING);
	assert_int_equal(claims_verdict(&claims), VERDICT_UNTRUSTED);
	s.previous = &before;
	quote_scene_expect_accepted(&s);
	assert_false(s.result.is_new_session);
}

static void a_refusal_contraindicates_its_claim(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct claims claims = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.clock = (uint64_t)1 << 63;
	quote_scene_expect_refused(&s, "tpm-clock-out-of-range");
	authentication_claims(&s.result, &claims);
	assert_int_equal(claims.tier[CLAIM_HARDWARE], TIER_CONTRAINDICATED);
	assert_int_equal(claims.tier[CLAIM_INSTANCE_IDENTITY], TIER_NONE);
}

static void a_changed_quote_or_another_key_proves_nothing(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	s.quote_bytes.data[s.quote_bytes.len - 1] ^= 1;
	quote_scene_expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
	make_attestation_key(&other);
	quote_scene_sign(&s);
	s.quote_signature.len = 0;
	sign_attest(&other, span_of(&s.quote_bytes), &s.quote_signature);
	s.evidence.signature = span_of(&s.quote_signature);
	quote_scene_expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
	s.evidence.signature = (struct span){ 0 };
	quote_scene_expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
}

static void only_the_scheme_of_the_enrolled_key_is_tried(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	s.attester.scheme_hash = DIGEST_SHA384;
	quote_scene_expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
}

static void what_no_tpm_made_is_no_quote(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.magic ^= 1;
	quote_scene_expect_unauthenticated(&s, "quote-not-from-tpm");
}

static void a_certification_is_no_quote(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	memcpy(s.certify.extra, s.quote.extra, s.quote.extra_len);
	s.quote = s.certify;
	quote_scene_expect_unauthenticated(&s, "quote-type-mismatch");
}

static void trailing_bytes_are_malformed(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	assert_int_equal(bytes_append_byte(&s.quote_bytes, 0), OK);
	s.quote_signature.len = 0;
	sign_attest(&s.ak, span_of(&s.quote_bytes), &s.quote_signature);
	s.evidence.attest = span_of(&s.quote_bytes);
	s.evidence.signature = span_of(&s.quote_signature);
	quote_scene_expect_as_sent(&s, UNAUTHENTICATED, "quote-malformed");
}

static void a_nonce_matches_whole_or_not_at_all(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.extra_len--;
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
	s.quote.extra_len = 0;
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
	quote_scene_quote(&s);
	s.quote.extra[0] ^= 1;
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
}

static void a_quote_names_the_minting_key_that_is_offered(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	struct digest policy;
	(void)state;

	quote_scene_init(&s);
	quote_scene_policy(&s, &policy);
	make_minting_key(digest_span(&policy), &other);
	s.evidence.minting_public = span_of(&other.public);
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
	s.evidence.minting_public = (struct span){ 0 };
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
}

static void the_same_key_in_another_hierarchy_does_not_speak(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &s.ak.name, &s.quote.signer), OK);
	quote_scene_expect_refused(&s, "quote-signer-mismatch");
	/* The caller has to commit this verdict: it needs the counters. */
	assert_int_equal(s.result.counters.reset_count, 7);
}

static void counters_only_go_forward(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct tpm_counters before = { 7, 1, 100000 };
	(void)state;

	quote_scene_init(&s);
	s.previous = &before;
	quote_scene_expect_unauthenticated(&s, "evidence-replayed");
	before.clock = 100001;
	quote_scene_expect_unauthenticated(&s, "evidence-replayed");
	before = (struct tpm_counters){ 7, 2, 0 };
	quote_scene_expect_refused(&s, "tpm-cleared");
	before = (struct tpm_counters){ 8, 0, 0 };
	quote_scene_expect_refused(&s, "tpm-cleared");
	before = (struct tpm_counters){ 7, 0, UINT64_MAX >> 1 };
	quote_scene_expect_accepted(&s);
	assert_true(s.result.is_new_session);
	before = (struct tpm_counters){ 6, 9, UINT64_MAX >> 1 };
	quote_scene_expect_accepted(&s);
	/* Unsigned: 2^31 resets are more than 7, not fewer. */
	before = (struct tpm_counters){ 0x80000000u, 0, 0 };
	quote_scene_expect_refused(&s, "tpm-cleared");
}

static void a_clock_of_2_63_is_no_clock(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.clock = ((uint64_t)1 << 63) - 1;
	quote_scene_expect_accepted(&s);
	s.quote.clock = (uint64_t)1 << 63;
	quote_scene_expect_refused(&s, "tpm-clock-out-of-range");
}

static void an_unsafe_clock_matters_only_where_policy_says(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.safe = 0;
	quote_scene_expect_accepted(&s);
	assert_false(s.result.is_safe);
	s.golden.built.require_safe = true;
	quote_scene_expect_refused(&s, "tpm-clock-not-safe");
}

static void firmware_on_the_deny_list_is_refused(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.golden.has_deny = true;
	s.golden.deny = (struct firmware_deny){ "TST", s.quote.firmware, s.quote.firmware };
	golden_build(&s.golden);
	quote_scene_expect_refused(&s, "tpm-firmware-denied");
	s.quote.firmware++;
	quote_scene_expect_accepted(&s);
	s.quote.firmware -= 2;
	quote_scene_expect_accepted(&s);
	s.quote.firmware++;
	strcpy(s.attester.vendor, "IFX");
	quote_scene_expect_accepted(&s);
	/* Nobody knows who made it: it may be the vendor named. */
	strcpy(s.attester.vendor, "");
	quote_scene_expect_refused(&s, "tpm-firmware-denied");
}

static void the_signed_selection_is_the_class_s(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.quote.selection.bank[0].pcrs &= ~(pcr_mask)1;
	quote_scene_expect_refused(&s, "quote-selection-mismatch");
	quote_scene_quote(&s);
	s.quote.selection.bank[0].pcrs |= 1u << 16;
	quote_scene_expect_refused(&s, "quote-selection-mismatch");
	quote_scene_quote(&s);
	s.quote.selection.bank[0].alg = DIGEST_SHA1;
	quote_scene_expect_refused(&s, "quote-selection-mismatch");
	quote_scene_quote(&s);
	s.quote.selection.bank[1] = s.quote.selection.bank[0];
	s.quote.selection.bank[1].alg = DIGEST_SHA1;
	s.quote.selection.count = 2;
	quote_scene_expect_refused(&s, "quote-selection-mismatch");
	quote_scene_quote(&s);
	s.quote.selection.count = 0;
	quote_scene_expect_refused(&s, "quote-selection-mismatch");
}

static void a_class_that_selects_resettable_pcrs_is_unusable(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	for (unsigned pcr = 16; pcr <= 23; pcr += 7) {
		struct digest zero = digest_filled(DIGEST_SHA256, 0);

		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &zero), OK);
		s.golden.node_class.select = GOLDEN_SELECT | 1u << pcr;
		s.golden.built.select = s.golden.node_class.select;
		quote_scene_take_pcrs(&s);
		quote_scene_quote(&s);
		quote_scene_expect_refused(&s, "release-unusable");
	}
}

static void values_are_those_that_were_signed(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.pcrs.data[10 * SHA256_SIZE + 3] ^= 1;
	quote_scene_expect_refused(&s, "quote-pcr-mismatch");
	s.pcrs.data[10 * SHA256_SIZE + 3] ^= 1;
	quote_scene_expect_accepted(&s);

	/* One too few, one too many, one that is cut. */
	size_t all = s.pcrs.len;

	s.evidence.pcrs.len = all - SHA256_SIZE;
	quote_scene_expect_refused(&s, "quote-pcr-mismatch");
	assert_int_equal(bytes_append(&s.pcrs, (struct span){ s.pcrs.data, SHA256_SIZE }), OK);
	s.evidence.pcrs = span_of(&s.pcrs);
	quote_scene_expect_refused(&s, "quote-pcr-mismatch");
	s.evidence.pcrs.len = all - 1;
	quote_scene_expect_refused(&s, "quote-pcr-mismatch");
	s.evidence.pcrs.len = all;
	quote_scene_expect_accepted(&s);
}

static void a_key_that_would_not_be_enrolled_attests_nothing(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct attester attester;
	(void)state;

	quote_scene_init(&s);
	assert_int_not_equal(
		attester_init(span_of(&s.minting.public), s.minting.key, "", &attester), OK);
}

static void a_report_is_what_the_quote_says_it_is(void **state)
{
	static const char said[] = "attestd-report/1\nend\n";
	AUTO_DONE(quote_scene) s = { 0 };
	(void)state;

	quote_scene_init(&s);
	s.evidence.report = span_text(said);
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch"); /* added on the way */
	quote_report(&s.quote, quote_scene_nonce, name_span(&s.minting.name), span_text(said));
	quote_scene_expect_accepted(&s);
	s.evidence.report = span_text("attestd-report/1\nEnd\n");
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
	s.evidence.report = (struct span){ 0 }; /* taken away */
	quote_scene_expect_unauthenticated(&s, "quote-nonce-mismatch");
}

static void the_first_steps_alone_say_who_speaks(void **state)
{
	AUTO_DONE(quote_scene) s = { 0 };
	struct attest quote;
	enum reason why;
	(void)state;

	quote_scene_init(&s);
	quote_scene_sign(&s);
	assert_int_equal(authenticate_quote(&s.attester, quote_scene_nonce,
					    name_span(&s.minting.name), (struct span){ 0 },
					    s.evidence.attest, s.evidence.signature, &quote, &why),
			 OK);
	assert_int_equal(why, REASON_NONE);
	assert_int_equal(quote.reset_count, 7);
	assert_int_equal(authenticate_quote(&s.attester, quote_scene_nonce, (struct span){ 0 },
					    (struct span){ 0 }, s.evidence.attest,
					    s.evidence.signature, &quote, &why),
			 OK);
	assert_int_equal(why, REASON_QUOTE_NONCE_MISMATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_words_are_believed),
		cmocka_unit_test(a_refusal_contraindicates_its_claim),
		cmocka_unit_test(a_changed_quote_or_another_key_proves_nothing),
		cmocka_unit_test(only_the_scheme_of_the_enrolled_key_is_tried),
		cmocka_unit_test(what_no_tpm_made_is_no_quote),
		cmocka_unit_test(a_certification_is_no_quote),
		cmocka_unit_test(trailing_bytes_are_malformed),
		cmocka_unit_test(a_nonce_matches_whole_or_not_at_all),
		cmocka_unit_test(a_quote_names_the_minting_key_that_is_offered),
		cmocka_unit_test(the_same_key_in_another_hierarchy_does_not_speak),
		cmocka_unit_test(counters_only_go_forward),
		cmocka_unit_test(a_clock_of_2_63_is_no_clock),
		cmocka_unit_test(an_unsafe_clock_matters_only_where_policy_says),
		cmocka_unit_test(firmware_on_the_deny_list_is_refused),
		cmocka_unit_test(the_signed_selection_is_the_class_s),
		cmocka_unit_test(a_class_that_selects_resettable_pcrs_is_unusable),
		cmocka_unit_test(values_are_those_that_were_signed),
		cmocka_unit_test(a_key_that_would_not_be_enrolled_attests_nothing),
		cmocka_unit_test(a_report_is_what_the_quote_says_it_is),
		cmocka_unit_test(the_first_steps_alone_say_who_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
