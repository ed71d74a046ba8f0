/* SPDX-License-Identifier: Apache-2.0 */
/* What workloads send and are sent, as protocol buffers. */
#include "unit.h"

#include <string.h>

#include "attestd/mint/workload/workload_messages.h"

/* JWTSVIDRequest{audience: ["api", "db"], spiffe_id: "spiffe://a/b"} */
static const uint8_t golden[] = "\x0a\x03"
				"api"
				"\x0a\x02"
				"db"
				"\x12\x0c"
				"spiffe://a/b";
#define GOLDEN_SIZE (sizeof(golden) - 1)

static enum status parse(const void *data, size_t len, struct workload_request *out)
{
	return workload_jwt_request_parse((struct span){ data, len }, out);
}

static void a_request_for_a_jwt_is_read_as_it_was_written(void **state)
{
	AUTO_DONE(workload_request) r = { 0 };

	(void)state;
	assert_int_equal(parse(golden, GOLDEN_SIZE, &r), OK);
	assert_int_equal(r.audience_count, 2);
	assert_true(span_equal(r.audiences[0], span_text("api")));
	assert_true(span_equal(r.audiences[1], span_text("db")));
	assert_true(span_equal(r.spiffe_id, span_text("spiffe://a/b")));
}

static void every_truncation_within_a_field_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < GOLDEN_SIZE; len++) {
		AUTO_DONE(workload_request) r = { 0 };
		/* Between two fields it is a request as well. */
		bool is_whole = len == 5 || len == 9;

		assert_int_equal(parse(golden, len, &r), is_whole ? OK : STATUS_MALFORMED);
	}
}

static void what_is_no_text_for_logs_and_tokens_is_no_audience(void **state)
{
	static const char *const wrong[] = { "\x0a\x02\xc3(",
					     "\x0a\x03"
					     "a\nb",
					     "\x0a\x02"
					     "a\x7f" };
	AUTO_DONE(workload_request) r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parse(wrong[i], strlen(wrong[i]), &r), STATUS_MALFORMED);
	/* C would see "a". */
	assert_int_equal(parse("\x0a\x03"
			       "a\0b",
			       5, &r),
			 STATUS_MALFORMED);
}

static void a_ninth_audience_and_a_256th_byte_are_one_too_many(void **state)
{
	AUTO_DONE(workload_request) eight = { 0 };
	AUTO_DONE(workload_request) r = { 0 };
	char many[9 * 3];
	uint8_t longest[3 + 256] = { 0x0a, 0xff, 0x01 };

	(void)state;
	for (size_t i = 0; i < 9; i++)
		memcpy(many + 3 * i, "\x0a\x01z", 3);
	assert_int_equal(parse(many, 8 * 3, &eight), OK);
	assert_int_equal(parse(many, 9 * 3, &r), STATUS_MALFORMED);
	memset(longest + 3, 'z', 256);
	assert_int_equal(parse(longest, 3 + 255, &r), OK);
	workload_request_done(&r);
	longest[1] = 0x80;
	longest[2] = 0x02;
	assert_int_equal(parse(longest, 3 + 256, &r), STATUS_MALFORMED);
}

static void a_token_to_validate_comes_with_one_audience(void **state)
{
	static const char good[] = "\x0a\x03"
				   "api\x12\x05"
				   "a.b.c";
	AUTO_DONE(workload_request) r = { 0 };
	AUTO_DONE(workload_request) none = { 0 };

	(void)state;
	assert_int_equal(workload_validate_request_parse(span_text(good), &r), OK);
	assert_true(span_equal(r.token, span_text("a.b.c")));
	assert_int_equal(
		workload_validate_request_parse((struct span){ (const uint8_t *)good, 5 }, &none),
		STATUS_MALFORMED);
	assert_int_equal(workload_validate_request_parse(span_text(good + 5), &none),
			 STATUS_MALFORMED);
}

/* svids=1{spiffe_id=1, x509_svid=2, x509_svid_key=3, bundle=4, hint=5}, behind gRPC's prefix */
static void an_answer_has_the_standards_numbers(void **state)
{
	static const char wanted[] = "\x0a\x0f\x0a\x01i\x12\x01"
				     "c\x1a\x01k\"\x01"
				     "b*\x01h";
	const struct workload_svid svid = { span_text("i"), span_text("c"), span_text("k"),
					    span_text("b"), span_text("h") };
	const struct workload_x509 x509 = { .svids = &svid, .svid_count = 1 };
	AUTO_DONE(bytes) frame = { 0 };

	(void)state;
	assert_int_equal(workload_x509_frame(&x509, &frame), OK);
	assert_int_equal(frame.len, 5 + strlen(wanted));
	assert_memory_equal(frame.data, "\0\0\0\0\x11", 5);
	assert_memory_equal(frame.data + 5, wanted, strlen(wanted));
}

static void claims_that_are_no_object_are_not_sent(void **state)
{
	static const char *const wrong[] = { "", "[]", "1", "{\"a\":1,\"a\":2}",
					     "{\"a\":\"\\u0000\"}" };
	AUTO_DONE(bytes) frame = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct workload_claims claims = { span_text("spiffe://a/b"),
							span_text(wrong[i]) };

		assert_int_not_equal(workload_claims_frame(&claims, &frame), OK);
		assert_null(frame.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_for_a_jwt_is_read_as_it_was_written),
		cmocka_unit_test(every_truncation_within_a_field_is_refused),
		cmocka_unit_test(what_is_no_text_for_logs_and_tokens_is_no_audience),
		cmocka_unit_test(a_ninth_audience_and_a_256th_byte_are_one_too_many),
		cmocka_unit_test(a_token_to_validate_comes_with_one_audience),
		cmocka_unit_test(an_answer_has_the_standards_numbers),
		cmocka_unit_test(claims_that_are_no_object_are_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
