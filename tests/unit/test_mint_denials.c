/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals in the log: each once a minute, and never a flood. */
#include "unit.h"

#include <stdio.h>

#include "attestd/mint/denials.h"

static struct denials denials;

static bool is_news(uid_t uid, const char *executable, const char *reason, int64_t now)
{
	uint64_t untold = 77;
	bool is = denials_is_news(&denials, uid, span_text(executable), reason, now, &untold);

	assert_int_equal(untold, 0);
	return is;
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
	uint64_t untold = 77;
	char path[32];

	(void)state;
	for (unsigned i = 0; i < DENIALS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/bin/%u", i);
		assert_true(is_news(1, path, "why", 1000));
	}
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(path, sizeof(path), "/bin/x%u", i);
		assert_false(is_news(1, path, "why", 1001));
	}
	assert_true(denials_is_news(&denials, 1, span_text("/bin/y"), "why", 1061, &untold));
	assert_int_equal(untold, 1000);
	assert_true(is_news(1, "/bin/z", "why", 1061));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_refusal_is_told_once_a_minute, begin),
		cmocka_unit_test_setup(each_user_executable_and_reason_is_its_own, begin),
		cmocka_unit_test_setup(a_flood_is_counted_and_not_told, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
