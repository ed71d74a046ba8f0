/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/journal.h"
#include "messages/report.h"
#include "messages/statement.h"

#define DIGEST_A "1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST_B "2222222222222222222222222222222222222222222222222222222222222222"
#define KEY                                                                                        \
	"BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
#define ISSUED_FILE "issued 1767225600 sha256:" DIGEST_A " spiffe://example.org/web - - - - file"
#define ISSUED_WORKLOAD                                                                            \
	"issued 1767225601 sha256:" DIGEST_B                                                       \
	" spiffe://example.org/db db-main 998 db@1\\x2d2.service"                                  \
	" sha256:" DIGEST_A " request"
#define JWT                                                                                        \
	"jwt 7 db-main spiffe://example.org/db " KEY                                               \
	" spiffe://example.org/api https://b.example/\n"
#define HEAD "attestd-report/1\n"
#define JOURNAL "journal 40 42 " DIGEST_B "\n" ISSUED_FILE "\n" ISSUED_WORKLOAD "\n"
#define GOLDEN HEAD JOURNAL JWT "end\n"

static struct report report;

static enum status parse(const char *text)
{
	return report_parse(span_text(text), &report);
}

static void a_report_says_what_was_signed_and_what_is_wished(void **state)
{
	(void)state;

	assert_int_equal(parse(GOLDEN), OK);
	assert_true(report.has_journal);
	assert_int_equal(report.first, 40);
	assert_int_equal(report.count, 42);
	assert_int_equal(report.head[0], 0x22);
	assert_int_equal(report.issued_count, 2);
	assert_true(span_equal(report.issued[0].line, span_text(ISSUED_FILE)));
	assert_int_equal(report.issued[0].entry.len, 0);
	assert_false(report.issued[0].has_uid);
	assert_int_equal(report.issued[0].executable.alg, DIGEST_NONE);
	assert_true(span_equal(report.issued[1].line, span_text(ISSUED_WORKLOAD)));
	assert_int_equal(report.issued[1].time, 1767225601);
	assert_int_equal(report.issued[1].uid, 998);
	assert_true(span_equal(report.issued[1].unit, span_text("db@1\\x2d2.service")));
	assert_true(span_equal(report.issued[1].reason, span_text("request")));
	assert_int_equal(report.jwt_count, 1);
	assert_int_equal(report.jwts[0].ticket, 7);
	assert_int_equal(report.jwts[0].recipient[64], 0x40);
	assert_int_equal(report.jwts[0].audience_count, 2);
	assert_true(span_equal(report.jwts[0].audiences[1], span_text("https://b.example/")));
}

static void a_report_may_say_nothing(void **state)
{
	(void)state;

	assert_int_equal(parse(HEAD "end\n"), OK);
	assert_false(report.has_journal);
	assert_int_equal(parse(HEAD "journal 0 0 " DIGEST_A "\nend\n"), OK);
	assert_true(report.has_journal);
	assert_int_equal(report.issued_count, 0);
	assert_int_equal(parse(HEAD JWT "end\n"), OK);
}

static void a_journal_has_no_number_that_no_store_holds(void **state)
{
	struct journal_point point = { .count = INT64_MAX - 1 };
	(void)state;

	assert_int_equal(journal_point_add(&point, span_text(ISSUED_FILE)), OK);
	assert_int_equal(journal_point_add(&point, span_text(ISSUED_FILE)), STATUS_TOO_LARGE);
	assert_true(point.count == INT64_MAX);

	assert_int_equal(
		parse(HEAD "journal 9223372036854775807 9223372036854775807 " DIGEST_A "\nend\n"),
		OK);
	assert_true(report.first == INT64_MAX && report.count == INT64_MAX);
	assert_int_equal(parse(HEAD "journal 9223372036854775806 9223372036854775807 " DIGEST_A
				    "\n" ISSUED_FILE "\nend\n"),
			 OK);
	assert_int_not_equal(parse(HEAD "journal 0 9223372036854775808 " DIGEST_A "\nend\n"), OK);
	assert_int_not_equal(
		parse(HEAD "journal 9223372036854775808 9223372036854775808 " DIGEST_A "\nend\n"),
		OK);
	assert_int_not_equal(parse(HEAD "journal 9223372036854775807 9223372036854775807 " DIGEST_A
					"\n" ISSUED_FILE "\nend\n"),
			     OK);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;

	for (size_t len = 0; len < strlen(GOLDEN); len++) {
		assert_int_not_equal(
			report_parse((struct span){ (const uint8_t *)GOLDEN, len }, &report), OK);
		assert_int_equal(report.issued_count + report.jwt_count, 0);
	}
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const texts[] = {
		"attestd-report/2\nend\n",
		HEAD "end\nend\n",
		HEAD "end\n\n",
		HEAD JWT JOURNAL "end\n",
		HEAD ISSUED_FILE "\nend\n", /* no journal that it would stand in */
		HEAD "journal 41 42 " DIGEST_B "\n" ISSUED_FILE "\n" ISSUED_FILE "\nend\n",
		HEAD "journal 2 1 " DIGEST_B "\nend\n",
		HEAD "journal 18446744073709551615 0 " DIGEST_B "\nend\n",
		HEAD "journal 0 0 22\nend\n",
		HEAD "journal 0 0 " DIGEST_B "\njournal 0 0 " DIGEST_B "\nend\n",
		HEAD "journal 01 1 " DIGEST_B "\nend\n",
		HEAD "journal 0 0 " DIGEST_B " \nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY "\nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY " -\nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY " a \nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY "  a\nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY " \xc3\xbc\nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db BAEC a\nend\n",
		HEAD "jwt 7 - spiffe://example.org/db " KEY " a\nend\n",
		HEAD "jwt 7 DB spiffe://example.org/db " KEY " a\nend\n",
		HEAD "jwt 7 db-main https://example.org/db " KEY " a\nend\n",
		HEAD "jwt -7 db-main spiffe://example.org/db " KEY " a\nend\n",
		HEAD "jwt 7 db-main spiffe://example.org/db " KEY " 1 2 3 4 5 6 7 8 9\nend\n",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i]) == OK)
			fail_msg("taken: %s", texts[i]);
}

static void what_is_no_record_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"issued",
		ISSUED_FILE " ",
		ISSUED_FILE "\n",
		ISSUED_FILE " more",
		"issued 1767225600 - spiffe://example.org/web - - - - file",
		"issued 1767225600 sha1:1111111111111111111111111111111111111111"
		" spiffe://example.org/web - - - - file",
		"issued 9223372036854775808 sha256:" DIGEST_A
		" spiffe://example.org/web - - - - file",
		"issued 1 sha256:" DIGEST_A " - - - - - file",
		"issued 1 sha256:" DIGEST_A " spiffe://example.org/web - 4294967296 - - file",
		"issued 1 sha256:" DIGEST_A " spiffe://example.org/web - - - - -",
		"issued 1 sha256:" DIGEST_A " spiffe://example.org/web - - - -",
		"issued 1 sha256:AA11111111111111111111111111111111111111111111111111111111111111"
		" spiffe://example.org/web - - - - file",
	};
	struct report_issued issued;
	(void)state;

	assert_int_equal(report_issued_parse(span_text(ISSUED_FILE), &issued), OK);
	assert_int_equal(report_issued_parse(span_text(ISSUED_WORKLOAD), &issued), OK);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (report_issued_parse(span_text(lines[i]), &issued) == OK)
			fail_msg("taken: %s", lines[i]);
}

static void nobody_says_more_than_may_be_said(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	assert_int_equal(bytes_printf(&text, HEAD "journal 0 257 " DIGEST_B "\n"), OK);
	for (size_t i = 0; i < REPORT_ISSUED_MAX + 1; i++)
		assert_int_equal(bytes_printf(&text, ISSUED_FILE "\n"), OK);
	assert_int_equal(bytes_printf(&text, "end\n"), OK);
	assert_int_equal(report_parse(span_of(&text), &report), STATUS_TOO_LARGE);

	text.len = 0;
	assert_int_equal(bytes_printf(&text, HEAD), OK);
	for (size_t i = 0; i < REPORT_JWTS_MAX + 1; i++)
		assert_int_equal(bytes_append(&text, span_text(JWT)), OK);
	assert_int_equal(bytes_printf(&text, "end\n"), OK);
	assert_int_equal(report_parse(span_of(&text), &report), STATUS_TOO_LARGE);
}

static void what_could_not_be_read_again_is_not_written(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	struct report_issued issued;
	(void)state;

	assert_int_equal(report_issued_parse(span_text(ISSUED_WORKLOAD), &issued), OK);
	issued.unit = span_text("two words");
	assert_int_equal(report_issued_write(&issued, &text), STATUS_MALFORMED);
	assert_int_equal(parse(GOLDEN), OK);
	report.jwts[0].audiences[0] = span_text("a\nend");
	assert_int_equal(report_write(&report, &text), STATUS_MALFORMED);
	assert_int_equal(parse(GOLDEN), OK);
	report.jwts[0].audience_count = REPORT_AUDIENCES_MAX + 1;
	assert_int_equal(report_write(&report, &text), STATUS_MALFORMED);
	assert_int_equal(parse(GOLDEN), OK);
	report.count = 41;
	assert_int_equal(report_write(&report, &text), STATUS_MALFORMED);
	assert_int_equal(parse(GOLDEN), OK);
	report.has_journal = false;
	assert_int_equal(report_write(&report, &text), STATUS_MALFORMED);
}

static void an_audience_is_one_printable_word(void **state)
{
	uint8_t text[AUDIENCE_MAX + 1];
	(void)state;

	memset(text, 'a', sizeof(text));
	assert_true(audience_is_valid((struct span){ text, AUDIENCE_MAX }));
	assert_false(audience_is_valid((struct span){ text, AUDIENCE_MAX + 1 }));
	assert_false(audience_is_valid(span_text("")));
	assert_false(audience_is_valid(span_text("-")));
	assert_false(audience_is_valid(span_text("a b")));
	assert_false(audience_is_valid(span_text("a\x7f")));
	assert_true(audience_is_valid(span_text("\"\\%")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_says_what_was_signed_and_what_is_wished),
		cmocka_unit_test(a_report_may_say_nothing),
		cmocka_unit_test(a_journal_has_no_number_that_no_store_holds),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(nobody_says_more_than_may_be_said),
		cmocka_unit_test(what_could_not_be_read_again_is_not_written),
		cmocka_unit_test(an_audience_is_one_printable_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
