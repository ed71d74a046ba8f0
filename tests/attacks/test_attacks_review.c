/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what a review makes of an emergency, and what it is not. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "emergency_scene.h"

#define NOW (LINE_NOW - 60) /* of the line's indexes */
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

static void r19_a_review_in_time_confirms_or_ends_it(void **state)
{
	static const struct {
		struct reviewed review;
		int64_t end;
	} rows[] = {
		{ { "sec-review", "confirmed", NOW, NOW }, LINE_NOW + 6 * HOUR },
		{ { "sec-approve", "confirmed", NOW, NOW }, LINE_NOW + 6 * HOUR },
		{ { "sec-review", "rejected", NOW, NOW }, 0 },
		/* An end waits for no index, a confirmation does. */
		{ { "sec-review", "rejected", NOW, 0 }, 0 },
		{ { "sec-review", "confirmed", NOW, 0 }, LINE_NOW + HOUR },
		/* Nobody's word. */
		{ { "plat-root", "confirmed", NOW, NOW }, LINE_NOW + HOUR },
		{ { "publish", "rejected", NOW, 0 }, LINE_NOW + HOUR },
		/* Dated before there was anything to look at. */
		{ { "sec-review", "confirmed", LINE_NOW - 2 * HOUR, NOW }, LINE_NOW + HOUR },
		{ { "sec-review", "confirmed", NOW, LINE_NOW - 2 * HOUR }, LINE_NOW + HOUR },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX], pins[PINS_MAX];

		emergency_begin(&s);
		emergency_put(&s, 2, &emergency_usual, hex);
		emergency_review(&s, hex, &rows[i].review, pins);
		emergency_publish_with(&s, 2, hex, pins);
		emergency_expect_end(&s, rows[i].end);
	}
}

static const struct declared old = { "plat-approve", EMERGENCY_SCOPE, LINE_NOW - 3 * HOUR,
				     LINE_NOW + 6 * HOUR };

/* By the review's date, or by the day on which an index first named it. */
static void r19_unreviewed_it_lapses_and_the_rest_goes_on(void **state)
{
	static const struct {
		struct reviewed review;
		int64_t end;
	} rows[] = {
		{ { NULL, NULL, 0, 0 }, 0 },
		{ { "sec-review", "confirmed", NOW, NOW }, 0 },
		{ { "sec-review", "confirmed", LINE_NOW - 2 * HOUR, NOW }, 0 },
		{ { "sec-review", "confirmed", LINE_NOW - 2 * HOUR, LINE_NOW - 2 * HOUR },
		  LINE_NOW + 6 * HOUR },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX], pins[PINS_MAX] = "";

		emergency_begin(&s);
		emergency_put(&s, 2, &old, hex);
		if (rows[i].review.key != NULL)
			emergency_review(&s, hex, &rows[i].review, pins);
		emergency_publish_with(&s, 2, hex, pins);
		emergency_expect_end(&s, rows[i].end);
	}
}

static void r19_a_review_is_of_this_emergency_and_of_today(void **state)
{
	static const struct reviewed soon = { "sec-review", "rejected", LINE_NOW + HOUR, 0 };
	static const struct reviewed now = { "sec-review", "rejected", NOW, 0 };
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX], pins[PINS_MAX], from[160], to[160];
	struct bytes moved = { 0 };
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	emergency_review(&s, hex, &soon, pins);
	emergency_publish(&s, 2, hex);
	lifecycle_expect(&s, "not-yet-valid");
	/* Another one's, signed as it is. */
	emergency_review(&s, OTHER, &now, pins);
	(void)snprintf(from, sizeof(from), "reviews/%s/1.json", OTHER);
	(void)snprintf(to, sizeof(to), "reviews/%s/1.json", hex);
	assert_int_equal(bytes_copy(span_of(line_file(&s.line, from)), &moved), OK);
	line_put(&s.line, to, span_of(&moved));
	bytes_done(&moved);
	lifecycle_expect(&s, "subject-mismatch");
}

/* Two hours late, and said to have been there all the time. */
static void r19_no_review_is_dated_back(void **state)
{
	static const struct reviewed review = { "sec-review", "confirmed", LINE_NOW - 2 * HOUR,
						LINE_NOW - 2 * HOUR };
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX], pins[PINS_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &old, hex);
	emergency_publish(&s, 2, hex);
	emergency_expect_end(&s, 0);
	emergency_review(&s, hex, &review, pins);
	emergency_publish_with(&s, 2, hex, pins);
	lifecycle_expect(&s, "review-backdated");
}

static void r19_no_review_is_withdrawn(void **state)
{
	static const struct reviewed confirmed = { "sec-review", "confirmed", NOW, NOW };
	static const struct reviewed later = { "sec-review", "confirmed", NOW, NOW - 1 };
	static const struct reviewed rejected = { "sec-review", "rejected", NOW, 0 };
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(lifecycle) other = { 0 };
	char hex[HEX_MAX], pins[PINS_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	emergency_review(&s, hex, &confirmed, pins);
	emergency_publish_with(&s, 2, hex, pins);
	emergency_expect_end(&s, emergency_usual.expires);
	emergency_publish(&s, 2, hex);
	lifecycle_expect(&s, "review-dropped");
	emergency_review(&s, hex, &later, pins);
	s.index--;
	emergency_publish_with(&s, 2, hex, pins);
	lifecycle_expect(&s, "review-dropped");

	/* One that no index names yet, and that was seen. */
	emergency_begin(&other);
	emergency_put(&other, 2, &emergency_usual, hex);
	emergency_publish(&other, 2, hex);
	emergency_expect_end(&other, emergency_usual.time + REVIEW_CAP);
	emergency_review(&other, hex, &rejected, pins);
	emergency_expect_end(&other, 0);
	line_remove(&other.line, "reviews/");
	emergency_expect_end(&other, 0);
	emergency_publish(&other, 2, hex);
	emergency_expect_end(&other, 0);
}

static void r19_no_review_is_kept_back(void **state)
{
	static const struct reviewed reviews[] = { { "sec-review", "confirmed", NOW, NOW },
						   { "sec-review", "rejected", NOW, NOW } };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX], pins[PINS_MAX];

		emergency_begin(&s);
		emergency_put(&s, 2, &emergency_usual, hex);
		emergency_review(&s, hex, &reviews[i], pins);
		line_remove(&s.line, "reviews/");
		emergency_publish_with(&s, 2, hex, pins);
		if (i == 0)
			lifecycle_expect(&s, "document-missing");
		else
			emergency_expect_end(&s, 0);
	}
}

/* For a revocation's sake nothing is refused: the emergency is not confirmed any more. */
static void r19_a_revoked_reviewer_confirms_nothing(void **state)
{
	static const struct reviewed review = { "sec-review", "confirmed", NOW, NOW };
	AUTO_DONE(lifecycle) s = { 0 };
	struct digest digest;
	uint8_t *spki = NULL;
	char hex[HEX_MAX], key[HEX_MAX], pins[PINS_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	emergency_review(&s, hex, &review, pins);
	emergency_publish_with(&s, 2, hex, pins);
	int len = i2d_PUBKEY(line_key("sec-review"), &spki);
	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	line_digest_hex(&digest, key);
	lifecycle_revoke(&s, "sec-approve", &(struct revoked){ .version = 2, .key = key });
	emergency_expect_end(&s, emergency_usual.time + REVIEW_CAP);
}

static void r19_what_an_index_must_not_say_of_reviews(void **state)
{
	static const struct reviewed review = { "sec-review", "confirmed", NOW, NOW };
	static const struct {
		const char *find, *replace, *code;
	} rows[] = {
		{ "confirmed", "rejected", "finding-mismatch" },
		{ "confirmed", "seen", "bad-value" },
		{ "\"time\":1767225540", "\"time\":1767225541", "out-of-range" },
		{ "\"time\":", "\"note\":\"\",\"time\":", "unknown-field" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		char hex[HEX_MAX], pins[PINS_MAX], changed[PINS_MAX];

		emergency_begin(&s);
		emergency_put(&s, 2, &emergency_usual, hex);
		emergency_review(&s, hex, &review, pins);
		const char *at = strstr(pins, rows[i].find);
		assert_non_null(at);
		(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - pins), pins,
			       rows[i].replace, at + strlen(rows[i].find));
		emergency_publish_with(&s, 2, hex, changed);
		lifecycle_load(&s, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("row %zu: %s", i, out.refusal.code);
	}
}

/* sue declares it, and reviews it with the same key or as the same person. */
static void r19_nobody_reviews_what_they_declared(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct declared declared = emergency_usual;
	static const struct reviewed own = { "sec-approve", "confirmed", NOW, 0 };
	char hex[HEX_MAX], pins[PINS_MAX];
	(void)state;

	emergency_begin(&s);
	declared.key = "sec-approve";
	emergency_put(&s, 2, &declared, hex);
	emergency_review(&s, hex, &own, pins);
	emergency_publish(&s, 2, hex);
	lifecycle_expect(&s, "self-review");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r19_a_review_in_time_confirms_or_ends_it),
	cmocka_unit_test(r19_unreviewed_it_lapses_and_the_rest_goes_on),
	cmocka_unit_test(r19_a_review_is_of_this_emergency_and_of_today),
	cmocka_unit_test(r19_no_review_is_dated_back),
	cmocka_unit_test(r19_no_review_is_withdrawn),
	cmocka_unit_test(r19_no_review_is_kept_back),
	cmocka_unit_test(r19_a_revoked_reviewer_confirms_nothing),
	cmocka_unit_test(r19_what_an_index_must_not_say_of_reviews),
	cmocka_unit_test(r19_nobody_reviews_what_they_declared),
};

ATTACKS_MAIN(tests)
