/* SPDX-License-Identifier: Apache-2.0 */
/* Releases that are tried out, in the signer: who gets a right, and until when. */
#include "attacks.h"

#include "attack_scene.h"

static struct digest manifest_42(void)
{
	return digest_filled(DIGEST_SHA256, 42);
}

static void begin(struct signer_scene *s, enum release_state state, const char *scope_class,
		  int64_t accept_until)
{
	signer_scene_init(s);
	s->golden.manifest[0].state = state;
	s->golden.manifest[0].scope_class = scope_class;
	s->golden.manifest[0].accept_until = accept_until;
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
}

static struct node_row row_of(struct signer_scene *s)
{
	struct node_row row;

	assert_int_equal(store_node(s->signer.store, &s->node, &s->keep, &row), OK);
	return row;
}

/* Another node has a right under the release. */
static void enter_another(struct signer_scene *s)
{
	struct digest manifest = manifest_42();
	struct node_id other = { { 0x77 } };

	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_trial(s->signer.store, digest_span(&manifest), &other, s->now), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

static void r19_no_more_nodes_than_the_emergency_says(void **state)
{
	AUTO_DONE(signer_scene) full = { 0 };
	AUTO_DONE(signer_scene) free_place = { 0 };
	(void)state;

	begin(&full, RELEASE_CANARY, "server", INT64_MAX);
	enter_another(&full);
	scene_attest(&full);
	scene_expect_result(&full.answer.commit, "\nstate trusted\n", "emergency-full");
	assert_int_equal(full.answer.commit.certificate.len, 0);
	assert_int_equal(full.signer.grants, 0);

	/* Who came first keeps its place. */
	begin(&free_place, RELEASE_CANARY, "server", INT64_MAX);
	scene_attest(&free_place);
	assert_int_equal(free_place.signer.grants, 1);
	scene_attest(&free_place);
	assert_int_equal(free_place.signer.grants, 2);
}

static void r19_no_right_outlasts_the_release_it_stands_on(void **state)
{
	static const enum release_state states[] = { RELEASE_CANARY, RELEASE_CURRENT,
						     RELEASE_PREVIOUS };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		begin(&s, states[i], i == 0 ? "server" : NULL, GOLDEN_NOW + 100);
		scene_attest(&s);
		assert_int_equal(row_of(&s).expires, GOLDEN_NOW + 100);
	}
}

static void r19_nodes_are_counted_under_canaries_alone(void **state)
{
	static const enum release_state states[] = { RELEASE_CANARY, RELEASE_CURRENT };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct digest manifest = manifest_42();
		struct trial_count count;

		begin(&s, states[i], NULL, INT64_MAX);
		scene_attest(&s);
		assert_int_equal(s.signer.grants, 1);
		assert_int_equal(store_trial_count(s.signer.store, digest_span(&manifest), &s.node,
						   0, &count),
				 OK);
		assert_int_equal(count.nodes, i == 0 ? 1 : 0);
		assert_int_equal(count.others, 0);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r19_no_more_nodes_than_the_emergency_says),
	cmocka_unit_test(r19_no_right_outlasts_the_release_it_stands_on),
	cmocka_unit_test(r19_nodes_are_counted_under_canaries_alone),
};

ATTACKS_MAIN(tests)
