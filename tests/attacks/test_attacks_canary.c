/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: the gate between canary and current. */
#include "attacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "policies/envelope/dsse.h"

#define UNTIL (LINE_NOW + 3600)

static const struct line_edit gate = { "root", "\"nodes\":0,\"window\":86400",
				       "\"nodes\":2,\"window\":86400" };

/* Index by index, as a verifier follows. */
static void try_out(struct lifecycle *s)
{
	static const struct entry entries[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	AUTO_DONE(outcome) out = { 0 };

	lifecycle_publish(s, entries, 2, "", "");
	lifecycle_load(s, &out);
	assert_int_equal(out.status, OK);
}

/* Version 1 is in force under a root with a gate, version 2 tried out. *first: the index
 * before that. */
static void begin_and_tell(struct lifecycle *s, struct digest *first)
{
	AUTO_DONE(outcome) out = { 0 };

	*s = (struct lifecycle){ .index = 1 };
	line_make(&s->line, &gate, 1);
	s->manifest[1] = s->line.manifest;
	*first = s->line.index;
	lifecycle_load(s, &out);
	assert_int_equal(out.status, OK);
	line_make_version(&s->line, 2, &gate, 1);
	s->manifest[2] = s->line.manifest;
	lifecycle_find_matrix(s);
	try_out(s);
}

static void begin(struct lifecycle *s)
{
	struct digest first;

	begin_and_tell(s, &first);
}

static void promote(struct lifecycle *s)
{
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };

	lifecycle_publish(s, entries, 2, "", "");
}

static const struct canary enough = {
	.nodes = 2, .svids = 2, .from = LINE_NOW - 3600, .to = LINE_NOW - 60
};

static void r27_nothing_becomes_current_that_was_not_tried_out(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct canary canary = enough;
	struct release release;
	(void)state;

	begin(&s);
	canary.index = s.line.index;
	canary.index_version = s.index;
	promote(&s);
	lifecycle_expect(&s, "canary-missing");
	lifecycle_put_canary(&s, 2, 1, "verifier", canary);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_true(lifecycle_has(&s, &out, 2, &release));
	assert_int_equal(release.state, RELEASE_CURRENT);
}

static void r27_what_does_not_open_the_gate(void **state)
{
	static const struct {
		struct canary canary;
		const char *key, *code;
		unsigned version;
	} rows[] = {
		{ { .nodes = 1, .svids = 1, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "verifier",
		  "canary-not-enough",
		  2 },
		{ { .nodes = 9, .svids = 1, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "verifier",
		  "canary-not-enough",
		  2 },
		/* Over more time than the root's window. */
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 90000, .to = LINE_NOW - 1 },
		  "verifier",
		  "canary-not-enough",
		  2 },
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 60, .to = LINE_NOW + 3600 },
		  "verifier",
		  "not-yet-valid",
		  2 },
		/* Signed by people, of the role or not. */
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "publish",
		  "canary-not-enough",
		  2 },
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "sec-approve",
		  "canary-not-enough",
		  2 },
		/* About what was in force before. */
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "verifier",
		  "subject-mismatch",
		  1 },
		{ { .nodes = 2, .svids = 3, .from = LINE_NOW - 60, .to = LINE_NOW - 1 },
		  "verifier",
		  "out-of-range",
		  2 },
		{ { .nodes = 2, .svids = 2, .from = LINE_NOW - 1, .to = LINE_NOW - 60 },
		  "verifier",
		  "out-of-range",
		  2 },
		{ { .nodes = 2,
		    .svids = 2,
		    .from = LINE_NOW - 60,
		    .to = LINE_NOW - 1,
		    .checkpoint = { (const uint8_t *)"seen", 4 } },
		  "verifier",
		  "bad-value",
		  2 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		begin(&s);
		struct canary canary = rows[i].canary;
		canary.manifest = s.manifest[rows[i].version];
		lifecycle_put_canary(&s, 2, 1, rows[i].key, canary);
		promote(&s);
		lifecycle_load(&s, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("row %zu: %s", i, out.refusal.code);
	}
}

/* What it was counted under, as the index says that it names. */
static void r27_a_statement_is_held_to_its_index(void **state)
{
	static const char *const codes[] = { "version-mismatch", "digest-mismatch",
					     "history-missing" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		struct canary canary = enough;
		struct digest first;

		begin_and_tell(&s, &first);
		/* Index 1 has version 1 alone. */
		canary.index_version = i == 2 ? 7 : 2;
		canary.index = s.line.index;
		if (i == 0) {
			canary.index_version = 1;
			canary.index = first;
		}
		canary.index.value[0] ^= i == 1;
		lifecycle_put_canary(&s, 2, 1, "verifier", canary);
		promote(&s);
		lifecycle_expect(&s, codes[i]);
	}
}

/* The window is a day. Who did not see the index before this one takes the one that it had
 * for the measure: it can't know when the manifest took over. */
static void r27_a_statement_of_long_ago_opens_nothing(void **state)
{
	static const struct {
		int64_t age_s;
		bool was_away, is_open;
	} rows[] = {
		{ 86400, false, true },
		{ 86401, false, false },
		{ 86401, true, true },
		{ 2 * 86400 + 1, true, false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct canary canary = enough;

		begin(&s);
		s.index_age_s = 3 * 86400;
		try_out(&s);
		canary.to = LINE_NOW - 60 - rows[i].age_s;
		canary.from = canary.to - 60;
		lifecycle_put_canary(&s, 2, 1, "verifier", canary);
		s.index_age_s = 86400;
		try_out(&s);
		s.index_age_s = 0;
		if (rows[i].was_away)
			promote(&s);
		promote(&s);
		if (!rows[i].is_open) {
			lifecycle_expect(&s, "canary-too-old");
			continue;
		}
		lifecycle_load(&s, &out);
		if (out.status != OK)
			fail_msg("row %zu: %s", i, out.refusal.code);
	}
}

/* It was dated before the index that it says it was counted under. */
static void r27_a_statement_is_no_older_than_its_index(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct canary canary = enough;
	(void)state;

	begin(&s);
	canary.to = LINE_NOW - 60 - 301;
	canary.from = canary.to - 60;
	lifecycle_put_canary(&s, 2, 1, "verifier", canary);
	promote(&s);
	lifecycle_expect(&s, "canary-too-old");
}

/* The manifest is the same, who may be minted by it or who decides that is not: another
 * matrix was in force, or another root. */
static void r27_what_was_tried_out_is_what_takes_over(void **state)
{
	static const struct entry entries[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	static const struct {
		bool is_other_matrix, is_other_root;
	} rows[] = { { false, false }, { true, false }, { false, true } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		begin(&s);
		char digit = s.matrix[0];
		struct digest root = s.line.root;

		if (rows[i].is_other_matrix)
			s.matrix[0] = digit == '0' ? '1' : '0';
		s.line.root.value[0] ^= rows[i].is_other_root;
		lifecycle_publish(&s, entries, 2, "", "");
		lifecycle_put_canary(&s, 2, 1, "verifier", enough);
		s.matrix[0] = digit;
		s.line.root = root;
		try_out(&s);
		promote(&s);
		if (rows[i].is_other_matrix || rows[i].is_other_root) {
			lifecycle_expect(&s, "canary-too-old");
			continue;
		}
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
	}
}

/* Auditors find there who was counted. */
static void r27_no_statement_without_its_place_in_the_verdict_log(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	char hex[HEX_MAX], path[160];
	(void)state;

	begin(&s);
	lifecycle_put_canary(&s, 2, 1, "verifier", enough);
	line_digest_hex(&s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "canaries/%s/1.json", hex);
	assert_int_equal(dsse_parse(span_of(line_file(&s.line, path)), 65536, &dsse, &why), OK);
	assert_int_equal(bytes_append_byte(&dsse.payload, 0), OK);

	char *end = strstr((char *)dsse.payload.data, ",\"checkpoint\"");
	assert_non_null(end);
	memcpy(end, "}}", sizeof("}}"));
	line_put_signed(&s.line, path, "verifier", (const char *)dsse.payload.data);
	promote(&s);
	lifecycle_expect(&s, "missing-field");
}

/* Two verifiers may have seen the same nodes. */
static void r27_what_two_verifiers_saw_is_not_added_up(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct canary half = {
		.nodes = 1, .svids = 1, .from = LINE_NOW - 60, .to = LINE_NOW - 1
	};
	(void)state;

	begin(&s);
	lifecycle_put_canary(&s, 2, 1, "verifier", half);
	lifecycle_put_canary(&s, 2, 2, "verifier-2", half);
	promote(&s);
	lifecycle_expect(&s, "canary-not-enough");
}

static void r27_a_gate_is_a_decision_of_the_root(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"canary\":{\"nodes\":0,\"window\":86400},", "" }, "missing-field" },
		{ { "root", "\"nodes\":0,\"window\":86400", "\"nodes\":0,\"window\":0" },
		  "out-of-range" },
		{ { "root", "\"nodes\":0,\"window\"", "\"nodes\":-1,\"window\"" }, "out-of-range" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_nothing_becomes_current_that_was_not_tried_out),
	cmocka_unit_test(r27_what_does_not_open_the_gate),
	cmocka_unit_test(r27_a_statement_is_held_to_its_index),
	cmocka_unit_test(r27_a_statement_of_long_ago_opens_nothing),
	cmocka_unit_test(r27_a_statement_is_no_older_than_its_index),
	cmocka_unit_test(r27_what_was_tried_out_is_what_takes_over),
	cmocka_unit_test(r27_no_statement_without_its_place_in_the_verdict_log),
	cmocka_unit_test(r27_what_two_verifiers_saw_is_not_added_up),
	cmocka_unit_test(r27_a_gate_is_a_decision_of_the_root),
};

ATTACKS_MAIN(tests)
