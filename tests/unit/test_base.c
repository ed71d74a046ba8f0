/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/digest.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

static void a_reader_fails_once_and_stays_failed(void **state)
{
	uint8_t raw[] = { 0, 1, 2 };
	struct reader r = reader_over((struct span){ raw, sizeof(raw) });
	(void)state;

	assert_int_equal(reader_be16(&r), 1);
	assert_int_equal(reader_be32(&r), 0);
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_end(&r), STATUS_TRUNCATED);
}

static void leftover_bytes_are_malformed(void **state)
{
	uint8_t raw[] = { 0, 1, 2 };
	struct reader r = reader_over((struct span){ raw, sizeof(raw) });
	(void)state;

	assert_int_equal(reader_le16(&r), 0x100);
	assert_int_equal(reader_end(&r), STATUS_MALFORMED);
}

static void a_sized_field_over_its_cap_is_refused(void **state)
{
	uint8_t raw[] = { 0, 3, 1, 2, 3 };
	struct reader r = reader_over((struct span){ raw, sizeof(raw) });
	(void)state;

	assert_int_equal(reader_sized(&r, 2).len, 0);
	assert_int_equal(reader_end(&r), STATUS_TOO_LARGE);
}

static void a_writer_gives_what_a_reader_takes(void **state)
{
	AUTO_DONE(bytes) out = { 0 };
	struct writer w = writer_to(&out, 64);
	(void)state;

	writer_be64(&w, 0x0123456789abcdefu);
	writer_sized(&w, span_text("nonce"));
	writer_sized32(&w, span_text(""));
	assert_int_equal(writer_end(&w), OK);

	struct reader r = reader_over(span_of(&out));
	assert_true(reader_be64(&r) == 0x0123456789abcdefu);
	assert_true(span_equal(reader_sized(&r, 64), span_text("nonce")));
	assert_int_equal(reader_sized32(&r, 64).len, 0);
	assert_int_equal(reader_end(&r), OK);
}

static void a_writer_keeps_its_cap(void **state)
{
	AUTO_DONE(bytes) out = { 0 };
	struct writer w = writer_to(&out, 3);
	(void)state;

	writer_be16(&w, 1);
	writer_be16(&w, 2);
	assert_int_equal(writer_end(&w), STATUS_TOO_LARGE);
	assert_int_equal(out.len, 2);
}

static void assert_base64(const char *text, enum status expected)
{
	AUTO_DONE(bytes) raw = { 0 };

	assert_int_equal(base64_decode(span_text(text), 64, &raw), expected);
}

static void base64_has_one_spelling(void **state)
{
	(void)state;
	assert_base64("", OK);
	assert_base64("AA==", OK);
	assert_base64("AB==", STATUS_MALFORMED); /* stray bits */
	assert_base64("AAA=", OK);
	assert_base64("AAB=", STATUS_MALFORMED);
	assert_base64("AA= ", STATUS_MALFORMED);
	assert_base64("AA\n=", STATUS_MALFORMED);
	assert_base64("A===", STATUS_MALFORMED);
	assert_base64("AA=", STATUS_MALFORMED);
	assert_base64("====", STATUS_MALFORMED);
	assert_base64("A-_A", STATUS_MALFORMED);
	assert_base64("AA==AA==", STATUS_MALFORMED);
}

static void base64_round_trips_every_length(void **state)
{
	uint8_t raw[64];
	(void)state;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 37);
	for (size_t len = 0; len <= sizeof(raw); len++) {
		AUTO_DONE(bytes) text = { 0 };
		AUTO_DONE(bytes) back = { 0 };
		AUTO_DONE(bytes) url = { 0 };
		AUTO_DONE(bytes) url_back = { 0 };
		struct span s = { raw, len };

		assert_int_equal(base64_append(&text, s), OK);
		assert_int_equal(base64_decode(span_of(&text), len, &back), OK);
		assert_true(span_equal(span_of(&back), s));
		assert_int_equal(base64url_append(&url, s), OK);
		assert_int_equal(base64url_decode(span_of(&url), len, &url_back), OK);
		assert_true(span_equal(span_of(&url_back), s));
		if (len > 0) {
			AUTO_DONE(bytes) small = { 0 };

			assert_int_equal(base64_decode(span_of(&text), len - 1, &small),
					 STATUS_TOO_LARGE);
		}
	}
}

static void decimals_have_one_spelling(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	uint64_t value = 0;
	(void)state;

	assert_int_equal(decimal_append(&text, UINT64_MAX), OK);
	assert_int_equal(decimal_append(&text, 0), OK);
	assert_int_equal(decimal_append(&text, 10), OK);
	assert_true(span_equal(span_of(&text), span_text("18446744073709551615010")));

	assert_int_equal(decimal_parse(span_text("18446744073709551615"), UINT64_MAX, &value), OK);
	assert_true(value == UINT64_MAX);
	assert_int_equal(decimal_parse(span_text("18446744073709551616"), UINT64_MAX, &value),
			 STATUS_TOO_LARGE);
	assert_int_equal(decimal_parse(span_text("11"), 10, &value), STATUS_TOO_LARGE);
	assert_int_equal(decimal_parse(span_text("01"), 10, &value), STATUS_MALFORMED);
	assert_int_equal(decimal_parse(span_text(""), 10, &value), STATUS_MALFORMED);
	assert_int_equal(decimal_parse(span_text("+1"), 10, &value), STATUS_MALFORMED);
}

static void digests_are_known_by_name_and_length(void **state)
{
	struct digest d;
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	assert_int_equal(digest_of(DIGEST_SHA256, span_text("abc"), &d), OK);
	assert_int_equal(digest_text_append(&text, &d), OK);
	assert_true(span_equal(
		span_of(&text),
		span_text("sha256:"
			  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));

	struct digest back;
	assert_int_equal(digest_text_parse(span_of(&text), &back), OK);
	assert_true(digest_equal(&d, &back));
	assert_int_equal(digest_text_parse(span_text("sha256:00"), &back), STATUS_MALFORMED);
	assert_int_equal(digest_text_parse(span_text("md5:00"), &back), STATUS_UNSUPPORTED);
	assert_int_equal(digest_text_parse(span_text("sha2560"), &back), STATUS_UNSUPPORTED);
}

/* Each bank's algorithm, whichever function names its provider has for it. */
static void a_hasher_says_what_openssl_says_digest_after_digest(void **state)
{
	static const EVP_MD *(*const algs[DIGEST_ALGS])(void) = { EVP_sha1, EVP_sha256, EVP_sha384,
								  EVP_sha512 };
	uint8_t text[300];
	(void)state;

	memset(text, 0x5a, sizeof(text));
	for (size_t i = 0; i < DIGEST_ALGS; i++) {
		AUTO_DONE(hasher) h = { 0 };

		assert_int_equal(hasher_init(&h, digest_algs[i]), OK);
		for (size_t len = 0; len < sizeof(text); len++) {
			const struct span parts[] = { { text, len / 3 },
						      { text + len / 3, len - len / 3 } };
			struct digest expected = { .alg = digest_algs[i] }, made, whole;

			assert_int_equal(
				EVP_Digest(text, len, expected.value, NULL, algs[i](), NULL), 1);
			assert_int_equal(hasher_digest(&h, parts, 2, &made), OK);
			assert_int_equal(
				digest_of(digest_algs[i], (struct span){ text, len }, &whole), OK);
			assert_true(digest_equal(&made, &expected));
			assert_true(digest_equal(&whole, &expected));
		}
	}
}

static void what_is_no_algorithm_hashes_nothing(void **state)
{
	struct hasher h;
	struct digest d;
	(void)state;

	assert_int_equal(hasher_init(&h, DIGEST_NONE), STATUS_UNSUPPORTED);
	assert_int_equal(hasher_begin(&h), STATUS_UNSUPPORTED);
	hasher_done(&h);
	assert_int_equal(digest_of((enum digest_alg)0x000a, span_text("abc"), &d),
			 STATUS_UNSUPPORTED);
}

static void an_extend_hashes_the_old_value_and_the_new(void **state)
{
	AUTO_DONE(hasher) h = { 0 };
	struct digest pcr = digest_filled(DIGEST_SHA256, 0);
	struct digest expected;
	uint8_t both[64] = { 0 };
	(void)state;

	memset(both + 32, 0xff, 32);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ both, 64 }, &expected), OK);
	assert_int_equal(hasher_init(&h, DIGEST_SHA256), OK);
	assert_int_equal(hasher_extend(&h, &pcr, (struct span){ both + 32, 32 }), OK);
	assert_true(digest_equal(&pcr, &expected));
}

static void escaped_text_round_trips_and_has_one_spelling(void **state)
{
	uint8_t raw[256];
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) back = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)i;
	assert_int_equal(text_append_escaped(&text, (struct span){ raw, sizeof(raw) }), OK);
	assert_int_equal(text_unescape(span_of(&text), &back), OK);
	assert_true(span_equal(span_of(&back), (struct span){ raw, sizeof(raw) }));

	const char *bad[] = { "%", "%2", "%41", "%0a", " ", "\n", "%zz" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_DONE(bytes) none = { 0 };

		assert_int_equal(text_unescape(span_text(bad[i]), &none), STATUS_MALFORMED);
	}
}

static void lines_end_with_or_without_a_newline(void **state)
{
	struct span rest = span_text("a\n\nb");
	struct span line;
	(void)state;

	assert_true(text_next_line(&rest, &line) && span_equal(line, span_text("a")));
	assert_true(text_next_line(&rest, &line) && line.len == 0);
	assert_true(text_next_line(&rest, &line) && span_equal(line, span_text("b")));
	assert_false(text_next_line(&rest, &line));
}

static void a_line_of_text_is_utf8_without_control_characters(void **state)
{
	static const char *const lines[] = { "", " ~", "J\xc3\xbcrgen", "\xc2\xa0",
					     "\xf4\x8f\xbf\xbf" };
	static const char *const others[] = { "a\n",	  "\x1f",	  "\x7f",
					      "\xc2\x80", "\xc2\x9f",	  "J\xfcrgen",
					      "\xc0\xa0", "\xed\xa0\x80", "a\xc3" };
	(void)state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_true(text_is_line(span_text(lines[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(text_is_line(span_text(others[i])));
	assert_false(text_is_line((struct span){ (const uint8_t *)"a\0b", 3 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_fails_once_and_stays_failed),
		cmocka_unit_test(leftover_bytes_are_malformed),
		cmocka_unit_test(a_sized_field_over_its_cap_is_refused),
		cmocka_unit_test(a_writer_gives_what_a_reader_takes),
		cmocka_unit_test(a_writer_keeps_its_cap),
		cmocka_unit_test(base64_has_one_spelling),
		cmocka_unit_test(base64_round_trips_every_length),
		cmocka_unit_test(decimals_have_one_spelling),
		cmocka_unit_test(digests_are_known_by_name_and_length),
		cmocka_unit_test(a_hasher_says_what_openssl_says_digest_after_digest),
		cmocka_unit_test(what_is_no_algorithm_hashes_nothing),
		cmocka_unit_test(an_extend_hashes_the_old_value_and_the_new),
		cmocka_unit_test(escaped_text_round_trips_and_has_one_spelling),
		cmocka_unit_test(lines_end_with_or_without_a_newline),
		cmocka_unit_test(a_line_of_text_is_utf8_without_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
