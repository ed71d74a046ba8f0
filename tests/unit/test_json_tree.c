/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/json_tree.h"

static const char golden[] =
	" {\"text\" : \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\xc3\xa9\","
	"\"\":[ ],\"list\":[-1,{\"x\":{}},null],\"\\u0079\":true,\"n\":false}\r\n\t";

static void assert_refused(struct span text, enum status status, const char *fault)
{
	struct json_tree tree;
	const char *found = NULL;

	memset(&tree, 0xa5, sizeof(tree));
	assert_int_equal(json_tree_parse(text, &tree, &found), status);
	assert_string_equal(found, fault);
	assert_int_equal(tree.count, 0xa5a5a5a5a5a5a5a5);
}

static void assert_named(const struct json_value *value, const char *name, enum json_kind kind)
{
	assert_int_equal(value->kind, kind);
	assert_true(span_equal(value->name, span_text(name)));
	assert_int_equal(value->name.data[value->name.len], 0);
}

static void values_stand_in_the_text_s_order(void **state)
{
	AUTO_DONE(json_tree) tree = { 0 };
	const char *fault = NULL;
	(void)state;

	assert_int_equal(json_tree_parse(span_text(golden), &tree, &fault), OK);

	const struct json_value *member = json_first(tree.values);
	assert_int_equal(tree.values[0].count, 5);
	assert_named(member, "text", JSON_KIND_TEXT);
	assert_true(span_equal(
		member->text,
		span_text("a\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9")));
	assert_named(member = json_next(member), "", JSON_KIND_ARRAY);
	assert_int_equal(member->count, 0);
	assert_named(member = json_next(member), "list", JSON_KIND_ARRAY);
	assert_int_equal(member->count, 3);
	assert_int_equal(json_first(member)->integer, -1);
	assert_named(json_first(json_next(json_first(member))), "x", JSON_KIND_OBJECT);
	assert_named(member = json_next(member), "y", JSON_KIND_TRUE);
	assert_named(member = json_next(member), "n", JSON_KIND_FALSE);
	assert_ptr_equal(json_next(member), json_next(tree.values));
	assert_int_equal(tree.count, tree.values[0].extent);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;

	/* Behind the closing bracket there is nothing to miss. */
	for (size_t len = 0; len < sizeof(golden) - 1 - strlen("}\r\n\t"); len++) {
		struct json_tree tree;
		const char *fault = NULL;

		assert_int_equal(json_tree_parse((struct span){ (const uint8_t *)golden, len },
						 &tree, &fault),
				 STATUS_MALFORMED);
	}
}

static void what_is_no_text_of_rfc_8259_is_refused(void **state)
{
	static const char *const texts[] = {
		"[\"\\u0000\"]",
		"[\"\\ud800\"]",
		"[\"\\ud800\\u0041\"]",
		"[\"\\udc00\\ud800\"]",
		"[\"\\u12g4\"]",
		"[\"\\x\"]",
		"[\"\x1f\"]",
		"[\"\xff\"]",
		"[\"\xc0\xaf\"]",
		"[\"\xed\xa0\x80\"]",
		"[\"\xf4\x90\x80\x80\"]",
		"[\"\xe2\x82\"]",
		"[truex]",
		"[tru]",
		"[True]",
		"[1 2]",
		"[,1]",
		"[1,]",
		"{\"a\" 1}",
		"{1:1}",
		"{\"a\":}",
		"{\"a\":1 \"b\":1}",
		"[}",
		"{]",
		"[\"a]",
		"[/**/]",
		"true",
		"\v[]",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(span_text(texts[i]), STATUS_MALFORMED, "not-json");
	/* What some readers skip or end at. */
	assert_refused((struct span){ (const uint8_t *)"[1\0,2]", 6 }, STATUS_MALFORMED,
		       "not-json");
	assert_refused((struct span){ (const uint8_t *)"[\"\0\"]", 5 }, STATUS_MALFORMED,
		       "not-json");
}

static void a_byte_that_is_no_character_is_seen_at_each_place(void **state)
{
	(void)state;

	for (size_t place = 0; place < 20; place++)
		for (unsigned c = 0; c < 256; c++) {
			char text[] = "[\"aaaaaaaaaaaaaaaaaaaa\"]";
			AUTO_DONE(json_tree) tree = { 0 };
			const char *fault = NULL;
			bool is_plain = c >= ' ' && c < 0x80 && c != '"' && c != '\\';

			text[2 + place] = (char)c;
			assert_int_equal(json_tree_parse((struct span){ (const uint8_t *)text, 24 },
							 &tree, &fault),
					 is_plain ? OK : STATUS_MALFORMED);
			if (is_plain)
				assert_int_equal(tree.values[1].text.data[place], c);
		}
}

static void integers_go_from_the_least_to_the_most(void **state)
{
	AUTO_DONE(json_tree) tree = { 0 };
	const char *fault = NULL;
	(void)state;

	assert_int_equal(json_tree_parse(span_text("[-9223372036854775808,9223372036854775807]"),
					 &tree, &fault),
			 OK);
	assert_true(tree.values[1].integer == INT64_MIN && tree.values[2].integer == INT64_MAX);
	assert_refused(span_text("[-9223372036854775809]"), STATUS_MALFORMED, "out-of-range");
	assert_refused(span_text("[18446744073709551617]"), STATUS_MALFORMED, "out-of-range");
	assert_refused(span_text("[000000000000000000000]"), STATUS_MALFORMED, "not-an-integer");
}

/* "open", then so often "more", then "shut". */
static void repeat(const char *open, const char *more, size_t count, const char *shut,
		   struct bytes *out)
{
	assert_int_equal(bytes_append(out, span_text(open)), OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes_append(out, span_text(more)), OK);
	assert_int_equal(bytes_append(out, span_text(shut)), OK);
}

static void depth_and_values_are_bounded_to_the_last(void **state)
{
	AUTO_DONE(bytes) many = { 0 };
	AUTO_DONE(bytes) more = { 0 };
	AUTO_DONE(json_tree) tree = { 0 };
	AUTO_DONE(json_tree) deep = { 0 };
	const char *fault = NULL;
	(void)state;

	repeat("[0", ",0", JSON_VALUES_MAX - 2, "]", &many);
	assert_int_equal(json_tree_parse(span_of(&many), &tree, &fault), OK);
	assert_int_equal(tree.count, JSON_VALUES_MAX);
	repeat("[0", ",0", JSON_VALUES_MAX - 1, "]", &more);
	assert_refused(span_of(&more), STATUS_TOO_LARGE, "too-many-values");
	assert_int_equal(
		json_tree_parse(span_text("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), &deep, &fault), OK);
	assert_refused(span_text("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), STATUS_TOO_LARGE,
		       "too-deep");
}

static void members_are_bounded_and_differ(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(json_tree) tree = { 0 };
	const char *fault = NULL;
	(void)state;

	for (int i = 0; i < JSON_MEMBERS_MAX; i++)
		assert_int_equal(bytes_printf(&text, "%s\"%d\":{\"0\":0}", i == 0 ? "{" : ",", i),
				 OK);

	size_t len = text.len;
	assert_int_equal(bytes_append(&text, span_text("}")), OK);
	assert_int_equal(json_tree_parse(span_of(&text), &tree, &fault), OK);
	text.len = len;
	assert_int_equal(bytes_append(&text, span_text(",\"47\":0}")), OK);
	assert_refused(span_of(&text), STATUS_MALFORMED, "duplicate-field");
	text.len = len;
	assert_int_equal(bytes_append(&text, span_text(",\"48\":0}")), OK);
	assert_refused(span_of(&text), STATUS_TOO_LARGE, "too-many-fields");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_in_the_text_s_order),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(what_is_no_text_of_rfc_8259_is_refused),
		cmocka_unit_test(a_byte_that_is_no_character_is_seen_at_each_place),
		cmocka_unit_test(integers_go_from_the_least_to_the_most),
		cmocka_unit_test(depth_and_values_are_bounded_to_the_last),
		cmocka_unit_test(members_are_bounded_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
