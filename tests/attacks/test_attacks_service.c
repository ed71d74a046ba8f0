/* SPDX-License-Identifier: Apache-2.0 */
/* A running verifierd, asked by those who want it down, and others served. */
#include "attacks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "service_scene.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOST "Host: v\r\n"
#define JSON "Content-Type: application/json\r\n"
#define ENROL "POST /v1/enrol HTTP/1.1\r\n" HOST JSON
#define EMPTY JSON "Content-Length: 2\r\n\r\n{}"
#define EVIDENCE "POST /v1/nodes/" ID "/evidence HTTP/1.1\r\n" HOST JSON

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
	{ "a query that no appraiser takes", "GET /v1/bundle?", "a", 4097,
	  " HTTP/1.1\r\n" HOST "\r\n", 414 },
	{ "a query as long as the head", "GET /healthz?", "aaaaaaaa", 1875,
	  " HTTP/1.1\r\n" HOST "\r\n", 414 },
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
		service_expect_others_served(&s);
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
	service_expect_others_served(&s);
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
	service_expect_others_served(&s);

	long before = service_peak_kib(&s, "front");
	size_t count = sizeof(clients) / sizeof(clients[0]);

	for (size_t i = 0; i < count; i++) {
		client_init(&clients[i], &s, false);
		assert_true(client_write(&clients[i],
					 span_text(EVIDENCE "Content-Length: 33554432\r\n\r\n[")));
	}
	service_expect_others_served(&s);
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
	service_expect_others_served(&s);
}

#define SLOW "handshake_s = 1\nhead_s = 1\nbody_s = 1\nidle_s = 2\n"
/* A second, the server's own rounding, a busy machine; not as long as bytes come. */
#define DEADLINE_MS 20000
#define DRIP_MS (2 * DEADLINE_MS)

/* A byte each 50 ms until the server has enough. */
static int64_t drip(const struct service *s, const char *first, unsigned wanted)
{
	AUTO_DONE(client) c = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	int64_t before;

	client_init(&c, s, false);
	before = clock_ms();
	assert_true(client_write(&c, span_text(first)));
	while (clock_ms() - before < DRIP_MS) {
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
	service_expect_others_served(&s);
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
	service_expect_others_served(&s);
	assert_true(is_closed_soon(silent));
	assert_true(is_closed_soon(stopped));
	(void)close(silent);
	(void)close(stopped);
	service_expect_others_served(&s);
}

#define SILENT 120

/* So many who never ask: newcomers are served at once. */
static void keep_places(const struct service *s)
{
	int silent[SILENT];

	for (size_t i = 0; i < SILENT; i++)
		silent[i] = service_dial(s->port);
	sleep_ms(200);
	for (size_t i = 0; i < 5; i++)
		service_expect_others_served(s);
	for (size_t i = 0; i < SILENT; i++)
		(void)close(silent[i]);
}

static void s02_those_who_never_ask_lock_nobody_out(void **state)
{
	AUTO_DONE(service) s = { 0 };
	(void)state;

	service_init(&s, "handshake_s = 60\nconnections_max = 32\n");
	service_start(&s);
	keep_places(&s);
}

/* Descriptors end before connections_max does: accept() fails, and says nothing
 * about whom to close. */
static void s02_nor_do_they_where_descriptors_run_out(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	service_init(&s, "handshake_s = 60\n");
	service_start(&s);
	service_limit_files(&s, "front", 60);
	keep_places(&s);
	service_log(&s, &log);
	assert_int_equal(occurrences(&log, "accept: Too many open files"), 1);
}

/* Of a shell, or a unit: the soft limit is raised, a hard one is named. */
static void s02_connections_have_descriptors_or_are_refused_at_the_start(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	service_init(&s, "handshake_s = 60\nconnections_max = 400\n");
	s.ulimit = "-Sn";
	service_start(&s);
	keep_places(&s);
	service_log(&s, &log);
	assert_int_equal(occurrences(&log, "accept:"), 0);
	service_stop(&s);

	s.ulimit = "-n";
	assert_int_equal(service_start_refused(&s), 2);
	bytes_done(&log);
	service_log(&s, &log);
	assert_int_equal(occurrences(&log, "connections_max = 400 wants 464 open files"), 1);
}

/* One address has its share, which it keeps: no room is made for another of its own. */
static void s02_one_address_does_not_take_all_places(void **state)
{
	AUTO_DONE(service) s = { 0 };
	int mine[8];
	size_t count = sizeof(mine) / sizeof(mine[0]);
	(void)state;

	service_init(&s, "handshake_s = 60\nconnections_per_peer_max = 8\n");
	service_start(&s);
	for (size_t i = 0; i < count; i++)
		mine[i] = service_dial(s.port);
	sleep_ms(200);

	int one_more = service_dial(s.port);

	assert_true(is_closed_soon(one_more));
	(void)close(one_more);
	for (size_t i = 0; i < count; i++) {
		uint8_t byte;

		assert_true(recv(mine[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
		(void)close(mine[i]);
	}
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
	/* Not across the turn of a minute, nor slowly. */
	while (time(NULL) % 60 > 30)
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
	service_expect_others_served(&s);
}

/* The administrator's certificate in every word, over a key of one's own. */
static void show_alike(const struct service *s, SSL_CTX *ctx)
{
	AUTO_DONE(bytes) path = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");

	service_path(s, "keys/admin_cert.pem", &path);

	FILE *file = fopen((const char *)path.data, "r");

	assert_non_null(file);

	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

	(void)fclose(file);
	assert_non_null(certificate);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static unsigned ask_as_stranger(const struct service *s, bool shows_alike, const char *request)
{
	AUTO_DONE(client) c = { .ctx = SSL_CTX_new(TLS_client_method()) };
	AUTO_DONE(bytes) answer = { 0 };

	assert_non_null(c.ctx);
	if (shows_alike)
		show_alike(s, c.ctx);
	client_connect(&c, s->admin_port);
	(void)client_write(&c, span_text(request));
	return client_read(&c, &answer);
}

/* With no certificate, as a node has none, and with one that is nobody's. */
static void k18_administration_is_for_the_certificates_that_are_listed(void **state)
{
	static const char *const requests[] = {
		"GET /v1/admin/nodes HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/nodes/" ID " HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/nodes/" ID "/evidence HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/releases HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/audit HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/entries HTTP/1.1\r\n" HOST "\r\n",
		"GET /v1/admin/entries/web HTTP/1.1\r\n" HOST "\r\n",
		"POST /v1/admin/nodes/" ID "/quarantine HTTP/1.1\r\n" HOST EMPTY,
		"POST /v1/admin/nodes/" ID "/retire HTTP/1.1\r\n" HOST EMPTY,
		"POST /v1/admin/entries/web/quarantine HTTP/1.1\r\n" HOST EMPTY,
		"POST /v1/admin/entries/web/remove HTTP/1.1\r\n" HOST EMPTY,
		"POST /v1/admin/canaries HTTP/1.1\r\n" HOST EMPTY,
		"POST /v1/admin/acts HTTP/1.1\r\n" HOST EMPTY,
	};
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	(void)state;

	service_init(&s, "");
	service_start(&s);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		for (int shows_alike = 0; shows_alike < 2; shows_alike++)
			if (ask_as_stranger(&s, shows_alike, requests[i]) != 401)
				fail_msg("%d: %s", shows_alike, requests[i]);
	assert_int_equal(service_ask(&s, true, span_text(requests[0]), &answer), 200);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k18_administration_is_for_the_certificates_that_are_listed),
	cmocka_unit_test(s01_bombs_are_refused_before_they_cost_memory),
	cmocka_unit_test(s01_announced_bodies_take_nothing),
	cmocka_unit_test(s02_a_byte_at_a_time_is_cut_off_by_an_absolute_deadline),
	cmocka_unit_test(s02_a_handshake_that_stops_is_cut_off),
	cmocka_unit_test(s02_those_who_never_ask_lock_nobody_out),
	cmocka_unit_test(s02_nor_do_they_where_descriptors_run_out),
	cmocka_unit_test(s02_connections_have_descriptors_or_are_refused_at_the_start),
	cmocka_unit_test(s02_one_address_does_not_take_all_places),
	cmocka_unit_test(s03_one_address_cannot_enrol_without_end),
};

ATTACKS_MAIN(tests)
