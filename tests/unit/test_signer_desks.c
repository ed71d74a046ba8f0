/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>

#include "signer_scene.h"
#include "verifier/signer/desks.h"
#include "verifier/store/sqlite.h"

static void send_challenge_request(struct channel *c, uint64_t id, uint8_t first_byte,
				   const struct node_id *node)
{
	struct signer_request request = { .type = FRAME_CHALLENGE };
	AUTO_DONE(bytes) body = { 0 };

	request.challenge.node = *node;
	request.challenge.node.value[0] ^= first_byte;
	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_send(c, FRAME_CHALLENGE, id, span_of(&body)), OK);
}

static void send_bundle_request(struct channel *c, uint64_t id)
{
	struct signer_request request = { .type = FRAME_BUNDLE };
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_send(c, FRAME_BUNDLE, id, span_of(&body)), OK);
}

static void open_desk(struct desks *desks, size_t number, struct channel *appraiser)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	channel_init(appraiser, ends[0], SIGNER_FRAME_MAX);
	assert_int_equal(desks_open(desks, number, ends[1], false), OK);
}

/* A node that was approved, and one appraiser's desk. */
static struct desks *approved_desk(struct signer_scene *s, struct channel *appraiser)
{
	struct desks *desks = calloc(1, sizeof(*desks));

	assert_non_null(desks);
	signer_scene_approved(s);
	open_desk(desks, 0, appraiser);
	s->signer.store_path = "the store";
	return desks;
}

/* From now on this statement fails. */
static void spoil(struct store *store, enum statement which)
{
	sqlite3_stmt **prepared = &store->prepared[which];

	(void)sqlite3_finalize(*prepared);
	assert_int_equal(sqlite3_prepare_v2(store->db, "INSERT INTO facts VALUES (NULL, 1)", -1,
					    prepared, NULL),
			 SQLITE_OK);
}

/* What a refused request wrote could not be undone: the others must not keep it. */
static void a_step_that_can_not_be_undone_ends_its_group(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct channel appraiser;
	struct desks *desks = approved_desk(&s, &appraiser);
	(void)state;

	spoil(s.signer.store, SQL_STEP_UNDO);

	int64_t before = s.signer.high_water;

	s.now += 3000;
	struct turn turn = scene_turn(&s);

	/* Reads; is refused, and has written the time; would be answered. */
	send_bundle_request(&appraiser, 1);
	send_challenge_request(&appraiser, 2, 0xff, &s.node);
	send_challenge_request(&appraiser, 3, 0, &s.node);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	for (uint64_t id = 1; id <= 3; id++) {
		struct signer_answer answer;
		struct frame frame;

		assert_int_equal(channel_receive(&appraiser, 1000, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(signer_answer_decode(FRAME_CHALLENGE, frame.body, &answer), OK);
		assert_int_equal(answer.refusal, REFUSAL_STORE_UNAVAILABLE);
	}
	assert_int_equal(s.signer.high_water, before);
	/* Each was refused once, whatever it would have been told. */
	assert_int_equal(s.signer.refusals, 3);
	desks_done(desks);
	channel_done(&appraiser);
	free(desks);
}

static void send_request(struct channel *c, uint64_t id, const struct signer_request *request)
{
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(signer_request_encode(request, &body), OK);
	assert_int_equal(channel_send(c, (uint16_t)request->type, id, span_of(&body)), OK);
}

static enum refusal receive_refusal(struct channel *c, enum frame_type type)
{
	struct signer_answer answer;
	struct frame frame;

	assert_int_equal(channel_receive(c, 1000, &frame), OK);
	assert_int_equal(signer_answer_decode(type, frame.body, &answer), OK);
	return answer.refusal;
}

/* A counter that falls to zero looks like a restart, and like a rush when it is back;
 * times that are zero, like no release and no CA. */
static void assert_told_without_store(struct desks *desks, const struct turn *turn,
				      struct channel *appraiser)
{
	const struct signer_request request = { .type = FRAME_HEALTH };
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct signer_answer answer;
	struct frame frame;

	send_request(appraiser, 2, &request);
	desks_answer(desks, slots, turn);
	desks_flush(desks, -1);
	assert_int_equal(channel_receive(appraiser, 1000, &frame), OK);
	assert_int_equal(signer_answer_decode(FRAME_HEALTH, frame.body, &answer), OK);
	assert_int_equal(answer.health.health, HEALTH_STORE_UNAVAILABLE);
	assert_int_equal(answer.health.refusals, 1);
	assert_true(answer.health.valid_until > 0);
	assert_true(answer.health.authority_until > 0);
}

/* Metrics that run ahead of the store would speak of grants that nobody has. */
static void what_could_not_be_stored_is_not_counted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct channel appraiser;
	struct desks *desks = approved_desk(&s, &appraiser);
	(void)state;

	scene_evidence(&s);
	s.request.type = FRAME_AUTHENTICATE;

	struct turn turn = scene_turn(&s);

	send_request(&appraiser, 1, &s.request);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	assert_int_equal(receive_refusal(&appraiser, FRAME_AUTHENTICATE), REFUSAL_NONE);
	scene_prepare_commit(&s);
	s.request.type = FRAME_COMMIT;
	s.request.commit.generation = signer_generation(&s.signer);
	spoil(s.signer.store, SQL_COMMIT);
	send_request(&appraiser, 1, &s.request);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	assert_int_equal(receive_refusal(&appraiser, FRAME_COMMIT), REFUSAL_STORE_UNAVAILABLE);
	assert_int_equal(s.signer.verdicts, 0);
	assert_int_equal(s.signer.grants, 0);
	assert_int_equal(s.signer.refusals, 1);
	assert_told_without_store(desks, &turn, &appraiser);
	/* Nor does it use up what may be narrowed in an hour. */
	s.signer.narrow_most = 1;
	s.request = (struct signer_request){ .type = FRAME_ADMIN };
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .node = s.node,
						  .role = ROLE_PLATFORM,
						  .administrator = span_text("alice"),
						  .reason = span_text("tried") };
	send_request(&appraiser, 1, &s.request);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	assert_int_equal(receive_refusal(&appraiser, FRAME_ADMIN), REFUSAL_STORE_UNAVAILABLE);
	assert_int_equal(s.signer.unsigned_acts[0].narrowed.count, 0);
	desks_done(desks);
	channel_done(&appraiser);
	free(desks);
}

/* Nor one of those that an hour has room for. */
static void a_statement_that_could_not_be_stored_is_not_counted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct digest manifest = digest_filled(DIGEST_SHA256, 42);
	struct channel appraiser;
	struct desks *desks = approved_desk(&s, &appraiser);
	(void)state;

	s.golden.manifest[0].state = RELEASE_CANARY;
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_keep_log(&s);
	s.request = (struct signer_request){ .type = FRAME_ADMIN };
	s.request.admin = (struct admin_request){ .verb = ADMIN_CANARY,
						  .role = ROLE_PLATFORM,
						  .administrator = span_text("alice"),
						  .manifest = digest_span(&manifest),
						  .window_s = 60 };

	struct turn turn = scene_turn(&s);

	send_request(&appraiser, 1, &s.request);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	assert_int_equal(receive_refusal(&appraiser, FRAME_ADMIN), REFUSAL_NONE);
	assert_int_equal(s.signer.unsigned_acts[0].canaries.count, 1);
	spoil(s.signer.store, SQL_COMMIT);
	send_request(&appraiser, 2, &s.request);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	assert_int_equal(receive_refusal(&appraiser, FRAME_ADMIN), REFUSAL_STORE_UNAVAILABLE);
	assert_int_equal(s.signer.unsigned_acts[0].canaries.count, 1);
	desks_done(desks);
	channel_done(&appraiser);
	free(desks);
}

/* By an appraiser's channel; what becomes of it. */
static enum refusal narrow_by(struct desks *desks, const struct turn *turn,
			      struct channel *appraiser, const struct admin_request *act)
{
	struct signer_request request = { .type = FRAME_ADMIN, .admin = *act };
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN }, { .revents = POLLIN } };

	send_request(appraiser, 1, &request);
	desks_answer(desks, slots, turn);
	desks_flush(desks, -1);
	return receive_refusal(appraiser, FRAME_ADMIN);
}

/* Nor does one that comes back with another process begin a new hour. */
static void an_appraiser_that_was_taken_over_leaves_others_their_acts(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct channel captured, other;
	struct desks *desks = approved_desk(&s, &captured);
	const struct admin_request act = { .verb = ADMIN_QUARANTINE,
					   .node = s.node,
					   .role = ROLE_PLATFORM,
					   .administrator = span_text("alice") };
	struct turn turn = scene_turn(&s);
	(void)state;

	open_desk(desks, 1, &other);
	s.signer.narrow_most = 3;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(narrow_by(desks, &turn, &captured, &act), REFUSAL_NONE);
	assert_int_equal(narrow_by(desks, &turn, &captured, &act), REFUSAL_TOO_MANY_ACTS);
	channel_done(&captured);
	open_desk(desks, 0, &captured);
	assert_int_equal(narrow_by(desks, &turn, &captured, &act), REFUSAL_TOO_MANY_ACTS);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(narrow_by(desks, &turn, &other, &act), REFUSAL_NONE);
	assert_int_equal(narrow_by(desks, &turn, &other, &act), REFUSAL_TOO_MANY_ACTS);
	desks_done(desks);
	channel_done(&captured);
	channel_done(&other);
	free(desks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_can_not_be_undone_ends_its_group),
		cmocka_unit_test(what_could_not_be_stored_is_not_counted),
		cmocka_unit_test(a_statement_that_could_not_be_stored_is_not_counted),
		cmocka_unit_test(an_appraiser_that_was_taken_over_leaves_others_their_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
