/* SPDX-License-Identifier: Apache-2.0 */
/* A running verifierd, asked by those who want it down, and others served. */
#include "attacks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "service_scene.h"
#include "verifier/store/store.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOST "Host: v\r\n"
#define JSON "Content-Type: application/json\r\n"
#define HEALTH "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
#define ENROL "POST /v1/enrol HTTP/1.1\r\n" HOST JSON
#define EVIDENCE "POST /v1/nodes/" ID "/evidence HTTP/1.1\r\n" HOST JSON
#define NOBODY 65534

/* No release is configured: it answers, and says so. */
static void expect_others_served(const struct service *s)
{
	int64_t before = clock_ms();

	assert_int_equal(service_ask_text(s, HEALTH), 503);
	assert_true(clock_ms() - before < 1000);
}

static void append_many(struct bytes *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes_append(out, span_text(text)), OK);
}

/* What a bomb may cost a role, beside what an honest request does. */
#define BOMB_KIB (4096L * MEMORY_SCALE)

struct bomb {
	const char *what;
	const char *head; /* up to what is repeated */
	const char *part;
	size_t count;
	const char *tail;
	unsigned status;
};

static const struct bomb bombs[] = {
	{ "a body longer than its cap", ENROL "Content-Length: 65537\r\n\r\n", "", 0, "", 413 },
	{ "evidence longer than its cap", EVIDENCE "Content-Length: 33554433\r\n\r\n", "", 0, "",
	  413 },
	{ "a length beyond 64 bits", ENROL "Content-Length: 99999999999999999999\r\n\r\n", "", 0,
	  "", 413 },
	{ "a negative length", ENROL "Content-Length: -1\r\n\r\n", "", 0, "", 400 },
	{ "chunks without end", ENROL "Transfer-Encoding: chunked\r\n\r\n", "ffff\r\n", 4096, "",
	  411 },
	{ "a compressed body", ENROL "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n",
	  "\x1f\x8b", 10, "", 415 },
	{ "a header without end", "GET /healthz HTTP/1.1\r\n" HOST "X: ", "aaaaaaaa", 65536, "",
	  431 },
	{ "one byte of header too many", "GET /healthz HTTP/1.1\r\n" HOST "X: ", "aaaa", 4096,
	  "\r\n\r\n", 431 },
	{ "a header too many", "GET /healthz HTTP/1.1\r\n" HOST, "X: y\r\n", 64, "\r\n", 431 },
	{ "a path without end", "GET /", "aaaaaaaa", 65536, "", 431 },
	{ "a body where none belongs",
	  "GET /healthz HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n", "aaaa", 15000, "",
	  400 },
	{ "brackets in brackets", ENROL "Content-Length: 65536\r\n\r\n", "[", 65536, "", 400 },
	{ "objects in objects", ENROL "Content-Length: 65000\r\n\r\n", "{\"a\":", 13000, "", 400 },
	{ "a member for each name", ENROL "Content-Length: 60002\r\n\r\n{", "\"a\":1,", 10000, "}",
	  400 },
};

static void drop_bomb(const struct service *s, const struct bomb *bomb)
{
	AUTO_DONE(bytes) request = { 0 };
	AUTO_DONE(bytes) answer = { 0 };

	append_many(&request, bomb->head, 1);
	append_many(&request, bomb->part, bomb->count);
	append_many(&request, bomb->tail, 1);

	unsigned status = service_ask(s, false, span_of(&request), &answer);

	if (status != bomb->status)
		fail_msg("%s: %u, not %u", bomb->what, status, bomb->status);
}

static void s01_bombs_are_refused_before_they_cost_memory(void **state)
{
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, "");
	service_start(&s);
	for (size_t i = 0; i < 3; i++) {
		expect_others_served(&s);
		assert_int_equal(service_ask_text(&s, ENROL "Content-Length: 2\r\n\r\n{}"), 400);
	}

	long front = service_peak_kib(&s, "front");
	long appraiser = service_peak_kib(&s, "appraiser");

	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++)
		drop_bomb(&s, &bombs[i]);
	if (service_peak_kib(&s, "front") > front + BOMB_KIB ||
	    service_peak_kib(&s, "appraiser") > appraiser + BOMB_KIB)
		fail_msg("front %ld to %ld KiB, appraiser %ld to %ld KiB", front,
			 service_peak_kib(&s, "front"), appraiser,
			 service_peak_kib(&s, "appraiser"));
	expect_others_served(&s);
}

/* A length that is only announced takes nothing; what comes is bounded by the
 * budget that all bodies share. */
static void s01_announced_bodies_take_nothing(void **state)
{
	AUTO_DONE(service) s = { 0 };
	struct client clients[24];
	AUTO_DONE(bytes) much = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	size_t refused = 0;
	(void)state;

	service_init(&s, "bodies_max_mib = 32\n");
	service_start(&s);
	expect_others_served(&s);

	long before = service_peak_kib(&s, "front");
	size_t count = sizeof(clients) / sizeof(clients[0]);

	for (size_t i = 0; i < count; i++) {
		client_init(&clients[i], &s, false);
		assert_true(client_write(&clients[i],
					 span_text(EVIDENCE "Content-Length: 33554432\r\n\r\n[")));
	}
	expect_others_served(&s);
	/* 24 TLS connections, and not 24 times 32 MiB. */
	assert_true(service_peak_kib(&s, "front") < before + 16 * 1024L * MEMORY_SCALE);

	append_many(&much, "                ", (size_t)1 << 16);
	for (size_t round = 0; round < 16; round++)
		for (size_t i = 0; i < 3; i++)
			(void)client_write(&clients[i], span_of(&much));
	for (size_t i = 0; i < count; i++) {
		/* The others still wait for their bodies. */
		if (i >= 3)
			client_done(&clients[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		struct timeval soon = { .tv_sec = 1 };

		assert_int_equal(
			setsockopt(clients[i].fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
		if (client_read(&clients[i], &answer) == 429) {
			assert_true(
				span_equal(answer_field(&answer, "Retry-After"), span_text("10")));
			refused++;
		}
		client_done(&clients[i]);
	}
	assert_true(refused > 0);
	assert_true(service_peak_kib(&s, "front") < before + 64 * 1024L * MEMORY_SCALE);
	expect_others_served(&s);
}

#define SLOW "handshake_s = 1\nhead_s = 1\nbody_s = 1\nidle_s = 2\n"
/* A second, the server's own rounding, a busy machine; not as many bytes. */
#define DEADLINE_MS 4000

/* A byte each 50 ms until the server has enough. */
static int64_t drip(const struct service *s, const char *first, unsigned wanted)
{
	AUTO_DONE(client) c = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	int64_t before;

	client_init(&c, s, false);
	before = clock_ms();
	assert_true(client_write(&c, span_text(first)));
	for (size_t i = 0; i < 200; i++) {
		struct timeval now = { .tv_usec = 50000 };
		uint8_t byte;

		assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &now, sizeof(now)), 0);
		if (SSL_peek(c.ssl, &byte, 1) > 0 || !client_write(&c, span_text("a")))
			break;
	}

	unsigned status = client_read(&c, &answer);

	if (status != wanted)
		fail_msg("%u, not %u", status, wanted);
	return clock_ms() - before;
}

static void s02_a_byte_at_a_time_is_cut_off_by_an_absolute_deadline(void **state)
{
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, SLOW);
	service_start(&s);
	assert_true(drip(&s, "GET /healthz HTTP/1.1\r\nX: ", 408) < DEADLINE_MS);
	assert_true(drip(&s, ENROL "Content-Length: 60000\r\n\r\n{", 408) < DEADLINE_MS);
	expect_others_served(&s);
}

/* True where the peer closed within the deadline. */
static bool is_closed_soon(int fd)
{
	struct timeval patience = { .tv_sec = DEADLINE_MS / 1000 };
	uint8_t byte;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);

	ssize_t got = recv(fd, &byte, 1, 0);

	return got == 0 || (got < 0 && errno == ECONNRESET);
}

static void s02_a_handshake_that_stops_is_cut_off(void **state)
{
	/* The head of a ClientHello record that never comes. */
	static const uint8_t half[] = { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00 };
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, SLOW);
	service_start(&s);

	int silent = service_dial(s.port);
	int stopped = service_dial(s.port);

	assert_int_equal(send(stopped, half, sizeof(half), 0), (ssize_t)sizeof(half));
	expect_others_served(&s);
	assert_true(is_closed_soon(silent));
	assert_true(is_closed_soon(stopped));
	(void)close(silent);
	(void)close(stopped);
	expect_others_served(&s);
}

/* All places taken by those who never ask: newcomers are served at once. */
static void s02_those_who_never_ask_lock_nobody_out(void **state)
{
	AUTO_DONE(service) s = { 0 };
	int silent[40];
	size_t count = sizeof(silent) / sizeof(silent[0]);
	(void)state;

	service_init(&s, "handshake_s = 60\nconnections_max = 32\n");
	service_start(&s);
	for (size_t i = 0; i < count; i++)
		silent[i] = service_dial(s.port);
	sleep_ms(200);
	for (size_t i = 0; i < 5; i++)
		expect_others_served(&s);
	for (size_t i = 0; i < count; i++)
		(void)close(silent[i]);
}

static void s03_one_address_cannot_enrol_without_end(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	const char *const requests[] = { ENROL "Content-Length: 2\r\n\r\n{}",
					 "POST /v1/enrol/" ID "/activate HTTP/1.1\r\n" HOST JSON
					 "Content-Length: 2\r\n\r\n{}" };
	uint64_t seconds = 0;
	(void)state;

	service_init(&s, "enrolments_per_peer = 6\n");
	service_start(&s);
	/* Not across the turn of a minute. */
	while (time(NULL) % 60 > 55)
		sleep_ms(500);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(service_ask_text(&s, requests[i % 2]), 400);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(service_ask(&s, false, span_text(requests[i % 2]), &answer), 429);
		assert_int_equal(decimal_parse(answer_field(&answer, "Retry-After"), 60, &seconds),
				 OK);
	}
	/* Who is known already, and who only looks, is served as before. */
	assert_int_equal(service_ask_text(&s,
					  "POST /v1/nodes/" ID "/challenge HTTP/1.1\r\n" HOST JSON
					  "Content-Length: 45\r\n\r\n"
					  "{\"version\":1,\"resetCount\":0,\"restartCount\":0}"),
			 404);
	expect_others_served(&s);
}

/* Quotes, control characters, markup, and lines for each form they may reach. */
#define INJECTION                                                                                  \
	"x'); DROP TABLE nodes; --\"\\\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>\x1b[2J"
#define INJECTION_JSON                                                                             \
	"x'); DROP TABLE nodes; --\\\"\\\\\\u000d\\u000aSet-Cookie: "                              \
	"a=b\\u000d\\u000a\\u000d\\u000a"                                                          \
	"<script>alert(1)</script>\\u001b[2J"

static void put_evil_node(const struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO(store) store = NULL;
	struct span evil = span_text(INJECTION);
	struct node_row row = {
		.standing = STANDING_PENDING,
		.verdict = NODE_STALE,
		.ak_name = span_text("ak"),
		.ak_public = span_text("public"),
		.ek_public = span_text("public"),
		.spki = span_text("spki"),
		.hostname = evil,
		.manufacturer = evil,
		.model = evil,
		.version = evil,
		.note = evil,
		.enrolled = 1000,
	};

	assert_int_equal(node_id_parse(span_text(ID), &row.node), OK);
	service_path(s, "keys/verifier.db", &path);
	assert_int_equal(store_open((const char *)path.data, &store), OK);
	assert_int_equal(store_begin(store), OK);
	assert_int_equal(store_node_insert(store, &row), OK);
	assert_int_equal(store_commit(store), OK);
}

static size_t occurrences(const struct bytes *text, const char *wanted)
{
	struct span rest = span_of(text);
	const uint8_t *at;
	size_t count = 0;

	while ((at = memmem(rest.data, rest.len, wanted, strlen(wanted))) != NULL) {
		rest.len -= (size_t)(at - rest.data) + 1;
		rest.data = at + 1;
		count++;
	}
	return count;
}

/* Head and body of an answer that shows the text: escaped, and as data. */
static void expect_shown_safely(const struct bytes *answer)
{
	static const char *const fields[][2] = {
		{ "Content-Type", "application/json" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy", "default-src 'none'" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!span_equal(answer_field(answer, fields[i][0]), span_text(fields[i][1])))
			fail_msg("%s", fields[i][0]);
	assert_int_equal(answer_field(answer, "Set-Cookie").len, 0);
	/* One head, one empty line, no control character in the body. */
	const uint8_t *body = memmem(answer->data, answer->len, "\r\n\r\n", 4);

	assert_non_null(body);
	for (body += 4; body < answer->data + answer->len; body++)
		assert_true(*body >= ' ' && *body != 0x7f);
	assert_true(occurrences(answer, INJECTION_JSON) > 0);
}

static void ask_as_admin(const struct service *s, const char *request, struct bytes *answer)
{
	assert_int_equal(service_ask(s, true, span_text(request), answer), 200);
}

static void quarantine_with(const struct service *s, const char *reason_json, struct bytes *answer)
{
	AUTO_DONE(bytes) request = { 0 };
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(bytes_printf(&body, "{\"version\":1,\"reason\":\"%s\"}", reason_json), OK);
	assert_int_equal(bytes_printf(&request,
				      "POST /v1/admin/nodes/" ID
				      "/quarantine HTTP/1.1\r\n" HOST JSON
				      "Content-Length: %zu\r\n\r\n%.*s",
				      body.len, (int)body.len, (const char *)body.data),
			 OK);
	assert_int_equal(service_ask(s, true, span_of(&request), answer), 200);
}

static void s04_what_others_write_is_stored_and_shown_as_text(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	service_init(&s, "");
	put_evil_node(&s);
	service_start(&s);
	ask_as_admin(&s, "GET /v1/admin/nodes HTTP/1.1\r\n" HOST "\r\n", &answer);
	expect_shown_safely(&answer);
	ask_as_admin(&s, "GET /v1/admin/nodes/" ID " HTTP/1.1\r\n" HOST "\r\n", &answer);
	/* Host name, manufacturer, model, version. */
	assert_true(occurrences(&answer, INJECTION_JSON) >= 4);
	expect_shown_safely(&answer);

	/* A person's words, which become SQL parameters and an audit entry. */
	quarantine_with(&s, INJECTION_JSON, &answer);
	expect_shown_safely(&answer);
	ask_as_admin(&s, "GET /v1/admin/audit HTTP/1.1\r\n" HOST "\r\n", &answer);
	expect_shown_safely(&answer);
	ask_as_admin(&s, "GET /v1/admin/nodes/" ID " HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(occurrences(&answer, "\"state\":\"quarantined\""), 1);

	service_log(&s, &log);
	assert_int_equal(occurrences(&log, "\x1b"), 0);
	assert_int_equal(occurrences(&log, "\r"), 0);
	assert_int_equal(occurrences(&log, "Set-Cookie"), 0);
}

/* Queries and paths come back nowhere, whatever they hold. */
static void s04_nothing_of_a_bad_request_is_echoed(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
	} cases[] = {
		{ "GET /v1/bundle?trust-domain=ECHO'-- HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /v1/bundle?trust-domain=%0d%0aECHO:x HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /v1/bundle?ECHO=1 HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /<script>ECHO HTTP/1.1\r\n" HOST "\r\n", 404 },
		{ "ECHO /healthz HTTP/1.1\r\n" HOST "\r\n", 405 },
		{ "GET /healthz HTTP/1.1\r\n" HOST "ECHO\r\n\r\n", 400 },
		{ ENROL "Content-Length: 10\r\n\r\n{\"ECHO\":1}", 400 },
		{ ENROL "Content-Length: 24\r\n\r\n{\"version\":1,\"x\":\"ECHO\"}", 400 },
	};
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, "");
	service_start(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(bytes) answer = { 0 };

		if (service_ask(&s, false, span_text(cases[i].request), &answer) !=
			    cases[i].status ||
		    occurrences(&answer, "ECHO") != 0)
			fail_msg("%s: %.*s", cases[i].request, (int)answer.len,
				 (const char *)answer.data);
	}
}

static void s04_a_log_line_is_one_line(void **state)
{
	AUTO_DONE(bytes) said = { 0 };
	int ends[2];
	int saved = dup(STDERR_FILENO);
	(void)state;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_line(LOG_LEVEL_ERROR, "%s\nverifierd: ready", INJECTION);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(ends[1]);
	assert_int_equal(file_read_fd(ends[0], 4096, &said), OK);
	(void)close(ends[0]);
	assert_int_equal(occurrences(&said, "\n"), 1);
	assert_int_equal(said.data[said.len - 1], '\n');
	assert_int_equal(occurrences(&said, "\x1b"), 0);
	assert_int_equal(occurrences(&said, "\r"), 0);
}

/* A file that the start rests on, and how it may be spoilt. */
struct guarded {
	const char *name;
	bool is_secret;
	int end; /* documented exit status */
};

static const struct guarded verifier_files[] = {
	{ "verifierd.conf", false, 2 },
	{ "verifierd.conf.d/10-more.conf", false, 2 },
	{ "keys/tls_key.pem", true, 1 },
	{ "keys/mac_key", true, 1 },
	{ "keys/result_key.pem", true, 1 },
	{ "keys/ca_key.pem", true, 1 },
	{ "keys/ca.pem", false, 1 },
	{ "keys/admin_pub.pem", false, 1 },
	{ "inventory", false, 1 },
	{ "roots/ca.pem", false, 1 },
	{ "roots", false, 1 },
};

static void expect_start_refused(struct service *s, const struct guarded *file, const char *how)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	int end = service_start_refused(s);

	service_log(s, &log);
	service_path(s, file->name, &path);
	if (end != file->end)
		fail_msg("%s %s: ends with %d", file->name, how, end);
	/* The whole path, but for the pool's directory, which stands for its files. */
	if (strncmp(file->name, "roots", 5) != 0 && occurrences(&log, (const char *)path.data) == 0)
		fail_msg("%s %s: not named: %.*s", file->name, how, (int)log.len,
			 (const char *)log.data);
}

static void spoil_and_start(struct service *s, const struct guarded *file)
{
	AUTO_DONE(bytes) path = { 0 };
	struct stat before;

	service_path(s, file->name, &path);

	const char *name = (const char *)path.data;

	assert_int_equal(stat(name, &before), 0);
	assert_int_equal(chmod(name, before.st_mode | S_IWGRP), 0);
	expect_start_refused(s, file, "writable by a group");
	assert_int_equal(chmod(name, before.st_mode | S_IWOTH), 0);
	expect_start_refused(s, file, "writable by all");
	if (file->is_secret) {
		assert_int_equal(chmod(name, before.st_mode | S_IRGRP), 0);
		expect_start_refused(s, file, "readable by a group");
		assert_int_equal(chmod(name, before.st_mode | S_IROTH), 0);
		expect_start_refused(s, file, "readable by all");
	}
	assert_int_equal(chmod(name, before.st_mode), 0);
	/* Only root can give a file away. */
	if (geteuid() == 0) {
		assert_int_equal(chown(name, NOBODY, (gid_t)-1), 0);
		expect_start_refused(s, file, "of another user");
		assert_int_equal(chown(name, before.st_uid, (gid_t)-1), 0);
	}
}

static void write_file(const struct service *s, const char *name, const char *text)
{
	AUTO_DONE(bytes) path = { 0 };

	service_path(s, name, &path);
	assert_int_equal(
		file_replace((const char *)path.data, span_text(text), 0600, (uid_t)-1, (gid_t)-1),
		OK);
}

static void add_drop_in(const struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) text = { 0 };

	service_path(s, "verifierd.conf.d", &path);
	assert_int_equal(mkdir((const char *)path.data, 0700), 0);
	write_file(s, "inventory", "# nobody yet\n");
	assert_int_equal(
		bytes_printf(&text, "[nodes]\ninventory = %s/inventory\n%c", s->directory, '\0'),
		OK);
	write_file(s, "verifierd.conf.d/10-more.conf", (const char *)text.data);
}

static void s11_verifierd_starts_with_no_file_that_others_have_a_hand_in(void **state)
{
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, "");
	add_drop_in(&s);
	/* As they are, all is well. */
	service_start(&s);
	service_stop(&s);
	for (size_t i = 0; i < sizeof(verifier_files) / sizeof(verifier_files[0]); i++)
		spoil_and_start(&s, &verifier_files[i]);
	service_start(&s);
	expect_others_served(&s);
}

static const struct guarded host_files[] = {
	{ "attestd.conf", false, 2 },	   { "attestd.conf.d/10-more.conf", false, 2 },
	{ "keys/tls_cert.pem", false, 2 }, { "keys/result_pub.pem", false, 2 },
	{ "password", true, 2 },
};

static int check_host(const struct service *s)
{
	AUTO_DONE(bytes) program = { 0 };
	AUTO_DONE(bytes) configuration = { 0 };
	AUTO_DONE(bytes) log = { 0 };

	built("attestd/attestd", &program);
	service_path(s, "attestd.conf", &configuration);
	service_path(s, "log", &log);

	/* The start itself reads the same way, and then goes on for ever. */
	const char *const argv[] = { (const char *)program.data, "--check-config", "--config",
				     (const char *)configuration.data, NULL };

	return run_to_file(argv, (const char *)log.data);
}

static void spoil_and_check(const struct service *s, const struct guarded *file)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	const mode_t modes[] = { S_IWGRP, S_IWOTH, S_IRGRP, S_IROTH };
	struct stat before;

	service_path(s, file->name, &path);

	const char *name = (const char *)path.data;

	assert_int_equal(stat(name, &before), 0);
	for (size_t i = 0; i < (file->is_secret ? 4U : 2U); i++) {
		assert_int_equal(chmod(name, before.st_mode | modes[i]), 0);
		if (check_host(s) != file->end)
			fail_msg("%s with mode %o is accepted", file->name,
				 before.st_mode | modes[i]);
	}
	service_log(s, &log);
	assert_true(occurrences(&log, name) > 0);
	assert_int_equal(chmod(name, before.st_mode), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(name, NOBODY, (gid_t)-1), 0);
		if (check_host(s) != file->end)
			fail_msg("%s of another user is accepted", file->name);
		assert_int_equal(chown(name, before.st_uid, (gid_t)-1), 0);
	}
}

static void s11_attestd_starts_with_no_file_that_others_have_a_hand_in(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	service_init(&s, "");
	service_path(&s, "attestd.conf.d", &path);
	assert_int_equal(mkdir((const char *)path.data, 0700), 0);
	write_file(&s, "password", "secret\n");
	write_file(&s, "attestd.conf.d/10-more.conf", "[agent]\nhostname = host\n");
	assert_int_equal(bytes_printf(&text,
				      "[verifier]\nurl = https://localhost\n"
				      "ca_file = %s/keys/tls_cert.pem\n"
				      "result_key = %s/keys/result_pub.pem\n"
				      "[tpm]\nendorsement_auth_file = %s/password\n%c",
				      s.directory, s.directory, s.directory, '\0'),
			 OK);
	write_file(&s, "attestd.conf", (const char *)text.data);
	assert_int_equal(check_host(&s), 0);
	for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++)
		spoil_and_check(&s, &host_files[i]);
	assert_int_equal(check_host(&s), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s01_bombs_are_refused_before_they_cost_memory),
	cmocka_unit_test(s01_announced_bodies_take_nothing),
	cmocka_unit_test(s02_a_byte_at_a_time_is_cut_off_by_an_absolute_deadline),
	cmocka_unit_test(s02_a_handshake_that_stops_is_cut_off),
	cmocka_unit_test(s02_those_who_never_ask_lock_nobody_out),
	cmocka_unit_test(s03_one_address_cannot_enrol_without_end),
	cmocka_unit_test(s04_what_others_write_is_stored_and_shown_as_text),
	cmocka_unit_test(s04_nothing_of_a_bad_request_is_echoed),
	cmocka_unit_test(s04_a_log_line_is_one_line),
	cmocka_unit_test(s11_verifierd_starts_with_no_file_that_others_have_a_hand_in),
	cmocka_unit_test(s11_attestd_starts_with_no_file_that_others_have_a_hand_in),
};

ATTACKS_MAIN(tests)
