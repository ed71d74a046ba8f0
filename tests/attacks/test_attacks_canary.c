/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: the gate between canary and current. */
#include "attacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "policies/canary.h"

#define UNTIL (LINE_NOW + 3600)

static const struct line_edit gate = { "root", "\"nodes\":0,\"window\":86400",
				       "\"nodes\":2,\"window\":86400" };

/* Version 1 is in force under a root with a gate, version 2 approved. */
static void begin(struct lifecycle *s)
{
	AUTO_DONE(outcome) out = { 0 };

	*s = (struct lifecycle){ .index = 1 };
	line_make(&s->line, &gate, 1);
	s->manifest[1] = s->line.manifest;
	lifecycle_load(s, &out);
	assert_int_equal(out.status, OK);
	line_make_version(&s->line, 2, &gate, 1);
	s->manifest[2] = s->line.manifest;
	lifecycle_find_matrix(s);
}

static void promote(struct lifecycle *s)
{
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };

	lifecycle_publish(s, entries, 2, "", "");
}

static void put_canary(struct lifecycle *s, unsigned version, int number, const char *key,
		       struct canary canary)
{
	AUTO_DONE(bytes) payload = { 0 };
	char hex[HEX_MAX], path[160];

	canary.manifest = s->manifest[version];
	assert_int_equal(canary_write(&canary, &payload), OK);
	assert_int_equal(bytes_append_byte(&payload, 0), OK);
	hex_text(&s->manifest[2], hex);
	(void)snprintf(path, sizeof(path), "canaries/%s/%d.json", hex, number);
	line_put_signed(&s->line, path, key, (const char *)payload.data);
}

static const struct canary enough = {
	.nodes = 2, .svids = 2, .from = LINE_NOW - 3600, .to = LINE_NOW - 60
};

static void r27_nothing_becomes_current_that_was_not_tried_out(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	(void)state;

	begin(&s);
	promote(&s);
	lifecycle_expect(&s, "canary-missing");
	put_canary(&s, 2, 1, "verifier", enough);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_true(lifecycle_has(&s, &out, 2, &release));
	assert_int_equal(release.state, RELEASE_CURRENT);
}

static void r27_a_canary_needs_no_canary(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct entry entries[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	(void)state;

	begin(&s);
	lifecycle_publish(&s, entries, 2, "", "");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
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
		put_canary(&s, rows[i].version, 1, rows[i].key, rows[i].canary);
		promote(&s);
		lifecycle_load(&s, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("row %zu: %s", i, out.refusal.code);
	}
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
	put_canary(&s, 2, 1, "verifier", half);
	put_canary(&s, 2, 2, "verifier-2", half);
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
	cmocka_unit_test(r27_a_canary_needs_no_canary),
	cmocka_unit_test(r27_what_does_not_open_the_gate),
	cmocka_unit_test(r27_what_two_verifiers_saw_is_not_added_up),
	cmocka_unit_test(r27_a_gate_is_a_decision_of_the_root),
};

ATTACKS_MAIN(tests)
