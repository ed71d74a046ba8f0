/* SPDX-License-Identifier: Apache-2.0 */
/* How often a user may: by a clock of the test's. */
#include "unit.h"

#include "attestd/mint/caller/rates.h"

#define START_MS 1000000

/* Three at once, and two a second. */
static struct rates few(void)
{
	return (struct rates){ .at_once = 3, .per_second = 2 };
}

static void expect(struct rates *r, uid_t uid, int64_t at_ms, unsigned wanted)
{
	for (unsigned i = 0; i < wanted; i++)
		assert_true(rates_take(r, uid, START_MS + at_ms));
	assert_false(rates_take(r, uid, START_MS + at_ms));
}

static void so_many_may_be_had_at_once(void **state)
{
	struct rates r = few();

	(void)state;
	expect(&r, 1000, 0, 3);
}

static void what_is_used_comes_back_with_time(void **state)
{
	struct rates r = few();

	(void)state;
	expect(&r, 1000, 0, 3);
	expect(&r, 1000, 499, 0);
	expect(&r, 1000, 500, 1);
	expect(&r, 1000, 1500, 2);
	/* Never more than at once. */
	expect(&r, 1000, 100000, 3);
}

/* Also one that no whole number of milliseconds stands for. */
static void a_rate_is_what_it_says(void **state)
{
	static const int64_t rates[] = { 1, 3, 7, 200, 300, 600, 999, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		struct rates r = { .at_once = rates[i] * 2, .per_second = rates[i] };
		int64_t had = 0;

		for (int64_t ms = 0; ms <= 10000; ms++)
			while (rates_take(&r, 1000, START_MS + ms))
				had++;
		assert_int_equal(had, 12 * rates[i]);
	}
}

static void one_user_takes_nothing_from_another(void **state)
{
	struct rates r = few();

	(void)state;
	expect(&r, 1000, 0, 3);
	expect(&r, 0, 0, 3);
	expect(&r, 1001, 0, 3);
}

/* Somebody has more users than there are places: subordinate ones. */
static void who_had_nothing_is_refused_nothing(void **state)
{
	struct rates r = few();

	(void)state;
	for (uid_t uid = 100000; uid < 100000 + 3 * RATES_USERS; uid++)
		while (rates_take(&r, uid, START_MS))
			;
	expect(&r, 1000, 0, 3);
	expect(&r, 1001, 0, 3);
}

static void who_owes_most_stays_known(void **state)
{
	struct rates r = few();

	(void)state;
	expect(&r, 1000, 0, 3);
	for (uid_t uid = 100000; uid < 100000 + 3 * RATES_USERS; uid++)
		assert_true(rates_take(&r, uid, START_MS));
	expect(&r, 1000, 0, 0);
	expect(&r, 1000, 500, 1);
}

/* Beyond all that there is at once: only time pays it. */
static void what_was_charged_counts_against_what_comes(void **state)
{
	struct rates r = few();

	(void)state;
	rates_charge(&r, 1000, 2, START_MS);
	expect(&r, 1000, 0, 1);
	rates_charge(&r, 1000, 4, START_MS);
	expect(&r, 1000, 2000, 0);
	expect(&r, 1000, 2500, 1);
	expect(&r, 1001, 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_may_be_had_at_once),
		cmocka_unit_test(what_is_used_comes_back_with_time),
		cmocka_unit_test(a_rate_is_what_it_says),
		cmocka_unit_test(one_user_takes_nothing_from_another),
		cmocka_unit_test(who_had_nothing_is_refused_nothing),
		cmocka_unit_test(who_owes_most_stays_known),
		cmocka_unit_test(what_was_charged_counts_against_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
