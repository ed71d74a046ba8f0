/* SPDX-License-Identifier: Apache-2.0 */
/* The front between strangers and an appraiser in an attacker's hands. */
#include "attacks.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "base/writer.h"
#include "front_scene.h"
#include "verifier/frames.h"

static void begin(struct front_scene *f)
{
	const struct front_settings settings = front_scene_settings();

	front_scene_init(f, &settings);
}

struct evil_answer {
	const char *what;
	enum frame_type type;
	uint64_t id_xor;
	uint16_t status;
	const char *content_type;
	bool has_descriptor;
};

static const struct evil_answer evil_answers[] = {
	{ "another header field", FRAME_RESPONSE, 0, 200, "text/html\r\nSet-Cookie: a=b", false },
	{ "a second answer", FRAME_RESPONSE, 0, 200, "a\r\n\r\nHTTP/1.1 200 OK", false },
	{ "no type", FRAME_RESPONSE, 0, 200, "", false },
	{ "a status below 200", FRAME_RESPONSE, 0, 100, "a/b", false },
	{ "a status beyond 599", FRAME_RESPONSE, 0, 999, "a/b", false },
	{ "an answer to nobody", FRAME_RESPONSE, 1, 200, "a/b", false },
	{ "a frame that is no answer", FRAME_READY, 0, 200, "a/b", false },
	{ "a descriptor", FRAME_RESPONSE, 0, 200, "a/b", true },
};

static void send_evil(struct front_scene *f, const struct evil_answer *evil, uint64_t id)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_BODY_MAX);

	writer_be16(&w, evil->status);
	writer_be16(&w, 0);
	writer_sized(&w, span_text(evil->content_type));
	writer_sized(&w, (struct span){ 0 });
	writer_sized32(&w, span_text("{}"));
	assert_int_equal(writer_end(&w), OK);
	if (evil->has_descriptor)
		assert_int_equal(channel_send_fd(&f->appraiser, (uint16_t)evil->type,
						 id ^ evil->id_xor, span_of(&body), STDIN_FILENO),
				 OK);
	else
		assert_int_equal(channel_send(&f->appraiser, (uint16_t)evil->type,
					      id ^ evil->id_xor, span_of(&body)),
				 OK);
}

/* It can't put a word into a header, answer for another, or hand anything over:
 * its channel ends, and whoever waited is told to come back. */
static void s10_a_captured_appraiser_writes_no_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(evil_answers) / sizeof(evil_answers[0]); i++) {
		struct front_scene f = { 0 };
		AUTO_DONE(client) c = { 0 };
		AUTO_DONE(bytes) answer = { 0 };
		struct frame frame;

		begin(&f);
		client_init(&c, &f.service, false);
		assert_true(
			client_write(&c, span_text("GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n")));
		assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame), OK);
		assert_int_equal(frame.type, FRAME_REQUEST);
		send_evil(&f, &evil_answers[i], frame.id);
		if (client_read(&c, &answer) != 503 ||
		    answer_field(&answer, "Retry-After").len == 0 ||
		    !span_equal(answer_field(&answer, "Content-Type"),
				span_text("application/json")))
			fail_msg("%s: %.*s", evil_answers[i].what, (int)answer.len,
				 (const char *)answer.data);
		assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame),
				 STATUS_IO);
		assert_int_equal(front_scene_end(&f), 0);
	}
}

/* Newcomers wait in a part of the queue; the rest is kept for nodes. */
static void s03_newcomers_never_take_all_places(void **state)
{
	struct front_scene f = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct client clients[40];
	(void)state;

	/* An appraiser that never answers. */
	begin(&f);
	for (size_t i = 0; i < 40; i++)
		client_init(&clients[i], &f.service, false);

	static const char enrol[] = "POST /v1/enrol HTTP/1.1\r\nHost: v\r\nContent-Type: "
				    "application/json\r\nContent-Length: 2\r\n\r\n{}";

	/* Two on each connection: the first is dropped by its client, and its place
	 * stays taken until the appraiser has answered. */
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < 35; i++) {
			assert_true(client_write(&clients[i], span_text(enrol)));
			if (round > 0)
				continue;
			sleep_ms(5);
			client_done(&clients[i]);
			client_init(&clients[i], &f.service, false);
		}
	}
	assert_true(client_write(&clients[36], span_text(enrol)));
	assert_int_equal(client_read(&clients[36], &answer), 429);
	assert_true(answer_field(&answer, "Retry-After").len > 0);
	/* A node's request goes through to the appraiser. */
	assert_true(client_write(&clients[37],
				 span_text("GET /v1/bundle HTTP/1.1\r\nHost: v\r\n\r\n")));

	bool has_passed = false;
	struct frame frame;

	while (!has_passed && channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame) == OK)
		has_passed = frame.body.len > 0 && frame.body.data[0] == ROUTE_BUNDLE;
	assert_true(has_passed);
	for (size_t i = 0; i < 40; i++)
		client_done(&clients[i]);
	assert_int_equal(front_scene_end(&f), 0);
}

/* More than a socket takes that nobody reads from. */
#define MUCH ((size_t)8 << 20)
#define PLACES_MAX 4

static void send_answer(struct front_scene *f, uint64_t id, struct span said)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_BODY_MAX);

	writer_be16(&w, 200);
	writer_be16(&w, 0);
	writer_sized(&w, span_text("application/json"));
	writer_sized(&w, (struct span){ 0 });
	writer_sized32(&w, said);
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&f->appraiser, FRAME_RESPONSE, id, span_of(&body)), OK);
}

/* Asks, and is answered so much. */
static void ask_for(struct front_scene *f, struct client *c, struct span said)
{
	struct frame frame;

	client_init(c, &f->service, false);
	assert_true(client_write(c, span_text("GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n")));
	assert_int_equal(channel_receive(&f->appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	send_answer(f, frame.id, said);
}

static void s02_those_who_leave_their_answers_lock_nobody_out(void **state)
{
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	struct client deaf[PLACES_MAX];
	AUTO_DONE(client) newcomer = { 0 };
	AUTO_DONE(bytes) much = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	(void)state;

	assert_int_equal(bytes_reserve(&much, MUCH), OK);
	memset(much.data, ' ', MUCH);
	much.len = MUCH;
	settings.connections_max = PLACES_MAX;
	settings.answer_s = SERVICE_PATIENCE_MS / 1000;
	front_scene_init(&f, &settings);
	for (size_t i = 0; i < PLACES_MAX; i++) {
		char byte;

		ask_for(&f, &deaf[i], span_of(&much));
		/* It is on its way. */
		assert_int_equal(SSL_peek(deaf[i].ssl, &byte, 1), 1);
	}
	ask_for(&f, &newcomer, span_text("{}"));
	assert_int_equal(client_read(&newcomer, &answer), 200);
	for (size_t i = 0; i < PLACES_MAX; i++)
		client_done(&deaf[i]);
	assert_int_equal(front_scene_end(&f), 0);
}

/* What the front says of itself, before it has all of that. */
static void await_held(struct front_scene *f, const char *said)
{
	int64_t until = clock_ms() + SERVICE_PATIENCE_MS;
	AUTO_DONE(bytes) answer = { 0 };
	AUTO_DONE(client) c = { 0 };
	struct frame frame;

	client_init(&c, &f->service, true);
	do {
		assert_true(clock_ms() < until);
		assert_true(
			client_write(&c, span_text("GET /metrics HTTP/1.1\r\nHost: v\r\n\r\n")));
		assert_int_equal(channel_receive(&f->appraiser, SERVICE_PATIENCE_MS, &frame), OK);
		send_answer(f, frame.id, (struct span){ 0 });
		assert_int_equal(client_read(&c, &answer), 200);
	} while (occurrences(&answer, said) == 0);
}

/* The number of places bounds them: no budget of large bodies is spent by them. */
static void s01_small_bodies_do_not_take_the_memory_for_large_ones(void **state)
{
	static const char small[] = "POST /v1/enrol HTTP/1.1\r\nHost: v\r\nContent-Type: "
				    "application/json\r\nContent-Length: 65536\r\n\r\n";
	static const char large[] =
		"POST /v1/nodes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"/evidence HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\n"
		"Content-Length: 100000\r\n\r\n";
	static const uint8_t body[100000] = { ' ' };
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	struct client clients[3];
	struct frame frame;
	(void)state;

	settings.bodies_max = sizeof(body);
	front_scene_init(&f, &settings);
	for (size_t i = 0; i < 3; i++) {
		client_init(&clients[i], &f.service, false);
		if (i == 2)
			await_held(&f, "attestd_front_body_bytes 120000\n");
		assert_true(client_write(&clients[i], span_text(i < 2 ? small : large)));
		assert_true(client_write(&clients[i],
					 (struct span){ body, i < 2 ? 60000 : sizeof(body) }));
	}
	assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.body.data[0], ROUTE_EVIDENCE);
	for (size_t i = 0; i < 3; i++)
		client_done(&clients[i]);
	assert_int_equal(front_scene_end(&f), 0);
}

#define LARGE 100000

static void say_large(struct front_scene *f, struct client *c)
{
	static const char head[] =
		"POST /v1/nodes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"/evidence HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\n"
		"Content-Length: 100000\r\n\r\n";
	static const uint8_t body[LARGE] = { ' ' };

	client_init(c, &f->service, false);
	assert_true(client_write(c, span_text(head)));
	/* It may be answered before all of it was taken. */
	(void)client_write(c, (struct span){ body, sizeof(body) });
}

static uint64_t take_evidence(struct front_scene *f)
{
	struct frame frame;

	assert_int_equal(channel_receive(&f->appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.body.data[0], ROUTE_EVIDENCE);
	return frame.id;
}

/* Without a word of TLS, and at once. */
static void reset(struct client *c)
{
	const struct linger at_once = { .l_onoff = 1 };

	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	(void)SSL_set_quiet_shutdown(c->ssl, 1);
	client_done(c);
}

/* It stays with an appraiser when its sender is gone: what he sends next is as much more. */
static void s01_a_body_counts_until_it_is_answered(void **state)
{
	struct front_settings settings = front_scene_settings();
	struct front_scene f = { 0 };
	AUTO_DONE(client) gone = { 0 };
	AUTO_DONE(client) refused = { 0 };
	AUTO_DONE(client) taken = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	(void)state;

	settings.bodies_max = LARGE;
	front_scene_init(&f, &settings);
	say_large(&f, &gone);

	uint64_t id = take_evidence(&f);

	reset(&gone);
	await_held(&f, "attestd_front_connections 1\n");
	say_large(&f, &refused);
	assert_int_equal(client_read(&refused, &answer), 429);
	send_answer(&f, id, span_text("{}"));
	await_held(&f, "attestd_front_body_bytes 0\n");
	say_large(&f, &taken);
	(void)take_evidence(&f);
	assert_int_equal(front_scene_end(&f), 0);
}

/* For a whole body in one piece, other than the smallest. */
static bool is_memory_short;

/* The linker's names for it. NOLINTBEGIN(bugprone-reserved-identifier) */
unsigned char *__real_evbuffer_pullup(struct evbuffer *buffer, ev_ssize_t size);
unsigned char *__wrap_evbuffer_pullup(struct evbuffer *buffer, ev_ssize_t size);

unsigned char *__wrap_evbuffer_pullup(struct evbuffer *buffer, ev_ssize_t size)
{
	return is_memory_short && evbuffer_get_length(buffer) > 2
		       ? NULL
		       : __real_evbuffer_pullup(buffer, size);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void a_body_for_which_memory_is_short_is_refused(void **state)
{
	static const char head[] = "POST /v1/enrol HTTP/1.1\r\nHost: v\r\n"
				   "Content-Type: application/json\r\n";
	struct front_scene f = { 0 };
	AUTO_DONE(client) c = { 0 };
	AUTO_DONE(bytes) request = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct frame frame;
	(void)state;

	is_memory_short = true;
	begin(&f);
	is_memory_short = false;
	client_init(&c, &f.service, false);
	assert_int_equal(bytes_printf(&request, "%sContent-Length: 3\r\n\r\n{ }", head), OK);
	assert_true(client_write(&c, span_of(&request)));
	assert_int_equal(client_read(&c, &answer), 503);
	assert_true(span_equal(answer_field(&answer, "Retry-After"), span_text("5")));
	/* The connection goes on, as does the front. */
	bytes_done(&request);
	assert_int_equal(bytes_printf(&request, "%sContent-Length: 2\r\n\r\n{}", head), OK);
	assert_true(client_write(&c, span_of(&request)));
	assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REQUEST);
	assert_int_equal(front_scene_end(&f), 0);
}

/* Shared with the front's process: the time of its administrator is over. */
static bool *is_expired;

/* As above. NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_X509_cmp_current_time(const ASN1_TIME *time);
int __wrap_X509_cmp_current_time(const ASN1_TIME *time);

int __wrap_X509_cmp_current_time(const ASN1_TIME *time)
{
	return is_expired != NULL && *is_expired ? -1 : __real_X509_cmp_current_time(time);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void k18_a_certificate_ends_on_a_connection_that_is_kept(void **state)
{
	static const char nodes[] = "GET /v1/admin/nodes HTTP/1.1\r\nHost: v\r\n\r\n";
	struct front_scene f = { 0 };
	AUTO_DONE(client) c = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct frame frame;
	(void)state;

	is_expired = mmap(NULL, sizeof(*is_expired), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(is_expired, MAP_FAILED);
	begin(&f);
	client_init(&c, &f.service, true);
	assert_true(client_write(&c, span_text(nodes)));
	assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.body.data[1], ROLE_PLATFORM);
	send_answer(&f, frame.id, span_text("{}"));
	assert_int_equal(client_read(&c, &answer), 200);
	*is_expired = true;
	assert_true(client_write(&c, span_text(nodes)));
	assert_int_equal(client_read(&c, &answer), 401);
	/* That request was refused, and no more. */
	*is_expired = false;
	assert_true(client_write(&c, span_text(nodes)));
	assert_int_equal(channel_receive(&f.appraiser, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(front_scene_end(&f), 0);
	assert_int_equal(munmap(is_expired, sizeof(*is_expired)), 0);
	is_expired = NULL;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k18_a_certificate_ends_on_a_connection_that_is_kept),
	cmocka_unit_test(s01_small_bodies_do_not_take_the_memory_for_large_ones),
	cmocka_unit_test(s01_a_body_counts_until_it_is_answered),
	cmocka_unit_test(s02_those_who_leave_their_answers_lock_nobody_out),
	cmocka_unit_test(a_body_for_which_memory_is_short_is_refused),
	cmocka_unit_test(s03_newcomers_never_take_all_places),
	cmocka_unit_test(s10_a_captured_appraiser_writes_no_header),
};

ATTACKS_MAIN(tests)
