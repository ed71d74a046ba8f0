/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/limits.h"
#include "verifier/front/named.h"
#include "verifier/front/routes.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POST "POST /v1/nodes/" ID "/evidence?a=b HTTP/1.1\r\n"
#define HOST "Host: v\r\n"
#define LENGTH "Content-Length: 12\r\n"
#define JSON "Content-Type: application/json\r\n"
#define GOOD POST HOST JSON LENGTH "\r\n"

static void a_request_says_what_it_says(void **state)
{
	struct http_head head;
	(void)state;

	assert_int_equal(http_head_parse(span_text(GOOD), &head), 0);
	assert_int_equal(head.method, HTTP_POST);
	assert_true(span_equal(head.path, span_text("/v1/nodes/" ID "/evidence")));
	assert_true(span_equal(head.query, span_text("a=b")));
	assert_int_equal(head.length, 12);
	assert_true(head.is_json);
	assert_true(head.keep_alive);
	assert_false(head.expects_continue);
}

static void every_truncation_of_a_request_is_refused(void **state)
{
	struct http_head head;
	(void)state;

	for (size_t len = 0; len < sizeof(GOOD) - 1; len++)
		assert_int_not_equal(
			http_head_parse((struct span){ (const uint8_t *)GOOD, len }, &head), 0);
}

static void what_two_readers_could_read_differently_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
	} cases[] = {
		{ POST HOST LENGTH "Content-Length: 13\r\n\r\n", 400 },
		{ POST HOST LENGTH LENGTH "\r\n", 400 },
		{ POST HOST "Content-Length: +1\r\n\r\n", 400 },
		{ POST HOST "Content-Length: 1, 1\r\n\r\n", 400 },
		{ POST HOST "Content-Length: 0x1\r\n\r\n", 400 },
		{ POST HOST "Content-Length: 01\r\n\r\n", 400 },
		{ POST HOST "Content-Length: 99999999999999999999\r\n\r\n", 413 },
		{ POST HOST LENGTH "Transfer-Encoding: chunked\r\n\r\n", 411 },
		{ POST HOST "\r\n", 411 },
		{ POST HOST LENGTH "Expect: a miracle\r\n\r\n", 417 },
		{ POST LENGTH "\r\n", 400 },
		{ POST HOST HOST LENGTH "\r\n", 400 },
		{ POST HOST LENGTH "A: b\r\n c\r\n\r\n", 400 },
		{ POST HOST LENGTH "A : b\r\n\r\n", 400 },
		{ POST HOST LENGTH ": b\r\n\r\n", 400 },
		{ POST HOST LENGTH "A\r\n\r\n", 400 },
		{ POST HOST LENGTH "A: b\x01\r\n\r\n", 400 },
		{ POST HOST "Content-Length: 12\n\r\n", 400 },
		{ "GET /healthz HTTP/1.1\r\n" HOST LENGTH "\r\n", 400 },
		{ "GET https://v/healthz HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /healthz  HTTP/1.1\r\n" HOST "\r\n", 400 },
		{ "GET /healthz HTTP/2.0\r\n" HOST "\r\n", 505 },
		{ "GET /healthz\r\n" HOST "\r\n", 400 },
		{ "PUT /healthz HTTP/1.1\r\n" HOST "\r\n", 405 },
		{ "\r\n", 400 },
	};
	struct http_head head;
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_head_parse(span_text(cases[i].text), &head) != cases[i].status)
			fail_msg("%s", cases[i].text);
}

static void one_header_over_the_limit_is_refused(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	struct http_head head;
	(void)state;

	assert_int_equal(bytes_printf(&text, "GET /healthz HTTP/1.1\r\n" HOST), OK);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		assert_int_equal(bytes_printf(&text, "A: b\r\n"), OK);
	assert_int_equal(bytes_printf(&text, "\r\n"), OK);
	assert_int_equal(http_head_parse(span_of(&text), &head), 431);
}

static unsigned parse_query(size_t len, struct http_head *head)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(bytes_printf(&text, "GET /healthz?"), OK);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes_append_byte(&text, 'a'), OK);
	assert_int_equal(bytes_printf(&text, " HTTP/1.1\r\n" HOST "\r\n"), OK);
	return http_head_parse(span_of(&text), head);
}

static void a_query_longer_than_an_appraiser_takes_is_refused(void **state)
{
	struct http_head head;
	(void)state;

	assert_int_equal(parse_query(REQUEST_QUERY_MAX, &head), 0);
	assert_int_equal(head.query.len, REQUEST_QUERY_MAX);
	assert_int_equal(parse_query(REQUEST_QUERY_MAX + 1, &head), 414);
	assert_int_equal(parse_query(15000, &head), 414);
}

static unsigned find(enum http_method method, const char *path, bool is_admin,
		     const struct route_entry **entry, struct span *node)
{
	struct http_head head = { .method = method, .path = span_text(path) };

	return route_find(&head, is_admin, entry, node);
}

static void paths_lead_to_one_route_on_one_listener(void **state)
{
	const struct route_entry *entry = NULL;
	struct span node = { 0 };
	(void)state;

	assert_int_equal(find(HTTP_POST, "/v1/nodes/" ID "/evidence", false, &entry, &node), 0);
	assert_int_equal(entry->route, ROUTE_EVIDENCE);
	assert_int_equal(entry->body_max, EVIDENCE_BODY_MAX);
	assert_true(span_equal(node, span_text(ID)));
	assert_int_equal(find(HTTP_POST, "/v1/enrol", false, &entry, &node), 0);
	assert_int_equal(node.len, 0);
	assert_int_equal(find(HTTP_GET, "/v1/enrol", false, &entry, &node), 405);
	assert_int_equal(find(HTTP_POST, "/v1/enrol", true, &entry, &node), 404);
	assert_int_equal(find(HTTP_GET, "/v1/admin/nodes", false, &entry, &node), 404);
	assert_int_equal(find(HTTP_GET, "/v1/admin/nodes", true, &entry, &node), 0);
	assert_int_equal(entry->route, ROUTE_ADMIN_NODES);
}

static void k17_nothing_but_a_node_id_stands_for_one(void **state)
{
	static const char *const paths[] = {
		"/v1/enrol/",
		"/v1/enrol//activate",
		"/v1/enrol/../activate",
		"//v1/enrol",
		"/v1/enrol/" ID "0/activate",
		"/v1/enrol/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef/"
		"activate",
		"/v1/enrol/" ID "/activate/",
		"/v1/enrol/{id}/activate",
		"/",
		"",
		"/v1/nodes/" ID,
		"/" ID,
	};
	const struct route_entry *entry = NULL;
	struct span node = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (find(HTTP_POST, paths[i], false, &entry, &node) != 404)
			fail_msg("%s", paths[i]);
}

static void k18_every_administration_route_wants_a_role(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		bool auditor;
	} cases[] = {
		{ HTTP_GET, "/v1/admin/nodes", true },
		{ HTTP_GET, "/v1/admin/nodes/" ID, true },
		{ HTTP_GET, "/v1/admin/nodes/" ID "/evidence", true },
		{ HTTP_GET, "/v1/admin/releases", true },
		{ HTTP_GET, "/v1/admin/audit", true },
		{ HTTP_POST, "/v1/admin/nodes/" ID "/quarantine", false },
		{ HTTP_POST, "/v1/admin/nodes/" ID "/retire", false },
		{ HTTP_POST, "/v1/admin/acts", false },
	};
	const struct route_entry *entry = NULL;
	struct span node = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(find(cases[i].method, cases[i].path, true, &entry, &node), 0);
		assert_false(route_allows(entry, ROLE_NONE));
		assert_true(route_allows(entry, ROLE_PLATFORM));
		assert_true(route_allows(entry, ROLE_IDENTITY_SECURITY));
		assert_int_equal(route_allows(entry, ROLE_AUDITOR), cases[i].auditor);
	}
}

static const struct waiting_node node_of_class = { .id = { (const uint8_t *)ID, NODE_ID_LEN },
						   .class_name = { (const uint8_t *)"a", 1 } };

static void whoever_was_named_since_is_found(void **state)
{
	struct named named = { 0 };
	(void)state;

	assert_false(named_since(&named, &node_of_class, 0));
	named_note(&named, NAMED_CLASS, span_text("b"), 50);
	named_note(&named, NAMED_NODE, span_text("a"), 50);
	assert_false(named_since(&named, &node_of_class, 0));
	named_note(&named, NAMED_CLASS, span_text("a"), 100);
	assert_true(named_since(&named, &node_of_class, 100));
	assert_false(named_since(&named, &node_of_class, 101));
	named_note(&named, NAMED_NODE, span_text(ID), 200);
	assert_true(named_since(&named, &node_of_class, 200));
	assert_false(named_since(&named, &node_of_class, 201));
	/* What names nobody takes up no place. */
	named_note(&named, NAMED_NODE, (struct span){ 0 }, 300);
	assert_int_equal(named.count, 4);
}

/* Whoever floods the list hides nobody in it. */
static void who_may_have_been_named_among_too_many_was_named(void **state)
{
	struct named named = { 0 };
	(void)state;

	for (int64_t i = 0; i < NAMED_MAX; i++)
		named_note(&named, NAMED_CLASS, span_text("b"), 100 + i);
	assert_true(named_since(&named, &node_of_class, 100));
	assert_false(named_since(&named, &node_of_class, 101));
	named_note(&named, NAMED_CLASS, span_text("b"), 500);
	assert_true(named_since(&named, &node_of_class, 101));
	assert_false(named_since(&named, &node_of_class, 102));
}

static void a_class_is_told_by_and_by(void **state)
{
	(void)state;
	assert_int_equal(named_after_ms(3000, 100000, 0), 0);
	assert_int_equal(named_after_ms(3000, 100000, UINT32_MAX / 2 + 1), 1500);
	assert_int_equal(named_after_ms(3000, 100000, UINT32_MAX), 2999);
	assert_int_equal(named_after_ms(0, 100000, UINT32_MAX), 0);
}

/* Who would be told later were told nothing: its wait is over, and said so. */
static void a_node_is_told_no_later_than_its_wait_ends(void **state)
{
	(void)state;
	assert_int_equal(named_after_ms(3000, 1000, UINT32_MAX), 1000);
	assert_int_equal(named_after_ms(3000, 1, UINT32_MAX / 2), 1);
	assert_int_equal(named_after_ms(3000, 0, UINT32_MAX), 0);
	assert_int_equal(named_after_ms(3000, -5, UINT32_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_says_what_it_says),
		cmocka_unit_test(every_truncation_of_a_request_is_refused),
		cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
		cmocka_unit_test(one_header_over_the_limit_is_refused),
		cmocka_unit_test(a_query_longer_than_an_appraiser_takes_is_refused),
		cmocka_unit_test(paths_lead_to_one_route_on_one_listener),
		cmocka_unit_test(k17_nothing_but_a_node_id_stands_for_one),
		cmocka_unit_test(k18_every_administration_route_wants_a_role),
		cmocka_unit_test(whoever_was_named_since_is_found),
		cmocka_unit_test(who_may_have_been_named_among_too_many_was_named),
		cmocka_unit_test(a_class_is_told_by_and_by),
		cmocka_unit_test(a_node_is_told_no_later_than_its_wait_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
