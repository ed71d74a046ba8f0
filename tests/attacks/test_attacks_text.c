/* SPDX-License-Identifier: Apache-2.0 */
/* What others write into a running verifierd, and where it comes out again. */
#include "attacks.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/file.h"
#include "daemon/log.h"
#include "service_scene.h"
#include "verifier/store/store.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOST "Host: v\r\n"
#define JSON "Content-Type: application/json\r\n"
#define ENROL "POST /v1/enrol HTTP/1.1\r\n" HOST JSON

/* Quotes, control characters, markup, and lines for each form they may reach. */
#define INJECTION                                                                                  \
	"x'); DROP TABLE nodes; --\"\\\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>\x1b[2J"
#define INJECTION_JSON                                                                             \
	"x'); DROP TABLE nodes; --\\\"\\\\\\u000d\\u000aSet-Cookie: "                              \
	"a=b\\u000d\\u000a\\u000d\\u000a"                                                          \
	"<script>alert(1)</script>\\u001b[2J"
/* The same in one line, as a reason has to be. */
#define INJECTION_LINE_JSON                                                                        \
	"x'); DROP TABLE nodes; --\\\"\\\\ Set-Cookie: a=b <script>alert(1)</script>"

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

/* Head and body of an answer that shows the text: escaped, and as data. */
static void expect_shown_safely(const struct bytes *answer, const char *shown)
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
	assert_true(occurrences(answer, shown) > 0);
}

static void ask_as_admin(const struct service *s, const char *request, struct bytes *answer)
{
	assert_int_equal(service_ask(s, true, span_text(request), answer), 200);
}

static unsigned quarantine_with(const struct service *s, const char *reason_json,
				struct bytes *answer)
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
	return service_ask(s, true, span_of(&request), answer);
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
	expect_shown_safely(&answer, INJECTION_JSON);
	ask_as_admin(&s, "GET /v1/admin/nodes/" ID " HTTP/1.1\r\n" HOST "\r\n", &answer);
	/* Host name, manufacturer, model, version. */
	assert_true(occurrences(&answer, INJECTION_JSON) >= 4);
	expect_shown_safely(&answer, INJECTION_JSON);

	/* A person's words, which become SQL parameters and an audit entry. */
	assert_int_equal(quarantine_with(&s, INJECTION_JSON, &answer), 400);
	assert_int_equal(occurrences(&answer, "\"code\":\"malformed\""), 1);
	ask_as_admin(&s, "GET /v1/admin/nodes/" ID " HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(occurrences(&answer, "\"state\":\"quarantined\""), 0);
	assert_int_equal(quarantine_with(&s, INJECTION_LINE_JSON, &answer), 200);
	expect_shown_safely(&answer, INJECTION_LINE_JSON);
	ask_as_admin(&s, "GET /v1/admin/audit HTTP/1.1\r\n" HOST "\r\n", &answer);
	expect_shown_safely(&answer, INJECTION_LINE_JSON);
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s04_what_others_write_is_stored_and_shown_as_text),
	cmocka_unit_test(s04_nothing_of_a_bad_request_is_echoed),
	cmocka_unit_test(s04_a_log_line_is_one_line),
};

ATTACKS_MAIN(tests)
