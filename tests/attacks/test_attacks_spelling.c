/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: one document has one spelling, and one reading. */
#include "attacks.h"

#include <string.h>

#include "messages/json_tree.h"
#include "release_outcome.h"

/* The signature's base64, which ends in "==": 64 bytes of Ed25519. */
static char *signature_text(struct line *line)
{
	struct bytes *content = line_file(line, "timestamp.json");
	char *sig = memmem(content->data, content->len, "\"sig\":\"", 7);

	assert_non_null(sig);
	assert_memory_equal(sig + 7 + 86, "==\"", 3);
	return sig + 7;
}

static void r08_base64_has_one_spelling(void **state)
{
	/* In the first four letters, and in the last two before the padding. */
	static const struct {
		int at;
		char letter;
	} rows[] = {
		{ 2, ' ' },  { 85, ' ' }, /* whitespace */
		{ 2, '-' },  { 85, '-' }, /* the other alphabet's */
		{ 2, '_' },  { 85, '_' },
		{ 2, '=' },  { 85, '=' }, /* padding where there is none, and none where it is */
		{ 87, 'A' },
	};
	AUTO_DONE(line) line = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };
		char *letter = signature_text(&line) + rows[i].at;
		char was = *letter;

		*letter = rows[i].letter;
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (out.status == OK || strcmp(out.refusal.code, "bad-value") != 0 ||
		    strcmp(out.refusal.field, "signatures[0].sig") != 0)
			fail_msg("row %zu: %s", i, out.refusal.code);
		*letter = was;
	}
}

/* Bits of the last letter that stand for nothing: fifteen more spellings of the
 * same bytes. */
static void r08_no_bits_are_left_over(void **state)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	char *last = signature_text(&line) + 85;
	size_t value = (size_t)(strchr(letters, *last) - letters);

	assert_int_equal(value % 16, 0);
	for (size_t bits = 1; bits < 16; bits++) {
		*last = letters[value + bits];
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "bad-value");
		assert_string_equal(out.refusal.field, "signatures[0].sig");
	}
	*last = letters[value];
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
}

static void r09_json_has_one_reading(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "\"violations\":", "\"violations\":\"tolerate\",\"violations\":" },
		  "duplicate-field" },
		{ { "manifest",
		    "\"violations\":", "\"viol\\u0061tions\":\"tolerate\",\"violations\":" },
		  "duplicate-field" },
		{ { "manifest", "\"boot\":{", "\"boot\":{\"x\":" }, "not-json" },
		{ { "manifest", "\"line\":\"prod\"", "\"line\":\"prod\\u0000\"" }, "not-json" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void r09_json_is_bounded_before_it_is_read(void **state)
{
	static const struct {
		const char *head;
		char filler[2];
		size_t count;
		const char *path, *code;
	} rows[] = {
		{ "\xef\xbb\xbf{}", "  ", 1, "timestamp.json", "not-json" },
		{ "{}{}", "  ", 1, "timestamp.json", "trailing-text" },
		{ "{}", "\0 ", 1, "timestamp.json", "not-json" },
		{ "{\"a\":", "[[", JSON_DEPTH_MAX, "timestamp.json", "too-deep" },
		{ "{\"a\":[0", ",0", JSON_VALUES_MAX, "manifests/", "too-many-values" },
		{ "{}", "  ", 1 << 13, "timestamp.json", "document-too-large" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		struct bytes *content = line_file(&line, rows[i].path);

		content->len = 0;
		assert_int_equal(bytes_append(content, span_text(rows[i].head)), OK);
		for (size_t j = 0; j < rows[i].count; j++)
			assert_int_equal(
				bytes_append(content,
					     (struct span){ (const uint8_t *)rows[i].filler, 2 }),
				OK);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r10_numbers_are_integers_in_range(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "\"version\":1", "\"version\":4294967297" }, "version-mismatch" },
		{ { "manifest", "\"version\":1", "\"version\":18446744073709551617" },
		  "out-of-range" },
		{ { "manifest", "\"version\":1", "\"version\":1.0" }, "not-an-integer" },
		{ { "manifest", "\"version\":1", "\"version\":1e0" }, "not-an-integer" },
		{ { "manifest", "\"version\":1", "\"version\":-1" }, "out-of-range" },
		{ { "manifest", "\"version\":1", "\"version\":\"1\"" }, "wrong-type" },
		{ { "manifest", "\"version\":1", "\"version\":true" }, "wrong-type" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void r11_an_unknown_field_is_not_read_as_nothing(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "\"lockdown\":", "\"onlyOn\":\"x\",\"lockdown\":" },
		  "unknown-field" },
		{ { "manifest", "\"name\":\"shim\"", "\"name\":\"shim\",\"onlyIf\":1" },
		  "unknown-field" },
		{ { "index", "\"state\":", "\"nodes\":[],\"state\":" }, "unknown-field" },
		{ { "timestamp", "\"expires\":", "\"scope\":1,\"expires\":" }, "unknown-field" },
		{ { "revocations", "\"nodes\":", "\"hosts\":[],\"nodes\":" }, "unknown-field" },
		{ { "matrix", "\"requireSafe\":", "\"requireX\":true,\"requireSafe\":" },
		  "unknown-field" },
		{ { "root", "\"requireProofs\":", "\"requireMore\":true,\"requireProofs\":" },
		  "unknown-field" },
		{ { "approval#1", "\"reason\":", "\"unless\":\"x\",\"reason\":" },
		  "unknown-field" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r08_base64_has_one_spelling),
	cmocka_unit_test(r08_no_bits_are_left_over),
	cmocka_unit_test(r09_json_has_one_reading),
	cmocka_unit_test(r09_json_is_bounded_before_it_is_read),
	cmocka_unit_test(r10_numbers_are_integers_in_range),
	cmocka_unit_test(r11_an_unknown_field_is_not_read_as_nothing),
};

ATTACKS_MAIN(tests)
