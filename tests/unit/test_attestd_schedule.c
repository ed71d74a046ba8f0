/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attestd/agent/schedule.h"

static void failures_double_the_wait_up_to_a_minute(void **state)
{
	(void)state;
	assert_int_equal(schedule_backoff_ms(1, 0, 0), 1000);
	assert_int_equal(schedule_backoff_ms(2, 0, 0), 2000);
	assert_int_equal(schedule_backoff_ms(6, 0, 0), 32000);
	assert_int_equal(schedule_backoff_ms(7, 0, 0), 60000);
	assert_int_equal(schedule_backoff_ms(4000000000u, 0, 0), 60000);
}

static void jitter_only_shortens_and_by_a_quarter_at_most(void **state)
{
	(void)state;
	for (uint32_t random = 0; random < 0xf0000000u; random += 0x0f000000u) {
		assert_true(schedule_backoff_ms(9, 0, random) <= 60000);
		assert_true(schedule_backoff_ms(9, 0, random) >= 45000);
	}
	assert_true(schedule_backoff_ms(9, 0, 0xffffffffu) >= 45000);
}

static void a_pending_node_asks_more_rarely_and_never_before_it_was_told_to(void **state)
{
	(void)state;
	assert_int_equal(schedule_pending_ms(0, 0, 0), 2000);
	assert_int_equal(schedule_pending_ms(9, 0, 0), 30000);
	assert_int_equal(schedule_pending_ms(0, 10, 0), 10000);
	assert_true(schedule_pending_ms(0, 10, 0xffffffffu) > 12000);
	/* A verifier that was taken over puts nobody to sleep for ever. */
	assert_int_equal(schedule_pending_ms(0, 0xffffffffu, 0), 3600000);
}

static void a_grant_is_renewed_at_half_of_what_is_left(void **state)
{
	(void)state;
	assert_int_equal(schedule_renewal_ms(300, 600, 0), 300000);
	assert_int_equal(schedule_renewal_ms(300, 60, 0), 30000);
	assert_int_equal(schedule_renewal_ms(10, 600, 0), 10000);
	assert_true(schedule_renewal_ms(300, 600, 0xffffffffu) >= 270000);
}

static void a_clock_that_is_behind_makes_no_grant_longer(void **state)
{
	(void)state;
	assert_int_equal(schedule_lifetime_s(1000, 1600, 1000), 600);
	assert_int_equal(schedule_lifetime_s(1000, 1600, 1400), 200);
	assert_int_equal(schedule_lifetime_s(5000, 5600, 1400), 600);
	assert_int_equal(schedule_lifetime_s(1000, 1600, 1700), -100);
}

static void a_renewal_is_never_at_once(void **state)
{
	(void)state;
	assert_int_equal(schedule_renewal_ms(0, 0, 0), 1000);
	assert_int_equal(schedule_renewal_ms(300, 1, 0), 1000);
	assert_int_equal(schedule_renewal_ms(0, -5, 0xffffffffu), 1000);
}

static void what_the_verifier_asks_for_counts_up_to_an_hour(void **state)
{
	(void)state;
	assert_int_equal(schedule_backoff_ms(1, 20, 0), 20000);
	assert_true(schedule_backoff_ms(1, 20, UINT32_MAX) > 24000);
	assert_true(schedule_backoff_ms(1, 20, UINT32_MAX) <= 25000);
	assert_int_equal(schedule_backoff_ms(7, 1, 0), 60000);
	/* Nobody sends a node to sleep for years. */
	assert_int_equal(schedule_backoff_ms(1, INT32_MAX, 0), 3600 * 1000);
	assert_int_equal(schedule_pending_ms(1, INT32_MAX, 0), 3600 * 1000);
}

/* A front that lets the log begin anew, again and again, keeps no TPM busy. */
static void parts_between_retries_do_not_keep_the_wait_short(void **state)
{
	const struct round soon = { .outcome = OUTCOME_SOON }, more = { .outcome = OUTCOME_MORE };
	struct streak streak = { 0 };
	int64_t wait = 0;
	(void)state;

	for (int i = 0; i < 12; i++) {
		wait = schedule_after_ms(&soon, &streak, 0);
		assert_int_equal(schedule_after_ms(&more, &streak, 0), 0);
	}
	assert_int_equal(wait, 60000);
}

/* A front that says in turns what no one signed: "again", "not approved", an end. */
static void answers_in_turns_do_not_keep_the_wait_short(void **state)
{
	const struct round soon = { .outcome = OUTCOME_SOON }, away = { .outcome = OUTCOME_AWAY },
			   pending = { .outcome = OUTCOME_PENDING },
			   ended = { .outcome = OUTCOME_VERDICT, .interval_s = 60 };
	const struct round *const others[] = { &pending, &away, &ended };
	(void)state;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct streak streak = { 0 };

		for (int turn = 0; turn < 12; turn++) {
			(void)schedule_after_ms(&soon, &streak, 0);
			(void)schedule_after_ms(others[i], &streak, 0);
		}
		assert_int_equal(schedule_after_ms(&soon, &streak, 0), 60000);
		assert_true(schedule_after_ms(others[i], &streak, 0) >= 30000);
	}
}

/* After five that came to nothing it is a failure like others; a verdict ends it. */
static void a_verdict_ends_a_streak(void **state)
{
	const struct round soon = { .outcome = OUTCOME_SOON }, done = { .outcome = OUTCOME_VERDICT,
									.interval_s = 30,
									.is_signed = true };
	struct streak streak = { 0 };
	(void)state;

	for (int i = 0; i < 9; i++)
		(void)schedule_after_ms(&soon, &streak, 0);
	assert_int_equal(schedule_after_ms(&done, &streak, 0), 30000);
	assert_int_equal(schedule_after_ms(&soon, &streak, 0), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_between_retries_do_not_keep_the_wait_short),
		cmocka_unit_test(answers_in_turns_do_not_keep_the_wait_short),
		cmocka_unit_test(a_verdict_ends_a_streak),
		cmocka_unit_test(failures_double_the_wait_up_to_a_minute),
		cmocka_unit_test(jitter_only_shortens_and_by_a_quarter_at_most),
		cmocka_unit_test(a_pending_node_asks_more_rarely_and_never_before_it_was_told_to),
		cmocka_unit_test(a_grant_is_renewed_at_half_of_what_is_left),
		cmocka_unit_test(a_clock_that_is_behind_makes_no_grant_longer),
		cmocka_unit_test(a_renewal_is_never_at_once),
		cmocka_unit_test(what_the_verifier_asks_for_counts_up_to_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
