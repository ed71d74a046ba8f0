/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "tpm/policy_digest.h"

static const char nonce_hex[] = "00112233445566778899aabbccddeeff";

/* PCR 4 as the software TPM had it that gave the golden policy below; PCR 0 and
 * 13 were zero. */
static const char pcr4_hex[] = "8c374a53782642f7514d087d26a3e733f1b806009a03e04a43b288ef2fa9f9c0";

static struct digest digest_hex(enum digest_alg alg, const char *hex)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct digest d = { 0 };

	assert_int_equal(hex_decode(span_text(hex), &raw), OK);
	assert_int_equal(digest_from(alg, span_of(&raw), &d), OK);
	return d;
}

static struct pcr_values measured(void)
{
	struct pcr_values values;
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	struct digest four = digest_hex(DIGEST_SHA256, pcr4_hex);

	pcr_values_init(&values);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		assert_int_equal(pcr_value_set(&values, pcr, pcr == 4 ? &four : &zero), OK);
	return values;
}

#define MASK ((pcr_mask)(1 << 0 | 1 << 4 | 1 << 13))

/* What TPM2_PolicyGetDigest answered after PolicyPCR and PolicyCounterTimer. */
static void the_minting_policy_is_the_tpms(void **state)
{
	struct pcr_values values = measured();
	struct digest golden =
		digest_hex(DIGEST_SHA256, "4ab6d897c39278a662b3f7b57e9888c9c8bafcd13a0407a7c41c877f"
					  "8f6b94f1");
	struct digest policy;
	(void)state;

	assert_int_equal(minting_policy(DIGEST_SHA256, MASK, &values, 1, 0, &policy), OK);
	assert_true(digest_equal(&policy, &golden));
}

static void each_term_of_the_minting_policy_counts(void **state)
{
	struct pcr_values values = measured();
	struct digest other = digest_filled(DIGEST_SHA256, 1);
	struct digest policy;
	struct digest changed;
	(void)state;

	assert_int_equal(minting_policy(DIGEST_SHA256, MASK, &values, 1, 0, &policy), OK);
	assert_int_equal(minting_policy(DIGEST_SHA256, MASK, &values, 2, 0, &changed), OK);
	assert_false(digest_equal(&policy, &changed));
	assert_int_equal(minting_policy(DIGEST_SHA256, MASK, &values, 1, 1, &changed), OK);
	assert_false(digest_equal(&policy, &changed));
	assert_int_equal(minting_policy(DIGEST_SHA256, MASK | 2, &values, 1, 0, &changed), OK);
	assert_false(digest_equal(&policy, &changed));
	assert_int_equal(pcr_value_set(&values, 13, &other), OK);
	assert_int_equal(minting_policy(DIGEST_SHA256, MASK, &values, 1, 0, &changed), OK);
	assert_false(digest_equal(&policy, &changed));
}

static void a_policy_over_nothing_or_the_unknown_is_refused(void **state)
{
	struct pcr_values values = measured();
	struct digest policy;
	(void)state;

	assert_int_equal(minting_policy(DIGEST_SHA256, 0, &values, 1, 0, &policy),
			 STATUS_UNSUPPORTED);
	assert_int_equal(minting_policy(DIGEST_SHA256, 1u << 24, &values, 1, 0, &policy),
			 STATUS_UNSUPPORTED);
	assert_int_equal(minting_policy(DIGEST_NONE, MASK, &values, 1, 0, &policy),
			 STATUS_UNSUPPORTED);
	assert_int_equal(minting_policy(DIGEST_SHA384, MASK, &values, 1, 0, &policy),
			 STATUS_NOT_FOUND);
}

static void extra_data_binds_nonce_minting_key_and_report(void **state)
{
	AUTO_DONE(bytes) nonce = { 0 };
	const struct span report = span_text("attestd-report/1\nend\n");
	uint8_t name[34] = { 0x00, 0x0b };
	struct digest got;
	struct digest want;
	(void)state;

	assert_int_equal(hex_decode(span_text(nonce_hex), &nonce), OK);
	for (unsigned i = 0; i < 32; i++)
		name[2 + i] = (uint8_t)i;

	assert_int_equal(quote_extra_data(span_of(&nonce), (struct span){ name, sizeof(name) },
					  (struct span){ 0 }, &got),
			 OK);
	want = digest_hex(DIGEST_SHA256,
			  "90e423aa8a4fc499e6d2b09a9e36020c96fd895ca5d6e90690d113e320a429cd");
	assert_true(digest_equal(&got, &want));

	assert_int_equal(
		quote_extra_data(span_of(&nonce), (struct span){ 0 }, (struct span){ 0 }, &got),
		OK);
	want = digest_hex(DIGEST_SHA256,
			  "463e974c4b514723159919b08173774a6f32134020d51bf3d9ba4a2737c2630c");
	assert_true(digest_equal(&got, &want));

	assert_int_equal(quote_extra_data(span_of(&nonce), (struct span){ name, sizeof(name) },
					  report, &got),
			 OK);
	want = digest_hex(DIGEST_SHA256,
			  "796cfb910740d92cb74352bc551e0e9cfd4e40320dd76964c9aca6531f3ad214");
	assert_true(digest_equal(&got, &want));
	assert_int_equal(quote_extra_data(span_of(&nonce), (struct span){ 0 }, report, &got), OK);
	want = digest_hex(DIGEST_SHA256,
			  "0fe052844ce7dc3fc3f829b6c6c13b27c1dcbc7170810738567e298315469811");
	assert_true(digest_equal(&got, &want));

	assert_int_equal(certify_extra_data(span_of(&nonce), &got), OK);
	want = digest_hex(DIGEST_SHA256,
			  "6e2234222508e6f76237cae5207586bd76af223d22cb1b9f4475b81df5886f7f");
	assert_true(digest_equal(&got, &want));
}

static void a_cap_is_the_labels_digest_in_each_bank(void **state)
{
	struct digest got;
	struct digest want = digest_hex(DIGEST_SHA1, "79406f1c53445016849b71637f10660dc9c3ba04");
	(void)state;

	assert_int_equal(cap_digest(DIGEST_SHA1, &got), OK);
	assert_true(digest_equal(&got, &want));
	assert_int_equal(cap_digest(DIGEST_SHA256, &got), OK);
	want = digest_hex(DIGEST_SHA256,
			  "31aee71af659ffa3a05227dbe6d58fb8851a6e592f8946841977905f50d2ef25");
	assert_true(digest_equal(&got, &want));
	assert_int_equal(cap_digest(DIGEST_NONE, &got), STATUS_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_minting_policy_is_the_tpms),
		cmocka_unit_test(each_term_of_the_minting_policy_counts),
		cmocka_unit_test(a_policy_over_nothing_or_the_unknown_is_refused),
		cmocka_unit_test(extra_data_binds_nonce_minting_key_and_report),
		cmocka_unit_test(a_cap_is_the_labels_digest_in_each_bank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
