/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what counts before it is approved. */
#include "attacks.h"

#include <stdio.h>

#include "emergency_scene.h"

#define UNTIL (LINE_NOW + 3600)

static void r19_an_emergency_counts_until_it_had_to_be_reviewed(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_publish(&s, 2, "");
	lifecycle_expect(&s, "approvals-missing");
	emergency_put(&s, 2, &emergency_usual, hex);
	emergency_publish(&s, 2, hex);
	emergency_expect_end(&s, emergency_usual.time + REVIEW_CAP);
}

#define NOW (LINE_NOW - 60) /* of the line's indexes */

static const struct declared old = { "plat-approve", EMERGENCY_SCOPE, LINE_NOW - 3 * HOUR,
				     LINE_NOW + 6 * HOUR };

static void r19_what_an_emergency_must_not_be(void **state)
{
	static const struct {
		struct declared declared;
		const char *code;
	} rows[] = {
		{ { "plat-approve", EMERGENCY_SCOPE, LINE_NOW - HOUR, LINE_NOW + 12 * HOUR },
		  "lifetime-over-cap" },
		{ { "plat-approve", EMERGENCY_SCOPE, LINE_NOW + HOUR, LINE_NOW + 2 * HOUR },
		  "not-yet-valid" },
		{ { "plat-root", EMERGENCY_SCOPE, LINE_NOW - HOUR, LINE_NOW + HOUR },
		  "threshold-not-met" },
		{ { "publish", EMERGENCY_SCOPE, LINE_NOW - HOUR, LINE_NOW + HOUR },
		  "threshold-not-met" },
		{ { "plat-approve",
		    "\"platforms\":[\"q36\"],\"classes\":[\"server\"],\"maximumNodes\":3",
		    LINE_NOW - HOUR, LINE_NOW + HOUR },
		  "emergency-out-of-scope" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char hex[HEX_MAX];

		emergency_begin(&s);
		emergency_put(&s, 2, &rows[i].declared, hex);
		emergency_publish(&s, 2, hex);
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
		struct declared declared = emergency_usual;
		char hex[HEX_MAX];

		emergency_begin(&s);
		declared.scope = rows[i].scope;
		emergency_put(&s, 2, &declared, hex);
		emergency_publish(&s, 2, hex);
		lifecycle_load(&s, &out);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r19_emergencies_do_not_follow_each_other(void **state)
{
	static const struct reviewed late = { "sec-review", "confirmed", NOW, 0 };
	static const struct reviewed soon = { "sec-review", "confirmed", NOW, 0 };
	AUTO_DONE(lifecycle) s = { 0 };
	char first[HEX_MAX], second[HEX_MAX], pins[PINS_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &old, first);
	emergency_publish(&s, 2, first);
	emergency_expect_end(&s, 0);
	emergency_put(&s, 2, &emergency_usual, second);
	emergency_publish(&s, 2, second);
	lifecycle_expect(&s, "emergency-outstanding");
	/* Nor is the last one forgotten on the way. */
	emergency_publish(&s, 2, "");
	lifecycle_expect(&s, "emergency-dropped");
	emergency_review(&s, first, &late, pins);
	emergency_publish(&s, 2, second);
	emergency_expect_end(&s, emergency_usual.time + REVIEW_CAP);
	/* And the one before is over. */
	emergency_review(&s, second, &soon, pins);
	emergency_publish(&s, 2, first);
	lifecycle_expect(&s, "rolled-back");
}

/* Never in place of the current one, whoever is in scope. */
static void r19_an_emergency_is_tried_beside_the_current_one(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	char hex[HEX_MAX], named[128];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	(void)snprintf(named, sizeof(named), ",\"emergency\":\"%s\"", hex);
	lifecycle_publish(&s, entries, 2, "", named);
	lifecycle_expect(&s, "emergency-out-of-scope");
}

static void r19_it_is_about_one_manifest(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 1, &emergency_usual, hex);
	emergency_publish(&s, 2, hex);
	lifecycle_expect(&s, "approvals-missing");
}

/* By the document, or by the key that signed it. */
static void r19_a_revoked_emergency_lets_nobody_in(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	lifecycle_revoke(&s, "sec-approve", &(struct revoked){ .version = 2, .manifest = hex });
	emergency_publish(&s, 2, hex);
	emergency_expect_end(&s, 0);
}

static void r19_a_baseline_is_never_an_emergency(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char hex[HEX_MAX];
	(void)state;

	emergency_begin(&s);
	emergency_put(&s, 2, &emergency_usual, hex);
	emergency_sign_only(&s, 3);
	emergency_publish(&s, 3, hex);
	lifecycle_expect(&s, "approvals-missing");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r19_an_emergency_counts_until_it_had_to_be_reviewed),
	cmocka_unit_test(r19_what_an_emergency_must_not_be),
	cmocka_unit_test(r19_a_scope_is_never_everybody),
	cmocka_unit_test(r19_emergencies_do_not_follow_each_other),
	cmocka_unit_test(r19_an_emergency_is_tried_beside_the_current_one),
	cmocka_unit_test(r19_it_is_about_one_manifest),
	cmocka_unit_test(r19_a_revoked_emergency_lets_nobody_in),
	cmocka_unit_test(r19_a_baseline_is_never_an_emergency),
};

ATTACKS_MAIN(tests)
