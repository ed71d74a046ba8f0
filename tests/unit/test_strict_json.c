/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/strict_json.h"

static void assert_refused(struct span text, enum status status, const char *fault)
{
	AUTO_DONE(strict_document) document = { 0 };

	assert_int_equal(strict_document_parse(text, 1 << 20, &document), status);
	assert_null(document.root);
	assert_string_equal(document.fault, fault);
}

static void r09_documents_that_two_readers_could_read_differently_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{ "{\"a\":1,\"a\":2}", "duplicate-field" },
		{ "{\"a\":1,\"\\u0061\":2}", "duplicate-field" },
		{ "{\"a\":1} {}", "trailing-text" },
		{ "{\"a\":1}x", "trailing-text" },
		{ "\xef\xbb\xbf{}", "not-json" },
		{ "{\"a\":\"\\u0000\"}", "not-json" },
		{ "{\"a\":\"\xc0\x80\"}", "not-json" },
		{ "{\"a\":\"\xed\xa0\x80\"}", "not-json" },
		{ "{\"a\":\"\n\"}", "not-json" },
		{ "{\"a\":\"open", "not-json" },
		{ "{'a':1}", "not-json" },
		{ "{\"a\":1,}", "not-json" },
		{ "[]", "wrong-type" },
		{ "1", "not-json" },
		{ "", "not-json" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(span_text(cases[i].text), STATUS_MALFORMED, cases[i].fault);
	assert_refused((struct span){ (const uint8_t *)"{}\0", 3 }, STATUS_MALFORMED, "not-json");
}

static void r09_bombs_are_refused_before_they_are_parsed(void **state)
{
	AUTO_DONE(bytes) bomb = { 0 };
	AUTO_DONE(strict_document) document = { 0 };
	(void)state;

	assert_int_equal(bytes_append(&bomb, span_text("{\"a\":[")), OK);
	for (size_t i = 0; i < JSON_VALUES_MAX; i++)
		assert_int_equal(bytes_append(&bomb, span_text("{},")), OK);
	assert_refused(span_of(&bomb), STATUS_TOO_LARGE, "too-many-values");
	assert_refused(span_text("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"), STATUS_TOO_LARGE,
		       "too-deep");
	assert_int_equal(strict_document_parse(span_text("{ }"), 2, &document), STATUS_TOO_LARGE);
	assert_string_equal(document.fault, "too-large");
}

static void a_bracket_inside_a_text_is_no_depth(void **state)
{
	AUTO_DONE(strict_document) document = { 0 };
	(void)state;

	assert_int_equal(
		strict_document_parse(span_text("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[\\\"{1.0\"}"), 100,
				      &document),
		OK);
}

static void r10_numbers_have_one_spelling(void **state)
{
	static const char *const numbers[] = { "1.0", "1e3", "1E3",  "01", "-0", "00",
					       "-",   "+1",  "0x10", "1.", "1-1" };
	(void)state;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		AUTO_DONE(bytes) text = { 0 };
		AUTO_DONE(strict_document) document = { 0 };

		assert_int_equal(bytes_printf(&text, "{\"a\":%s}", numbers[i]), OK);
		assert_int_equal(strict_document_parse(span_of(&text), 100, &document),
				 STATUS_MALFORMED);
	}
	assert_refused(span_text("{\"a\":9223372036854775808}"), STATUS_MALFORMED, "out-of-range");
	assert_refused(span_text("{\"a\":123456789012345678901}"), STATUS_MALFORMED,
		       "not-an-integer");
}

static void r10_a_number_is_neither_truncated_nor_made_of_a_text(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{ "{\"a\":4294967297}", "out-of-range" }, { "{\"a\":-1}", "out-of-range" },
		{ "{\"a\":0}", "out-of-range" },	  { "{\"a\":\"1\"}", "wrong-type" },
		{ "{\"a\":true}", "wrong-type" },	  { "{\"a\":null}", "wrong-type" },
		{ "{\"b\":1}", "missing-field" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(strict_document) document = { 0 };

		assert_int_equal(strict_document_parse(span_text(cases[i].text), 100, &document),
				 OK);
		struct strict_cursor root = strict_root(&document);
		assert_int_equal(strict_uint(&root, "a", 1, UINT32_MAX), 0);
		assert_int_equal(strict_end(&root), STATUS_MALFORMED);
		assert_string_equal(document.fault, cases[i].fault);
		assert_string_equal(document.path, "a");
	}
}

static void r11_a_member_that_nobody_took_is_refused_with_its_path(void **state)
{
	AUTO_DONE(strict_document) document = { 0 };
	(void)state;

	assert_int_equal(
		strict_document_parse(span_text("{\"list\":[{\"a\":1},{\"a\":1,\"only\":[]}]}"),
				      100, &document),
		OK);
	struct strict_cursor root = strict_root(&document);
	struct strict_cursor list = strict_array(&root, "list", 2);
	assert_int_equal(strict_count(&list), 2);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor item = strict_element_object(&list, i);

		(void)strict_int(&item, "a", 0, 1);
		(void)strict_end(&item);
	}
	assert_int_equal(strict_end(&root), STATUS_MALFORMED);
	assert_string_equal(document.fault, "unknown-field");
	assert_string_equal(document.path, "list[1].only");
}

static void a_path_has_nothing_that_a_terminal_obeys(void **state)
{
	AUTO_DONE(strict_document) document = { 0 };
	(void)state;

	assert_int_equal(
		strict_document_parse(span_text("{\"\\u001b[2J \\u009b\":1}"), 100, &document), OK);
	struct strict_cursor root = strict_root(&document);
	assert_int_equal(strict_end(&root), STATUS_MALFORMED);
	assert_string_equal(document.path, "?[2J???");
}

static void the_first_failure_sticks(void **state)
{
	AUTO_DONE(strict_document) document = { 0 };
	(void)state;

	assert_int_equal(strict_document_parse(span_text("{\"a\":1,\"b\":\"x\"}"), 100, &document),
			 OK);
	struct strict_cursor root = strict_root(&document);
	assert_int_equal(strict_text(&root, "a", 10).len, 0);
	assert_int_equal(strict_text(&root, "b", 10).len, 0);
	assert_int_equal(strict_end(&root), STATUS_MALFORMED);
	assert_string_equal(document.path, "a");
}

static bool is_x(struct span text)
{
	return span_equal(text, span_text("x"));
}

static void every_type_is_taken_as_it_is(void **state)
{
	static const char text[] =
		"{\"t\":\"x\",\"e\":\"\",\"b\":false,\"i\":-9223372036854775808,\"x\":\"AQI=\","
		"\"h\":\"0aff\",\"c\":\"two\",\"d\":\"sha1:"
		"0000000000000000000000000000000000000001\","
		"\"l\":[\"y\",7]}";
	static const char *const choices[] = { "one", "two", NULL };
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(bytes) raw = { 0 };
	(void)state;

	assert_int_equal(strict_document_parse(span_text(text), 1000, &document), OK);
	struct strict_cursor root = strict_root(&document);
	assert_true(is_x(strict_text_as(&root, "t", 1, is_x)));
	assert_int_equal(strict_any_text(&root, "e", 1).len, 0);
	assert_false(strict_bool(&root, "b"));
	assert_true(strict_int(&root, "i", INT64_MIN, 0) == INT64_MIN);
	strict_base64(&root, "x", 2, &raw);
	assert_true(span_equal(span_of(&raw), (struct span){ (const uint8_t *)"\1\2", 2 }));
	strict_hex(&root, "h", 2, &raw);
	assert_true(span_equal(span_of(&raw), (struct span){ (const uint8_t *)"\x0a\xff", 2 }));
	assert_int_equal(strict_choice(&root, "c", choices), 1);
	assert_int_equal(strict_digest(&root, "d").alg, DIGEST_SHA1);
	struct strict_cursor list = strict_array(&root, "l", 2);
	assert_true(span_equal(strict_element_text(&list, 0, 1), span_text("y")));
	assert_int_equal(strict_element_uint(&list, 1, 0, 7), 7);
	assert_int_equal(strict_end(&root), OK);
}

static void texts_and_digests_have_bounds_and_one_spelling(void **state)
{
	static const char *const bad[] = {
		"\"\"",		 "\"toolong\"", "\"AQ\"",
		"\"sha256:00\"", "\"QUI\"",	"\"sha1:000000000000000000000000000000000000000A\"",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_DONE(bytes) text = { 0 };
		AUTO_DONE(strict_document) document = { 0 };
		AUTO_DONE(bytes) raw = { 0 };

		assert_int_equal(bytes_printf(&text, "{\"a\":%s}", bad[i]), OK);
		assert_int_equal(strict_document_parse(span_of(&text), 100, &document), OK);
		struct strict_cursor root = strict_root(&document);
		if (i < 2)
			assert_int_equal(strict_text(&root, "a", 4).len, 0);
		else if (i % 2 == 0)
			strict_base64(&root, "a", 16, &raw);
		else
			assert_int_equal(strict_digest(&root, "a").alg, DIGEST_NONE);
		assert_int_not_equal(strict_end(&root), OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r09_documents_that_two_readers_could_read_differently_are_refused),
		cmocka_unit_test(r09_bombs_are_refused_before_they_are_parsed),
		cmocka_unit_test(a_bracket_inside_a_text_is_no_depth),
		cmocka_unit_test(r10_numbers_have_one_spelling),
		cmocka_unit_test(r10_a_number_is_neither_truncated_nor_made_of_a_text),
		cmocka_unit_test(r11_a_member_that_nobody_took_is_refused_with_its_path),
		cmocka_unit_test(a_path_has_nothing_that_a_terminal_obeys),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(every_type_is_taken_as_it_is),
		cmocka_unit_test(texts_and_digests_have_bounds_and_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
