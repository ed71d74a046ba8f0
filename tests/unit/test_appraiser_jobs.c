/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "capture.h"
#include "daemon/channel.h"
#include "messages/evidence.h"
#include "messages/result.h"
#include "verifier/appraiser/appraiser.h"
#include "verifier/appraiser/jobs.h"
#include "verifier/appraiser/log_frame.h"
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

static void put_request(struct bytes *out, enum route route, char digit, struct span json)
{
	struct writer w = writer_to(out, FRAME_BODY_MAX);
	char node[NODE_ID_LEN];

	memset(node, digit, sizeof(node));
	writer_u8(&w, (uint8_t)route);
	writer_u8(&w, route >= ROUTE_ADMIN_NODES ? ROLE_AUDITOR : ROLE_NONE);
	writer_sized(&w, (struct span){ 0 });
	writer_sized(&w, (struct span){ (const uint8_t *)node, sizeof(node) });
	writer_sized(&w, (struct span){ 0 });
	writer_be64(&w, 1767225600);
	writer_sized32(&w, json);
	assert_int_equal(writer_end(&w), OK);
}

/* The front: this is asked about the node of this digit. */
static void ask_for(struct fixture *f, uint64_t id, enum route route, char digit, struct span json)
{
	AUTO_DONE(bytes) body = { 0 };

	put_request(&body, route, digit, json);
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

/* Each fits, both together do not: a node's doing, which ends nobody's process. */
static void logs_that_fit_no_frame_are_too_large_and_end_nothing(void **state)
{
	const size_t log_len = (size_t)20 << 20;
	struct signer_answer shown = { .type = FRAME_ADMIN }, evidence = { .type = FRAME_ADMIN };
	struct bytes attest = capture("quote_ecc_sha256.attest.bin");
	struct bytes log = { 0 }, frame = { 0 };
	struct fixture f;
	(void)state;

	assert_int_equal(bytes_reserve(&log, log_len), OK);
	memset(log.data, 'a', log_len);
	log.len = log_len;
	assert_int_equal(log_frame_pack(span_of(&log), &frame), OK);
	shown.admin.verb = ADMIN_SHOW;
	shown.admin.nodes.count = 1;
	evidence.admin.verb = ADMIN_EVIDENCE;
	evidence.admin.evidence.attest = span_of(&attest);
	evidence.admin.evidence.ima_log = evidence.admin.evidence.boot_log = span_of(&frame);
	start(&f);
	ask_for(&f, 1, ROUTE_ADMIN_NODE_EVIDENCE, '1', (struct span){ 0 });
	send_answer(&f, next_of(&f, FRAME_ADMIN), &shown);
	send_answer(&f, next_of(&f, FRAME_ADMIN), &evidence);
	assert_int_equal(expect_answered(&f, 1), 409);
	ask(&f, 2, '2');
	answer(&f, asked_about(&f, 2));
	assert_int_equal(expect_answered(&f, 2), 404);
	assert_int_equal(stop(&f), 0);
	bytes_done(&attest);
	bytes_done(&log);
	bytes_done(&frame);
}

static void say_too_much(struct appraiser *a, const struct request *request, struct answer *answer)
{
	(void)a;
	(void)request;
	answer->status = 200;
	assert_int_equal(bytes_reserve(&answer->body, RESPONSE_BODY_MAX + 1), OK);
	answer->body.len = RESPONSE_BODY_MAX + 1;
}

static void an_answer_that_fits_no_frame_is_a_fault_and_no_end(void **state)
{
	struct appraiser *a = calloc(1, sizeof(*a));
	struct frame frame = { .type = FRAME_REQUEST, .id = 5, .fd = -1 };
	AUTO_DONE(bytes) request = { 0 };
	struct fixture f;
	int front[2];
	(void)state;

	assert_non_null(a);
	assert_int_equal(channel_pair(front), OK);
	channel_init(&a->front, front[0], FRAME_BODY_MAX);
	channel_init(&f.front, front[1], FRAME_BODY_MAX);
	put_request(&request, ROUTE_HEALTH, '1', (struct span){ 0 });
	frame.body = span_of(&request);
	assert_true(jobs_init(a, say_too_much));
	assert_true(jobs_begin(a, &frame));
	assert_false(a->is_broken);
	assert_int_equal(channel_flush(&a->front), OK);
	assert_int_equal(expect_answered(&f, 5), 500);
	jobs_done(a);
	channel_done(&a->front);
	channel_done(&f.front);
	free(a);
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
		cmocka_unit_test(logs_that_fit_no_frame_are_too_large_and_end_nothing),
		cmocka_unit_test(an_answer_that_fits_no_frame_is_a_fault_and_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
