/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "attestd/broker/wishes.h"
#include "base/writer.h"
#include "messages/statement.h"

static struct report report;

static void make_body(uint64_t ticket, size_t audiences, struct bytes *out)
{
	uint8_t point[RECIPIENT_KEY_SIZE] = { 0x04 };
	struct writer w = writer_to(out, 65536);

	out->len = 0;
	writer_be64(&w, ticket);
	writer_sized(&w, span_text("web"));
	writer_sized(&w, span_text("spiffe://example.org/web"));
	writer_sized(&w, (struct span){ point, sizeof(point) });
	writer_u8(&w, (uint8_t)audiences);
	for (size_t i = 0; i < audiences; i++)
		writer_sized(&w, span_text("spiffe://example.org/api"));
	assert_int_equal(writer_end(&w), OK);
}

static enum status add(struct wishes *w, uint64_t ticket, int64_t now)
{
	AUTO_DONE(bytes) body = { 0 };

	make_body(ticket, 2, &body);
	return wishes_add(w, span_of(&body), now);
}

static size_t reported(struct wishes *w, int64_t now)
{
	AUTO_DONE(bytes) text = { 0 };

	report_init(&report);
	assert_int_equal(wishes_report(w, now, &report), OK);
	assert_int_equal(report_write(&report, &text), OK);
	assert_true(text.len <= STATEMENT_MAX);
	return report.jwt_count;
}

static void a_wish_stands_in_each_report_until_one_is_answered(void **state)
{
	struct wishes w = { 0 };
	(void)state;

	assert_int_equal(add(&w, 7, 100), OK);
	assert_int_equal(reported(&w, 101), 1);
	assert_int_equal(report.jwts[0].ticket, 7);
	assert_int_equal(report.jwts[0].audience_count, 2);
	assert_int_equal(reported(&w, 102), 1); /* the first evidence led to nothing */
	assert_int_equal(add(&w, 8, 102), OK); /* while the second one is under way */
	wishes_answered(&w);
	assert_int_equal(reported(&w, 103), 1);
	assert_int_equal(report.jwts[0].ticket, 8);
	wishes_answered(&w);
	assert_int_equal(reported(&w, 104), 0);
}

static void nobody_waits_for_ever_and_only_so_many_wait(void **state)
{
	struct wishes w = { 0 };
	(void)state;

	for (uint64_t i = 0; i < REPORT_JWTS_MAX; i++)
		assert_int_equal(add(&w, i, 100), OK);
	assert_int_equal(add(&w, 99, 100), STATUS_UNAVAILABLE);
	assert_int_equal(reported(&w, 100 + WISH_LIFETIME_S - 1), REPORT_JWTS_MAX);
	assert_int_equal(add(&w, 99, 100 + WISH_LIFETIME_S), OK);
	assert_int_equal(reported(&w, 100 + WISH_LIFETIME_S), 1);
	assert_int_equal(reported(&w, 100 + 2 * WISH_LIFETIME_S), 0);
	wishes_done(&w);
}

static void what_is_no_wish_is_refused(void **state)
{
	AUTO_DONE(bytes) body = { 0 };
	struct report_jwt wish;
	(void)state;

	make_body(7, REPORT_AUDIENCES_MAX, &body);
	struct reader r = reader_over(span_of(&body));

	assert_int_equal(wish_read(&r, &wish), OK);
	for (size_t len = 0; len < body.len; len++) {
		r = reader_over((struct span){ body.data, len });
		assert_int_not_equal(wish_read(&r, &wish), OK);
	}
	make_body(7, REPORT_AUDIENCES_MAX + 1, &body);
	r = reader_over(span_of(&body));
	assert_int_not_equal(wish_read(&r, &wish), OK);
	make_body(7, 1, &body);
	assert_int_equal(bytes_append_byte(&body, 0), OK);
	r = reader_over(span_of(&body));
	assert_int_not_equal(wish_read(&r, &wish), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_stands_in_each_report_until_one_is_answered),
		cmocka_unit_test(nobody_waits_for_ever_and_only_so_many_wait),
		cmocka_unit_test(what_is_no_wish_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
