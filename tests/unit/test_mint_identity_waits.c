/* SPDX-License-Identifier: Apache-2.0 */
/* SVIDs in memory: what happens while the broker has not answered. */
#include "unit.h"

#include "identities_scene.h"

static void nobody_waits_for_a_signature(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	assert_null(held);
	/* One for both. */
	assert_int_equal(scene_ask(&scene.other, 0, &held), OK);
	assert_null(held);
	assert_int_equal(scene.made, 0);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.signs, 1);
	assert_int_equal(scene.made, 2);
	assert_int_equal(scene_ask(&scene.other, 0, &held), OK);
	assert_non_null(held);
}

static void while_it_is_made_anew_the_old_one_is_handed_out(void **state)
{
	const struct held_identity *held;
	const struct instant at = scene_after(100);

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_grant_until(400);
	identities_keep(&scene.ids, &at);
	/* Not asked for again at each turn of the loop. */
	identities_keep(&scene.ids, &at);
	assert_int_equal(scene_ask(&scene.other, 100, &held), OK);
	assert_int_equal(held->not_after, NOW + 200);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.signs, 2);
	assert_int_equal(held->not_after, NOW + 400);
	/* The first time for one alone, then for both. */
	assert_int_equal(scene.made, 3);
}

static void what_was_not_signed_is_told_to_each_that_waits_and_tried_again_later(void **state)
{
	const struct held_identity *held;

	(void)state;
	scene.broker.refuses = true;
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	assert_int_equal(scene_ask(&scene.other, 0, &held), OK);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.made, 2);
	assert_int_equal(scene_ask(&scene.one, 0, &held), STATUS_UNAVAILABLE);
	assert_int_equal(scene_ask(&scene.other, 4, &held), STATUS_UNAVAILABLE);
	assert_int_equal(scene.broker.questions, 1);
	assert_int_equal(scene_wait_at(2), 3);
	scene.broker.refuses = false;
	assert_int_equal(scene_use(&scene.one, 5, &held), OK);
	assert_non_null(held);
}

static void what_nobody_waits_for_any_more_and_was_not_signed_is_forgotten(void **state)
{
	const struct held_identity *held;

	(void)state;
	scene.broker.refuses = true;
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	identities_leave(&scene.ids, &scene.one);
	assert_false(scene_keep(0));
	assert_int_equal(scene.ids.count, 1);
	assert_false(scene_keep(5));
	assert_int_equal(scene.ids.count, 0);
}

/* The certificate that it would lead to is not the right's any more. */
static void what_is_on_its_way_is_begun_again_under_another_right(void **state)
{
	struct entries entries = { .list = &scene.entry, .count = 1 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	scene_grant_until(400);
	scene_match(&entries);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.signs, 2);
	assert_int_equal(scene.made, 1);
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	assert_int_equal(held->not_after, NOW + 400);
}

static void what_comes_after_the_right_is_for_nobody(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_ask(&scene.one, 0, &held), OK);
	identities_forget(&scene.ids);
	assert_int_equal(scene.lost, 1);
	mint_broker_settle(&scene.broker);
	assert_int_equal(scene.broker.signs, 1);
	assert_int_equal(scene.made, 0);
	assert_int_equal(scene.ids.count, 0);
}

static void whose_entry_is_gone_is_told_that_it_lost(void **state)
{
	struct entries none = { 0 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_match(&none);
	assert_int_equal(scene.lost, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(nobody_waits_for_a_signature),
		TEST(while_it_is_made_anew_the_old_one_is_handed_out),
		TEST(what_was_not_signed_is_told_to_each_that_waits_and_tried_again_later),
		TEST(what_nobody_waits_for_any_more_and_was_not_signed_is_forgotten),
		TEST(what_is_on_its_way_is_begun_again_under_another_right),
		TEST(what_comes_after_the_right_is_for_nobody),
		TEST(whose_entry_is_gone_is_told_that_it_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
