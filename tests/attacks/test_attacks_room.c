/* SPDX-License-Identifier: Apache-2.0 */
/* A running verifierd, whose places and whose memory somebody wants for himself. */
#include "attacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "service_scene.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POST(path) "POST " path " HTTP/1.1\r\nHost: v\r\nContent-Type: application/json\r\n"
#define EVIDENCE POST("/v1/nodes/" ID "/evidence")
#define ANNOUNCED EVIDENCE "Content-Length: 33554432\r\n\r\n["
#define MIB ((size_t)1 << 20)
/* A second, the server's own rounding, a busy machine; not as long as was announced. */
#define DEADLINE_MS 20000

/* Loopback has many addresses: 127.0.0.1 is the attacker's, the others somebody else's. */
static void connect_from(uint32_t address, struct client *c, const struct service *s)
{
	const struct timeval patience = { .tv_sec = SERVICE_PATIENCE_MS / 1000 };
	const struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = { htonl(address) } };
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons((uint16_t)s->port),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };

	*c = (struct client){ .ctx = SSL_CTX_new(TLS_client_method()),
			      .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(bind(c->fd, (const struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
			 0);
	assert_int_equal(connect(c->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	c->ssl = SSL_new(c->ctx);
	assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
	assert_int_equal(SSL_connect(c->ssl), 1);
}

static void connect_as_another(struct client *c, const struct service *s)
{
	connect_from(INADDR_LOOPBACK + 1, c, s);
}

static void client_say(struct client *c, const char *text)
{
	assert_true(client_write(c, span_text(text)));
}

/* What the front says of itself. */
static uint64_t metric(const struct service *s, const char *name)
{
	AUTO_DONE(bytes) answer = { 0 };
	struct span line, rest;
	uint64_t value = 0;

	assert_int_equal(service_ask(s, true, span_text("GET /metrics HTTP/1.1\r\nHost: v\r\n\r\n"),
				     &answer),
			 200);
	rest = span_of(&answer);
	while (text_next_line(&rest, &line)) {
		struct span field;

		if (text_next_word(&line, ' ', &field) && span_equal(field, span_text(name))) {
			assert_int_equal(decimal_parse(line, UINT64_MAX, &value), OK);
			return value;
		}
	}
	fail_msg("no %s", name);
	return 0;
}

static void await_held(const struct service *s, uint64_t bytes)
{
	int64_t until = clock_ms() + SERVICE_PATIENCE_MS;

	while (metric(s, "attestd_front_body_bytes") < bytes) {
		assert_true(clock_ms() < until);
		sleep_ms(50);
	}
}

/* By the server, whatever it said before. */
static bool is_ended(const struct client *c)
{
	struct pollfd end = { .fd = c->fd, .events = POLLRDHUP };

	return poll(&end, 1, DEADLINE_MS) == 1;
}

#define PLACES_MAX 32

struct crowd {
	struct client clients[PLACES_MAX + 8];
};

static void crowd_done(struct crowd *crowd)
{
	for (size_t i = 0; i < sizeof(crowd->clients) / sizeof(crowd->clients[0]); i++)
		client_done(&crowd->clients[i]);
}
AUTO_RELEASE(crowd, crowd_done);

/* More than there are places, each of which says this and no more. */
static void crowd_in(struct crowd *crowd, const struct service *s, const char *said)
{
	for (size_t i = 0; i < sizeof(crowd->clients) / sizeof(crowd->clients[0]); i++) {
		client_init(&crowd->clients[i], s, false);
		client_say(&crowd->clients[i], said);
	}
}

static void s02_those_who_announce_a_body_lock_nobody_out(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(crowd) crowd = { 0 };
	(void)state;

	service_init(&s, "connections_max = 32\n");
	service_start(&s);
	crowd_in(&crowd, &s, ANNOUNCED);
	for (size_t i = 0; i < 5; i++)
		service_expect_others_served(&s);
}

/* Whose body came first, and comes from where there is no other, keeps its place; and
 * newcomers take theirs from the crowd, not from each other. */
static void s02_whoever_has_most_places_gives_one_up(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) one = { 0 };
	AUTO_DONE(client) newcomer = { 0 };
	AUTO_DONE(crowd) crowd = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	int later;
	(void)state;

	service_init(&s, "connections_max = 32\n");
	service_start(&s);
	connect_as_another(&one, &s);
	client_say(&one, POST("/v1/enrol") "Content-Length: 2\r\n\r\n{");
	crowd_in(&crowd, &s, ANNOUNCED);
	assert_true(is_ended(&crowd.clients[0]));
	connect_as_another(&newcomer, &s);
	for (size_t i = 0; i < 5; i++) {
		later = service_dial(s.port);
		service_expect_others_served(&s);
		(void)close(later);
	}
	client_say(&newcomer, "GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n");
	assert_int_equal(client_read(&newcomer, &answer), 503);
	client_say(&one, "}");
	assert_int_equal(client_read(&one, &answer), 400);
}

/* Of the crowd it is not the one whose body comes. */
static void s02_whose_body_comes_on_keeps_his_place(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) one = { 0 };
	AUTO_DONE(client) stalled = { 0 };
	AUTO_DONE(bytes) half = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	AUTO_DONE(crowd) crowd = { 0 };
	(void)state;

	service_init(&s, "connections_max = 32\n");
	service_start(&s);
	assert_int_equal(bytes_reserve(&half, MIB), OK);
	memset(half.data, ' ', MIB);
	half.len = MIB;
	client_init(&one, &s, false);
	client_say(&one, EVIDENCE "Content-Length: 2097153\r\n\r\n[");
	client_init(&stalled, &s, false);
	client_say(&stalled, ANNOUNCED);
	for (size_t i = 0; i < PLACES_MAX - 4; i++) {
		client_init(&crowd.clients[i], &s, false);
		client_say(&crowd.clients[i], ANNOUNCED);
	}
	assert_true(client_write(&one, span_of(&half)));
	await_held(&s, MIB);
	for (size_t i = PLACES_MAX - 4; i < PLACES_MAX + 4; i++) {
		client_init(&crowd.clients[i], &s, false);
		client_say(&crowd.clients[i], ANNOUNCED);
	}
	service_expect_others_served(&s);
	assert_true(is_ended(&stalled));
	assert_true(client_write(&one, span_of(&half)));
	assert_int_equal(client_read(&one, &answer), 400);
}

/* A body's deadline is not for what was announced, nor for what came before. */
static void s02_a_body_that_stalls_ends(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) quiet = { 0 };
	AUTO_DONE(client) once_fast = { 0 };
	AUTO_DONE(bytes) much = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	int64_t before;
	(void)state;

	service_init(&s, "body_s = 1\n");
	service_start(&s);
	assert_int_equal(bytes_reserve(&much, 4 * MIB), OK);
	memset(much.data, ' ', 4 * MIB);
	much.len = 4 * MIB;
	before = clock_ms();
	client_init(&quiet, &s, false);
	client_say(&quiet, ANNOUNCED);
	client_init(&once_fast, &s, false);
	client_say(&once_fast, ANNOUNCED);
	assert_true(client_write(&once_fast, span_of(&much)));
	assert_int_equal(client_read(&quiet, &answer), 408);
	assert_int_equal(client_read(&once_fast, &answer), 408);
	assert_true(clock_ms() - before < DEADLINE_MS);
}

/* A slow uplink that goes on sending gets through, however long it takes. */
static void s02_a_body_that_comes_slowly_gets_through(void **state)
{
	static const uint8_t part[16384] = { ' ' };
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) c = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	int64_t before;
	(void)state;

	service_init(&s, "body_s = 4\n");
	service_start(&s);
	client_init(&c, &s, false);
	client_say(&c, EVIDENCE "Content-Length: 1310720\r\n\r\n");
	before = clock_ms();
	for (size_t i = 0; i < 80; i++) {
		assert_true(client_write(&c, (struct span){ part, sizeof(part) }));
		sleep_ms(80);
	}
	assert_int_equal(client_read(&c, &answer), 400);
	assert_true(clock_ms() - before > 5000);
}

static void send_part(struct client *c, size_t len)
{
	AUTO_DONE(bytes) much = { 0 };

	assert_int_equal(bytes_reserve(&much, len), OK);
	memset(much.data, ' ', len);
	much.len = len;
	client_say(c, EVIDENCE "Content-Length: 33554432\r\n\r\n");
	assert_true(client_write(c, span_of(&much)));
}

/* What the others hold who sent so much, each, of a body that is longer. */
static void hold(struct client *clients, size_t count, const struct service *s, size_t each)
{
	for (size_t i = 0; i < count; i++) {
		client_init(&clients[i], s, false);
		send_part(&clients[i], each);
	}
	await_held(s, count * each);
}

static unsigned ask_much(struct client *c, size_t len, struct bytes *answer)
{
	AUTO_DONE(bytes) request = { 0 };

	assert_int_equal(bytes_printf(&request, EVIDENCE "Content-Length: %zu\r\n\r\n", len), OK);
	assert_int_equal(bytes_reserve(&request, request.len + len), OK);
	memset(request.data + request.len, ' ', len);
	request.len += len;
	(void)client_write(c, span_of(&request));
	return client_read(c, answer);
}

/* Memory that one address holds with bodies that do not come on is not kept from others. */
static void s01_whoever_holds_most_makes_room_for_evidence(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) node = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct client held[3];
	(void)state;

	service_init(&s, "bodies_max_mib = 32\nbody_s = 60\n");
	service_start(&s);
	hold(held, 3, &s, 10 * MIB);
	connect_as_another(&node, &s);
	assert_int_equal(ask_much(&node, 5 * MIB, &answer), 400);
	/* The one that came on least recently, which is told when to come again. */
	assert_int_equal(client_read(&held[0], &answer), 429);
	assert_true(span_equal(answer_field(&answer, "Retry-After"), span_text("10")));
	assert_true(metric(&s, "attestd_front_body_bytes") >= 20 * MIB);
	for (size_t i = 0; i < 3; i++)
		client_done(&held[i]);
}

/* Who comes would be next to have it taken from him: of large bodies none would be whole. */
static void s01_a_single_body_is_not_ended_for_another(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) node = { 0 };
	AUTO_DONE(client) same = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct client held[1];
	(void)state;

	service_init(&s, "bodies_max_mib = 32\nbody_s = 60\n");
	service_start(&s);
	hold(held, 1, &s, 30 * MIB);
	connect_as_another(&node, &s);
	assert_int_equal(ask_much(&node, 5 * MIB, &answer), 429);
	/* Nor one's own. */
	client_init(&same, &s, false);
	assert_int_equal(ask_much(&same, 5 * MIB, &answer), 429);
	assert_true(metric(&s, "attestd_front_body_bytes") >= 30 * MIB);
	client_done(&held[0]);
}

/* Behind somebody who holds more, and in one body, what is stalled is kept from others all
 * the same. */
static void s01_who_holds_most_in_one_body_hides_nobody(void **state)
{
	AUTO_DONE(service) s = { 0 };
	AUTO_DONE(client) most = { 0 };
	AUTO_DONE(client) node = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct client held[2];
	(void)state;

	service_init(&s, "bodies_max_mib = 32\nbody_s = 60\n");
	service_start(&s);
	hold(held, 2, &s, 7 * MIB);
	connect_as_another(&most, &s);
	send_part(&most, 16 * MIB);
	await_held(&s, 30 * MIB);
	connect_from(INADDR_LOOPBACK + 2, &node, &s);
	assert_int_equal(ask_much(&node, 5 * MIB, &answer), 400);
	assert_int_equal(client_read(&held[0], &answer), 429);
	assert_true(metric(&s, "attestd_front_body_bytes") >= 23 * MIB);
	for (size_t i = 0; i < 2; i++)
		client_done(&held[i]);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s01_whoever_holds_most_makes_room_for_evidence),
	cmocka_unit_test(s01_a_single_body_is_not_ended_for_another),
	cmocka_unit_test(s01_who_holds_most_in_one_body_hides_nobody),
	cmocka_unit_test(s02_those_who_announce_a_body_lock_nobody_out),
	cmocka_unit_test(s02_whoever_has_most_places_gives_one_up),
	cmocka_unit_test(s02_whose_body_comes_on_keeps_his_place),
	cmocka_unit_test(s02_a_body_that_stalls_ends),
	cmocka_unit_test(s02_a_body_that_comes_slowly_gets_through),
};

ATTACKS_MAIN(tests)
