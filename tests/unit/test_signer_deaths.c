/* SPDX-License-Identifier: Apache-2.0 */
/* An appraiser or the signer dies at each point of an attestation: nothing is
 * granted that is not on record, and whoever asks again gets what is. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "signer_scene.h"
#include "verifier/signer/desks.h"

#define PATIENCE_MS 60000

struct stage {
	struct signer_scene scene;
	struct desks *desks;
	struct channel appraiser;
};

static void connect_appraiser(struct stage *s)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	channel_init(&s->appraiser, ends[0], SIGNER_FRAME_MAX);
	assert_int_equal(desks_open(s->desks, 0, ends[1], false), OK);
}

static void stage_init(struct stage *s)
{
	signer_scene_approved(&s->scene);
	s->desks = calloc(1, sizeof(*s->desks));
	assert_non_null(s->desks);
	connect_appraiser(s);
	scene_evidence(&s->scene);
}

static void stage_done(struct stage *s)
{
	desks_done(s->desks);
	free(s->desks);
	channel_done(&s->appraiser);
	signer_scene_done(&s->scene);
}

AUTO_RELEASE(stage, stage_done);

static void send_request(struct stage *s, enum frame_type type)
{
	AUTO_DONE(bytes) body = { 0 };

	s->scene.request.type = type;
	assert_int_equal(signer_request_encode(&s->scene.request, &body), OK);
	assert_int_equal(channel_send(&s->appraiser, (uint16_t)type, 1, span_of(&body)), OK);
}

static void answer(struct stage *s)
{
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct turn turn = scene_turn(&s->scene);

	desks_answer(s->desks, slots, &turn);
}

static void exchange(struct stage *s, enum frame_type type)
{
	struct frame frame;

	send_request(s, type);
	answer(s);
	desks_flush(s->desks, -1);
	assert_int_equal(channel_receive(&s->appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(signer_answer_decode(type, frame.body, &s->scene.answer), OK);
	assert_int_equal(s->scene.answer.refusal, REFUSAL_NONE);
	/* A commit names it, also after the channel is gone. */
	if (type == FRAME_AUTHENTICATE)
		assert_int_equal(keep_copy(&s->scene.keep, s->scene.answer.authenticate.generation,
					   &s->scene.answer.authenticate.generation),
				 OK);
}

enum death {
	SIGNER_BEFORE_IT_READ,
	SIGNER_BEFORE_IT_ANSWERED, /* committed, and the answer still in its buffer */
	APPRAISER_ONCE_IT_ASKED,
	APPRAISER_BEFORE_ITS_ANSWER, /* which waits in the socket */
	DEATHS,
};

static void die(struct stage *s, enum death death)
{
	if (death == APPRAISER_ONCE_IT_ASKED)
		channel_done(&s->appraiser);
	if (death != SIGNER_BEFORE_IT_READ)
		answer(s);
	if (death == APPRAISER_ONCE_IT_ASKED || death == APPRAISER_BEFORE_ITS_ANSWER) {
		desks_flush(s->desks, -1);
	} else {
		desks_done(s->desks);
		memset(s->desks, 0, sizeof(*s->desks));
	}
	if (death != APPRAISER_ONCE_IT_ASKED)
		channel_done(&s->appraiser);
	connect_appraiser(s);
}

static enum node_state verdict_on_record(struct stage *s)
{
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row;

	assert_int_equal(store_node(s->scene.signer.store, &s->scene.node, &keep, &row), OK);
	return row.verdict;
}

static void who_dies_over_an_authentication_leaves_nothing_behind(void **state)
{
	(void)state;

	for (unsigned death = 0; death < DEATHS; death++) {
		AUTO_DONE(stage) s = { 0 };

		stage_init(&s);
		send_request(&s, FRAME_AUTHENTICATE);
		die(&s, (enum death)death);
		assert_int_not_equal(verdict_on_record(&s), NODE_TRUSTED);
		assert_int_equal(s.scene.signer.grants, 0);
		/* The same evidence again is as good as it was. */
		exchange(&s, FRAME_AUTHENTICATE);
		assert_false(s.scene.answer.authenticate.is_final);
		scene_prepare_commit(&s.scene);
		exchange(&s, FRAME_COMMIT);
		assert_true(s.scene.answer.commit.certificate.len > 0);
		assert_int_equal(verdict_on_record(&s), NODE_TRUSTED);
	}
}

static void who_dies_over_a_commit_leaves_all_of_it_or_nothing(void **state)
{
	(void)state;

	for (unsigned death = 0; death < DEATHS; death++) {
		AUTO_DONE(stage) s = { 0 };
		bool is_stored = death != SIGNER_BEFORE_IT_READ;

		stage_init(&s);
		struct signer_request evidence = s.scene.request;

		exchange(&s, FRAME_AUTHENTICATE);
		scene_prepare_commit(&s.scene);
		send_request(&s, FRAME_COMMIT);
		die(&s, (enum death)death);
		assert_int_equal(verdict_on_record(&s) == NODE_TRUSTED, is_stored);
		assert_int_equal(s.scene.signer.grants, is_stored ? 1 : 0);
		/* Asked again: the stored result, or another attempt. */
		s.scene.request = evidence;
		exchange(&s, FRAME_AUTHENTICATE);
		assert_int_equal(s.scene.answer.authenticate.is_final, is_stored);
		if (is_stored)
			assert_true(s.scene.answer.authenticate.result.certificate.len > 0);
		assert_int_equal(s.scene.signer.grants, is_stored ? 1 : 0);
	}
}

/* A commit needs the authentication of its own channel: none is inherited. */
static void a_commit_after_a_death_is_refused(void **state)
{
	(void)state;

	for (unsigned death = 0; death < DEATHS; death++) {
		AUTO_DONE(stage) s = { 0 };
		struct frame frame;

		stage_init(&s);
		exchange(&s, FRAME_AUTHENTICATE);
		scene_prepare_commit(&s.scene);
		send_request(&s, FRAME_HEALTH);
		die(&s, (enum death)death);
		send_request(&s, FRAME_COMMIT);
		answer(&s);
		desks_flush(s.desks, -1);
		assert_int_equal(channel_receive(&s.appraiser, PATIENCE_MS, &frame), OK);
		assert_int_equal(signer_answer_decode(FRAME_COMMIT, frame.body, &s.scene.answer),
				 OK);
		assert_int_not_equal(s.scene.answer.refusal, REFUSAL_NONE);
		assert_int_not_equal(verdict_on_record(&s), NODE_TRUSTED);
		assert_int_equal(s.scene.signer.grants, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_dies_over_an_authentication_leaves_nothing_behind),
		cmocka_unit_test(who_dies_over_a_commit_leaves_all_of_it_or_nothing),
		cmocka_unit_test(a_commit_after_a_death_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
