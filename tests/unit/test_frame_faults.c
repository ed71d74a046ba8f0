/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a captured role could say to its siblings, walked through for each channel
 * between them: to the real signer and the real appraiser as processes, and to the
 * front's relay. The channel ends; nobody crashes, nothing is stored, and others
 * are served on.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "scratch.h"
#include "verifier/appraiser/appraiser.h"
#include "verifier/front/relay.h"
#include "verifier/loader_messages.h"
#include "verifier/signer/signer.h"
#include "verifier/signer_messages.h"
#include "verifier/store/store.h"

#define PATIENCE_MS 10000
#define BODY_MAX 4096

/* A descriptor that comes along. */
enum passenger {
	NONE,
	SOME_FILE, /* no memory file */
	UNSEALED,
	EMPTY,
	SHORT, /* sealed, and too short for an image's head */
	GARBAGE, /* sealed */
};

struct shot {
	const char *name;
	uint16_t type;
	struct span body;
	enum passenger passenger;
	struct span raw; /* instead of a frame */
};

static int memory_file(size_t len, bool is_sealed)
{
	static const uint8_t garbage[65536] = "no image";
	int fd = memfd_create("shot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0 && len <= sizeof(garbage));
	assert_int_equal(write(fd, garbage, len), (ssize_t)len);
	if (is_sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
				 0);
	return fd;
}

static int passenger_fd(enum passenger passenger)
{
	/* clang-format off */
	switch (passenger) {
	case SOME_FILE: return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case UNSEALED: return memory_file(65536, false);
	case EMPTY: return memory_file(0, true);
	case SHORT: return memory_file(7, true);
	case GARBAGE: return memory_file(65536, true);
	case NONE: break;
	}
	/* clang-format on */
	return -1;
}

static void fire(struct channel *c, const struct shot *shot)
{
	int fd = passenger_fd(shot->passenger);

	if (shot->raw.len > 0)
		assert_int_equal(write(c->fd, shot->raw.data, shot->raw.len),
				 (ssize_t)shot->raw.len);
	else
		assert_int_equal(channel_send_fd(c, shot->type, 77, shot->body, fd), OK);
	if (fd >= 0)
		(void)close(fd);
}

/* Over the cap, and with the bytes that have to be zero. */
static const uint8_t too_long[16] = { 0x7f, 0xff, 0xff, 0xff, 0, FRAME_HEALTH };
static const uint8_t not_zero[16] = { 0, 0, 0, 0, 0, FRAME_HEALTH, 0, 1 };
#define RAW_SHOTS                                                                                  \
	{ .name = "too long", .raw = { too_long, 16 } },                                           \
	{                                                                                          \
		.name = "not zero", .raw = { not_zero, 16 }                                        \
	}

typedef void (*aim)(void *victim, const struct shot *shot);

/* Each type that is none of a channel's, with nothing in it. */
static void fire_other_types(void *victim, aim at, const uint16_t *known, size_t count)
{
	static const uint16_t more[] = { 255, 0x1000, 0xffff };

	for (unsigned i = 0; i < 64 + sizeof(more) / sizeof(more[0]); i++) {
		struct shot shot = { .name = "another type",
				     .type = i < 64 ? (uint16_t)i : more[i - 64] };
		bool is_known = false;

		for (size_t k = 0; k < count; k++)
			is_known = is_known || known[k] == shot.type;
		if (!is_known)
			at(victim, &shot);
	}
}

/* A good body cut at each length, with a byte too much, and with a descriptor. */
static void fire_spoiled(void *victim, aim at, uint16_t type, struct bytes *body)
{
	struct shot shot = { .name = "truncated", .type = type };

	for (size_t len = 0; len < body->len; len++) {
		shot.body = (struct span){ body->data, len };
		at(victim, &shot);
	}
	shot = (struct shot){ .name = "with a descriptor",
			      .type = type,
			      .body = span_of(body),
			      .passenger = SOME_FILE };
	at(victim, &shot);
	assert_int_equal(bytes_append_byte(body, 0), OK);
	shot = (struct shot){ .name = "a byte too much", .type = type, .body = span_of(body) };
	at(victim, &shot);
}

/* --- the signer ------------------------------------------------------------------ */

struct signer_process {
	char directory[SCRATCH_MAX];
	char paths[5][128];
	pid_t pid;
	struct channel parent;
};

static const char *const file_names[] = { "ca_key.pem", "ca.pem", "result_key.pem", "mac_key",
					  "store.db" };

static int run_signer(const struct signer_process *s, int parent_fd)
{
	struct signer_authority_settings authority = { "prod.example", s->paths[0], s->paths[1] };
	struct signer_settings settings = { .store = s->paths[4],
					    .mac_key = s->paths[3],
					    .result_key = s->paths[2],
					    .authorities = &authority,
					    .authority_count = 1,
					    .issuer = "verifier.example",
					    .audience = "prod.example" };

	return signer_run(&settings, parent_fd);
}

static void signer_start(struct signer_process *s)
{
	struct frame frame;
	int fds[2];

	*s = (struct signer_process){ 0 };
	assert_non_null(mkdtemp(scratch_name(s->directory, "frames")));
	for (size_t i = 0; i < 5; i++)
		(void)snprintf(s->paths[i], sizeof(s->paths[i]), "%s/%s", s->directory,
			       file_names[i]);
	assert_int_equal(signer_keys_init(s->directory, "prod.example"), OK);
	assert_int_equal(channel_pair(fds), OK);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		(void)close(fds[0]);
		_exit(run_signer(s, fds[1]));
	}
	(void)close(fds[1]);
	channel_init(&s->parent, fds[0], BODY_MAX);
	assert_int_equal(channel_receive(&s->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
}

/* Ends well, with nothing in its store: no node, no release, no entry. */
static void signer_end_untouched(struct signer_process *s)
{
	static const char *const others[] = { "result_pub.pem", "store.db-wal", "store.db-shm" };
	struct store *store = NULL;
	uint8_t hash[SHA256_SIZE];
	struct node_id id;
	uint64_t entries = 1;
	size_t nodes = 1;
	char path[128];
	int how = 0;

	channel_done(&s->parent);
	assert_int_equal(waitpid(s->pid, &how, 0), s->pid);
	assert_int_equal(how, 0);
	assert_int_equal(store_open(s->paths[4], &store), OK);
	assert_int_equal(store_audit_last(store, &entries, hash), OK);
	assert_int_equal(entries, 0);
	assert_int_equal(store_node_ids(store, NULL, 1, &id, &nodes), OK);
	assert_int_equal(nodes, 0);
	store_free(store);
	for (size_t i = 0; i < 5; i++)
		(void)unlink(s->paths[i]);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", s->directory, others[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->directory);
}

static struct channel connect_signer(struct signer_process *s, enum frame_type as, uint64_t number)
{
	struct channel c;
	int fds[2];

	assert_int_equal(channel_pair(fds), OK);
	channel_init(&c, fds[0], FRAME_BODY_MAX);
	assert_int_equal(
		channel_send_fd(&s->parent, (uint16_t)as, number, (struct span){ 0 }, fds[1]), OK);
	(void)close(fds[1]);
	return c;
}

static void assert_ends(struct channel *c, const struct shot *shot)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_receive(c, PATIENCE_MS, &frame);

	if (status != STATUS_IO)
		fail_msg("%s, type %u, %zu bytes: %s", shot->name, shot->type, shot->body.len,
			 status_text(status));
	channel_done(c);
}

static void at_desk(void *victim, const struct shot *shot)
{
	struct channel c = connect_signer(victim, FRAME_APPRAISER, 1);

	fire(&c, shot);
	assert_ends(&c, shot);
}

static void at_loading(void *victim, const struct shot *shot)
{
	struct channel c = connect_signer(victim, FRAME_LOADER, 0);

	fire(&c, shot);
	assert_ends(&c, shot);
}

static void assert_signer_serves(struct signer_process *s)
{
	struct channel c = connect_signer(s, FRAME_APPRAISER, 0);
	struct signer_request request = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	struct frame frame;

	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_call(&c, FRAME_HEALTH, 1, span_of(&body), PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	channel_done(&c);
}

static void put_request(enum frame_type type, struct bytes *out)
{
	static const uint8_t bytes[SHA256_SIZE] = { 1 };
	const struct span digest = { bytes, sizeof(bytes) };
	struct signer_request request = { .type = type };

	/* The rest may be empty. */
	if (type == FRAME_ACTIVATE)
		request.activate.secret = digest;
	if (type == FRAME_AUTHENTICATE)
		request.authenticate.evidence_digest = digest;
	if (type == FRAME_COMMIT)
		request.commit.generation = digest;
	if (type == FRAME_ADMIN)
		request.admin.verb = ADMIN_LIST;
	assert_int_equal(signer_request_encode(&request, out), OK);
}

static void what_a_captured_appraiser_says_to_the_signer(void **state)
{
	static const uint16_t requests[] = { FRAME_ENROL,	 FRAME_ACTIVATE, FRAME_CHALLENGE,
					     FRAME_AUTHENTICATE, FRAME_COMMIT,	 FRAME_ADMIN,
					     FRAME_BUNDLE,	 FRAME_HEALTH };
	static const struct shot raw[] = { RAW_SHOTS };
	const size_t count = sizeof(requests) / sizeof(requests[0]);
	struct signer_process s;
	(void)state;

	signer_start(&s);
	fire_other_types(&s, at_desk, requests, count);
	for (size_t i = 0; i < count; i++) {
		AUTO_DONE(bytes) body = { 0 };

		put_request((enum frame_type)requests[i], &body);
		fire_spoiled(&s, at_desk, requests[i], &body);
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		at_desk(&s, &raw[i]);
	assert_signer_serves(&s);
	signer_end_untouched(&s);
}

static void what_a_captured_loader_says_to_the_signer(void **state)
{
	static const uint16_t known[] = { FRAME_MARKS_WANTED, FRAME_LOADED, FRAME_LOAD_REFUSED };
	static const enum passenger images[] = { NONE, SOME_FILE, UNSEALED, EMPTY, SHORT, GARBAGE };
	static const struct shot raw[] = { RAW_SHOTS };
	struct load_refusal refusal = { span_text("code"), span_text("document"),
					span_text("field"), span_text("advice") };
	struct release_marks marks = { 0 };
	AUTO_DONE(bytes) refused = { 0 };
	AUTO_DONE(bytes) loaded = { 0 };
	struct signer_process s;
	(void)state;

	signer_start(&s);
	fire_other_types(&s, at_loading, known, sizeof(known) / sizeof(known[0]));
	assert_int_equal(release_marks_encode(&marks, &loaded), OK);
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct shot shot = { .name = "an image that is none",
				     .type = FRAME_LOADED,
				     .body = span_of(&loaded),
				     .passenger = images[i] };

		at_loading(&s, &shot);
	}
	fire_spoiled(&s, at_loading, FRAME_LOADED, &loaded);
	assert_int_equal(load_refusal_encode(&refusal, &refused), OK);
	for (size_t len = 0; len < refused.len; len++) {
		struct shot shot = { .name = "a refusal, truncated",
				     .type = FRAME_LOAD_REFUSED,
				     .body = { refused.data, len } };

		at_loading(&s, &shot);
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		at_loading(&s, &raw[i]);
	assert_signer_serves(&s);
	signer_end_untouched(&s);
}

/* Who asks and does not read is not asked for more, and others are served. */
static void an_appraiser_that_does_not_read_holds_up_nobody(void **state)
{
	struct signer_request request = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	struct signer_process s;
	struct channel deaf;
	(void)state;

	signer_start(&s);
	assert_int_equal(signer_request_encode(&request, &body), OK);
	deaf = connect_signer(&s, FRAME_APPRAISER, 1);
	for (int i = 0; i < 20000 && !channel_has_output(&deaf); i++) {
		assert_int_equal(channel_queue(&deaf, FRAME_HEALTH, (uint64_t)i, span_of(&body)),
				 OK);
		assert_int_equal(channel_flush(&deaf), OK);
	}
	assert_true(channel_has_output(&deaf));
	assert_signer_serves(&s);
	channel_done(&deaf);
	assert_signer_serves(&s);
	signer_end_untouched(&s);
}

/* --- the appraiser ------------------------------------------------------------------ */

struct appraiser_process {
	pid_t pid;
	struct channel parent, front, signer;
};

static void appraiser_start(struct appraiser_process *a)
{
	static const struct appraiser_settings settings = { 0 };
	int parent[2], front[2], signer[2];
	struct frame frame;

	assert_int_equal(channel_pair(parent), OK);
	assert_int_equal(channel_pair(front), OK);
	assert_int_equal(channel_pair(signer), OK);
	a->pid = fork();
	assert_true(a->pid >= 0);
	if (a->pid == 0) {
		(void)close(parent[0]);
		(void)close(front[0]);
		(void)close(signer[0]);
		(void)alarm(PATIENCE_MS / 1000);
		_exit(appraiser_run(&settings, parent[1], front[1], signer[1]));
	}
	(void)close(parent[1]);
	(void)close(front[1]);
	(void)close(signer[1]);
	channel_init(&a->parent, parent[0], BODY_MAX);
	channel_init(&a->front, front[0], FRAME_BODY_MAX);
	channel_init(&a->signer, signer[0], FRAME_BODY_MAX);
	assert_int_equal(channel_receive(&a->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
}

/* It says that it can't go on, and is replaced. */
static void assert_appraiser_ends(struct appraiser_process *a, const struct shot *shot)
{
	int how = 0;

	assert_int_equal(waitpid(a->pid, &how, 0), a->pid);
	if (!WIFEXITED(how) || WEXITSTATUS(how) != 1)
		fail_msg("%s, type %u, %zu bytes: ended with %x", shot->name, shot->type,
			 shot->body.len, (unsigned)how);
	channel_done(&a->parent);
	channel_done(&a->front);
	channel_done(&a->signer);
}

static void put_health_request(struct bytes *out)
{
	struct writer w = writer_to(out, BODY_MAX);

	writer_u8(&w, ROUTE_HEALTH);
	writer_u8(&w, ROLE_NONE);
	for (int i = 0; i < 3; i++)
		writer_sized(&w, (struct span){ 0 });
	writer_be64(&w, 1000);
	writer_sized32(&w, (struct span){ 0 });
	assert_int_equal(writer_end(&w), OK);
}

static void at_front_side(void *unused, const struct shot *shot)
{
	struct appraiser_process a;
	(void)unused;

	appraiser_start(&a);
	fire(&a.front, shot);
	assert_appraiser_ends(&a, shot);
}

static void at_signer_side(void *unused, const struct shot *shot)
{
	struct appraiser_process a;
	(void)unused;

	appraiser_start(&a);
	fire(&a.signer, shot);
	assert_appraiser_ends(&a, shot);
}

/* While a request of it is under way. */
static void at_asking_appraiser(void *unused, const struct shot *shot)
{
	AUTO_DONE(bytes) request = { 0 };
	struct appraiser_process a;
	struct frame frame;
	int fd;
	(void)unused;

	appraiser_start(&a);
	put_health_request(&request);
	assert_int_equal(channel_send(&a.front, FRAME_REQUEST, 5, span_of(&request)), OK);
	assert_int_equal(channel_receive(&a.signer, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_HEALTH);
	fd = passenger_fd(shot->passenger);
	assert_int_equal(channel_send_fd(&a.signer, shot->type, frame.id, shot->body, fd), OK);
	if (fd >= 0)
		(void)close(fd);
	assert_appraiser_ends(&a, shot);
}

static void what_a_captured_front_says_to_an_appraiser(void **state)
{
	static const uint16_t known[] = { FRAME_REQUEST };
	static const struct shot raw[] = { RAW_SHOTS };
	AUTO_DONE(bytes) body = { 0 };
	struct shot shot = { .name = "a route that is none", .type = FRAME_REQUEST };
	(void)state;

	fire_other_types(NULL, at_front_side, known, 1);
	put_health_request(&body);
	shot.body = span_of(&body);
	for (unsigned route = 0; route < 256; route += route == 0 ? ROUTE_ADMIN_AUDIT + 1 : 80) {
		body.data[0] = (uint8_t)route;
		at_front_side(NULL, &shot);
	}
	body.data[0] = ROUTE_HEALTH;
	body.data[1] = ROLE_AUDITOR + 1;
	shot.name = "a role that is none";
	at_front_side(NULL, &shot);
	body.data[1] = ROLE_NONE;
	fire_spoiled(NULL, at_front_side, FRAME_REQUEST, &body);
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		at_front_side(NULL, &raw[i]);
}

static void what_nobody_asked_the_signer_for_ends_an_appraiser(void **state)
{
	static const enum passenger images[] = { NONE, SOME_FILE, UNSEALED, EMPTY, SHORT, GARBAGE };
	static const uint16_t known[] = { FRAME_REFERENCE };
	static const struct shot raw[] = { RAW_SHOTS };
	(void)state;

	/* An answer among them: nothing was asked. */
	fire_other_types(NULL, at_signer_side, known, 1);
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct shot shot = { .name = "an image that is none",
				     .type = FRAME_REFERENCE,
				     .passenger = images[i] };

		at_signer_side(NULL, &shot);
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		at_signer_side(NULL, &raw[i]);
}

static void an_answer_that_is_none_ends_an_appraiser(void **state)
{
	struct signer_answer answer = { .type = FRAME_HEALTH };
	AUTO_DONE(bytes) body = { 0 };
	(void)state;

	assert_int_equal(signer_answer_encode(&answer, &body), OK);
	fire_spoiled(NULL, at_asking_appraiser, FRAME_ANSWER, &body);
}

/* --- the front's relay ------------------------------------------------------------------ */

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
	fire(&captured, shot);
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
	static const struct shot raw[] = { RAW_SHOTS };
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
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		at_relay(f, &raw[i]);
	relay_done(&f->relay);
	event_base_free(f->base);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_captured_appraiser_says_to_the_signer),
		cmocka_unit_test(what_a_captured_loader_says_to_the_signer),
		cmocka_unit_test(an_appraiser_that_does_not_read_holds_up_nobody),
		cmocka_unit_test(what_a_captured_front_says_to_an_appraiser),
		cmocka_unit_test(what_nobody_asked_the_signer_for_ends_an_appraiser),
		cmocka_unit_test(an_answer_that_is_none_ends_an_appraiser),
		cmocka_unit_test(what_a_captured_appraiser_says_to_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
