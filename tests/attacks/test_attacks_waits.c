/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes that wait at the front to be told to attest, those who would like to be told in
 * their place, and what is said to whom. */
#include "attacks.h"

#include <poll.h>
#include <string.h>

#include "base/writer.h"
#include "front_scene.h"
#include "verifier/frames.h"
#include "verifier/front/named.h"

#define NODE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NODE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define NODE_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define POSTED                                                                                     \
	" HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

static void begin(struct front_scene *f)
{
	const struct front_settings settings = front_scene_settings();

	front_scene_init(f, &settings);
}

/* The one request that the appraiser has to answer. */
static uint64_t asked(struct front_scene *f, enum route route)
{
	struct frame frame;

	assert_int_equal(channel_receive(&f->appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REQUEST);
	assert_true(frame.body.len > 0);
	assert_int_equal(frame.body.data[0], route);
	return frame.id;
}

static void respond(struct front_scene *f, uint64_t id, unsigned status, const char *class_name)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_BODY_MAX);

	writer_be16(&w, (uint16_t)status);
	writer_be16(&w, 0);
	writer_sized(&w, span_text("application/json"));
	writer_sized(&w, span_text(class_name));
	writer_sized32(&w, span_text("{}"));
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&f->appraiser, FRAME_RESPONSE, id, span_of(&body)), OK);
}

static void send_text(struct client *c, const char *text)
{
	assert_true(client_write(c, span_text(text)));
}

static void expect(struct client *c, unsigned status, const char *wanted)
{
	AUTO_DONE(bytes) answer = { 0 };
	unsigned got = client_read(c, &answer);

	if (got != status || occurrences(&answer, wanted) != 1)
		fail_msg("%u, %.*s", got, (int)answer.len, (const char *)answer.data);
}

/* Evidence that the verifier answers so. */
static void attest(struct front_scene *f, struct client *c, const char *node, unsigned status,
		   const char *class_name)
{
	AUTO_DONE(bytes) request = { 0 };

	assert_int_equal(bytes_printf(&request, "POST /v1/nodes/%s/evidence" POSTED, node), OK);
	assert_true(client_write(c, span_of(&request)));
	respond(f, asked(f, ROUTE_EVIDENCE), status, class_name);
	expect(c, status, "{}");
}

/* There is something to read, or the end. */
static bool is_answered(const struct client *c, int patience_ms)
{
	struct pollfd readable = { .fd = c->fd, .events = POLLIN };

	return poll(&readable, 1, patience_ms) > 0;
}

static void expect_end(struct client *c)
{
	AUTO_DONE(bytes) nothing = { 0 };

	assert_true(is_answered(c, SERVICE_PATIENCE_MS));
	assert_int_equal(client_read(c, &nothing), 0);
}

static void wait_for(struct client *c, const char *node, const char *query)
{
	AUTO_DONE(bytes) request = { 0 };

	assert_int_equal(bytes_printf(&request,
				      "GET /v1/nodes/%s/wait?%s HTTP/1.1\r\nHost: v\r\n\r\n", node,
				      query),
			 OK);
	assert_true(client_write(c, span_of(&request)));
}

/* An administrator's request, which the signer has carried out. */
static void administer(struct front_scene *f, const char *path, enum route route, unsigned status,
		       const char *class_name)
{
	AUTO_DONE(bytes) request = { 0 };
	AUTO_DONE(client) admin = { 0 };

	assert_int_equal(bytes_printf(&request, "POST %s" POSTED, path), OK);
	client_init(&admin, &f->service, true);
	assert_true(client_write(&admin, span_of(&request)));
	respond(f, asked(f, route), status, class_name);
	expect(&admin, status, "{}");
}

static void quarantine(struct front_scene *f, const char *node, unsigned status)
{
	AUTO_DONE(bytes) path = { 0 };

	assert_int_equal(bytes_printf(&path, "/v1/admin/nodes/%s/quarantine%c", node, '\0'), OK);
	administer(f, (const char *)path.data, ROUTE_ADMIN_QUARANTINE, status, "");
}

static void a_node_that_is_quarantined_is_told_and_no_other(void **state)
{
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) b = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	client_init(&b, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	attest(&f, &b, NODE_B, 200, "server");
	wait_for(&a, NODE_A, "seconds=300");
	wait_for(&b, NODE_B, "seconds=1");
	/* What was refused names nobody: b's turn is not to be told. */
	quarantine(&f, NODE_B, 403);
	quarantine(&f, NODE_A, 200);
	expect(&a, 200, "{\"attest\":true}");
	expect(&b, 200, "{\"attest\":false}");
	assert_int_equal(front_scene_end(&f), 0);
}

static void a_change_of_entries_is_told_to_their_class(void **state)
{
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) b = { 0 };
	AUTO_DONE(client) c = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	client_init(&b, &f.service, false);
	client_init(&c, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	attest(&f, &b, NODE_B, 200, "router");
	/* Of which nobody said what class it has. */
	attest(&f, &c, NODE_C, 200, "");
	wait_for(&a, NODE_A, "seconds=300");
	wait_for(&b, NODE_B, "seconds=1");
	wait_for(&c, NODE_C, "seconds=300");
	administer(&f, "/v1/admin/entries/web/quarantine", ROUTE_ADMIN_ENTRY_QUARANTINE, 200,
		   "server");
	expect(&a, 200, "{\"attest\":true}");
	expect(&c, 200, "{\"attest\":true}");
	expect(&b, 200, "{\"attest\":false}");
	assert_int_equal(front_scene_end(&f), 0);
}

/* Between its evidence and its wait nobody can tell it. */
static void what_happened_since_the_evidence_is_told_at_once(void **state)
{
	static const char evidence[] = "POST /v1/nodes/" NODE_A "/evidence" POSTED;
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	send_text(&a, evidence);

	uint64_t id = asked(&f, ROUTE_EVIDENCE);

	quarantine(&f, NODE_A, 200);
	respond(&f, id, 200, "server");
	expect(&a, 200, "{}");
	wait_for(&a, NODE_A, "seconds=300");
	expect(&a, 200, "{\"attest\":true}");
	/* Told once for it, as soon as it has attested. */
	sleep_ms(5);
	attest(&f, &a, NODE_A, 200, "server");
	wait_for(&a, NODE_A, "seconds=1");
	expect(&a, 200, "{\"attest\":false}");
	assert_int_equal(front_scene_end(&f), 0);
}

/* Without a TPM to attest with nobody is told anything, nor keeps a place from who has one. */
static void s03_a_stranger_does_not_wait_in_a_nodes_name(void **state)
{
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	wait_for(&a, NODE_A, "seconds=300");
	expect(&a, 409, "conflict");
	attest(&f, &a, NODE_A, 200, "server");
	wait_for(&a, NODE_B, "seconds=300");
	expect(&a, 409, "conflict");
	attest(&f, &a, NODE_A, 400, "");
	wait_for(&a, NODE_A, "seconds=300");
	expect(&a, 409, "conflict");
	assert_int_equal(front_scene_end(&f), 0);
}

static void s03_those_that_wait_leave_room(void **state)
{
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) b = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	(void)state;

	settings.waiting_max = 1;
	front_scene_init(&f, &settings);
	client_init(&a, &f.service, false);
	client_init(&b, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	attest(&f, &b, NODE_B, 200, "server");
	wait_for(&a, NODE_A, "seconds=300");
	/* Its answer says that what came before was read. */
	quarantine(&f, NODE_B, 403);
	wait_for(&b, NODE_B, "seconds=300");
	assert_int_equal(client_read(&b, &answer), 503);
	assert_true(answer_field(&answer, "Retry-After").len > 0);
	quarantine(&f, NODE_A, 200);
	expect(&a, 200, "{\"attest\":true}");
	/* Its place is free again. */
	wait_for(&b, NODE_B, "seconds=1");
	expect(&b, 200, "{\"attest\":false}");
	assert_int_equal(front_scene_end(&f), 0);
}

/* Behind one address there may be more nodes than it may have connections. */
static void s03_who_waits_gives_way_to_who_comes_from_its_address(void **state)
{
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) b = { 0 };
	AUTO_DONE(client) c = { 0 };
	(void)state;

	settings.connections_per_peer_max = 2;
	front_scene_init(&f, &settings);
	client_init(&a, &f.service, false);
	client_init(&b, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	wait_for(&a, NODE_A, "seconds=300");
	/* Its answer says that what came before was read. */
	attest(&f, &b, NODE_B, 200, "server");
	client_init(&c, &f.service, false);
	attest(&f, &c, NODE_B, 200, "server");
	expect_end(&a);
	assert_int_equal(front_scene_end(&f), 0);
}

/* A node that attests on connection after connection, with one quote while its nonce is
 * good, leaves the others their places. */
static void s03_a_node_waits_in_one_place(void **state)
{
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) again = { 0 };
	AUTO_DONE(client) b = { 0 };
	(void)state;

	settings.waiting_max = 2;
	front_scene_init(&f, &settings);
	client_init(&a, &f.service, false);
	client_init(&again, &f.service, false);
	client_init(&b, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	wait_for(&a, NODE_A, "seconds=300");
	attest(&f, &again, NODE_A, 200, "server");
	wait_for(&again, NODE_A, "seconds=300");
	expect_end(&a);
	attest(&f, &b, NODE_B, 200, "server");
	wait_for(&b, NODE_B, "seconds=1");
	expect(&b, 200, "{\"attest\":false}");
	/* The place is its last one's. */
	quarantine(&f, NODE_A, 200);
	expect(&again, 200, "{\"attest\":true}");
	assert_int_equal(front_scene_end(&f), 0);
}

/* It would be kept for minutes, of each that waits. */
static void s01_nothing_is_taken_behind_a_wait(void **state)
{
	static const char wait[] = "GET /v1/nodes/" NODE_A "/wait?seconds=300 HTTP/1.1\r\n"
				   "Host: v\r\n\r\n";
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	AUTO_DONE(client) b = { 0 };
	AUTO_DONE(bytes) request = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	send_text(&a, wait);
	/* Its answer says that what came before was read. */
	quarantine(&f, NODE_B, 403);
	send_text(&a, "G");
	expect_end(&a);

	client_init(&b, &f.service, false);
	attest(&f, &b, NODE_A, 200, "server");
	assert_int_equal(bytes_printf(&request, "%s%s", wait, wait), OK);
	assert_true(client_write(&b, span_of(&request)));
	expect(&b, 400, "bad-request");
	expect_end(&b);
	assert_int_equal(front_scene_end(&f), 0);
}

/* More are named than the front remembers while it waits; longer where that takes time. */
static void wait_while_many_are_named(struct front_scene *f, struct client *c)
{
	AUTO_DONE(bytes) query = { 0 };

	for (unsigned seconds = 1; seconds < 300; seconds *= 4) {
		query.len = 0;
		assert_int_equal(bytes_printf(&query, "seconds=%u%c", seconds, '\0'), OK);
		attest(f, c, NODE_A, 200, "server");
		wait_for(c, NODE_A, (const char *)query.data);
		for (size_t i = 0; i <= NAMED_MAX; i++)
			quarantine(f, NODE_B, 200);

		bool is_done = !is_answered(c, 0);

		expect(c, 200, "{\"attest\":false}");
		if (is_done)
			return;
	}
	fail_msg("too slow");
}

/* Whoever waited heard of all that were named: it was not among them. */
static void what_was_heard_while_waiting_is_not_told_again(void **state)
{
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	wait_while_many_are_named(&f, &a);
	wait_for(&a, NODE_A, "seconds=1");
	expect(&a, 200, "{\"attest\":false}");
	assert_int_equal(front_scene_end(&f), 0);
}

static void what_is_no_wait_is_refused(void **state)
{
	static const char *const queries[] = { "",	     "seconds",	   "seconds=",
					       "seconds=0",  "seconds=01", "seconds=301",
					       "seconds=-1", "second=5",   "seconds=5&seconds=5" };
	struct front_scene f = { 0 };
	AUTO_DONE(client) a = { 0 };
	(void)state;

	begin(&f);
	client_init(&a, &f.service, false);
	attest(&f, &a, NODE_A, 200, "server");
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		wait_for(&a, NODE_A, queries[i]);
		expect(&a, 400, "bad-request");
	}
	assert_int_equal(front_scene_end(&f), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_node_that_is_quarantined_is_told_and_no_other),
	cmocka_unit_test(a_change_of_entries_is_told_to_their_class),
	cmocka_unit_test(what_happened_since_the_evidence_is_told_at_once),
	cmocka_unit_test(s03_a_stranger_does_not_wait_in_a_nodes_name),
	cmocka_unit_test(s03_those_that_wait_leave_room),
	cmocka_unit_test(s03_who_waits_gives_way_to_who_comes_from_its_address),
	cmocka_unit_test(s03_a_node_waits_in_one_place),
	cmocka_unit_test(s01_nothing_is_taken_behind_a_wait),
	cmocka_unit_test(what_was_heard_while_waiting_is_not_told_again),
	cmocka_unit_test(what_is_no_wait_is_refused),
};

ATTACKS_MAIN(tests)
