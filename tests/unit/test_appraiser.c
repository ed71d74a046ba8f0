/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/appraiser/log_frame.h"
#include "verifier/appraiser/query.h"
#include "verifier/appraiser/requests.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void put_request(struct bytes *out, uint8_t route, uint8_t role, const char *node)
{
	struct writer w = writer_to(out, 4096);

	writer_u8(&w, route);
	writer_u8(&w, role);
	writer_sized(&w, span_text("alice"));
	writer_sized(&w, span_text(node));
	writer_sized(&w, span_text("a=b"));
	writer_be64(&w, 1767225600);
	writer_sized32(&w, span_text("{}"));
	assert_int_equal(writer_end(&w), OK);
}

static void a_request_of_the_front_is_read_as_it_was_written(void **state)
{
	AUTO_DONE(bytes) body = { 0 };
	struct request request;
	(void)state;

	put_request(&body, ROUTE_EVIDENCE, ROLE_NONE, ID);
	assert_int_equal(request_decode(span_of(&body), &request), OK);
	assert_int_equal(request.route, ROUTE_EVIDENCE);
	assert_true(request.has_node);
	assert_int_equal(request.received, 1767225600);
	assert_true(span_equal(request.body, span_text("{}")));
	for (size_t len = 0; len < body.len; len++)
		assert_int_not_equal(request_decode((struct span){ body.data, len }, &request), OK);
	assert_int_equal(bytes_append_byte(&body, 0), OK);
	assert_int_not_equal(request_decode(span_of(&body), &request), OK);
}

static void s09_a_front_that_was_taken_over_names_no_other_route_role_or_id(void **state)
{
	static const struct {
		uint8_t route, role;
		const char *node;
	} cases[] = {
		{ 0, ROLE_NONE, ID },
		{ ROUTE_LAST + 1, ROLE_NONE, ID },
		{ ROUTE_EVIDENCE, ROLE_AUDITOR + 1, ID },
		{ ROUTE_EVIDENCE, ROLE_NONE, "../../etc/passwd" },
		{ ROUTE_EVIDENCE, ROLE_NONE, ID "0" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(bytes) body = { 0 };
		struct request request;

		put_request(&body, cases[i].route, cases[i].role, cases[i].node);
		assert_int_not_equal(request_decode(span_of(&body), &request), OK);
	}
}

static void queries_hold_known_names_once(void **state)
{
	static const char *const names[] = { "after", "limit", NULL };
	static const char *const wrong[] = { "limit",	  "limit=",   "limit=1&limit=2",
					     "other=1",	  "limit=1&", "limit=%31",
					     "limit=1+1", "&limit=1", "=1" };
	struct span good = span_text("limit=5&after=abc");
	(void)state;

	assert_int_equal(query_check(good, names), OK);
	assert_int_equal(query_check((struct span){ 0 }, names), OK);
	assert_true(span_equal(query_value(good, "after"), span_text("abc")));
	assert_int_equal(query_value(good, "state").len, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (query_check(span_text(wrong[i]), names) == OK)
			fail_msg("%s", wrong[i]);
}

static void logs_come_out_as_they_went_in_frame_after_frame(void **state)
{
	AUTO_DONE(bytes) frames = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	assert_int_equal(log_frame_pack(span_text("first "), &frames), OK);
	assert_int_equal(log_frame_pack(span_text("second"), &second), OK);
	assert_int_equal(bytes_append(&frames, span_of(&second)), OK);
	assert_int_equal(log_frame_unpack(span_of(&frames), 100, &log), OK);
	assert_true(span_equal(span_of(&log), span_text("first second")));
	for (size_t len = 1; len < frames.len; len++) {
		AUTO_DONE(bytes) cut = { 0 };
		enum status status = log_frame_unpack((struct span){ frames.data, len }, 100, &cut);

		/* Between two frames is an end as well. */
		assert_true(status != OK || len == frames.len - second.len);
	}
}

static void s01_a_small_frame_that_unpacks_to_much_is_refused(void **state)
{
	AUTO_DONE(bytes) zeros = { 0 };
	AUTO_DONE(bytes) frames = { 0 };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	assert_int_equal(bytes_reserve(&zeros, 4 << 20), OK);
	memset(zeros.data, 0, 4 << 20);
	zeros.len = 4 << 20;
	assert_int_equal(log_frame_pack(span_of(&zeros), &frames), OK);
	assert_true(frames.len < 4096);
	assert_int_equal(log_frame_unpack(span_of(&frames), 1 << 20, &log), STATUS_TOO_LARGE);
	assert_int_equal(log_frame_unpack(span_of(&frames), 4 << 20, &log), OK);
	assert_int_equal(log.len, 4 << 20);
}

/* Found by fuzz_log_frame: nine bytes had 128 MiB allocated. */
static void a_frame_that_asks_for_a_wide_window_is_refused(void **state)
{
	/* RFC 8878, 3.1.1: magic, no content size, window descriptor, a last empty
	 * block. Its upper five bits are the window's exponent, less 10. */
	uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00, 0x01, 0x00, 0x00 };
	struct span frames = { frame, sizeof(frame) };
	AUTO_DONE(bytes) log = { 0 };
	(void)state;

	frame[5] = (21 - 10) << 3;
	assert_int_equal(log_frame_unpack(frames, 100, &log), OK);
	assert_int_equal(log.len, 0);
	bytes_done(&log);
	for (unsigned exponent = 22; exponent <= 27; exponent++) {
		frame[5] = (uint8_t)((exponent - 10) << 3);
		assert_int_equal(log_frame_unpack(frames, 100, &log), STATUS_MALFORMED);
		assert_null(log.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_of_the_front_is_read_as_it_was_written),
		cmocka_unit_test(s09_a_front_that_was_taken_over_names_no_other_route_role_or_id),
		cmocka_unit_test(queries_hold_known_names_once),
		cmocka_unit_test(logs_come_out_as_they_went_in_frame_after_frame),
		cmocka_unit_test(s01_a_small_frame_that_unpacks_to_much_is_refused),
		cmocka_unit_test(a_frame_that_asks_for_a_wide_window_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
