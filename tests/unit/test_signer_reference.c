/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict owes to the release in force, and to the node's class in it. */
#include "unit.h"

#include "signer_scene.h"

static void without_a_release_the_verdict_says_so(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	assert_true(s.answer.authenticate.is_final);
	scene_expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "release-none");
	assert_int_equal(s.answer.authenticate.result.certificate.len, 0);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.health, HEALTH_NO_RELEASE);
	assert_int_equal(s.answer.health.nodes[NODE_UNTRUSTED], 1);
}

/* Signed for the node, which extends no PCR on a challenge's word. */
static void a_verdict_names_the_cap_of_the_nodes_class(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	s.signer.fallback_class.cap = 14;
	scene_join_approved(&s);
	scene_attest(&s);
	assert_true(scene_result_says(&s.answer.authenticate.result, "\ncap 14\n"));
	scene_load_release(&s);
	scene_attest(&s);
	assert_true(scene_result_says(&s.answer.commit, "\ncap 13\n"));
}

/* Nor rests it for as long as a challenge says, or as short. */
static void a_verdict_names_the_interval_of_the_nodes_class(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	s.signer.fallback_class.attest_interval_s = 77;
	scene_join_approved(&s);
	scene_attest(&s);
	assert_true(scene_result_says(&s.answer.authenticate.result, "\ninterval 77\n"));
	scene_load_release(&s);
	scene_attest(&s);
	assert_true(scene_result_says(&s.answer.commit, "\ninterval 300\n"));
}

static void nobody_is_judged_before_the_configured_release_is_loaded(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	s.signer.expects_reference = true;
	/* An older nonce that comes after a restart meets the same answer. */
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_RELEASE_AWAITED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_RELEASE_AWAITED);

	scene_load_release(&s);
	scene_attest(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

static void a_revoked_node_is_untrusted_by_name(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.golden.revoked_node = &s.node;
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_attest(&s);
	scene_expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "node-revoked");
}

static void a_retry_decides_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.request.commit.is_retry = true;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(s.answer.commit.is_retry);
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.verdict.len, 0);
	assert_int_equal(s.signer.grants, 1);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_TRUSTED], 1);
}

static void another_generation_means_appraising_again(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) old_image = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	/* The old image stays mapped as long as anything may borrow from it. */
	old_image = s.golden.image;
	s.golden.image = (struct bytes){ 0 };
	(void)golden_update(&s.golden);
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_GENERATION_CHANGED);
	scene_attest(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

/* An approval for another class between the two steps: what was appraised for
 * the old class grants nothing. */
static void a_class_that_changed_under_way_means_appraising_again(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_authenticate(&s);

	struct commit_request commit;

	scene_prepare_commit(&s);
	commit = s.request.commit;
	s.now += 5;
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.commit = commit;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_GENERATION_CHANGED);
	assert_int_equal(s.signer.grants, 0);
}

static void a_stale_timestamp_grants_nothing_new(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.now = GOLDEN_NOW + 3601;
	scene_attest(&s);
	/* Not the host's fault: what it holds runs out by itself. */
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", "release-stale");
	assert_true(scene_result_says(&s.answer.commit, "\nexpires 0\n"));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.ear.len, 0);
	assert_int_equal(s.signer.grants, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_release_the_verdict_says_so),
		cmocka_unit_test(a_verdict_names_the_cap_of_the_nodes_class),
		cmocka_unit_test(a_verdict_names_the_interval_of_the_nodes_class),
		cmocka_unit_test(nobody_is_judged_before_the_configured_release_is_loaded),
		cmocka_unit_test(a_revoked_node_is_untrusted_by_name),
		cmocka_unit_test(a_retry_decides_nothing),
		cmocka_unit_test(another_generation_means_appraising_again),
		cmocka_unit_test(a_class_that_changed_under_way_means_appraising_again),
		cmocka_unit_test(a_stale_timestamp_grants_nothing_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
