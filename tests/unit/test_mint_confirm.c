/* SPDX-License-Identifier: Apache-2.0 */
/* A caller that becomes another between admission and reply: none of the core's answers
 * is for it. */
#include "unit.h"

#include <string.h>

#include "confirmation.h"
#include "core_scene.h"

static struct workload one;

static int begin(void **state)
{
	before_reply = NULL;
	if (core_scene_begin(state) != 0)
		return -1;
	one = workload_called("one", true, NULL);
	return 0;
}

static int end(void **state)
{
	workload_done(&one);
	return core_scene_end(state);
}

static void become_two(void)
{
	workload_do(&one, WORKLOAD_EXECUTE, 0, workload_path("two"));
}

static void expect_denied(enum workload_outcome outcome, const char *const *why)
{
	assert_null(before_reply); /* it did happen */
	assert_int_equal(outcome, WORKLOAD_DENIED);
	assert_non_null(strstr(*why, "became another process"));
}

static void an_svid_is_not_handed_to_who_became_another(void **state)
{
	struct workload_x509 given = { 0 };
	const char *why = "";

	(void)state;
	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
	given = (struct workload_x509){ 0 };
	before_reply = become_two;
	expect_denied(core_scene_ask(&one, &given, &why), &why);
	assert_null(given.svids);
	/* Nor does it use the identity any more. */
	assert_int_equal(scene.core.identities.count, 1);
	assert_int_equal(scene.core.identities.list[0]->user_count, 0);
}

static void bundles_are_not_handed_to_who_became_another(void **state)
{
	struct workload_bundles given = { 0 };
	const char *why = "";
	struct workload_x509 svid;

	(void)state;
	/* Its executable is known as measured from then on. */
	assert_int_equal(core_scene_ask(&one, &svid, &why), WORKLOAD_GIVEN);
	before_reply = become_two;
	expect_denied(scene.source.bundles(scene.source.core, one.caller, &given, &why), &why);
	assert_null(given.bundles);
}

static void nor_is_a_token_validated_for_it(void **state)
{
	struct workload_claims claims = { 0 };
	const char *why = "";
	struct workload_x509 svid;

	(void)state;
	assert_int_equal(core_scene_ask(&one, &svid, &why), WORKLOAD_GIVEN);
	before_reply = become_two;
	expect_denied(scene.source.validate(scene.source.core, one.caller, span_text("api"),
					    span_text("a.b.c"), &claims, &why),
		      &why);
	assert_null(claims.claims.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_svid_is_not_handed_to_who_became_another),
		TEST(bundles_are_not_handed_to_who_became_another),
		TEST(nor_is_a_token_validated_for_it),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
