/* SPDX-License-Identifier: Apache-2.0 */
/* A mint that wishes for a JWT-SVID, before a broker with a right and without. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "attestd/broker/broker.h"
#include "attestd_grant.h"

#define ID "spiffe://example.org/web/1"

static struct granted granted;
static struct broker broker;
static struct channel agent; /* its end */

/* What a mint sends, with one thing changed. */
static const struct wish_text {
	uint64_t ticket;
	const char *entry, *spiffe_id;
	size_t point_len;
	const char *audience;
	uint8_t audiences; /* as it says */
} good = { 7, "web", ID, RECIPIENT_KEY_SIZE, "https://api.example.org", 1 };

static int64_t boot_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void give_right(void)
{
	AUTO_DONE(verdict) v = { 0 };
	int64_t now = (int64_t)time(NULL);

	granted_init_at(&granted, now);
	assert_int_equal(verdict_open(span_of(&granted.text), span_of(&granted.signature),
				      granted.result, &v),
			 OK);
	assert_int_equal(grant_take(&v, span_of(&granted.certificate), now, &broker.grant), OK);
	broker.ends_s = boot_s() + LIFETIME_S;
}

static int begin(void **state)
{
	int fds[2];

	(void)state;
	broker = (struct broker){ 0 };
	assert_int_equal(channel_pair(fds), OK);
	channel_init(&broker.agent, fds[0], FRAME_SMALL_MAX);
	channel_init(&agent, fds[1], FRAME_SMALL_MAX);
	give_right();
	return 0;
}

static int end(void **state)
{
	(void)state;
	wishes_done(&broker.wishes);
	grant_done(&broker.grant);
	channel_done(&broker.agent);
	channel_done(&agent);
	granted_done(&granted);
	return 0;
}

static void write_wish(const struct wish_text *wish, struct bytes *out)
{
	uint8_t point[RECIPIENT_KEY_SIZE + 1] = { 0x04 };
	struct writer w = writer_to(out, FRAME_SMALL_MAX);

	writer_be64(&w, wish->ticket);
	writer_sized(&w, span_text(wish->entry));
	writer_sized(&w, span_text(wish->spiffe_id));
	writer_sized(&w, (struct span){ point, wish->point_len });
	writer_u8(&w, wish->audiences);
	for (size_t i = 0; i < wish->audiences; i++)
		writer_sized(&w, span_text(wish->audience));
	assert_int_equal(writer_end(&w), OK);
}

/* And what became of the reader: other than OK, the mint's channel ends. */
static enum status send(struct span body, enum status *form)
{
	AUTO_DONE(bytes) answer = { 0 };
	struct writer out = writer_to(&answer, FRAME_SMALL_MAX);
	struct reader in = reader_over(body);
	enum status status = verb_jwt_request(&broker, &in, &out);

	*form = in.status;
	assert_int_equal(answer.len, 0);
	return status;
}

static enum status ask(const struct wish_text *wish)
{
	AUTO_DONE(bytes) body = { 0 };
	enum status form = STATUS_IO, status;

	write_wish(wish, &body);
	status = send(span_of(&body), &form);
	assert_int_equal(form, OK);
	return status;
}

static bool agent_was_told(void)
{
	struct frame frame = { 0 };
	enum status status = channel_fill(&agent);

	if (status == OK)
		status = channel_take(&agent, &frame);
	if (status == STATUS_NOT_FOUND)
		return false;
	assert_int_equal(status, OK);
	assert_int_equal(frame.type, FRAME_WISHED);
	assert_int_equal(frame.id, 0);
	assert_int_equal(frame.body.len, 0);
	return true;
}

static void expect_denied(const struct wish_text *wish)
{
	assert_int_equal(ask(wish), STATUS_DENIED);
	assert_int_equal(broker.wishes.count, 0);
	assert_false(agent_was_told());
}

static void a_wish_under_a_right_stands_in_the_next_report(void **state)
{
	struct report report;

	(void)state;
	assert_int_equal(ask(&good), OK);
	assert_true(agent_was_told());
	assert_false(agent_was_told());
	report_init(&report);
	assert_int_equal(wishes_report(&broker.wishes, boot_s(), &report), OK);
	assert_int_equal(report.jwt_count, 1);
	assert_int_equal(report.jwts[0].ticket, 7);
	assert_true(span_equal(report.jwts[0].entry, span_text("web")));
	assert_true(span_equal(report.jwts[0].spiffe_id, span_text(ID)));
	assert_int_equal(report.jwts[0].audience_count, 1);
	assert_true(span_equal(report.jwts[0].audiences[0], span_text(good.audience)));
}

static void without_a_right_nothing_is_wished_for(void **state)
{
	(void)state;
	grant_done(&broker.grant);
	expect_denied(&good);
}

static void nor_once_it_is_over_by_either_clock(void **state)
{
	int64_t ends = broker.ends_s;

	(void)state;
	broker.ends_s = boot_s();
	expect_denied(&good);
	broker.ends_s = ends;
	broker.grant.verdict.expires = (int64_t)time(NULL);
	expect_denied(&good);
}

static void what_the_class_is_not_entitled_to_is_not_wished_for(void **state)
{
	static const char *const others[] = {
		"spiffe://example.org/other/1",	 "spiffe://example.org/web",
		"spiffe://example.org/web/",	 "spiffe://example.org/web/*",
		"spiffe://example.com/web/1",	 "spiffe://example.org",
		"spiffe://example.org/web/../1", "",
	};
	struct wish_text wish = good;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		wish.spiffe_id = others[i];
		expect_denied(&wish);
	}
}

/* The report is one text: what cannot stand in it would take the others along. */
static void what_would_spoil_the_report_is_denied(void **state)
{
	static const char *const words[] = { "", "-", "a b", "a\nb", "a\x7f", "\xc3\xa4" };
	struct wish_text wish = good;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		wish = good;
		wish.audience = words[i];
		expect_denied(&wish);
		wish = good;
		wish.entry = words[i];
		expect_denied(&wish);
	}
	wish = good;
	wish.ticket = (uint64_t)1 << 63;
	expect_denied(&wish);
	wish = good;
	wish.audiences = 0;
	expect_denied(&wish);
}

/* Sixteen of them stand in a report, beside the journal's records. */
static void a_wish_is_no_longer_than_its_share_of_a_report(void **state)
{
	char audience[AUDIENCE_MAX + 1] = { 0 };
	struct wish_text wish = good;

	(void)state;
	memset(audience, 'a', AUDIENCE_MAX);
	wish.audience = audience;
	wish.audiences = 4;
	assert_int_equal(ask(&wish), OK);
	assert_true(agent_was_told());
	wishes_done(&broker.wishes);
	wish.audiences = REPORT_AUDIENCES_MAX;
	expect_denied(&wish);
}

static void what_is_no_request_ends_the_channel(void **state)
{
	AUTO_DONE(bytes) body = { 0 };
	struct wish_text wish = good;
	enum status form = STATUS_IO;

	(void)state;
	write_wish(&good, &body);
	for (size_t len = 0; len < body.len; len++) {
		assert_int_not_equal(send((struct span){ body.data, len }, &form), OK);
		assert_int_not_equal(form, OK);
	}
	assert_int_equal(bytes_append_byte(&body, 0), OK);
	assert_int_not_equal(send(span_of(&body), &form), OK);
	assert_int_not_equal(form, OK);
	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(bytes) other = { 0 };

		wish.point_len = i < 2 ? RECIPIENT_KEY_SIZE - 1 + 2 * i : RECIPIENT_KEY_SIZE;
		wish.audiences = i < 2 ? 1 : REPORT_AUDIENCES_MAX + 1;
		write_wish(&wish, &other);
		assert_int_not_equal(send(span_of(&other), &form), OK);
		assert_int_not_equal(form, OK);
	}
	assert_int_equal(broker.wishes.count, 0);
	assert_false(agent_was_told());
}

static void so_many_wait_and_the_rest_is_told_to_ask_again(void **state)
{
	struct wish_text wish = good;

	(void)state;
	for (wish.ticket = 0; wish.ticket < REPORT_JWTS_MAX; wish.ticket++) {
		assert_int_equal(ask(&wish), OK);
		assert_true(agent_was_told());
	}
	assert_int_equal(ask(&wish), STATUS_UNAVAILABLE);
	assert_false(agent_was_told());
	assert_int_equal(broker.wishes.count, REPORT_JWTS_MAX);
}

static void an_agent_that_is_gone_is_told_of(void **state)
{
	(void)state;
	channel_done(&agent);
	assert_int_equal(ask(&good), STATUS_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wish_under_a_right_stands_in_the_next_report),
		TEST(without_a_right_nothing_is_wished_for),
		TEST(nor_once_it_is_over_by_either_clock),
		TEST(what_the_class_is_not_entitled_to_is_not_wished_for),
		TEST(what_would_spoil_the_report_is_denied),
		TEST(a_wish_is_no_longer_than_its_share_of_a_report),
		TEST(what_is_no_request_ends_the_channel),
		TEST(so_many_wait_and_the_rest_is_told_to_ask_again),
		TEST(an_agent_that_is_gone_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
