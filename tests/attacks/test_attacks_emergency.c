/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what counts before it is approved. */
#include "attacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"

#define UNTIL (LINE_NOW + 3600)
#define HOUR INT64_C(3600)
#define REVIEW_CAP (2 * HOUR) /* of the line's root */

/* An emergency, each field open to another value; version 2 is what it lets in. */
struct declared {
	const char *key, *scope;
	int64_t time, expires;
};

#define SCOPE "\"platforms\":[\"q35\"],\"classes\":[\"server\"],\"maximumNodes\":3"

static const struct declared usual = { "plat-approve", SCOPE, LINE_NOW - HOUR,
				       LINE_NOW + 6 * HOUR };

static void put_emergency(struct lifecycle *s, unsigned version, const struct declared *d,
			  char hex[HEX_MAX])
{
	char manifest[HEX_MAX], subject[160], predicate[1024];

	hex_text(&s->manifest[version], manifest);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", manifest);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"manifest\":\"%s\",\"scope\":{%s},\"reason\":\"a hole\",\"time\":%" PRId64
		       ",\"expires\":%" PRId64,
		       manifest, d->scope, d->time, d->expires);
	lifecycle_put(s, "emergency", "emergencies", d->key, subject, predicate, hex);
}

struct reviewed {
	const char *key, *finding;
	int64_t time, named; /* by an index, first at this time; 0: by none */
};

#define PINS_MAX 512

/* What the index says of it: ",\"reviews\":[...]". */
static void pin_of(const char *text, const struct reviewed *r, char out[PINS_MAX])
{
	struct digest digest;
	char hex[HEX_MAX];

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	hex_text(&digest, hex);
	(void)snprintf(out, PINS_MAX,
		       ",\"reviews\":[{\"sha256\":\"%s\",\"finding\":\"%s\",\"time\":%" PRId64 "}]",
		       hex, r->finding, r->named);
	if (r->named == 0)
		out[0] = '\0';
}

static void put_review(struct lifecycle *s, const char *emergency, const struct reviewed *r,
		       char pins[PINS_MAX])
{
	char subject[160], predicate[512], text[1024], path[160];

	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"emergency\",\"digest\":{\"sha256\":\"%s\"}}", emergency);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"emergency\":\"%s\",\"finding\":\"%s\",\"reason\":\"looked at it\","
		       "\"time\":%" PRId64,
		       emergency, r->finding, r->time);
	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[%s],"
		       "\"predicateType\":\"https://attestd.dev/review/v1\",\"predicate\":{%s}}",
		       subject, predicate);
	(void)snprintf(path, sizeof(path), "reviews/%s/1.json", emergency);
	line_put_signed(&s->line, path, r->key, text);
	pin_of(text, r, pins);
}

/* Signed, and approved by nobody. */
static void sign_only(struct lifecycle *s, unsigned version)
{
	char path[160], hex[HEX_MAX];

	s->line.manifest = s->manifest[version - 1];
	line_make_version(&s->line, version, NULL, 0);
	s->manifest[version] = s->line.manifest;
	hex_text(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	line_remove(&s->line, path);
}

/* Version 1 is in force, version 2 is signed. */
static void begin(struct lifecycle *s)
{
	lifecycle_init(s);
	sign_only(s, 2);
}

static void publish_with(struct lifecycle *s, unsigned version, const char *emergency,
			 const char *pins)
{
	const struct entry entries[] = { { version, "canary", 0 }, { 1, "current", 0 } };
	char named[128 + PINS_MAX];

	(void)snprintf(named, sizeof(named), ",\"emergency\":\"%s\"%s", emergency, pins);
	lifecycle_publish(s, entries, 2, "", emergency[0] == '\0' ? "" : named);
}

static void publish(struct lifecycle *s, unsigned version, const char *emergency)
{
	publish_with(s, version, emergency, "");
}

static void expect_end(struct lifecycle *s, int64_t end)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_true(lifecycle_has(s, &out, 1, &release));
	assert_false(release.scope.is_emergency);
	assert_int_equal(lifecycle_has(s, &out, 2, &release), end > 0);
	if (end == 0)
		return;
	assert_true(release.scope.is_emergency);
	assert_int_equal(release.scope.most_nodes, 3);
	assert_int_equal(release.scope.classes.count, 1);
	assert_int_equal(release.accept_until, end);
}

static void r19_an_emergency_counts_until_it_had_to_be_reviewed(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	begin(&s);
	publish(&s, 2, "");
	lifecycle_expect(&s, "approvals-missing");
	put_emergency(&s, 2, &usual, hex);
	publish(&s, 2, hex);
	expect_end(&s, usual.time + REVIEW_CAP);
}

#define NOW (LINE_NOW - 60) /* of the line's indexes */

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

		begin(&s);
		put_emergency(&s, 2, &usual, hex);
		put_review(&s, hex, &rows[i].review, pins);
		publish_with(&s, 2, hex, pins);
		expect_end(&s, rows[i].end);
	}
}

static const struct declared old = { "plat-approve", SCOPE, LINE_NOW - 3 * HOUR,
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

		begin(&s);
		put_emergency(&s, 2, &old, hex);
		if (rows[i].review.key != NULL)
			put_review(&s, hex, &rows[i].review, pins);
		publish_with(&s, 2, hex, pins);
		expect_end(&s, rows[i].end);
	}
}

/* Two hours late, and said to have been there all the time. */
static void r19_no_review_is_dated_back(void **state)
{
	static const struct reviewed review = { "sec-review", "confirmed", LINE_NOW - 2 * HOUR,
						LINE_NOW - 2 * HOUR };
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX], pins[PINS_MAX];
	(void)state;

	begin(&s);
	put_emergency(&s, 2, &old, hex);
	publish(&s, 2, hex);
	expect_end(&s, 0);
	put_review(&s, hex, &review, pins);
	publish_with(&s, 2, hex, pins);
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

	begin(&s);
	put_emergency(&s, 2, &usual, hex);
	put_review(&s, hex, &confirmed, pins);
	publish_with(&s, 2, hex, pins);
	expect_end(&s, usual.expires);
	publish(&s, 2, hex);
	lifecycle_expect(&s, "review-dropped");
	put_review(&s, hex, &later, pins);
	s.index--;
	publish_with(&s, 2, hex, pins);
	lifecycle_expect(&s, "review-dropped");

	/* One that no index names yet, and that was seen. */
	begin(&other);
	put_emergency(&other, 2, &usual, hex);
	publish(&other, 2, hex);
	expect_end(&other, usual.time + REVIEW_CAP);
	put_review(&other, hex, &rejected, pins);
	expect_end(&other, 0);
	line_remove(&other.line, "reviews/");
	expect_end(&other, 0);
	publish(&other, 2, hex);
	expect_end(&other, 0);
}

static void r19_no_review_is_kept_back(void **state)
{
	static const struct reviewed reviews[] = { { "sec-review", "confirmed", NOW, NOW },
						   { "sec-review", "rejected", NOW, NOW } };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX], pins[PINS_MAX];

		begin(&s);
		put_emergency(&s, 2, &usual, hex);
		put_review(&s, hex, &reviews[i], pins);
		line_remove(&s.line, "reviews/");
		publish_with(&s, 2, hex, pins);
		if (i == 0)
			lifecycle_expect(&s, "document-missing");
		else
			expect_end(&s, 0);
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

	begin(&s);
	put_emergency(&s, 2, &usual, hex);
	put_review(&s, hex, &review, pins);
	publish_with(&s, 2, hex, pins);
	int len = i2d_PUBKEY(line_key("sec-review"), &spki);
	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	hex_text(&digest, key);
	lifecycle_revoke(&s, "sec-approve", &(struct revoked){ .version = 2, .key = key });
	expect_end(&s, usual.time + REVIEW_CAP);
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

		begin(&s);
		put_emergency(&s, 2, &usual, hex);
		put_review(&s, hex, &review, pins);
		const char *at = strstr(pins, rows[i].find);
		assert_non_null(at);
		(void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - pins), pins,
			       rows[i].replace, at + strlen(rows[i].find));
		publish_with(&s, 2, hex, changed);
		lifecycle_load(&s, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("row %zu: %s", i, out.refusal.code);
	}
}

static void r19_what_an_emergency_must_not_be(void **state)
{
	static const struct {
		struct declared declared;
		const char *code;
	} rows[] = {
		{ { "plat-approve", SCOPE, LINE_NOW - HOUR, LINE_NOW + 12 * HOUR },
		  "lifetime-over-cap" },
		{ { "plat-approve", SCOPE, LINE_NOW + HOUR, LINE_NOW + 2 * HOUR },
		  "not-yet-valid" },
		{ { "plat-root", SCOPE, LINE_NOW - HOUR, LINE_NOW + HOUR }, "threshold-not-met" },
		{ { "publish", SCOPE, LINE_NOW - HOUR, LINE_NOW + HOUR }, "threshold-not-met" },
		{ { "plat-approve",
		    "\"platforms\":[\"q36\"],\"classes\":[\"server\"],\"maximumNodes\":3",
		    LINE_NOW - HOUR, LINE_NOW + HOUR },
		  "emergency-out-of-scope" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX];

		begin(&s);
		put_emergency(&s, 2, &rows[i].declared, hex);
		publish(&s, 2, hex);
		lifecycle_expect(&s, rows[i].code);
	}
}

static void r19_a_scope_is_never_everybody(void **state)
{
	static const struct {
		const char *scope, *code;
	} rows[] = {
		{ "\"platforms\":[],\"classes\":[\"server\"],\"maximumNodes\":3", "empty" },
		{ "\"platforms\":[\"q35\"],\"classes\":[],\"maximumNodes\":3", "empty" },
		{ "\"platforms\":[\"q35\"],\"classes\":[\"server\"],\"nodes\":[],"
		  "\"maximumNodes\":3",
		  "empty" },
		{ "\"platforms\":[\"q35\"],\"classes\":[\"server\"]", "missing-field" },
		{ "\"platforms\":[\"q35\"],\"classes\":[\"server\"],\"maximumNodes\":0",
		  "out-of-range" },
		{ "\"platforms\":[\"q35\"],\"classes\":[\"server\"],\"maximumNodes\":3,\"all\":"
		  "true",
		  "unknown-field" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct declared declared = usual;
		char hex[HEX_MAX];

		begin(&s);
		declared.scope = rows[i].scope;
		put_emergency(&s, 2, &declared, hex);
		publish(&s, 2, hex);
		lifecycle_load(&s, &out);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

/* sue declares it, and reviews it with the same key or as the same person. */
static void r19_nobody_reviews_what_they_declared(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct declared declared = usual;
	static const struct reviewed own = { "sec-approve", "confirmed", NOW, 0 };
	char hex[HEX_MAX], pins[PINS_MAX];
	(void)state;

	begin(&s);
	declared.key = "sec-approve";
	put_emergency(&s, 2, &declared, hex);
	put_review(&s, hex, &own, pins);
	publish(&s, 2, hex);
	lifecycle_expect(&s, "self-review");
}

static void r19_emergencies_do_not_follow_each_other(void **state)
{
	static const struct reviewed late = { "sec-review", "confirmed", NOW, 0 };
	static const struct reviewed soon = { "sec-review", "confirmed", NOW, 0 };
	AUTO_DONE(lifecycle) s = { 0 };
	char first[HEX_MAX], second[HEX_MAX], pins[PINS_MAX];
	(void)state;

	begin(&s);
	put_emergency(&s, 2, &old, first);
	publish(&s, 2, first);
	expect_end(&s, 0);
	put_emergency(&s, 2, &usual, second);
	publish(&s, 2, second);
	lifecycle_expect(&s, "emergency-outstanding");
	/* Nor is the last one forgotten on the way. */
	publish(&s, 2, "");
	lifecycle_expect(&s, "emergency-dropped");
	put_review(&s, first, &late, pins);
	publish(&s, 2, second);
	expect_end(&s, usual.time + REVIEW_CAP);
	/* And the one before is over. */
	put_review(&s, second, &soon, pins);
	publish(&s, 2, first);
	lifecycle_expect(&s, "rolled-back");
}

/* Never in place of the current one, whoever is in scope. */
static void r19_an_emergency_is_tried_beside_the_current_one(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	char hex[HEX_MAX], named[128];
	(void)state;

	begin(&s);
	put_emergency(&s, 2, &usual, hex);
	(void)snprintf(named, sizeof(named), ",\"emergency\":\"%s\"", hex);
	lifecycle_publish(&s, entries, 2, "", named);
	lifecycle_expect(&s, "emergency-out-of-scope");
}

static void r19_it_is_about_one_manifest(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	begin(&s);
	put_emergency(&s, 1, &usual, hex);
	publish(&s, 2, hex);
	lifecycle_expect(&s, "approvals-missing");
}

/* By the document, or by the key that signed it. */
static void r19_a_revoked_emergency_lets_nobody_in(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	begin(&s);
	put_emergency(&s, 2, &usual, hex);
	lifecycle_revoke(&s, "sec-approve", &(struct revoked){ .version = 2, .manifest = hex });
	publish(&s, 2, hex);
	expect_end(&s, 0);
}

static void r19_a_baseline_is_never_an_emergency(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	begin(&s);
	put_emergency(&s, 2, &usual, hex);
	sign_only(&s, 3);
	publish(&s, 3, hex);
	lifecycle_expect(&s, "approvals-missing");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r19_an_emergency_counts_until_it_had_to_be_reviewed),
	cmocka_unit_test(r19_a_review_in_time_confirms_or_ends_it),
	cmocka_unit_test(r19_unreviewed_it_lapses_and_the_rest_goes_on),
	cmocka_unit_test(r19_no_review_is_dated_back),
	cmocka_unit_test(r19_no_review_is_withdrawn),
	cmocka_unit_test(r19_no_review_is_kept_back),
	cmocka_unit_test(r19_a_revoked_reviewer_confirms_nothing),
	cmocka_unit_test(r19_what_an_index_must_not_say_of_reviews),
	cmocka_unit_test(r19_what_an_emergency_must_not_be),
	cmocka_unit_test(r19_a_scope_is_never_everybody),
	cmocka_unit_test(r19_nobody_reviews_what_they_declared),
	cmocka_unit_test(r19_emergencies_do_not_follow_each_other),
	cmocka_unit_test(r19_an_emergency_is_tried_beside_the_current_one),
	cmocka_unit_test(r19_it_is_about_one_manifest),
	cmocka_unit_test(r19_a_revoked_emergency_lets_nobody_in),
	cmocka_unit_test(r19_a_baseline_is_never_an_emergency),
};

ATTACKS_MAIN(tests)
