/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: one root after another. */
#include "attacks.h"

#include <stdio.h>

#include "signed_text.h"

/* A root 2 with one change, signed by these keys, and one file (or NULL) with a
 * byte too many; what the load says. */
static void load_second_root(const char *const signers[3], const char *find, const char *replace,
			     const char *spoiled, struct outcome *out)
{
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(line) line = { 0 };
	char text[16384];
	char pins[2][160];

	line_make(&first, NULL, 0);
	root_text(&first, "2", find, replace, text);
	pin_root(&first, text, pins[0], pins[1]);
	struct line_edit edit = { "index", pins[0], pins[1] };
	line_make(&line, &edit, 1);
	for (int i = 0; i < 3 && signers[i] != NULL; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "root/2/%d.json", i + 1);
		line_put_signed(&line, path, signers[i], text);
	}
	if (spoiled != NULL)
		assert_int_equal(bytes_append_byte(line_file(&line, spoiled), '\n'), OK);
	outcome_load_at(&line, NULL, LINE_NOW, out);
}

#define ROOT_KEYS "\"root\":{\"keys\":[\"plat-root\",\"sec-root\"]"
#define OTHER_ROOT_KEYS "\"root\":{\"keys\":[\"build\",\"sec-root\"]"

static void r12_a_new_root_needs_the_thresholds_of_both(void **state)
{
	static const char *const both[3] = { "plat-root", "sec-root" };
	static const char *const one[3] = { "plat-root" };
	static const char *const new_only[3] = { "build", "sec-root" };
	static const char *const all[3] = { "plat-root", "sec-root", "build" };
	(void)state;

	const struct {
		const char *const *signers;
		const char *find, *replace, *code;
	} rows[] = {
		{ both, NULL, NULL, NULL },
		{ all, ROOT_KEYS, OTHER_ROOT_KEYS, NULL },
		{ one, NULL, NULL, "threshold-not-met" },
		{ both, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ new_only, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ both, "\"version\":2", "\"version\":3", "root-version" },
		{ both, "\"version\":2", "\"version\":1", "root-version" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };

		load_second_root(rows[i].signers, rows[i].find, rows[i].replace, NULL, &out);
		if (rows[i].code == NULL) {
			assert_int_equal(out.status, OK);
			assert_int_equal(out.marks.root.version, 2);
			continue;
		}
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r12_no_root_may_be_left_out(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release_marks marks = { .root.version = 3 };
	char text[16384];
	(void)state;

	/* Root 3 without 2: it is never reached, and what was seen is missing. */
	line_make(&line, NULL, 0);
	root_text(&line, "3", NULL, NULL, text);
	line_put_signed(&line, "root/3/1.json", "plat-root", text);
	line_put_signed(&line, "root/3/2.json", "sec-root", text);
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");
	assert_string_equal(out.refusal.document, "root");
}

static void r13_a_root_counts_only_with_all_that_follows(void **state)
{
	static const char *const both[3] = { "plat-root", "sec-root" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char text[16384];
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);

	/* A root 2 that its own signers alone put there: refused, and, the marks
	 * being what they were, refused again after a restart. */
	root_text(&line, "2", ROOT_KEYS, OTHER_ROOT_KEYS, text);
	line_put_signed(&line, "root/2/1.json", "build", text);
	line_put_signed(&line, "root/2/2.json", "sec-root", text);
	out.marks = first.marks;
	for (unsigned i = 0; i < 2; i++) {
		outcome_load_at(&line, &out.marks, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "threshold-not-met");
		assert_int_equal(out.marks.root.version, 1);
	}
	line_remove(&line, "root/2/1.json");
	line_remove(&line, "root/2/2.json");
	outcome_load_at(&line, &out.marks, LINE_NOW, &out);
	assert_int_equal(out.status, OK);

	/* One that verifies moves no mark while the last document does not. */
	AUTO_DONE(outcome) half = { 0 };
	AUTO_DONE(outcome) whole = { 0 };

	load_second_root(both, NULL, NULL, "sets/", &half);
	assert_string_equal(half.refusal.code, "set-size-mismatch");
	assert_int_equal(half.marks.root.version, 0);
	load_second_root(both, NULL, NULL, NULL, &whole);
	assert_int_equal(whole.status, OK);
	assert_int_equal(whole.marks.root.version, 2);
}

/* One envelope has one signature; who makes or signs manifests leads nobody back, and
 * confirms no emergency that lets one in. */
static void r05_thresholds_that_nobody_counts_are_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"sec-review\"],\"threshold\":1", "\"sec-review\"],\"threshold\":2" },
		  "threshold-not-one" },
		{ { "root", "\"verifier-2\"],\"threshold\":1", "\"verifier-2\"],\"threshold\":2" },
		  "threshold-not-one" },
		{ { "root", "\"rollback\":{\"keys\":[\"plat-approve\"]",
		    "\"rollback\":{\"keys\":[\"sign\"]" },
		  "duties-not-separate" },
		{ { "root", "\"rollback\":{\"keys\":[\"plat-approve\"]",
		    "\"rollback\":{\"keys\":[\"build\"]" },
		  "duties-not-separate" },
		{ { "root", "\"build\":{\"keys\":[\"build\"]",
		    "\"build\":{\"keys\":[\"sec-review\"]" },
		  "duties-not-separate" },
		{ { "root", "\"release-sign\":{\"keys\":[\"sign\"]",
		    "\"release-sign\":{\"keys\":[\"sec-review\"]" },
		  "duties-not-separate" },
		{ { "root", "\"publish\":{\"keys\":[\"publish\"]",
		    "\"publish\":{\"keys\":[\"sec-review\"]" },
		  "duties-not-separate" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* Root 1 as who builds reviews too, and root 2 without that; or the other way round. */
static void load_shared_duty(bool is_first, struct outcome *out)
{
	static const struct line_edit shared = { "root", "\"build\":{\"keys\":[\"build\"]",
						 "\"build\":{\"keys\":[\"sec-review\"]" };
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(line) line = { 0 };
	char text[16384];
	char pins[2][160];

	line_make(&first, &shared, is_first);
	root_text(&first, "2", is_first ? shared.replace : shared.find,
		  is_first ? shared.find : shared.replace, text);
	pin_root(&first, text, pins[0], pins[1]);
	struct line_edit edits[] = { { "index", pins[0], pins[1] }, shared };
	line_make(&line, edits, is_first ? 2 : 1);
	line_put_signed(&line, "root/2/1.json", "plat-root", text);
	line_put_signed(&line, "root/2/2.json", "sec-root", text);
	outcome_load_at(&line, NULL, LINE_NOW, out);
}

static void r05_what_the_root_in_force_decides_is_asked_of_no_earlier_one(void **state)
{
	AUTO_DONE(outcome) mended = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	load_shared_duty(true, &mended);
	assert_int_equal(mended.status, OK);
	assert_int_equal(mended.marks.root.version, 2);
	load_shared_duty(false, &out);
	assert_string_equal(out.refusal.code, "duties-not-separate");
	assert_string_equal(out.refusal.document, "root/2");
	assert_string_equal(out.refusal.field, "predicate.roles.review");
	assert_non_null(strstr(out.refusal.advice, "review"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r05_what_the_root_in_force_decides_is_asked_of_no_earlier_one),
	cmocka_unit_test(r05_thresholds_that_nobody_counts_are_refused),
	cmocka_unit_test(r12_a_new_root_needs_the_thresholds_of_both),
	cmocka_unit_test(r12_no_root_may_be_left_out),
	cmocka_unit_test(r13_a_root_counts_only_with_all_that_follows),
};

ATTACKS_MAIN(tests)
