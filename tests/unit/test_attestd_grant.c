/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attestd_grant.h"

static struct granted granted;

static int make(void **state)
{
	(void)state;
	granted_init(&granted);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	granted_done(&granted);
	return 0;
}

static void a_signed_verdict_with_its_certificate_is_a_grant(void **state)
{
	AUTO_DONE(grant) grant = { 0 };

	(void)state;
	granted_open(&granted, &grant);
	assert_int_equal(grant.verdict.expires, NOW + LIFETIME_S);
	assert_non_null(grant.certificate);
}

static void a_verdict_by_another_key_is_refused(void **state)
{
	AUTO_DONE(verdict) v = { 0 };
	AUTO_DONE(bytes) signature = { 0 };

	(void)state;
	sign_with(granted.minting, span_of(&granted.text), &signature);
	assert_int_equal(
		verdict_open(span_of(&granted.text), span_of(&signature), granted.result, &v),
		STATUS_MISMATCH);
}

static void every_flipped_byte_of_a_verdict_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < granted.text.len; i++) {
		AUTO_DONE(verdict) v = { 0 };

		granted.text.data[i] ^= 1;
		assert_int_equal(verdict_open(span_of(&granted.text), span_of(&granted.signature),
					      granted.result, &v),
				 STATUS_MISMATCH);
		granted.text.data[i] ^= 1;
	}
}

static enum status take(int64_t now, struct span certificate)
{
	AUTO_DONE(verdict) v = { 0 };
	AUTO_DONE(grant) grant = { 0 };

	assert_int_equal(verdict_open(span_of(&granted.text), span_of(&granted.signature),
				      granted.result, &v),
			 OK);
	return grant_take(&v, certificate, now, &grant);
}

static void a_grant_ends_when_the_verdict_says(void **state)
{
	(void)state;
	assert_int_equal(take(NOW + LIFETIME_S - 1, span_of(&granted.certificate)), OK);
	assert_int_equal(take(NOW + LIFETIME_S, span_of(&granted.certificate)), STATUS_DENIED);
}

static void another_certificate_than_the_one_named_is_refused(void **state)
{
	AUTO_DONE(bytes) other = { 0 };

	(void)state;
	assert_int_equal(bytes_copy(span_of(&granted.certificate), &other), OK);
	other.data[other.len - 1] ^= 1;
	assert_int_equal(take(NOW, span_of(&other)), STATUS_MISMATCH);
	assert_int_equal(take(NOW, (struct span){ 0 }), STATUS_MISMATCH);
}

static void a_verdict_that_is_not_trusted_grants_nothing(void **state)
{
	(void)state;
	granted_sign(&granted, "untrusted", 0, NULL);
	assert_int_equal(take(NOW, span_of(&granted.certificate)), STATUS_DENIED);
}

static void entitlements_reach_as_far_as_their_pattern(void **state)
{
	AUTO_DONE(grant) grant = { 0 };

	(void)state;
	granted_open(&granted, &grant);
	assert_true(grant_entitles(&grant, span_text("spiffe://example.org/web/1")));
	assert_false(grant_entitles(&grant, span_text("spiffe://example.org/web/1/2")));
	assert_false(grant_entitles(&grant, span_text("spiffe://example.org/db/1")));
	assert_false(grant_entitles(&grant, span_text("spiffe://example.org")));
	assert_false(grant_entitles(&grant, span_text("spiffe://example.org/web/../db")));
}

static void a_pattern_of_another_trust_domain_entitles_to_nothing(void **state)
{
	AUTO_DONE(grant) grant = { 0 };

	(void)state;
	granted_sign(&granted, "trusted", NOW + LIFETIME_S, "spiffe://other.org/web/*");

	AUTO_DONE(verdict) v = { 0 };
	enum status status = verdict_open(span_of(&granted.text), span_of(&granted.signature),
					  granted.result, &v);

	/* Refused as text, or harmless as a grant. */
	if (status == OK && grant_take(&v, span_of(&granted.certificate), NOW, &grant) == OK)
		assert_false(grant_entitles(&grant, span_text("spiffe://other.org/web/1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_signed_verdict_with_its_certificate_is_a_grant,
						make, drop),
		cmocka_unit_test_setup_teardown(a_verdict_by_another_key_is_refused, make, drop),
		cmocka_unit_test_setup_teardown(every_flipped_byte_of_a_verdict_is_refused, make,
						drop),
		cmocka_unit_test_setup_teardown(a_grant_ends_when_the_verdict_says, make, drop),
		cmocka_unit_test_setup_teardown(another_certificate_than_the_one_named_is_refused,
						make, drop),
		cmocka_unit_test_setup_teardown(a_verdict_that_is_not_trusted_grants_nothing, make,
						drop),
		cmocka_unit_test_setup_teardown(entitlements_reach_as_far_as_their_pattern, make,
						drop),
		cmocka_unit_test_setup_teardown(
			a_pattern_of_another_trust_domain_entitles_to_nothing, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
