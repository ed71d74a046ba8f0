/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "daemon/channel.h"
#include "messages/evidence.h"
#include "messages/result.h"
#include "verifier/appraiser/appraiser.h"
#include "verifier/signer_messages.h"

#define PATIENCE_MS 60000
#define NOTHING_MS 100

/* An appraiser as a process of its own; the test is parent, front and signer. */
struct fixture {
	pid_t pid;
	struct channel parent, front, signer;
};

static void start(struct fixture *f)
{
	static const struct appraiser_settings settings;
	int parent[2], front[2], signer[2];
	struct frame frame;

	assert_int_equal(channel_pair(parent), OK);
	assert_int_equal(channel_pair(front), OK);
	assert_int_equal(channel_pair(signer), OK);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		(void)close(parent[0]);
		(void)close(front[0]);
		(void)close(signer[0]);
		_exit(appraiser_run(&settings, parent[1], front[1], signer[1]));
	}
	(void)close(parent[1]);
	(void)close(front[1]);
	(void)close(signer[1]);
	channel_init(&f->parent, parent[0], 0);
	channel_init(&f->front, front[0], FRAME_BODY_MAX);
	channel_init(&f->signer, signer[0], FRAME_BODY_MAX);
	assert_int_equal(channel_receive(&f->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
}

static int stop(struct fixture *f)
{
	int status = 0;

	channel_done(&f->parent);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	channel_done(&f->front);
	channel_done(&f->signer);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The front: this is asked about the node of this digit. */
static void ask_for(struct fixture *f, uint64_t id, enum route route, char digit, struct span json)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_BODY_MAX);
	char node[NODE_ID_LEN];

	memset(node, digit, sizeof(node));
	writer_u8(&w, (uint8_t)route);
	writer_u8(&w, ROLE_NONE);
	writer_sized(&w, (struct span){ 0 });
	writer_sized(&w, (struct span){ (const uint8_t *)node, sizeof(node) });
	writer_sized(&w, (struct span){ 0 });
	writer_be64(&w, 1767225600);
	writer_sized32(&w, json);
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&f->front, FRAME_REQUEST, id, span_of(&body)), OK);
}

static void ask(struct fixture *f, uint64_t id, char digit)
{
	static const char json[] = "{\"version\":1,\"resetCount\":0,\"restartCount\":0}";

	ask_for(f, id, ROUTE_CHALLENGE, digit, span_text(json));
}

/* The signer: the conversation in which it is asked about this node. */
static uint64_t asked_about(struct fixture *f, uint8_t digit)
{
	struct signer_request request;
	struct frame frame;

	assert_int_equal(channel_receive(&f->signer, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_CHALLENGE);
	assert_int_equal(signer_request_decode(FRAME_CHALLENGE, frame.body, &request), OK);
	assert_int_equal(request.challenge.node.value[0], digit << 4 | digit);
	return frame.id;
}

static void send_answer(struct fixture *f, uint64_t conversation,
			const struct signer_answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(signer_answer_encode(answer, &body), OK);
	assert_int_equal(channel_send(&f->signer, FRAME_ANSWER, conversation, span_of(&body)), OK);
}

static void refuse(struct fixture *f, uint64_t conversation, enum refusal refusal)
{
	const struct signer_answer answer = { .type = FRAME_CHALLENGE,
					      .refusal = refusal,
					      .retry_after_s = 5 };

	send_answer(f, conversation, &answer);
}

static void answer(struct fixture *f, uint64_t conversation)
{
	refuse(f, conversation, REFUSAL_NODE_UNKNOWN);
}

/* The front: the HTTP status that this request is answered with. */
static unsigned expect_answered(struct fixture *f, uint64_t id)
{
	struct frame frame;

	assert_int_equal(channel_receive(&f->front, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_RESPONSE);
	assert_int_equal(frame.id, id);

	struct reader r = reader_over(frame.body);

	return reader_be16(&r);
}

static void requests_about_two_nodes_do_not_wait_for_each_other(void **state)
{
	struct fixture f;
	(void)state;

	start(&f);
	ask(&f, 11, '1');
	ask(&f, 12, '2');
	uint64_t first = asked_about(&f, 1);
	uint64_t second = asked_about(&f, 2);
	answer(&f, second);
	expect_answered(&f, 12);
	answer(&f, first);
	expect_answered(&f, 11);
	assert_int_equal(stop(&f), 0);
}

static void requests_about_one_node_come_one_after_the_other(void **state)
{
	struct fixture f;
	struct frame frame;
	(void)state;

	start(&f);
	for (uint64_t id = 1; id <= 3; id++)
		ask(&f, id, '1');
	for (uint64_t id = 1; id <= 3; id++) {
		uint64_t conversation = asked_about(&f, 1);

		assert_int_equal(channel_receive(&f.signer, NOTHING_MS, &frame),
				 STATUS_UNAVAILABLE);
		answer(&f, conversation);
		expect_answered(&f, id);
	}
	assert_int_equal(stop(&f), 0);
}

static void no_more_is_taken_than_there_is_room_for(void **state)
{
	uint64_t conversations[CONVERSATIONS_MAX];
	struct fixture f;
	struct frame frame;
	(void)state;

	start(&f);
	for (size_t i = 0; i <= CONVERSATIONS_MAX; i++)
		ask(&f, i, '1' + (char)(i % 9));
	/* Nine nodes: nine are asked about, the others wait their turn. */
	for (size_t i = 0; i < 9; i++)
		conversations[i] = asked_about(&f, (uint8_t)(i + 1));
	assert_int_equal(channel_receive(&f.signer, NOTHING_MS, &frame), STATUS_UNAVAILABLE);
	for (size_t i = 0; i <= CONVERSATIONS_MAX; i++) {
		answer(&f, conversations[i % 9]);
		expect_answered(&f, i);
		if (i + 9 <= CONVERSATIONS_MAX)
			conversations[i % 9] = asked_about(&f, (uint8_t)(i % 9 + 1));
	}
	assert_int_equal(stop(&f), 0);
}

static void an_answer_that_nobody_waits_for_ends_it(void **state)
{
	struct fixture f;
	int status = 0;
	(void)state;

	start(&f);
	ask(&f, 1, '1');
	answer(&f, asked_about(&f, 1) + 1);
	assert_int_equal(waitpid(f.pid, &status, 0), f.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	channel_done(&f.parent);
	channel_done(&f.front);
	channel_done(&f.signer);
}

static void ask_about_evidence(struct fixture *f, uint64_t id, char digit, size_t attest_len)
{
	static uint8_t one[] = { 1 }, many[ATTEST_MAX] = { 1 }, value[SHA256_SIZE];
	const struct evidence evidence = {
		.nonce = { .data = one, .len = sizeof(one) },
		.attest = { .data = many, .len = attest_len },
		.signature = { .data = one, .len = sizeof(one) },
		.pcrs = { { .data = value, .len = sizeof(value) } },
		.pcr_count = 1,
	};
	AUTO_DONE(bytes) json = { 0 };

	assert_int_equal(evidence_write(&evidence, &json), OK);
	ask_for(f, id, ROUTE_EVIDENCE, digit, span_of(&json));
}

/* The signer: the conversation of the frame of this type that comes next. */
static uint64_t next_of(struct fixture *f, enum frame_type type)
{
	struct frame frame;

	assert_int_equal(channel_receive(&f->signer, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, type);
	return frame.id;
}

static void what_can_not_be_asked_is_refused_whatever_another_was_told(void **state)
{
	struct fixture f;
	(void)state;

	start(&f);
	ask(&f, 1, '1');
	refuse(&f, asked_about(&f, 1), REFUSAL_GENERATION_CHANGED);
	assert_int_equal(expect_answered(&f, 1), 503);
	/* More than the signer's frames have room for, and no more than a message has. */
	ask_about_evidence(&f, 2, '2', ATTEST_MAX);
	assert_int_equal(expect_answered(&f, 2), 400);
	assert_int_equal(stop(&f), 0);
}

/* The front: a result, without a word of the attempts before it. */
static void expect_result(struct fixture *f, uint64_t id)
{
	AUTO_DONE(attestation_result) result = { 0 };
	const char *fault = NULL;
	struct frame frame;

	assert_int_equal(channel_receive(&f->front, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.id, id);

	struct reader r = reader_over(frame.body);

	assert_int_equal(reader_be16(&r), 200);
	assert_int_equal(reader_be16(&r), 0); /* Retry-After */
	(void)reader_sized(&r, 64);
	assert_true(span_equal(reader_sized(&r, CLASS_NAME_MAX), span_text("server")));
	assert_int_equal(
		attestation_result_parse(reader_sized32(&r, FRAME_BODY_MAX), &result, &fault), OK);
	assert_true(result.retry);
}

static void what_is_appraised_again_has_one_answer(void **state)
{
	static const uint8_t none[SHA256_SIZE];
	struct signer_answer go_on = { .type = FRAME_AUTHENTICATE };
	struct signer_answer end = { .type = FRAME_COMMIT, .commit = { .is_retry = true } };
	struct fixture f;
	(void)state;

	go_on.authenticate.generation = (struct span){ none, sizeof(none) };
	go_on.authenticate.class_name = span_text("server");
	start(&f);
	ask_about_evidence(&f, 1, '1', 1);
	send_answer(&f, next_of(&f, FRAME_AUTHENTICATE), &go_on);
	refuse(&f, next_of(&f, FRAME_COMMIT), REFUSAL_GENERATION_CHANGED);
	send_answer(&f, next_of(&f, FRAME_AUTHENTICATE), &go_on);
	send_answer(&f, next_of(&f, FRAME_COMMIT), &end);
	expect_result(&f, 1);
	assert_int_equal(stop(&f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_about_two_nodes_do_not_wait_for_each_other),
		cmocka_unit_test(requests_about_one_node_come_one_after_the_other),
		cmocka_unit_test(no_more_is_taken_than_there_is_room_for),
		cmocka_unit_test(an_answer_that_nobody_waits_for_ends_it),
		cmocka_unit_test(what_can_not_be_asked_is_refused_whatever_another_was_told),
		cmocka_unit_test(what_is_appraised_again_has_one_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
