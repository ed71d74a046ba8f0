/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is. */
#include "unit.h"

#include "attestd/mint/workload/workload_turns.h"

#define CALLS 3

static struct turns turns;
static struct turn_user users[2];
static struct turn calls[2][CALLS];

static int begin(void **state)
{
	(void)state;
	turns_init(&turns);
	for (size_t user = 0; user < 2; user++) {
		turn_user_init(&users[user]);
		for (size_t i = 0; i < CALLS; i++)
			calls[user][i] = (struct turn){ .user = &users[user] };
	}
	return 0;
}

static void add_all(size_t user)
{
	for (size_t i = 0; i < CALLS; i++)
		turns_add(&turns, &calls[user][i]);
}

static void expect(size_t user, size_t call)
{
	assert_ptr_equal(turns_next(&turns), &calls[user][call]);
}

static void each_user_has_its_turn(void **state)
{
	(void)state;
	add_all(0);
	add_all(1);
	for (size_t i = 0; i < CALLS; i++) {
		expect(0, i);
		expect(1, i);
	}
	assert_null(turns_next(&turns));
	assert_true(turns_is_empty(&turns));
}

static void who_has_lost_something_comes_before_all_others(void **state)
{
	(void)state;
	add_all(0);
	add_all(1);
	turns_add_first(&turns, &calls[1][2]);
	turns_add_first(&turns, &calls[1][1]);
	/* Not behind others again by what else is new. */
	turns_add(&turns, &calls[1][2]);
	expect(1, 2);
	expect(1, 1);
	expect(0, 0);
	expect(1, 0);
	expect(0, 1);
	expect(0, 2);
	assert_null(turns_next(&turns));
}

static void a_call_waits_once(void **state)
{
	(void)state;
	turns_add(&turns, &calls[0][0]);
	turns_add(&turns, &calls[0][0]);
	expect(0, 0);
	assert_null(turns_next(&turns));
	/* And may wait again. */
	turns_add(&turns, &calls[0][0]);
	expect(0, 0);
}

static void who_is_gone_has_no_turn(void **state)
{
	(void)state;
	add_all(0);
	turns_add_first(&turns, &calls[1][0]);
	turns_remove(&turns, &calls[1][0]);
	for (size_t i = 0; i < CALLS; i++)
		turns_remove(&turns, &calls[0][i]);
	turns_remove(&turns, &calls[0][0]);
	assert_true(turns_is_empty(&turns));
	assert_null(turns_next(&turns));
	turns_add(&turns, &calls[0][1]);
	expect(0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_user_has_its_turn, begin),
		cmocka_unit_test_setup(who_has_lost_something_comes_before_all_others, begin),
		cmocka_unit_test_setup(a_call_waits_once, begin),
		cmocka_unit_test_setup(who_is_gone_has_no_turn, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
