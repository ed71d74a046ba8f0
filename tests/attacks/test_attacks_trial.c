/* SPDX-License-Identifier: Apache-2.0 */
/* Releases in the signer, those that are tried out and others: who gets a right, and
 * until when. */
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

/* Another node has a right under an emergency. */
static void enter_another(struct signer_scene *s, struct digest manifest)
{
	const struct conclusion other = { .emergency = manifest };
	const struct node_row row = { .node = { { 0x77 } } };
	struct turn turn = scene_turn(s);
	struct trial trial;

	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(trial_begin(&turn, &row.node, &other, &trial), OK);
	assert_int_equal(trial.withheld, REASON_NONE);
	assert_int_equal(trial_note(&turn, &row, &other, &trial), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

static void r19_no_more_nodes_than_the_emergency_says(void **state)
{
	AUTO_DONE(signer_scene) full = { 0 };
	AUTO_DONE(signer_scene) free_place = { 0 };
	(void)state;

	begin(&full, RELEASE_CANARY, "server", INT64_MAX);
	enter_another(&full, manifest_42());
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

/* 42 is booted and current; 43 is an emergency's. */
static struct digest begin_in_place(struct signer_scene *s)
{
	struct golden_manifest *newer;

	signer_scene_init(s);
	newer = golden_update(&s->golden);
	s->golden.manifest[0].state = RELEASE_CURRENT;
	newer->state = RELEASE_CANARY;
	newer->scope_class = "server";
	newer->accept_until = GOLDEN_NOW + 100;
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
	return digest_filled(DIGEST_SHA256, 43);
}

/* The appraiser found files that only this emergency lists. */
static void attest_with(struct signer_scene *s, const struct digest *emergency,
			enum refusal refusal)
{
	scene_authenticate(s);
	scene_prepare_commit(s);
	s->request.commit.emergency = digest_span(emergency);
	scene_expect(s, FRAME_COMMIT, refusal);
}

static void r19_who_runs_an_emergency_s_files_is_counted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) full = { 0 };
	AUTO_DONE(signer_scene) first = { 0 };
	struct trial_count count;
	(void)state;

	struct digest manifest = begin_in_place(&s);
	attest_with(&s, &manifest, REFUSAL_NONE);
	/* Its right ends when the emergency does, and it is no canary. */
	assert_int_equal(s.signer.grants, 1);
	assert_int_equal(row_of(&s).expires, GOLDEN_NOW + 100);
	assert_int_equal(
		store_trial_count(s.signer.store, digest_span(&manifest), &s.node, 0, &count), OK);
	assert_int_equal(count.nodes, 0);
	attest_with(&s, &manifest, REFUSAL_NONE);
	assert_int_equal(s.signer.grants, 2);

	manifest = begin_in_place(&full);
	enter_another(&full, manifest);
	attest_with(&full, &manifest, REFUSAL_NONE);
	scene_expect_result(&full.answer.commit, "\nstate trusted\n", "emergency-full");
	assert_int_equal(full.signer.grants, 0);

	/* Its place is taken whoever comes next, by its boot or by its files. */
	manifest = begin_in_place(&first);
	attest_with(&first, &manifest, REFUSAL_NONE);
	const struct conclusion boots = { .manifest = manifest };
	struct node_id other = { { 0x77 } };
	struct turn turn = scene_turn(&first);
	struct trial trial;
	assert_int_equal(trial_begin(&turn, &other, &boots, &trial), OK);
	assert_int_equal(trial.withheld, REASON_EMERGENCY_FULL);
}

/* After a way back the emergency's number may lie below what the node booted once: what it
 * boots now is in force, and only that is held against the ratchet. */
static void r19_the_files_of_an_emergency_below_the_ratchet_are_its_own(void **state)
{
	const struct digest manifest = digest_filled(DIGEST_SHA256, 41);
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	(void)begin_in_place(&s);
	s.golden.manifest[1].version = 41;
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_attest(&s);
	assert_int_equal(row_of(&s).release_version, 42);
	attest_with(&s, &manifest, REFUSAL_NONE);
	assert_int_equal(s.signer.grants, 2);
	assert_int_equal(row_of(&s).release_version, 42);
}

static void r19_only_an_emergency_in_force_can_be_named(void **state)
{
	const struct digest unknown = digest_filled(DIGEST_SHA256, 44);
	const struct digest current = manifest_42();
	struct digest manifest = digest_filled(DIGEST_SHA256, 43);
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) outside = { 0 };
	(void)state;

	(void)begin_in_place(&s);
	attest_with(&s, &unknown, REFUSAL_MALFORMED);
	attest_with(&s, &current, REFUSAL_MALFORMED);
	assert_int_equal(s.signer.grants, 0);

	/* Nor one that is for others. */
	signer_scene_init(&outside);
	struct golden_manifest *newer = golden_update(&outside.golden);
	newer->scope_class = "server";
	newer->state = RELEASE_CANARY;
	newer->scope_node = &unknown;
	golden_build(&outside.golden);
	scene_load_release(&outside);
	scene_join_approved(&outside);
	attest_with(&outside, &manifest, REFUSAL_MALFORMED);
}

/* A captured appraiser says of a node what an honest one would have found out of force. */
static void expect_not_taken(struct signer_scene *s, enum refusal refusal)
{
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
	scene_authenticate(s);
	scene_prepare_commit(s);
	expect_refused_unchanged(s, FRAME_COMMIT, refusal);
	assert_int_equal(s->signer.grants, 0);
}

static void r19_no_right_is_got_by_booting_an_emergency_of_others(void **state)
{
	const struct digest another = digest_filled(DIGEST_SHA256, 44);
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		signer_scene_init(&s);
		s.golden.manifest[0].state = RELEASE_CANARY;
		s.golden.manifest[0].scope_class = i == 0 ? "server" : "router";
		s.golden.manifest[0].scope_node = i == 0 ? &another : NULL;
		expect_not_taken(&s, REFUSAL_MALFORMED);
	}
}

static void r19_who_boots_an_emergency_names_it(void **state)
{
	const struct digest newer = digest_filled(DIGEST_SHA256, 43);
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	begin(&s, RELEASE_CANARY, "server", INT64_MAX);
	for (size_t i = 0; i < 2; i++) {
		scene_authenticate(&s);
		scene_prepare_commit(&s);
		s.request.commit.emergency = i == 0 ? (struct span){ 0 } : digest_span(&newer);
		expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
	}
	scene_attest(&s);
	assert_int_equal(s.signer.grants, 1);
}

/* Not yet in force, or no more, in each of three ways. */
static void date_otherwise(struct golden_manifest *m, size_t way)
{
	if (way == 0)
		m->not_before = GOLDEN_NOW + 1;
	if (way == 1)
		m->not_after = GOLDEN_NOW;
	if (way == 2)
		m->accept_until = GOLDEN_NOW;
}

static void r19_no_emergency_counts_before_or_after_its_time(void **state)
{
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct digest manifest = digest_filled(DIGEST_SHA256, 43);

		(void)begin_in_place(&s);
		date_otherwise(&s.golden.manifest[1], i);
		golden_build(&s.golden);
		scene_load_release(&s);
		attest_with(&s, &manifest, REFUSAL_GENERATION_CHANGED);
		assert_int_equal(s.signer.grants, 0);
	}
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

/* A higher version would be the node's ratchet for good. */
static void s10_a_captured_appraiser_names_no_release_of_another_cell(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	s.golden.cell = "q35/of-another-line";
	expect_not_taken(&s, REFUSAL_MALFORMED);
	assert_int_equal(row_of(&s).release_version, 0);
}

/* An honest one is told to look again: the release may have ended meanwhile. */
static void s10_a_captured_appraiser_names_no_release_out_of_its_time(void **state)
{
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		signer_scene_init(&s);
		date_otherwise(&s.golden.manifest[0], i);
		expect_not_taken(&s, REFUSAL_GENERATION_CHANGED);
	}
}

/* 43 was booted; 42 counts for who did not come further, or where it is the way back. */
static void s10_a_captured_appraiser_names_no_release_below_the_ratchet(void **state)
{
	static const struct {
		enum release_state state;
		uint64_t rolled_back_from;
		enum refusal refusal;
	} rows[] = {
		{ RELEASE_PREVIOUS, 0, REFUSAL_MALFORMED },
		{ RELEASE_CANARY, 42, REFUSAL_MALFORMED },
		{ RELEASE_CURRENT, 0, REFUSAL_NONE },
		{ RELEASE_PREVIOUS, 43, REFUSAL_NONE },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		const struct digest newer = digest_filled(DIGEST_SHA256, 43);

		signer_scene_init(&s);
		golden_update(&s.golden)->state = RELEASE_CANARY;
		s.golden.manifest[0].state = rows[i].state;
		s.golden.manifest[0].rolled_back_from = rows[i].rolled_back_from;
		golden_build(&s.golden);
		scene_load_release(&s);
		scene_join_approved(&s);
		scene_authenticate(&s);
		scene_prepare_commit(&s);
		s.request.commit.manifest = digest_span(&newer);
		s.request.commit.release_version = 43;
		scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
		assert_int_equal(row_of(&s).release_version, 43);

		scene_authenticate(&s);
		scene_prepare_commit(&s);
		scene_expect(&s, FRAME_COMMIT, rows[i].refusal);
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

/* Not by a loader either that says it never saw it. */
static void r19_a_rejection_is_not_forgotten(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	const struct release_marks seen = { .rejected = manifest_42() };
	const struct release_marks forgotten = { 0 };
	struct reference reference;
	(void)state;

	signer_scene_init(&s);
	golden_build(&s.golden);
	assert_int_equal(store_begin(s.signer.store), OK);
	assert_int_equal(releases_marks_set(&s.signer, &seen), OK);

	struct turn turn = scene_turn(&s);
	assert_int_equal(releases_accept(&turn, span_of(&s.golden.image), &forgotten, &reference),
			 STATUS_DENIED);
	assert_int_equal(releases_accept(&turn, span_of(&s.golden.image), &seen, &reference), OK);
	assert_int_equal(store_commit(s.signer.store), OK);
}

static enum health health_of(struct signer_scene *s)
{
	scene_expect(s, FRAME_HEALTH, REFUSAL_NONE);
	return s->answer.health.health;
}

/* Frozen: nobody renews the timestamp. The end is told beforehand, what was granted
 * lasts as long as it said, and there is nothing new. */
static void r15_a_frozen_release_grants_nothing_new(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	const struct result *result = &s.answer.commit;
	int64_t end;
	(void)state;

	attack_scene_init(&s);
	end = reference_facts(&s.signer.reference).valid_until;
	assert_int_equal(health_of(&s), HEALTH_OK);
	assert_int_equal(s.answer.health.valid_until, end);

	s.now = end;
	scene_attest(&s);
	assert_int_not_equal(result->certificate.len, 0);

	s.now = end + 1;
	assert_int_equal(health_of(&s), HEALTH_RELEASE_STALE);
	assert_int_equal(row_of(&s).expires, end + 600);
	scene_attest(&s);
	assert_int_equal(result->certificate.len, 0);
	assert_int_equal(s.signer.grants, 2);
	scene_expect_result(result, "\nstate trusted\n", "release-stale");
}

static void r25_without_a_release_no_node_is_trusted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	assert_int_equal(health_of(&s), HEALTH_NO_RELEASE);
	scene_evidence(&s);
	expect_right_ended(&s, "release-none");
	assert_int_equal(s.signer.grants, 0);
	/* Where one is configured, there is no verdict before it is there. */
	scene_evidence(&s);
	s.signer.expects_reference = true;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_RELEASE_AWAITED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r15_a_frozen_release_grants_nothing_new),
	cmocka_unit_test(r25_without_a_release_no_node_is_trusted),
	cmocka_unit_test(r19_a_rejection_is_not_forgotten),
	cmocka_unit_test(r19_no_more_nodes_than_the_emergency_says),
	cmocka_unit_test(r19_who_runs_an_emergency_s_files_is_counted),
	cmocka_unit_test(r19_the_files_of_an_emergency_below_the_ratchet_are_its_own),
	cmocka_unit_test(r19_only_an_emergency_in_force_can_be_named),
	cmocka_unit_test(r19_no_right_is_got_by_booting_an_emergency_of_others),
	cmocka_unit_test(r19_who_boots_an_emergency_names_it),
	cmocka_unit_test(r19_no_emergency_counts_before_or_after_its_time),
	cmocka_unit_test(r19_no_right_outlasts_the_release_it_stands_on),
	cmocka_unit_test(s10_a_captured_appraiser_names_no_release_of_another_cell),
	cmocka_unit_test(s10_a_captured_appraiser_names_no_release_out_of_its_time),
	cmocka_unit_test(s10_a_captured_appraiser_names_no_release_below_the_ratchet),
	cmocka_unit_test(r19_nodes_are_counted_under_canaries_alone),
};

ATTACKS_MAIN(tests)
