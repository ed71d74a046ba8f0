/* SPDX-License-Identifier: Apache-2.0 */
/* JWT-SVIDs in the mint's core: what is wished for, and which answers are good, with the
 * test as broker, verifier and API. */
#include "unit.h"

#include "base/reader.h"
#include "confirmation.h"
#include "messages/result.h"
#include "token_scene.h"

static void a_wish_names_entry_identity_and_audience_and_its_answer_is_handed_out(void **state)
{
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	const struct wish w = token_scene_wish();
	const struct minted m = token_scene_good(&w);
	(void)state;

	assert_true(span_equal(w.entry, span_text("first")));
	assert_true(span_equal(w.spiffe_id, span_text(CORE_ID)));
	assert_int_equal(w.audience_count, 1);
	assert_true(span_equal(w.audience, span_text("api")));
	assert_int_equal(token_scene.told.times, 0);

	token_scene_make(&m, &token);
	token_scene_seal(&m, &w, span_of(&token), &sealed);
	assert_int_equal(token_scene_take(w.ticket, span_of(&sealed), ""), OK);
	token_scene_assert_told(WORKLOAD_GIVEN, "");
	assert_true(span_equal(span_text(token_scene.told.token), span_of(&token)));
}

static void become_two(void)
{
	workload_do(&token_scene.one, WORKLOAD_EXECUTE, 0, workload_path("two"));
}

static void a_token_is_not_handed_to_who_became_another(void **state)
{
	const struct wish w = token_scene_wish();
	const struct minted m = token_scene_good(&w);
	(void)state;

	before_reply = become_two;
	token_scene_bring(&m, &w);
	assert_null(before_reply);
	token_scene_assert_told(WORKLOAD_DENIED, "became another process");
}

static void expect_unusable(const struct minted *m, const struct wish *w)
{
	token_scene_bring(m, w);
	token_scene_assert_told(WORKLOAD_DENIED, "not what was asked for");
}

static void a_token_for_another_audience_is_none(void **state)
{
	const struct wish w = token_scene_wish();
	struct minted m = token_scene_good(&w);
	(void)state;

	m.audience = "other";
	expect_unusable(&m, &w);
}

static void a_token_for_another_identity_is_none(void **state)
{
	const struct wish w = token_scene_wish();
	struct minted m = token_scene_good(&w);
	(void)state;

	m.subject = CORE_ID "0";
	expect_unusable(&m, &w);
}

static void a_token_that_outlives_the_verdict_is_none(void **state)
{
	const struct wish w = token_scene_wish();
	struct minted m = token_scene_good(&w);
	(void)state;

	m.expires = scene.right.grant.verdict.expires + 1;
	expect_unusable(&m, &w);
}

static void a_token_by_another_key_is_none(void **state)
{
	const struct wish w = token_scene_wish();
	struct minted m = token_scene_good(&w);
	(void)state;

	m.key = token_scene.foreign;
	expect_unusable(&m, &w);
}

static void a_token_that_was_sealed_for_another_wish_is_none(void **state)
{
	const struct wish w = token_scene_wish();
	struct minted m = token_scene_good(&w);
	(void)state;

	m.ticket++;
	expect_unusable(&m, &w);
}

static void what_the_verifier_refuses_is_told_by_its_code(void **state)
{
	const struct wish w = token_scene_wish();
	(void)state;

	assert_int_equal(token_scene_take(w.ticket, (struct span){ 0 }, "entry-quarantined"), OK);
	token_scene_assert_told(WORKLOAD_DENIED, "quarantined");
}

static void a_code_that_nobody_knows_is_no_reason(void **state)
{
	const struct wish w = token_scene_wish();
	(void)state;

	assert_int_equal(token_scene_take(w.ticket, (struct span){ 0 }, "because"), OK);
	token_scene_assert_told(WORKLOAD_DENIED, "not what was asked for");
}

static void an_answer_to_a_wish_that_nobody_has_is_passed_over(void **state)
{
	const struct wish w = token_scene_wish();
	(void)state;

	assert_int_equal(token_scene_take(w.ticket + 1, (struct span){ 0 }, "entry-unknown"), OK);
	assert_int_equal(token_scene.told.times, 0);
	assert_int_equal(scene.core.tokens.count, 1);
}

static void an_answer_out_of_form_is_refused(void **state)
{
	static const uint8_t many[] = { RESULT_JWTS_MAX + 1 };
	static const uint8_t cut[] = { 1, 0, 0 };
	struct reader in = reader_over((struct span){ many, sizeof(many) });
	(void)state;

	assert_int_equal(tokens_take(&scene.core.tokens, &in), STATUS_TOO_LARGE);
	in = reader_over((struct span){ cut, sizeof(cut) });
	assert_int_not_equal(tokens_take(&scene.core.tokens, &in), OK);
}

static void an_entry_that_allows_none_any_more_gives_none(void **state)
{
	const struct wish w = token_scene_wish();
	const struct minted m = token_scene_good(&w);
	(void)state;

	scene.entries[0].may_jwt = false;
	token_scene_bring(&m, &w);
	token_scene_assert_told(WORKLOAD_DENIED, "allows a JWT-SVID");
}

static void who_is_another_program_by_now_gets_none(void **state)
{
	const struct wish w = token_scene_wish();
	const struct minted m = token_scene_good(&w);
	(void)state;

	workload_do(&token_scene.one, WORKLOAD_EXECUTE, 0, workload_path("two"));
	token_scene_bring(&m, &w);
	assert_int_equal(token_scene.told.times, 1);
	assert_int_not_equal(token_scene.told.outcome, WORKLOAD_GIVEN);
	assert_int_equal(token_scene.told.count, 0);
}

static enum workload_outcome validate(const struct minted *m, const char *audience)
{
	AUTO_DONE(bytes) token = { 0 };
	struct workload_claims claims = { 0 };
	enum workload_outcome outcome = WORKLOAD_AGAIN;
	const char *why = "";

	token_scene_make(m, &token);
	while (outcome == WORKLOAD_AGAIN) {
		mint_broker_settle(&scene.broker);
		outcome =
			scene.source.validate(scene.source.core, token_scene.one.caller,
					      span_text(audience), span_of(&token), &claims, &why);
	}
	if (outcome == WORKLOAD_GIVEN)
		assert_true(span_equal(claims.spiffe_id, span_text(m->subject)));
	return outcome;
}

static void a_token_is_valid_by_the_keys_of_its_own_trust_domain(void **state)
{
	const struct wish nobodys = { 0 };
	struct minted m = token_scene_good(&nobodys);
	(void)state;

	assert_int_equal(validate(&m, "api"), WORKLOAD_GIVEN);
	assert_int_equal(validate(&m, "other"), WORKLOAD_INVALID);

	/* Theirs, of their own; of ours; ours, of theirs; of nobody's. */
	m.key = token_scene.foreign;
	m.kid = FOREIGN_KID;
	m.subject = "spiffe://other.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_GIVEN);
	m.subject = CORE_ID;
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
	m.key = token_scene.own;
	m.kid = KID;
	m.subject = "spiffe://other.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
	m.subject = "spiffe://third.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_scene_begin, token_scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wish_names_entry_identity_and_audience_and_its_answer_is_handed_out),
		TEST(a_token_is_not_handed_to_who_became_another),
		TEST(a_token_for_another_audience_is_none),
		TEST(a_token_for_another_identity_is_none),
		TEST(a_token_that_outlives_the_verdict_is_none),
		TEST(a_token_by_another_key_is_none),
		TEST(a_token_that_was_sealed_for_another_wish_is_none),
		TEST(what_the_verifier_refuses_is_told_by_its_code),
		TEST(a_code_that_nobody_knows_is_no_reason),
		TEST(an_answer_to_a_wish_that_nobody_has_is_passed_over),
		TEST(an_answer_out_of_form_is_refused),
		TEST(an_entry_that_allows_none_any_more_gives_none),
		TEST(who_is_another_program_by_now_gets_none),
		TEST(a_token_is_valid_by_the_keys_of_its_own_trust_domain),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
