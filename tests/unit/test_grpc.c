/* SPDX-License-Identifier: Apache-2.0 */
/* What gRPC puts around a message, and what the fields before it say. */
#include "unit.h"

#include <string.h>

#include "attestd/mint/grpc/grpc_request.h"

#define NOW_MS 1000000
#define MESSAGE_MAX 100

static const struct grpc_method guarded = { .path = "/Service/Guarded", .guard = "guard.example" };
static const struct grpc_method plain = { .path = "/Service/Plain" };
static const struct grpc_method *const methods[] = { &guarded, &plain, NULL };

static void take(struct grpc_request *r, const char *name, const char *value)
{
	grpc_request_take(r, methods, span_text(name), span_text(value), NOW_MS);
}

/* All that a call of this method wants. */
static struct grpc_request request_for(const char *path)
{
	struct grpc_request r = { 0 };

	take(&r, ":method", "POST");
	take(&r, ":path", path);
	take(&r, "content-type", "application/grpc");
	return r;
}

static void assert_refused(const struct grpc_request *r, enum grpc_code code)
{
	const struct grpc_refusal *refusal = grpc_request_refusal(r);

	assert_non_null(refusal);
	assert_null(refusal->http_status);
	assert_int_equal(refusal->code, code);
	assert_non_null(refusal->message);
}

static void assert_refused_by_http(const struct grpc_request *r, const char *http_status)
{
	const struct grpc_refusal *refusal = grpc_request_refusal(r);

	assert_non_null(refusal);
	assert_string_equal(refusal->http_status, http_status);
}

static void a_request_goes_to_the_method_of_its_path(void **state)
{
	struct grpc_request r = request_for("/Service/Plain");
	(void)state;

	assert_ptr_equal(r.method, &plain);
	assert_null(grpc_request_refusal(&r));
	r = request_for("/Service/Plai");
	assert_refused(&r, GRPC_UNIMPLEMENTED);
	r = request_for("/Service/Plain/");
	assert_refused(&r, GRPC_UNIMPLEMENTED);
}

static void what_is_no_grpc_is_answered_by_http(void **state)
{
	static const char *const types[] = { "", "text/html", "application/grpc-web",
					     "application/grpc+json" };
	struct grpc_request r = request_for("/Service/Plain");
	(void)state;

	take(&r, ":method", "GET");
	assert_refused_by_http(&r, "405");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		r = request_for("/Service/Plain");
		take(&r, "content-type", types[i]);
		assert_refused_by_http(&r, "415");
	}
	take(&r, "content-type", "application/grpc+proto");
	assert_null(grpc_request_refusal(&r));
	take(&r, "content-type", "application/grpc;charset=utf-8");
	assert_null(grpc_request_refusal(&r));
}

static void the_guard_must_be_there_once_and_true(void **state)
{
	struct grpc_request r = request_for("/Service/Guarded");
	(void)state;

	assert_refused(&r, GRPC_INVALID_ARGUMENT);
	take(&r, "guard.example", "true");
	assert_null(grpc_request_refusal(&r));
	take(&r, "guard.example", "true");
	assert_refused(&r, GRPC_INVALID_ARGUMENT);
	r = request_for("/Service/Guarded");
	take(&r, "guard.example", "True");
	assert_refused(&r, GRPC_INVALID_ARGUMENT);
}

static void nobody_sends_compressed_messages(void **state)
{
	struct grpc_request r = request_for("/Service/Plain");
	(void)state;

	take(&r, "grpc-encoding", "identity");
	assert_null(grpc_request_refusal(&r));
	take(&r, "grpc-encoding", "gzip");
	assert_refused(&r, GRPC_UNIMPLEMENTED);
}

static void a_deadline_is_digits_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "0S", 0 },
		{ "1H", 3600000 },
		{ "2M", 120000 },
		{ "3S", 3000 },
		{ "4m", 4 },
		{ "5999u", 5 },
		{ "6999999n", 6 },
		{ "99999999m", 99999999 },
		{ "99999999H", 99999999LL * 3600000 },
	};
	static const char *const bad[] = { "", "S", "1", "1X", "-1S", "1 S", "1.5S", "123456789S" };
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct grpc_request r = request_for("/Service/Plain");

		take(&r, "grpc-timeout", good[i].text);
		assert_null(grpc_request_refusal(&r));
		assert_int_equal(r.deadline_ms, NOW_MS + good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct grpc_request r = request_for("/Service/Plain");

		take(&r, "grpc-timeout", bad[i]);
		assert_refused(&r, GRPC_INTERNAL);
		assert_int_equal(r.deadline_ms, 0);
	}
}

/* The prefix and "message", then what comes behind it. */
static const uint8_t body[] = "\0\0\0\0\7message\0\0";

static void a_message_is_taken_without_its_prefix(void **state)
{
	struct span message = { 0 };
	(void)state;

	assert_int_equal(
		grpc_message_first((struct span){ body, sizeof(body) - 1 }, MESSAGE_MAX, &message),
		OK);
	assert_true(span_equal(message, span_text("message")));
	assert_int_equal(grpc_message_first((struct span){ (const uint8_t *)"\0\0\0\0\0", 5 },
					    MESSAGE_MAX, &message),
			 OK);
	assert_int_equal(message.len, 0);
}

static void every_truncation_of_a_message_is_waited_for(void **state)
{
	struct span message = { 0 };
	(void)state;

	for (size_t len = 0; len < GRPC_PREFIX_SIZE + strlen("message"); len++)
		assert_int_equal(
			grpc_message_first((struct span){ body, len }, MESSAGE_MAX, &message),
			STATUS_TRUNCATED);
}

/* As soon as its prefix is there: nobody waits for what is not taken. */
static void a_message_that_is_compressed_or_too_large_is_none(void **state)
{
	static const uint8_t compressed[] = { 1, 0, 0, 0, 7 };
	static const uint8_t large[] = { 0, 0, 0, 0, MESSAGE_MAX + 1 };
	static const uint8_t huge[] = { 0, 0xff, 0xff, 0xff, 0xff };
	struct span message = { 0 };
	(void)state;

	assert_int_equal(grpc_message_first((struct span){ compressed, sizeof(compressed) },
					    MESSAGE_MAX, &message),
			 STATUS_UNSUPPORTED);
	assert_int_equal(
		grpc_message_first((struct span){ large, sizeof(large) }, MESSAGE_MAX, &message),
		STATUS_TOO_LARGE);
	assert_int_equal(
		grpc_message_first((struct span){ huge, sizeof(huge) }, MESSAGE_MAX, &message),
		STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_to_the_method_of_its_path),
		cmocka_unit_test(what_is_no_grpc_is_answered_by_http),
		cmocka_unit_test(the_guard_must_be_there_once_and_true),
		cmocka_unit_test(nobody_sends_compressed_messages),
		cmocka_unit_test(a_deadline_is_digits_and_a_unit),
		cmocka_unit_test(a_message_is_taken_without_its_prefix),
		cmocka_unit_test(every_truncation_of_a_message_is_waited_for),
		cmocka_unit_test(a_message_that_is_compressed_or_too_large_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
