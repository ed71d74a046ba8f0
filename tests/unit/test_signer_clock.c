/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "signer_scene.h"
#include "verifier/signer/clock.h"
#include "verifier/store/sqlite.h"

static void a_clock_set_back_is_named_and_stops_everything(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	s.now -= CLOCK_TOLERANCE_S + 1;
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_CLOCK_SET_BACK);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.health, HEALTH_CLOCK_SET_BACK);
}

/* A refusal first, in each second: what comes after it must reach the store. */
static void a_refused_request_hides_no_time_from_the_store(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	s.now += 3000;
	s.request.challenge = (struct challenge_request){ .node = { { 0xee } } };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_UNKNOWN);
	scene_attest(&s);
	/* As after a restart. */
	s.signer.high_water = 0;
	assert_int_equal(high_water_read(&s.signer), OK);
	assert_int_equal(s.signer.high_water, s.now);
}

static enum status accept_clock(struct signer_scene *s)
{
	struct turn turn = scene_turn(s);
	enum status status = store_begin(s->signer.store);

	if (status == OK)
		status = clock_accept(&turn, span_text("NTP was wrong"));
	if (status == OK)
		return store_commit(s->signer.store);
	store_rollback(s->signer.store);
	return status;
}

static void a_clock_that_was_far_ahead_is_accepted_once_and_on_record(void **state)
{
	const struct release_marks ahead = { .time = GOLDEN_NOW + 86400 };
	AUTO_DONE(signer_scene) s = { 0 };
	struct audit_row noted = { 0 };
	struct release_marks marks;
	(void)state;

	signer_scene_approved(&s);
	assert_int_equal(accept_clock(&s), STATUS_MISMATCH);
	s.now += 3000;
	scene_attest(&s);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(releases_marks_set(&s.signer, &ahead), OK);
	s.now -= 2000;
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_CLOCK_SET_BACK);
	assert_int_equal(accept_clock(&s), OK);
	/* A signer that runs has the old value in memory still. */
	s.signer.high_water = s.now + 2000;
	s.now += 1;
	scene_attest(&s);
	assert_int_equal(s.answer.commit.reasons.count, 0);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(releases_marks(&s.signer, &marks), OK);
	assert_int_equal(marks.time, s.now - 1);
	assert_int_equal(scene_noted(&s, "clock-accepted", &noted), 1);
	assert_int_equal(accept_clock(&s), STATUS_MISMATCH);
}

/* Authenticated while the clock stood ahead: the grant would be of that time. */
static void what_was_under_way_is_not_committed_once_the_clock_is_accepted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	s.now += 3000;
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.now -= 2000;
	assert_int_equal(accept_clock(&s), OK);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONCE_EXPIRED);
	assert_int_equal(s.signer.grants, 0);
	scene_attest(&s);
}

static void each_accepted_clock_begins_an_epoch_of_its_own(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct epoch epochs[3];
	(void)state;

	signer_scene_approved(&s);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(epoch_read(&s.signer, &epochs[i]), OK);
		for (size_t before = 0; before < i; before++)
			assert_memory_not_equal(epochs[before].value, epochs[i].value, EPOCH_SIZE);
		s.now += 3000;
		scene_attest(&s);
		s.now -= 2000;
		assert_int_equal(accept_clock(&s), OK);
	}
}

/* What can't be read is not the first one. */
static void an_epoch_that_is_damaged_stops_everything(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);
	assert_int_equal(store_fact_set(s.signer.store, "epoch", span_text("2")), OK);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_STORE_UNAVAILABLE);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_STORE_UNAVAILABLE);
}

/* Another key of the node's TPM, as after other software was installed. */
static void activate_another_key(struct signer_scene *s)
{
	software_key_done(&s->ak);
	make_attestation_key(&s->ak);
	scene_join(s);
	assert_int_equal(s->answer.activate.state, NODE_QUARANTINED);
}

/* It would be told until then that its enrolment is older than the one it has. */
static void a_node_that_enrolled_while_the_clock_was_ahead_may_do_so_again(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	s.now += 3000;
	scene_join_approved(&s);
	s.now -= 2000;
	assert_int_equal(accept_clock(&s), OK);
	s.now += 2;
	activate_another_key(&s);
}

/* As an older program left it. */
static void an_enrolment_alone_that_lies_ahead_is_brought_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	assert_int_equal(sqlite3_exec(s.signer.store->db,
				      "UPDATE nodes SET enrolled = enrolled + 3000", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	s.now += 10;
	assert_int_equal(accept_clock(&s), OK);
	s.now += 2;
	activate_another_key(&s);
	assert_int_equal(accept_clock(&s), STATUS_MISMATCH);
}

/* A host that was asked for no boot log would send too little for it, until then. */
static void a_release_of_a_time_ahead_came_in_use_once_the_clock_is_accepted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	s.now += 3000;
	s.golden.manifest[0].state = RELEASE_CANARY;
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_attest(&s);
	s.now -= 2000;
	assert_int_equal(accept_clock(&s), OK);
	s.now += 2;
	scene_authenticate(&s);
	assert_int_equal(s.answer.authenticate.in_use_since, s.now + CLOCK_TOLERANCE_S);
	/* From then on it stands. */
	s.now += 10;
	scene_authenticate(&s);
	assert_int_equal(s.answer.authenticate.in_use_since, s.now - 10 + CLOCK_TOLERANCE_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_set_back_is_named_and_stops_everything),
		cmocka_unit_test(a_refused_request_hides_no_time_from_the_store),
		cmocka_unit_test(a_clock_that_was_far_ahead_is_accepted_once_and_on_record),
		cmocka_unit_test(what_was_under_way_is_not_committed_once_the_clock_is_accepted),
		cmocka_unit_test(each_accepted_clock_begins_an_epoch_of_its_own),
		cmocka_unit_test(an_epoch_that_is_damaged_stops_everything),
		cmocka_unit_test(a_node_that_enrolled_while_the_clock_was_ahead_may_do_so_again),
		cmocka_unit_test(an_enrolment_alone_that_lies_ahead_is_brought_back),
		cmocka_unit_test(a_release_of_a_time_ahead_came_in_use_once_the_clock_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
