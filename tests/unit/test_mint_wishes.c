/* SPDX-License-Identifier: Apache-2.0 */
/* What a workload may wish for of JWT-SVIDs, how much of it, and what ends the wait. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "daemon/clock.h"
#include "messages/report.h"
#include "token_scene.h"

static void who_waits_too_long_is_told_to_ask_again(void **state)
{
	const struct wish w = token_scene_wish();
	struct instant at = instant_now();
	(void)state;

	at.boot = scene.core.tokens.asked[0]->until - 1;
	tokens_keep(&scene.core.tokens, &at);
	assert_int_equal(token_scene.told.times, 0);
	assert_int_equal(tokens_wait_s(&scene.core.tokens, &at, 100), 1);
	at.boot++;
	tokens_keep(&scene.core.tokens, &at);
	token_scene_assert_told(WORKLOAD_NOT_READY, "did not answer in time");

	const struct minted m = token_scene_good(&w);

	token_scene_bring(&m, &w);
	assert_int_equal(token_scene.told.times, 1);
}

static void who_has_gone_is_not_told(void **state)
{
	const struct wish w = token_scene_wish();
	const struct minted m = token_scene_good(&w);
	(void)state;

	scene.source.jwt_cancelled(scene.source.core, TICKET);
	assert_int_equal(scene.core.tokens.count, 0);
	token_scene_bring(&m, &w);
	assert_int_equal(token_scene.told.times, 0);
}

static void the_end_of_the_right_ends_what_is_wished_for(void **state)
{
	(void)state;
	(void)token_scene_wish();
	tokens_right_ended(&scene.core.tokens);
	token_scene_assert_told(WORKLOAD_NOT_READY, "lost its right");
}

static void a_right_that_was_taken_denies_what_is_wished_for(void **state)
{
	(void)state;
	(void)token_scene_wish();
	scene.right.is_revoked = true;
	tokens_right_ended(&scene.core.tokens);
	token_scene_assert_told(WORKLOAD_DENIED, "lost its right");
}

static void what_no_entry_allows_is_denied_at_once(void **state)
{
	(void)state;
	assert_int_equal(token_scene_ask("api", CORE_ID "0", TICKET), WORKLOAD_DENIED);
	scene.entries[0].may_jwt = false;
	assert_int_equal(token_scene_ask("api", "", TICKET), WORKLOAD_DENIED);
	assert_non_null(strstr(token_scene.told.why, "allows a JWT-SVID"));
	assert_int_equal(scene.broker.wishes, 0);
}

static void an_audience_is_printable_and_has_no_space(void **state)
{
	(void)state;
	assert_int_equal(token_scene_ask("a b", "", TICKET), WORKLOAD_INVALID);
	assert_int_equal(token_scene_ask("", "", TICKET), WORKLOAD_INVALID);
	assert_int_equal(scene.broker.wishes, 0);
}

static size_t text_len(const struct span *audiences)
{
	AUTO_DONE(bytes) text = { 0 };
	struct report report;
	struct report_jwt *jwt = &report.jwts[0];

	report_init(&report);
	report.jwt_count = 1;
	*jwt = (struct report_jwt){ .ticket = INT64_MAX,
				    .entry = span_text("first"),
				    .spiffe_id = span_text(CORE_ID),
				    .audience_count = REPORT_AUDIENCES_MAX };
	memcpy(jwt->audiences, audiences, sizeof(jwt->audiences));
	assert_int_equal(report_write(&report, &text), OK);
	return text.len;
}

/* What the broker would refuse, and take for the sign of a mint that is captured. */
static void what_is_too_long_for_a_report_is_invalid_and_no_wish(void **state)
{
	struct span audiences[REPORT_AUDIENCES_MAX];
	uint8_t text[AUDIENCE_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < REPORT_AUDIENCES_MAX; i++)
		audiences[i] = (struct span){ text, sizeof(text) };
	audiences[7].len = 1;
	while (text_len(audiences) > 2000)
		audiences[0].len--;
	while (text_len(audiences) < 2000)
		audiences[7].len++;
	assert_int_equal(token_scene_ask_for(audiences, REPORT_AUDIENCES_MAX, 1), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.wishes, 1);
	audiences[7].len++;
	assert_int_equal(token_scene_ask_for(audiences, REPORT_AUDIENCES_MAX, 2), WORKLOAD_INVALID);
	assert_non_null(strstr(token_scene.told.why, "too long together"));
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.wishes, 1);
}

static void a_user_waits_for_so_many_at_a_time(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < TOKENS_OF_USER_MAX; i++)
		assert_int_equal(token_scene_ask("api", "", i), WORKLOAD_LATER);
	assert_int_equal(token_scene_ask("api", "", 99), WORKLOAD_TOO_MANY);
	assert_int_equal(scene.core.tokens.count, TOKENS_OF_USER_MAX);
}

static void fill_and_cancel(void)
{
	for (uint64_t i = 0; i < TOKENS_OF_USER_MAX; i++)
		assert_int_equal(token_scene_ask("api", "", i), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);
	for (uint64_t i = 0; i < TOKENS_OF_USER_MAX; i++)
		scene.source.jwt_cancelled(scene.source.core, i);
	assert_int_equal(scene.core.tokens.count, 0);
	assert_int_equal(token_scene_ask("api", "", 99), WORKLOAD_TOO_MANY);
}

/* The broker keeps what it was told of, whoever waits for it. */
static void who_stops_waiting_has_not_left_his_places(void **state)
{
	struct tokens *t = &scene.core.tokens;

	(void)state;
	fill_and_cancel();
	assert_int_equal(scene.broker.wishes, TOKENS_OF_USER_MAX);
	for (size_t i = 0; i < t->sent_count; i++)
		assert_in_range(t->sent[i].until, clock_boot_s() + WISH_LIFETIME_S - 20,
				clock_boot_s() + WISH_LIFETIME_S);
	t->sent[0].until = clock_boot_s();
	assert_int_equal(token_scene_ask("api", "", 99), WORKLOAD_LATER);
	assert_int_equal(token_scene_ask("api", "", 100), WORKLOAD_TOO_MANY);
}

static void what_a_verdict_answered_leaves_its_place(void **state)
{
	(void)state;
	fill_and_cancel();
	assert_int_equal(token_scene_take(scene.core.tokens.sent[3].ticket, (struct span){ 0 },
					  "entry-unknown"),
			 OK);
	assert_int_equal(token_scene_ask("api", "", 99), WORKLOAD_LATER);
	assert_int_equal(token_scene_ask("api", "", 100), WORKLOAD_TOO_MANY);
}

static void what_the_broker_did_not_take_has_no_place(void **state)
{
	(void)state;
	(void)token_scene_wish();
	scene.broker.refuses = true;
	for (uint64_t i = 0; i + 1 < TOKENS_OF_USER_MAX; i++)
		assert_int_equal(token_scene_ask("api", "", 10 + i), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.core.tokens.sent_count, 1);
}

/* An attestation each, at worst. */
static void each_identity_counts_against_the_rate(void **state)
{
	struct core_scene *s = &scene;

	(void)state;
	core_scene_add("second", "one")->may_jwt = true;
	core_scene_add("third", "one")->may_jwt = true;
	assert_int_equal(token_scene_ask("api", "", TICKET), WORKLOAD_LATER);
	assert_int_equal(s->core.tokens.sent_count, 3);
	assert_in_range(s->core.tokens.rates.users[0].used, 2001, 3000);
}

static void a_user_asks_so_often(void **state)
{
	(void)state;
	/* For longer than any test takes. */
	scene.core.tokens.rates.users[0] =
		(struct rates_user){ .used = 1000000000, .seen_ms = clock_boot_s() * 1000 };
	assert_int_equal(token_scene_ask("api", "", TICKET), WORKLOAD_TOO_MANY);
	assert_int_equal(scene.broker.wishes, 0);
}

static void a_broker_that_takes_no_more_is_told_of(void **state)
{
	(void)state;
	/* It has said that the program is measured. */
	(void)token_scene_wish();
	scene.source.jwt_cancelled(scene.source.core, TICKET);
	scene.broker.refuses = true;
	assert_int_equal(token_scene_ask("api", "", TICKET), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);
	token_scene_assert_told(WORKLOAD_NOT_READY, "too many");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_scene_begin, token_scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_waits_too_long_is_told_to_ask_again),
		TEST(who_has_gone_is_not_told),
		TEST(the_end_of_the_right_ends_what_is_wished_for),
		TEST(a_right_that_was_taken_denies_what_is_wished_for),
		TEST(what_no_entry_allows_is_denied_at_once),
		TEST(an_audience_is_printable_and_has_no_space),
		TEST(what_is_too_long_for_a_report_is_invalid_and_no_wish),
		TEST(a_user_waits_for_so_many_at_a_time),
		TEST(who_stops_waiting_has_not_left_his_places),
		TEST(what_a_verdict_answered_leaves_its_place),
		TEST(what_the_broker_did_not_take_has_no_place),
		TEST(each_identity_counts_against_the_rate),
		TEST(a_user_asks_so_often),
		TEST(a_broker_that_takes_no_more_is_told_of),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
