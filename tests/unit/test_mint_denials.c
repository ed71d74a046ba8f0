/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals in the log: each once a minute, and never a flood. */
#include "unit.h"

#include <stdio.h>

#include "attestd/mint/caller/denials.h"

static struct denials denials;

static bool is_news(uid_t uid, const char *executable, const char *reason, int64_t now)
{
	return denials_is_news(&denials, uid, span_text(executable), reason, now);
}

/* So many refusals of as many programs; how many of them were news. */
static unsigned flood(uid_t uid, const char *name, unsigned count, int64_t now)
{
	unsigned news = 0;
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "/bin/%s%u", name, i);
		news += is_news(uid, path, "why", now);
	}
	return news;
}

static void assert_untold(int64_t now, bool has_uid, uid_t uid, uint64_t count)
{
	struct denials_untold untold;

	assert_true(denials_take_untold(&denials, now, &untold));
	assert_int_equal(untold.has_uid, has_uid);
	if (has_uid)
		assert_int_equal(untold.uid, uid);
	assert_int_equal(untold.count, count);
}

static void assert_nothing_untold(int64_t now)
{
	struct denials_untold untold;

	assert_false(denials_take_untold(&denials, now, &untold));
}

static int begin(void **state)
{
	(void)state;
	denials = (struct denials){ 0 };
	return 0;
}

static void the_same_refusal_is_told_once_a_minute(void **state)
{
	(void)state;
	assert_true(is_news(1, "/bin/a", "why", 1000));
	assert_false(is_news(1, "/bin/a", "why", 1000));
	assert_false(is_news(1, "/bin/a", "why", 1059));
	assert_true(is_news(1, "/bin/a", "why", 1060));
	assert_false(is_news(1, "/bin/a", "why", 1061));
}

static void each_user_executable_and_reason_is_its_own(void **state)
{
	(void)state;
	assert_true(is_news(1, "/bin/a", "why", 1000));
	assert_true(is_news(2, "/bin/a", "why", 1000));
	assert_true(is_news(1, "/bin/b", "why", 1000));
	assert_true(is_news(1, "/bin/a", "else", 1000));
	/* One that ends where the other begins. */
	assert_true(is_news(1, "/bin/ax", "why", 1000));
	assert_true(is_news(1, "/bin/a", "whyx", 1000));
}

static void a_flood_is_counted_and_not_told(void **state)
{
	(void)state;
	assert_int_equal(flood(1, "a", DENIALS_PER_USER, 1000), DENIALS_PER_USER);
	assert_int_equal(flood(1, "b", 1000, 1001), 0);
	assert_nothing_untold(1060);
	assert_untold(1061, true, 1, 1000);
	assert_nothing_untold(1061);
	assert_true(is_news(1, "/bin/y", "why", 1061));
}

static void who_floods_keeps_nobody_else_out_of_the_log(void **state)
{
	(void)state;
	(void)flood(1, "a", 1000, 1000);
	assert_int_equal(flood(2, "a", DENIALS_PER_USER + 3, 1000), DENIALS_PER_USER);
	/* Also where the one who did it asks no more. */
	assert_untold(1060, true, 1, 1000 - DENIALS_PER_USER);
	assert_untold(1060, true, 2, 3);
	assert_nothing_untold(2000);
}

static void users_without_a_place_are_counted_together(void **state)
{
	(void)state;
	for (uid_t uid = 0; uid < DENIALS_USERS; uid++)
		assert_true(is_news(uid, "/bin/a", "why", 1000));
	for (uid_t uid = 1000; uid < 1005; uid++)
		assert_false(is_news(uid, "/bin/a", "why", 1000));
	assert_untold(1060, false, 0, 5);
	assert_true(is_news(1000, "/bin/a", "why", 1060));
	/* A place is not given away before its count was told. */
	denials = (struct denials){ 0 };
	for (uid_t uid = 0; uid < DENIALS_USERS; uid++)
		(void)flood(uid, "a", DENIALS_PER_USER + 1, 1000);
	assert_false(is_news(1000, "/bin/a", "why", 1060));
	for (uid_t uid = 0; uid < DENIALS_USERS; uid++)
		assert_untold(1060, true, uid, 1);
	assert_true(is_news(1000, "/bin/a", "why", 1060));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_refusal_is_told_once_a_minute, begin),
		cmocka_unit_test_setup(each_user_executable_and_reason_is_its_own, begin),
		cmocka_unit_test_setup(a_flood_is_counted_and_not_told, begin),
		cmocka_unit_test_setup(who_floods_keeps_nobody_else_out_of_the_log, begin),
		cmocka_unit_test_setup(users_without_a_place_are_counted_together, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
