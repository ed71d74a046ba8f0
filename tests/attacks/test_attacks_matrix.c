/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what was decided about platforms and kernels stays on record. */
#include "attacks.h"

#include "release_outcome.h"

/* In front of the matrix's classes. */
#define WITH(decisions)                                                                            \
	{                                                                                          \
		"matrix", "\"classes\":[{", "\"decisions\":[" decisions "],\"classes\":[{"         \
	}
#define DECISION_AT(state, reason, time)                                                           \
	"{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"state\":\"" state "\",\"reason\":\"" reason  \
	"\",\"by\":\"pat\",\"time\":" time "}"
#define ALLOWED DECISION_AT("allow", "validated", "1767200000")
#define BLOCKED DECISION_AT("block", "does not boot", "1767200001")
#define ALLOWED_AGAIN DECISION_AT("allow", "mended", "1767200002")

static void r21_each_cell_has_its_decision(void **state)
{
	static const struct refusal_row rows[] = {
		{ WITH(DECISION_AT("allow", "", "1767200000")), "empty" },
		{ WITH(""), "decision-missing" },
		{ WITH(ALLOWED "," BLOCKED), "decision-mismatch" },
		{ WITH(BLOCKED "," ALLOWED), "out-of-order" },
		{ WITH(DECISION_AT("allow", "validated", "0")), "out-of-range" },
		{ WITH(DECISION_AT("allow", "validated", "1999999999")), "not-yet-valid" },
		{ WITH(DECISION_AT("permit", "validated", "1767200000")), "bad-value" },
		{ WITH(ALLOWED ",{\"platform\":\"q35\",\"kernel\":\"6.1.9\",\"state\":\"allow\","
			       "\"reason\":\"validated\",\"by\":\"pat\",\"time\":1767200001}"),
		  "cell-not-in-matrix" },
		{ WITH("{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"state\":\"allow\","
		       "\"reason\":\"validated\",\"time\":1767200001}"),
		  "missing-field" },
	};
	static const struct line_edit good = WITH(ALLOWED "," BLOCKED "," ALLOWED_AGAIN);
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	outcome_all_refused(ROWS(rows));
	line_make(&line, &good, 1);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
}

/* Version 2 of the matrix with these decisions, where version 1 had the others. */
static void expect(const struct line_edit *before, const struct line_edit *after, const char *code)
{
	const struct line_edit next[] = { { "matrix", "\"version\":1", "\"version\":2" },
					  after != NULL
						  ? *after
						  : (struct line_edit){ "matrix", "600", "900" } };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) second = { 0 };

	line_make(&line, before, 1);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);
	line_make_version(&line, 2, next, 2);
	outcome_load_at(&line, &first.marks, LINE_NOW, &second);
	if (code == NULL)
		assert_int_equal(second.status, OK);
	else
		assert_string_equal(second.refusal.code, code);
}

static void r21_no_decision_is_taken_back(void **state)
{
	static const struct line_edit one = WITH(ALLOWED);
	static const struct line_edit three = WITH(ALLOWED "," BLOCKED "," ALLOWED_AGAIN);
	static const struct line_edit reworded =
		WITH(DECISION_AT("allow", "unseen", "1767200000") "," BLOCKED "," ALLOWED_AGAIN);
	(void)state;

	expect(&one, &three, NULL);
	expect(&three, &one, "decision-removed");
	expect(&one, &reworded, "decision-removed");
	expect(&one, NULL, "decision-removed");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r21_each_cell_has_its_decision),
	cmocka_unit_test(r21_no_decision_is_taken_back),
};

ATTACKS_MAIN(tests)
