/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "evidence_maker.h"
#include "golden_release.h"
#include "tpm/policy_digest.h"
#include "verifier/appraisal/authenticate.h"

static const uint8_t nonce_bytes[32] = "a nonce of thirty-two bytes, so!";

/* An honest host; each test changes one thing and says what must follow. */
struct scene {
	struct golden golden;
	struct software_key ak, minting;
	struct made_attest quote, certify;
	struct bytes quote_bytes, quote_signature, certify_bytes, certify_signature;
	struct span pcrs[PCR_COUNT];
	struct digest pcr_values[PCR_COUNT];
	const struct tpm_counters *previous;
	struct attester attester;
	struct quote_evidence evidence;
	struct authentication result;
};

static const struct span nonce = { nonce_bytes, sizeof(nonce_bytes) };

static void take_pcrs(struct scene *s)
{
	s->evidence.pcr_count = 0;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		if ((s->golden.node_class.select >> pcr & 1) == 0)
			continue;
		size_t at = s->evidence.pcr_count++;

		s->pcr_values[at] = *pcr_value(&s->golden.values, DIGEST_SHA256, pcr);
		s->pcrs[at] = digest_span(&s->pcr_values[at]);
	}
	s->evidence.pcrs = s->pcrs;
}

static void minting_policy_of(const struct scene *s, struct digest *out)
{
	assert_int_equal(
		minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s->golden.values, 7, 1, out), OK);
}

static void requote(struct scene *s)
{
	s->quote = honest_quote(&s->ak, nonce, name_span(&s->minting.name), DIGEST_SHA256,
				s->golden.node_class.select, &s->golden.values);
}

static void scene_init(struct scene *s)
{
	struct digest policy;

	*s = (struct scene){ 0 };
	golden_init(&s->golden);
	golden_build(&s->golden);
	make_attestation_key(&s->ak);
	minting_policy_of(s, &policy);
	make_minting_key(digest_span(&policy), &s->minting);
	requote(s);
	s->certify = honest_certify(&s->ak, nonce, &s->minting.name);
	take_pcrs(s);
	s->evidence.nonce = nonce;
	s->evidence.minting_public = span_of(&s->minting.public);
	assert_int_equal(attester_init(span_of(&s->ak.public), s->ak.key, "TST", &s->attester), OK);
}

static void scene_done(struct scene *s)
{
	golden_done(&s->golden);
	software_key_done(&s->ak);
	software_key_done(&s->minting);
	bytes_done(&s->quote_bytes);
	bytes_done(&s->quote_signature);
	bytes_done(&s->certify_bytes);
	bytes_done(&s->certify_signature);
}

AUTO_RELEASE(scene, scene_done);

static void sign_all(struct scene *s)
{
	s->quote_bytes.len = s->quote_signature.len = 0;
	s->certify_bytes.len = s->certify_signature.len = 0;
	write_attest(&s->quote, &s->quote_bytes);
	sign_attest(&s->ak, span_of(&s->quote_bytes), &s->quote_signature);
	write_attest(&s->certify, &s->certify_bytes);
	sign_attest(&s->ak, span_of(&s->certify_bytes), &s->certify_signature);
	s->evidence.attest = span_of(&s->quote_bytes);
	s->evidence.signature = span_of(&s->quote_signature);
	s->evidence.certify_attest = span_of(&s->certify_bytes);
	s->evidence.certify_signature = span_of(&s->certify_signature);
}

static void judge(struct scene *s)
{
	assert_int_equal(authenticate(&s->golden.reference, &s->golden.built, &s->attester,
				      s->previous, &s->evidence, &s->result),
			 OK);
}

static void expect_as_sent(struct scene *s, enum authenticity authenticity, const char *code)
{
	judge(s);
	assert_string_equal(reason_facts(s->result.why.reason)->code, code);
	assert_int_equal(s->result.authenticity, authenticity);
}

static void expect_refused(struct scene *s, const char *code)
{
	sign_all(s);
	expect_as_sent(s, AUTHENTIC_REFUSED, code);
}

static void expect_unauthenticated(struct scene *s, const char *code)
{
	sign_all(s);
	expect_as_sent(s, UNAUTHENTICATED, code);
}

static void expect_accepted(struct scene *s)
{
	sign_all(s);
	expect_as_sent(s, AUTHENTIC, "none");
}

static void honest_words_are_believed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct claims claims = { 0 };
	struct tpm_counters before = { 7, 1, 99999 };
	(void)state;

	scene_init(&s);
	expect_accepted(&s);
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
	expect_accepted(&s);
	assert_false(s.result.is_new_session);
}

static void a_refusal_contraindicates_its_claim(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct claims claims = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.clock = (uint64_t)1 << 63;
	expect_refused(&s, "tpm-clock-out-of-range");
	authentication_claims(&s.result, &claims);
	assert_int_equal(claims.tier[CLAIM_HARDWARE], TIER_CONTRAINDICATED);
	assert_int_equal(claims.tier[CLAIM_INSTANCE_IDENTITY], TIER_NONE);
}

static void a_changed_quote_or_another_key_proves_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	(void)state;

	scene_init(&s);
	sign_all(&s);
	s.quote_bytes.data[s.quote_bytes.len - 1] ^= 1;
	expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
	make_attestation_key(&other);
	sign_all(&s);
	s.quote_signature.len = 0;
	sign_attest(&other, span_of(&s.quote_bytes), &s.quote_signature);
	s.evidence.signature = span_of(&s.quote_signature);
	expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
	s.evidence.signature = (struct span){ 0 };
	expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
}

static void only_the_scheme_of_the_enrolled_key_is_tried(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	sign_all(&s);
	s.attester.scheme_hash = DIGEST_SHA384;
	expect_as_sent(&s, UNAUTHENTICATED, "signature-invalid");
}

static void what_no_tpm_made_is_no_quote(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.magic ^= 1;
	expect_unauthenticated(&s, "quote-not-from-tpm");
}

static void a_certification_is_no_quote(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	memcpy(s.certify.extra, s.quote.extra, s.quote.extra_len);
	s.quote = s.certify;
	expect_unauthenticated(&s, "quote-type-mismatch");
}

static void trailing_bytes_are_malformed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	sign_all(&s);
	assert_int_equal(bytes_append_byte(&s.quote_bytes, 0), OK);
	s.quote_signature.len = 0;
	sign_attest(&s.ak, span_of(&s.quote_bytes), &s.quote_signature);
	s.evidence.attest = span_of(&s.quote_bytes);
	s.evidence.signature = span_of(&s.quote_signature);
	expect_as_sent(&s, UNAUTHENTICATED, "quote-malformed");
}

static void a_nonce_matches_whole_or_not_at_all(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.extra_len--;
	expect_unauthenticated(&s, "quote-nonce-mismatch");
	s.quote.extra_len = 0;
	expect_unauthenticated(&s, "quote-nonce-mismatch");
	requote(&s);
	s.quote.extra[0] ^= 1;
	expect_unauthenticated(&s, "quote-nonce-mismatch");
}

static void a_quote_names_the_minting_key_that_is_offered(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	struct digest policy;
	(void)state;

	scene_init(&s);
	minting_policy_of(&s, &policy);
	make_minting_key(digest_span(&policy), &other);
	s.evidence.minting_public = span_of(&other.public);
	expect_unauthenticated(&s, "quote-nonce-mismatch");
	s.evidence.minting_public = (struct span){ 0 };
	expect_unauthenticated(&s, "quote-nonce-mismatch");
}

static void the_same_key_in_another_hierarchy_does_not_speak(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &s.ak.name, &s.quote.signer), OK);
	expect_refused(&s, "quote-signer-mismatch");
	/* The caller has to commit this verdict: it needs the counters. */
	assert_int_equal(s.result.counters.reset_count, 7);
}

static void counters_only_go_forward(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct tpm_counters before = { 7, 1, 100000 };
	(void)state;

	scene_init(&s);
	s.previous = &before;
	expect_unauthenticated(&s, "evidence-replayed");
	before.clock = 100001;
	expect_unauthenticated(&s, "evidence-replayed");
	before = (struct tpm_counters){ 7, 2, 0 };
	expect_refused(&s, "tpm-cleared");
	before = (struct tpm_counters){ 8, 0, 0 };
	expect_refused(&s, "tpm-cleared");
	before = (struct tpm_counters){ 7, 0, UINT64_MAX >> 1 };
	expect_accepted(&s);
	assert_true(s.result.is_new_session);
	before = (struct tpm_counters){ 6, 9, UINT64_MAX >> 1 };
	expect_accepted(&s);
	/* Unsigned: 2^31 resets are more than 7, not fewer. */
	before = (struct tpm_counters){ 0x80000000u, 0, 0 };
	expect_refused(&s, "tpm-cleared");
}

static void a_clock_of_2_63_is_no_clock(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.clock = ((uint64_t)1 << 63) - 1;
	expect_accepted(&s);
	s.quote.clock = (uint64_t)1 << 63;
	expect_refused(&s, "tpm-clock-out-of-range");
}

static void an_unsafe_clock_matters_only_where_policy_says(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.safe = 0;
	expect_accepted(&s);
	assert_false(s.result.is_safe);
	s.golden.built.require_safe = true;
	expect_refused(&s, "tpm-clock-not-safe");
}

static void firmware_on_the_deny_list_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.has_deny = true;
	s.golden.deny = (struct firmware_deny){ "TST", s.quote.firmware, s.quote.firmware };
	golden_build(&s.golden);
	expect_refused(&s, "tpm-firmware-denied");
	s.quote.firmware++;
	expect_accepted(&s);
	s.quote.firmware -= 2;
	expect_accepted(&s);
	s.quote.firmware++;
	strcpy(s.attester.vendor, "IFX");
	expect_accepted(&s);
	/* Nobody knows who made it: it may be the vendor named. */
	strcpy(s.attester.vendor, "");
	expect_refused(&s, "tpm-firmware-denied");
}

static void the_signed_selection_is_the_class_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.quote.selection.bank[0].pcrs &= ~(pcr_mask)1;
	expect_refused(&s, "quote-selection-mismatch");
	requote(&s);
	s.quote.selection.bank[0].pcrs |= 1u << 16;
	expect_refused(&s, "quote-selection-mismatch");
	requote(&s);
	s.quote.selection.bank[0].alg = DIGEST_SHA1;
	expect_refused(&s, "quote-selection-mismatch");
	requote(&s);
	s.quote.selection.bank[1] = s.quote.selection.bank[0];
	s.quote.selection.bank[1].alg = DIGEST_SHA1;
	s.quote.selection.count = 2;
	expect_refused(&s, "quote-selection-mismatch");
	requote(&s);
	s.quote.selection.count = 0;
	expect_refused(&s, "quote-selection-mismatch");
}

static void a_class_that_selects_resettable_pcrs_is_unusable(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	for (unsigned pcr = 16; pcr <= 23; pcr += 7) {
		struct digest zero = digest_filled(DIGEST_SHA256, 0);

		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &zero), OK);
		s.golden.node_class.select = GOLDEN_SELECT | 1u << pcr;
		s.golden.built.select = s.golden.node_class.select;
		take_pcrs(&s);
		requote(&s);
		expect_refused(&s, "release-unusable");
	}
}

static void values_are_those_that_were_signed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.pcr_values[10].value[3] ^= 1;
	expect_refused(&s, "quote-pcr-mismatch");
	s.pcr_values[10].value[3] ^= 1;
	expect_accepted(&s);
	s.evidence.pcr_count--;
	expect_refused(&s, "quote-pcr-mismatch");
	s.evidence.pcr_count += 2;
	s.pcrs[s.evidence.pcr_count - 1] = s.pcrs[0];
	expect_refused(&s, "quote-pcr-mismatch");
	s.evidence.pcr_count--;
	s.pcrs[0].len--;
	expect_refused(&s, "quote-pcr-mismatch");
}

/* Offers the minting key with these changes; quote and certification follow. */
static void offer(struct scene *s, uint32_t attributes, struct span policy)
{
	s->minting.public.len = 0;
	write_ecc_public(&s->minting, DIGEST_SHA256, attributes, policy, DIGEST_SHA256,
			 &s->minting.public);
	assert_int_equal(public_area_name(span_of(&s->minting.public), &s->minting.name), OK);
	s->evidence.minting_public = span_of(&s->minting.public);
	requote(s);
	s->certify = honest_certify(&s->ak, nonce, &s->minting.name);
}

#define MINTING                                                                                    \
	(OBJECT_SIGN | OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |     \
	 OBJECT_NO_DA)

static void a_minting_key_is_bound_to_what_was_quoted(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest policy;
	(void)state;

	scene_init(&s);
	minting_policy_of(&s, &policy);
	offer(&s, MINTING, digest_span(&policy));
	expect_accepted(&s);
	offer(&s, MINTING | OBJECT_USER_WITH_AUTH, digest_span(&policy));
	expect_refused(&s, "minting-key-unsuitable");
	offer(&s, MINTING | OBJECT_RESTRICTED, digest_span(&policy));
	expect_refused(&s, "minting-key-unsuitable");
	offer(&s, MINTING, (struct span){ 0 });
	expect_refused(&s, "minting-key-unsuitable");
	/* Other counters: a key of another boot (k19). */
	assert_int_equal(
		minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s.golden.values, 7, 0, &policy),
		OK);
	offer(&s, MINTING, digest_span(&policy));
	expect_refused(&s, "minting-key-unsuitable");
	/* Without the cap PCR, the cap would never reach it. */
	assert_int_equal(minting_policy(DIGEST_SHA256, 0x4090, &s.golden.values, 7, 1, &policy),
			 OK);
	offer(&s, MINTING, digest_span(&policy));
	expect_refused(&s, "minting-key-unsuitable");
}

static void a_minting_key_that_cannot_be_read_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.minting.public.data[s.minting.public.len - 1] ^= 1;
	s.minting.public.data[1] ^= 0xff; /* an unknown type */
	assert_int_equal(public_area_name(span_of(&s.minting.public), &s.minting.name), OK);
	requote(&s);
	s.certify = honest_certify(&s.ak, nonce, &s.minting.name);
	expect_refused(&s, "minting-key-malformed");
}

static void a_minting_key_is_certified_in_its_boot_session(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct tpm_counters before = { 7, 1, 5 };
	(void)state;

	scene_init(&s);
	sign_all(&s);
	s.evidence.certify_attest = s.evidence.certify_signature = (struct span){ 0 };
	s.previous = &before;
	expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.evidence.known_minting_name = name_span(&s.ak.name);
	expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.evidence.known_minting_name = name_span(&s.minting.name);
	expect_as_sent(&s, AUTHENTIC, "none");
	assert_false(s.result.was_certified);
	before.restart_count = 0;
	expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
	s.previous = NULL;
	expect_as_sent(&s, AUTHENTIC_REFUSED, "minting-key-uncertified");
}

static void evidence_without_a_minting_key_is_whole(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.evidence.minting_public = (struct span){ 0 };
	s.minting.name.len = 0;
	requote(&s);
	s.minting.name.len = 34;
	expect_accepted(&s);
	assert_false(s.result.has_minting_key);
}

static void the_certification_is_by_the_same_key(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	sign_all(&s);
	s.certify_bytes.data[s.certify_bytes.len - 1] ^= 1;
	expect_as_sent(&s, AUTHENTIC_REFUSED, "certify-signature-invalid");
	s.evidence.certify_signature = (struct span){ 0 };
	expect_as_sent(&s, AUTHENTIC_REFUSED, "certify-signature-invalid");
}

static void a_certification_says_all_of_it(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_attest honest;
	(void)state;

	scene_init(&s);
	honest = s.certify;
	s.certify.magic ^= 1;
	expect_refused(&s, "certify-malformed");
	s.certify = s.quote;
	expect_refused(&s, "certify-malformed");
	s.certify = honest;
	s.certify.extra[31] ^= 1;
	expect_refused(&s, "certify-nonce-mismatch");
	s.certify = honest;
	s.certify.restart_count++;
	expect_refused(&s, "certify-counters-mismatch");
	s.certify = honest;
	s.certify.reset_count++;
	expect_refused(&s, "certify-counters-mismatch");
	s.certify = honest;
	s.certify.certified.value[5] ^= 1;
	expect_refused(&s, "certify-name-mismatch");
	s.certify = honest;
	s.certify.signer.value[5] ^= 1;
	expect_refused(&s, "quote-signer-mismatch");
	s.certify = honest;
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &s.minting.name,
						   &s.certify.certified_qualified),
			 OK);
	expect_refused(&s, "certify-hierarchy-mismatch");
	s.certify = honest;
	expect_accepted(&s);
}

static void a_key_that_would_not_be_enrolled_attests_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct attester attester;
	(void)state;

	scene_init(&s);
	assert_int_not_equal(
		attester_init(span_of(&s.minting.public), s.minting.key, "", &attester), OK);
}

static void the_first_steps_alone_say_who_speaks(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct attest quote;
	enum reason why;
	(void)state;

	scene_init(&s);
	sign_all(&s);
	assert_int_equal(authenticate_quote(&s.attester, nonce, name_span(&s.minting.name),
					    s.evidence.attest, s.evidence.signature, &quote, &why),
			 OK);
	assert_int_equal(why, REASON_NONE);
	assert_int_equal(quote.reset_count, 7);
	assert_int_equal(authenticate_quote(&s.attester, nonce, (struct span){ 0 },
					    s.evidence.attest, s.evidence.signature, &quote, &why),
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
		cmocka_unit_test(a_minting_key_is_bound_to_what_was_quoted),
		cmocka_unit_test(a_minting_key_that_cannot_be_read_is_refused),
		cmocka_unit_test(a_minting_key_is_certified_in_its_boot_session),
		cmocka_unit_test(evidence_without_a_minting_key_is_whole),
		cmocka_unit_test(the_certification_is_by_the_same_key),
		cmocka_unit_test(a_certification_says_all_of_it),
		cmocka_unit_test(a_key_that_would_not_be_enrolled_attests_nothing),
		cmocka_unit_test(the_first_steps_alone_say_who_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
