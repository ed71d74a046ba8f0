/* SPDX-License-Identifier: Apache-2.0 */
/* What a captured appraiser says to the front's relay: its channel ends, who waits
 * is told, and the other appraiser serves on. */
#include "unit.h"

#include <stdlib.h>

#include "base/writer.h"
#include "frame_shots.h"
#include "messages/limits.h"
#include "messages/node.h"
#include "verifier/front/relay.h"

#define PATIENCE_MS 60000
#define BODY_MAX 4096

struct front_side {
	struct event_base *base;
	struct relay relay;
	unsigned answers, status;
};

static void on_answer(void *waiting, const struct relay_answer *answer)
{
	struct front_side *f = waiting;

	f->answers++;
	f->status = answer->status;
}

static void turn_loop(struct front_side *f)
{
	for (int i = 0; i < 3; i++)
		assert_true(event_base_loop(f->base, EVLOOP_NONBLOCK) >= 0);
}

/* Two appraisers, of which one is captured while a node's request waits for it. */
static void at_relay(void *victim, const struct shot *shot)
{
	struct front_side *f = victim;
	const struct relay_request request = { .route = ROUTE_HEALTH };
	struct channel captured, other;
	struct frame frame;
	uint64_t id = 0;
	int first[2], second[2];

	assert_int_equal(channel_pair(first), OK);
	assert_int_equal(channel_pair(second), OK);
	channel_init(&captured, first[0], FRAME_BODY_MAX);
	channel_init(&other, second[0], FRAME_BODY_MAX);
	assert_int_equal(relay_connect(&f->relay, 0, first[1]), OK);
	assert_int_equal(relay_connect(&f->relay, 1, second[1]), OK);
	f->answers = 0;
	assert_int_equal(relay_send(&f->relay, &request, f, &id), OK);
	turn_loop(f);
	assert_int_equal(channel_receive(&captured, PATIENCE_MS, &frame), OK);
	fire(&captured, 77, shot);
	turn_loop(f);
	if (f->answers != 1 || f->status != 503)
		fail_msg("%s, type %u: %u answers, %u", shot->name, shot->type, f->answers,
			 f->status);
	assert_int_equal(channel_receive(&captured, PATIENCE_MS, &frame), STATUS_IO);
	/* The other one serves on, and answers for itself only. */
	assert_int_equal(relay_send(&f->relay, &request, f, &id), OK);
	turn_loop(f);
	assert_int_equal(channel_receive(&other, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REQUEST);
	channel_done(&captured);
	channel_done(&other);
	turn_loop(f);
	assert_int_equal(f->answers, 2);
	assert_int_equal(relay_send(&f->relay, &request, f, &id), STATUS_NOT_FOUND);
}

static void put_response(unsigned status, const char *type, struct bytes *out)
{
	struct writer w = writer_to(out, BODY_MAX);

	writer_be16(&w, (uint16_t)status);
	writer_be16(&w, 0);
	writer_sized(&w, span_text(type));
	writer_sized(&w, (struct span){ 0 });
	writer_sized32(&w, span_text("{}"));
	assert_int_equal(writer_end(&w), OK);
}

static void what_a_captured_appraiser_says_to_the_front(void **state)
{
	static const struct {
		unsigned status;
		const char *type;
	} responses[] = {
		{ 200, "application/json" }, /* to what nobody asked: 77 is no request */
		{ 99, "application/json" },
		{ 600, "application/json" },
		{ 200, "" },
		{ 200, "text/html\r\nSet-Cookie: a" },
	};
	static const uint16_t known[] = { FRAME_RESPONSE };
	struct front_side *f = calloc(1, sizeof(*f));
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_non_null(f);
	f->base = event_base_new();
	assert_non_null(f->base);
	relay_init(&f->relay, f->base, on_answer);
	fire_other_types(f, at_relay, known, 1);
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		struct shot shot = { .name = responses[i].type, .type = FRAME_RESPONSE };

		body.len = 0;
		put_response(responses[i].status, responses[i].type, &body);
		shot.body = span_of(&body);
		at_relay(f, &shot);
	}
	body.len = 0;
	put_response(200, "application/json", &body);
	fire_spoiled(f, at_relay, FRAME_RESPONSE, &body);
	fire_raw(f, at_relay);
	relay_done(&f->relay);
	event_base_free(f->base);
	free(f);
}

static void what_no_appraiser_takes_is_not_handed_on(void **state)
{
	static const uint8_t many[REQUEST_QUERY_MAX + 1];
	const struct relay_request most = {
		.route = ROUTE_EVIDENCE,
		.administrator = { many, REQUEST_ADMINISTRATOR_MAX },
		.node = { many, NODE_ID_LEN },
		.query = { many, REQUEST_QUERY_MAX },
	};
	struct relay_request more = most;
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_int_equal(relay_request_encode(&more, &body), OK);
	more.administrator.len++;
	assert_int_equal(relay_request_encode(&more, &body), STATUS_TOO_LARGE);
	more = most;
	more.node.len++;
	assert_int_equal(relay_request_encode(&more, &body), STATUS_TOO_LARGE);
	more = most;
	more.query.len++;
	assert_int_equal(relay_request_encode(&more, &body), STATUS_TOO_LARGE);
	more = most;
	/* Never read. */
	more.body = (struct span){ many, EVIDENCE_BODY_MAX + 1 };
	assert_int_equal(relay_request_encode(&more, &body), STATUS_TOO_LARGE);
}

struct released {
	struct peer *peer;
	size_t held, times;
};

static void on_released(void *context, struct peer *peer, size_t held)
{
	struct released *r = context;

	*r = (struct released){ peer, held, r->times + 1 };
}

static struct relay *new_relay(struct event_base *base, struct released *released)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	assert_non_null(relay);
	relay_init(relay, base, on_answer);
	relay->released = on_released;
	relay->context = released;
	return relay;
}

/* By an answer to nobody, by an appraiser's end, and by the relay's. */
static void a_body_is_released_once_whoever_waited_for_it(void **state)
{
	uint8_t somebody;
	const struct relay_request request = { .route = ROUTE_EVIDENCE,
					       .peer = (struct peer *)(void *)&somebody,
					       .held = 100000 };
	struct event_base *base = event_base_new();
	AUTO_DONE(bytes) answer = { 0 };
	(void)state;

	put_response(200, "a/b", &answer);
	for (unsigned way = 0; way < 3; way++) {
		struct released released = { 0 };
		struct relay *relay = new_relay(base, &released);
		struct channel appraiser;
		struct frame frame;
		uint64_t id = 0;
		int ends[2];

		assert_int_equal(channel_pair(ends), OK);
		channel_init(&appraiser, ends[0], FRAME_BODY_MAX);
		assert_int_equal(relay_connect(relay, 0, ends[1]), OK);
		assert_int_equal(relay_send(relay, &request, relay, &id), OK);
		relay_forget(relay, id);
		assert_true(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
		assert_int_equal(channel_receive(&appraiser, PATIENCE_MS, &frame), OK);
		assert_int_equal(released.times, 0);
		if (way == 0)
			assert_int_equal(channel_send(&appraiser, FRAME_RESPONSE, frame.id,
						      span_of(&answer)),
					 OK);
		if (way < 2) {
			channel_done(&appraiser);
			assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
			assert_int_equal(released.times, 1);
		}
		relay_done(relay);
		channel_done(&appraiser);
		assert_int_equal(released.times, 1);
		assert_ptr_equal(released.peer, request.peer);
		assert_int_equal(released.held, request.held);
		free(relay);
	}
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_appraiser_takes_is_not_handed_on),
		cmocka_unit_test(a_body_is_released_once_whoever_waited_for_it),
		cmocka_unit_test(what_a_captured_appraiser_says_to_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
