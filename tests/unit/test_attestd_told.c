/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attestd/agent/schedule.h"
#include "attestd/agent/told.h"

#define INTERVAL_MS 300000

static const struct wait_answer yes = { .attest = true }, no = { .attest = false };

static void a_word_hurries_the_next_round(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), INTERVAL_MS);
	told_ask(&told, 5000, 290);
	told_hear(&told, 9000, &yes);
	/* Since the round began more than a second ago: at once. */
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), 1000);
	/* Never later than it would be. */
	assert_int_equal(told_next(&told, 0, 500), 500);
	told_begin(&told, false);
	assert_int_equal(told_next(&told, 9000, INTERVAL_MS), INTERVAL_MS);
}

static void so_does_what_nobody_answered(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	told_true(&told);
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), 1000);
	/* Said once more, and no other round has begun in between. */
	told_begin(&told, false);
	told_true(&told);
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), 2000);
}

/* Who always says so at once, in the verifier's place. */
static void who_always_says_so_gets_a_few_rounds_an_interval(void **state)
{
	struct told told = { 0 };
	int64_t began = 0, due = INTERVAL_MS;
	unsigned rounds = 0;
	(void)state;

	told_begin(&told, true);
	while (began < 10 * INTERVAL_MS) {
		told_ask(&told, began, told_seconds(&told, began, due));
		told_hear(&told, began, &yes);

		int64_t next = told_next(&told, began, due);

		assert_true(next >= began + 1000);
		began = next;
		told_begin(&told, began >= due);
		due = began + INTERVAL_MS;
		rounds++;
	}
	/* After 1, 2, ... and 256 s, then at its own time; and so on. */
	assert_true(rounds <= 40);
}

static void words_in_a_row_are_heeded_more_and_more_rarely(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	for (int64_t wait = 1000; wait <= 256000; wait *= 2) {
		told_hear(&told, 0, &yes);
		assert_int_equal(told_next(&told, 0, 2 * INTERVAL_MS), wait);
		told_begin(&told, false);
	}
	/* A round at its own time begins anew; one that a workload hurried does not. */
	told_begin(&told, false);
	told_hear(&told, 0, &yes);
	assert_int_equal(told_next(&told, 0, 2 * INTERVAL_MS), 512000);
	told_begin(&told, true);
	told_hear(&told, 0, &yes);
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), 1000);
	assert_int_equal(schedule_told_ms(UINT32_MAX), 600000);
}

static void who_was_right_is_heeded_at_once_the_next_time(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	for (int i = 0; i < 8; i++) {
		told_hear(&told, 0, &yes);
		told_begin(&told, false);
		told_was_true(&told);
	}
	told_hear(&told, 0, &yes);
	assert_int_equal(told_next(&told, 0, INTERVAL_MS), 1000);
}

static void a_wait_ends_before_the_round_that_it_leads_to(void **state)
{
	struct told told = { 0 };
	(void)state;

	assert_int_equal(told_seconds(&told, 0, INTERVAL_MS), 0);
	told_begin(&told, true);
	assert_int_equal(told_seconds(&told, 0, INTERVAL_MS), 299);
	assert_int_equal(told_seconds(&told, 0, 10 * INTERVAL_MS), WAIT_MAX_S);
	assert_int_equal(told_seconds(&told, 0, 2000), 1);
	assert_int_equal(told_seconds(&told, 0, 1999), 0);
	assert_int_equal(told_seconds(&told, 10000, 0), 0);
	told_hear(&told, 0, &yes);
	assert_int_equal(told_seconds(&told, 0, INTERVAL_MS), 0);
}

/* Else it would be asked again without a pause. */
static void who_answers_too_early_or_amiss_is_asked_no_more_in_this_round(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	told_ask(&told, 0, 299);
	told_hear(&told, 298500, &no);
	assert_true(told_seconds(&told, 298500, 2 * INTERVAL_MS) > 0);
	told_ask(&told, 298500, 300);
	told_hear(&told, 400000, &no);
	assert_int_equal(told_seconds(&told, 400000, 2 * INTERVAL_MS), 0);
	told_begin(&told, true);
	told_ask(&told, 0, 1);
	told_hear(&told, 5000, NULL);
	assert_int_equal(told_seconds(&told, 5000, INTERVAL_MS), 0);
	/* The next one asks again. */
	told_begin(&told, false);
	assert_true(told_seconds(&told, 0, INTERVAL_MS) > 0);
}

/* One second's wait, answered at once: not even that is a loop. */
static void the_shortest_wait_has_an_end_as_well(void **state)
{
	struct told told = { 0 };
	(void)state;

	told_begin(&told, true);
	told_ask(&told, 0, 1);
	told_hear(&told, 0, &no);
	assert_int_equal(told_seconds(&told, 0, 2500), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_hurries_the_next_round),
		cmocka_unit_test(so_does_what_nobody_answered),
		cmocka_unit_test(who_always_says_so_gets_a_few_rounds_an_interval),
		cmocka_unit_test(words_in_a_row_are_heeded_more_and_more_rarely),
		cmocka_unit_test(who_was_right_is_heeded_at_once_the_next_time),
		cmocka_unit_test(a_wait_ends_before_the_round_that_it_leads_to),
		cmocka_unit_test(who_answers_too_early_or_amiss_is_asked_no_more_in_this_round),
		cmocka_unit_test(the_shortest_wait_has_an_end_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
