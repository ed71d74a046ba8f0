/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the Workload API before a core and a transport of the test's: who is looked
 * at, and when. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "attestd/mint/workload/workload_calls.h"
#include "daemon/clock.h"

#define PEERS 100
#define STILL (-1)

/* In their places: the test's transport, callers and clock. */
struct grpc_call {
	struct workload_peer *peer;
	void *state;
	unsigned sent;
	int code; /* STILL: open */
	uint64_t ended; /* which event it was */
};

struct caller {
	enum workload_outcome outcome;
	uint8_t serial; /* of its SVID */
	unsigned looks;
};

static struct workload_calls calls;
static struct event_base *base;
static struct workload_user users[2];
static struct workload_peer peers[PEERS];
static struct caller callers[PEERS];
static struct grpc_call streams[PEERS];
static unsigned looks;
static uint64_t events, first_sent; /* since a test set it to 0 */
static int64_t now_ms;

int64_t clock_monotonic_ms(void)
{
	return now_ms;
}

void *grpc_context(const struct grpc_call *call)
{
	(void)call;
	return &calls;
}

void *grpc_peer(const struct grpc_call *call)
{
	return call->peer;
}

void *grpc_state(const struct grpc_call *call)
{
	return call->state;
}

void grpc_set_state(struct grpc_call *call, void *state)
{
	call->state = state;
}

void grpc_send(struct grpc_call *call, struct bytes *frame)
{
	call->sent++;
	events++;
	if (first_sent == 0)
		first_sent = events;
	bytes_done(frame);
}

void grpc_end(struct grpc_call *call, enum grpc_code code, const char *message)
{
	(void)message;
	call->code = (int)code;
	call->ended = ++events;
}

bool grpc_poke(struct grpc_call *call)
{
	workload_fetch_x509_svid.poked(call);
	return true;
}

static enum workload_outcome x509(void *core, struct caller *c, struct workload_x509 *out,
				  const char **why)
{
	static struct workload_svid svid;

	(void)core;
	*why = "no";
	looks++;
	c->looks++;
	if (c->outcome != WORKLOAD_GIVEN)
		return c->outcome;
	svid = (struct workload_svid){ .spiffe_id = span_text("spiffe://example.org/web/1"),
				       .chain = { &c->serial, 1 },
				       .key = { &c->serial, 1 },
				       .bundle = { &c->serial, 1 } };
	*out = (struct workload_x509){ .svids = &svid, .svid_count = 1 };
	return WORKLOAD_GIVEN;
}

static const struct workload_source source = { .x509 = x509 };

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* The last ten are another user's. */
static int begin(void **state)
{
	(void)state;
	base = event_base_new();
	calls = (struct workload_calls){ .source = &source,
					 .per_user_max = PEERS,
					 .requests = { .at_once = 1000, .per_second = 100 } };
	calls.turn = event_new(base, -1, 0, on_turn, NULL);
	turns_init(&calls.turns);
	looks = 0;
	events = first_sent = 0;
	for (size_t i = 0; i < 2; i++) {
		users[i] = (struct workload_user){ .uid = (uid_t)(1000 + i) };
		turn_user_init(&users[i].turn);
	}
	for (size_t i = 0; i < PEERS; i++) {
		callers[i] = (struct caller){ .outcome = WORKLOAD_GIVEN };
		peers[i] = (struct workload_peer){ .caller = &callers[i],
						   .user = &users[i < PEERS - 10 ? 0 : 1] };
		streams[i] = (struct grpc_call){ .peer = &peers[i], .code = STILL };
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEERS; i++)
		workload_fetch_x509_svid.closed(&streams[i]);
	assert_true(turns_is_empty(&calls.turns));
	event_free(calls.turn);
	event_base_free(base);
	return 0;
}

static void fetch(size_t i)
{
	/* As the transport asks, which is not here. */
	const char *why = workload_calls_refused(&calls, streams[i].peer);

	if (why != NULL)
		grpc_end(&streams[i], GRPC_RESOURCE_EXHAUSTED, why);
	else
		workload_fetch_x509_svid.request(&streams[i], (struct span){ 0 });
}

/* The number of turns it took. */
static unsigned turn_to_the_end(void)
{
	unsigned count = 1;

	while (workload_calls_turn(&calls))
		count++;
	return count;
}

static void open_all(void)
{
	for (size_t i = 0; i < PEERS; i++)
		fetch(i);
	(void)turn_to_the_end();
	for (size_t i = 0; i < PEERS; i++)
		assert_int_equal(streams[i].sent, 1);
	looks = 0;
	events = first_sent = 0;
}

static void a_turn_of_the_loop_has_an_end(void **state)
{
	(void)state;
	open_all();
	for (size_t i = 0; i < PEERS; i++)
		callers[i].serial++;
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	/* Never within the call. */
	assert_int_equal(looks, 0);
	assert_true(workload_calls_turn(&calls));
	assert_int_equal(looks, WORKLOAD_LOOKS_A_TURN);
	assert_int_equal(turn_to_the_end(), PEERS / WORKLOAD_LOOKS_A_TURN);
	assert_int_equal(looks, PEERS);
	for (size_t i = 0; i < PEERS; i++)
		assert_int_equal(streams[i].sent, 2);
}

static void news_that_come_twice_are_looked_at_once(void **state)
{
	(void)state;
	open_all();
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	workload_calls_tell(&calls, WORKLOAD_CHANGED_FOR, &callers[3]);
	(void)turn_to_the_end();
	assert_int_equal(looks, PEERS);
}

static void another_users_request_waits_for_no_more_than_its_turn(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEERS - 10; i++)
		fetch(i);
	fetch(PEERS - 1);
	(void)workload_calls_turn(&calls);
	assert_int_equal(streams[PEERS - 1].sent, 1);
	assert_int_equal(streams[WORKLOAD_LOOKS_A_TURN - 1].sent, 0);
}

static void who_has_lost_its_entry_is_told_before_anybody_has_something_new(void **state)
{
	(void)state;
	open_all();
	for (size_t i = 0; i < PEERS; i++)
		callers[i].serial++;
	callers[42].outcome = callers[43].outcome = WORKLOAD_DENIED;
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	workload_calls_tell(&calls, WORKLOAD_LOST, &callers[42]);
	workload_calls_tell(&calls, WORKLOAD_LOST, &callers[43]);
	(void)turn_to_the_end();
	assert_int_equal(streams[42].code, GRPC_PERMISSION_DENIED);
	assert_int_equal(streams[43].code, GRPC_PERMISSION_DENIED);
	assert_true(streams[42].ended < first_sent && streams[43].ended < first_sent);
}

static void after_the_right_no_stream_gets_anything_and_all_end_within_the_bound(void **state)
{
	(void)state;
	open_all();
	for (size_t i = 0; i < PEERS; i++) {
		callers[i].serial++;
		callers[i].outcome = WORKLOAD_DENIED;
	}
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	assert_int_equal(turn_to_the_end(), PEERS / WORKLOAD_LOOKS_A_TURN + 1);
	for (size_t i = 0; i < PEERS; i++) {
		assert_int_equal(streams[i].code, GRPC_PERMISSION_DENIED);
		assert_int_equal(streams[i].sent, 1);
	}
	/* What has ended is nobody any more. */
	looks = 0;
	workload_calls_tell(&calls, WORKLOAD_CHANGED, NULL);
	(void)turn_to_the_end();
	assert_int_equal(looks, 0);
}

static void who_waits_for_the_broker_keeps_nobody_else_waiting(void **state)
{
	(void)state;
	callers[0].outcome = WORKLOAD_AGAIN;
	fetch(0);
	fetch(1);
	(void)turn_to_the_end();
	assert_int_equal(streams[0].sent, 0);
	assert_int_equal(streams[0].code, STILL);
	assert_int_equal(streams[1].sent, 1);
	/* Only who waits is asked about, and only once there is an answer. */
	(void)turn_to_the_end();
	assert_int_equal(callers[0].looks, 1);
	callers[0].outcome = WORKLOAD_GIVEN;
	workload_calls_tell(&calls, WORKLOAD_ANSWERED, NULL);
	(void)turn_to_the_end();
	assert_int_equal(streams[0].sent, 1);
	assert_int_equal(callers[1].looks, 1);
}

static void what_was_never_signed_is_unavailable(void **state)
{
	(void)state;
	callers[0].outcome = WORKLOAD_AGAIN;
	fetch(0);
	(void)turn_to_the_end();
	callers[0].outcome = WORKLOAD_NOT_READY;
	workload_calls_tell(&calls, WORKLOAD_CHANGED_FOR, &callers[0]);
	(void)turn_to_the_end();
	assert_int_equal(streams[0].code, GRPC_UNAVAILABLE);
}

static void a_user_that_asks_all_the_time_is_refused_and_nobody_else(void **state)
{
	(void)state;
	calls.requests = (struct rates){ .at_once = 3, .per_second = 1 };
	now_ms = 5000;
	for (size_t i = 0; i < 4; i++)
		fetch(i);
	assert_int_equal(streams[2].code, STILL);
	assert_int_equal(streams[3].code, GRPC_RESOURCE_EXHAUSTED);
	fetch(PEERS - 1);
	assert_int_equal(streams[PEERS - 1].code, STILL);
	now_ms += 1000;
	fetch(4);
	assert_int_equal(streams[4].code, STILL);
	(void)turn_to_the_end();
	assert_int_equal(looks, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_turn_of_the_loop_has_an_end),
		TEST(news_that_come_twice_are_looked_at_once),
		TEST(another_users_request_waits_for_no_more_than_its_turn),
		TEST(who_has_lost_its_entry_is_told_before_anybody_has_something_new),
		TEST(after_the_right_no_stream_gets_anything_and_all_end_within_the_bound),
		TEST(who_waits_for_the_broker_keeps_nobody_else_waiting),
		TEST(what_was_never_signed_is_unavailable),
		TEST(a_user_that_asks_all_the_time_is_refused_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
