/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: the way back. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "rollback_scene.h"

static void r20_a_declared_way_back_is_taken(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_true(lifecycle_has(&s, &out, 1, &release));
	assert_int_equal(release.state, RELEASE_CURRENT);
	assert_int_equal(release.rolled_back_from, 2);
	/* Nodes that run what is left have time to go. */
	assert_true(lifecycle_has(&s, &out, 2, &release));
	assert_int_equal(release.state, RELEASE_PREVIOUS);
	assert_int_equal(release.rolled_back_from, 0);
}

static void r20_without_its_document_nothing_goes_down(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	rollback_begin(&s, "1", "1");
	lifecycle_publish(&s, alone, 1, "", "");
	lifecycle_expect(&s, "current-went-down");
}

static void r20_what_a_rollback_must_not_do(void **state)
{
	static const struct {
		struct way way;
		const char *declared, *epoch, *code;
	} rows[] = {
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW }, "", "1", "rollback-not-declared" },
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW }, "1", "2", "rollback-below-epoch" },
		{ { 2, 1, "q35", "sec-approve", 3, LINE_NOW }, "1", "1", "threshold-not-met" },
		{ { 2, 1, "q35", "publish", 3, LINE_NOW }, "1", "1", "threshold-not-met" },
		{ { 2, 1, "q36", "plat-approve", 3, LINE_NOW }, "1", "1", "target-mismatch" },
		{ { 2, 1, "q35", "plat-approve", 4, LINE_NOW }, "1", "1", "version-mismatch" },
		{ { 2, 2, "q35", "plat-approve", 3, LINE_NOW }, "1", "1", "version-not-falling" },
		/* It was meant for an index that came and went. */
		{ { 2, 1, "q35", "plat-approve", 2, LINE_NOW }, "1", "1", "current-went-down" },
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW + 600 }, "1", "1", "not-yet-valid" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char cell[128];

		rollback_begin(&s, rows[i].declared, rows[i].epoch);
		rollback_put(&s, &rows[i].way, cell);
		rollback_publish(&s, cell);
		lifecycle_expect(&s, rows[i].code);
	}
}

static void r20_nothing_goes_back_to_what_is_revoked(void **state)
{
	char hex[HEX_MAX];
	(void)state;

	for (int what = 0; what < 3; what++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		char cell[128];

		rollback_begin(&s, "1", "1");
		rollback_put(&s, &rollback_usual, cell);
		line_digest_hex(&s.manifest[what == 1 ? 2 : 1], hex);
		if (what == 2)
			(void)sscanf(cell, ",\"rollbacks\":[\"%64[0-9a-f]", hex);
		rollback_revoke(&s, hex);
		rollback_publish(&s, cell);
		if (what != 1) {
			lifecycle_expect(&s,
					 what == 0 ? "rollback-to-revoked" : "document-revoked");
			continue;
		}
		/* What is left may well be: then it is out of force at once. */
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_false(lifecycle_has(&s, &out, 2, &release));
	}
}

static void r20_a_rollback_counts_once(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) back = { 0 };
	AUTO_DONE(outcome) again = { 0 };
	static const struct entry forth[] = { { 2, "current", 0 },
					      { 1, "previous", ROLLBACK_UNTIL } };
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	lifecycle_load(&s, &back);
	assert_int_equal(back.status, OK);
	lifecycle_publish(&s, forth, 2, cell, "");
	lifecycle_load(&s, &again);
	assert_int_equal(again.status, OK);
	rollback_publish(&s, cell);
	lifecycle_expect(&s, "current-went-down");
}

/* It saw index 2, and then index 4. */
static void r20_who_missed_a_rollback_can_follow(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	rollback_publish(&s, cell);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(s.marks.index.version, 4);
}

static void r20_what_was_left_ends_within_the_cap(void **state)
{
	static const struct {
		struct entry left;
		const char *code;
	} rows[] = {
		/* 86400 seconds from the document's day. */
		{ { 2, "previous", LINE_NOW - 60 + 86401 }, "accept-until-over-cap" },
		{ { 3, "previous", ROLLBACK_UNTIL }, "rollback-not-from-current" },
	};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		const struct entry entries[] = { { 1, "current", 0 }, rows[i].left };
		struct way way = rollback_usual;
		char cell[128];

		rollback_begin(&s, "1", "1");
		if (rows[i].left.version == 3) {
			/* Approved, never in force. */
			line_make_version(&s.line, 3, NULL, 0);
			s.manifest[3] = s.line.manifest;
		}
		rollback_put(&s, &way, cell);
		lifecycle_publish(&s, entries, 2, cell, "");
		lifecycle_expect(&s, rows[i].code);
	}
}

/* A manifest that the rollback's holder and the signer make up to leave it. */
static void r20_what_is_left_was_in_force(void **state)
{
	static const struct {
		unsigned version;
		const char *epoch, *left, *code; /* epochs of what is in force, and made up */
	} rows[] = {
		{ 2, "1", "1", "rollback-not-from-current" },
		/* One that this verifier may have missed: the floor holds all the same. */
		{ 3, "5", "1", "rollback-below-epoch" },
		{ 3, "1", "5", "rollback-below-epoch" },
	};
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		char epoch[32];
		(void)snprintf(epoch, sizeof(epoch), "\"securityEpoch\":%s", rows[i].left);
		const struct line_edit edits[] = {
			{ "manifest", ROLLBACK_EVIDENCE, "\"rollbackTo\":[1]," ROLLBACK_EVIDENCE },
			{ "manifest", "\"securityEpoch\":1", epoch },
		};
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(bytes) index = { 0 };
		struct way way = rollback_usual;
		char cell[128];

		rollback_begin(&s, "", rows[i].epoch);
		assert_int_equal(bytes_copy(span_of(line_file(&s.line, "index/2.json")), &index),
				 OK);
		s.line.manifest = s.manifest[rows[i].version - 1];
		line_make_version(&s.line, rows[i].version, edits, 2);
		s.manifest[rows[i].version] = s.line.manifest;
		line_put(&s.line, "index/2.json", span_of(&index));
		way.from = rows[i].version;
		rollback_put(&s, &way, cell);
		lifecycle_publish(&s, alone, 1, cell, "");
		lifecycle_expect(&s, rows[i].code);
	}
}

/* What is left was revoked since: that is no reason to refuse the whole release. */
static void r20_a_revocation_takes_no_way_back_away(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) back = { 0 };
	AUTO_DONE(outcome) later = { 0 };
	struct release release;
	char cell[128], hex[HEX_MAX];
	(void)state;

	rollback_begin(&s, "1", "1");
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	lifecycle_load(&s, &back);
	assert_int_equal(back.status, OK);
	line_digest_hex(&s.manifest[2], hex);
	rollback_revoke(&s, hex);
	lifecycle_load(&s, &later);
	assert_int_equal(later.status, OK);
	assert_false(lifecycle_has(&s, &later, 2, &release));
	assert_true(lifecycle_has(&s, &later, 1, &release));
	assert_int_equal(release.rolled_back_from, 2);
}

/* Version 3 goes on from the one that is named. */
static void make_third(struct lifecycle *s, unsigned previous)
{
	char named[64];

	(void)snprintf(named, sizeof(named), "\"previous\":{\"version\":%u", previous);

	const struct line_edit edit = { "manifest", "\"previous\":{\"version\":2", named };
	s->line.manifest = s->manifest[previous];
	line_make_version(&s->line, 3, &edit, 1);
	s->manifest[3] = s->line.manifest;
}

static uint64_t led_back_from(struct lifecycle *s, unsigned version)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_true(lifecycle_has(s, &out, version, &release));
	return release.rolled_back_from;
}

/* Signed for an index that did not do it, and listed later: nodes that had version 2 would
 * go back to one that is accepted a while longer. */
static void r20_a_rollback_that_was_never_done_leads_no_node_back(void **state)
{
	static const struct entry second[] = { { 2, "current", 0 },
					       { 1, "previous", ROLLBACK_UNTIL } };
	static const struct entry third[] = { { 3, "current", 0 },
					      { 2, "previous", ROLLBACK_UNTIL },
					      { 1, "previous", ROLLBACK_UNTIL } };
	static const struct entry tried[] = { { 3, "canary", 0 },
					      { 2, "current", 0 },
					      { 1, "previous", ROLLBACK_UNTIL } };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	rollback_put(&s, &rollback_usual, cell);
	lifecycle_publish(&s, second, 2, "", "");
	assert_int_equal(led_back_from(&s, 1), 0);
	lifecycle_publish(&s, second, 2, cell, "");
	assert_int_equal(led_back_from(&s, 1), 0);
	make_third(&s, 2);
	lifecycle_publish(&s, tried, 3, cell, "");
	assert_int_equal(led_back_from(&s, 1), 0);
	lifecycle_publish(&s, third, 3, cell, "");
	assert_int_equal(led_back_from(&s, 1), 0);
}

/* One that was done leads back whoever comes later, too. */
static void r20_a_rollback_that_was_done_leads_back_after_the_next_release(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 },
						{ 1, "previous", ROLLBACK_UNTIL } };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	make_third(&s, 1);
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	assert_int_equal(led_back_from(&s, 1), 2);
	lifecycle_publish(&s, entries, 2, cell, "");
	assert_int_equal(led_back_from(&s, 1), 2);
}

static void r20_an_update_does_not_lower_the_epoch(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry entries[] = { { 3, "current", 0 },
						{ 2, "previous", ROLLBACK_UNTIL } };
	static const struct line_edit lower = { "manifest", "\"securityEpoch\":1",
						"\"securityEpoch\":0" };
	(void)state;

	rollback_begin(&s, "1", "1");
	line_make_version(&s.line, 3, &lower, 1);
	s.manifest[3] = s.line.manifest;
	lifecycle_publish(&s, entries, 2, "", "");
	lifecycle_expect(&s, "epoch-went-down");
}

static void r27_what_was_replaced_does_not_come_back(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct entry left_out[] = { { 2, "current", 0 } };
	static const struct entry back[] = { { 2, "current", 0 },
					     { 1, "previous", ROLLBACK_UNTIL } };
	(void)state;

	rollback_begin(&s, "1", "1");
	lifecycle_publish(&s, left_out, 1, "", "");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	lifecycle_publish(&s, back, 2, "", "");
	lifecycle_expect(&s, "previous-came-back");
}

/* With version 2 out of the index, version 1's end counts from version 3's beginning. */
static void r27_an_end_is_not_put_off_by_leaving_one_out(void **state)
{
	const int64_t end = LINE_NOW + 3600;
	const struct entry three[] = { { 3, "current", 0 },
				       { 2, "previous", end },
				       { 1, "previous", end } };
	const struct entry later[] = { { 3, "current", 0 }, { 1, "previous", end + 1 } };
	const struct entry same[] = { { 3, "current", 0 }, { 1, "previous", end } };
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	lifecycle_init(&s);
	lifecycle_go_on(&s, NULL, 0);
	line_make_version(&s.line, 3, NULL, 0);
	s.manifest[3] = s.line.manifest;
	s.index = 3;
	lifecycle_publish(&s, three, 3, "", "");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	lifecycle_publish(&s, later, 2, "", "");
	lifecycle_expect(&s, "accept-until-over-cap");
	s.index--;
	lifecycle_publish(&s, same, 2, "", "");
	outcome_done(&out);
	out = (struct outcome){ 0 };
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_an_end_is_not_put_off_by_leaving_one_out),
	cmocka_unit_test(r20_a_declared_way_back_is_taken),
	cmocka_unit_test(r20_without_its_document_nothing_goes_down),
	cmocka_unit_test(r20_what_a_rollback_must_not_do),
	cmocka_unit_test(r20_nothing_goes_back_to_what_is_revoked),
	cmocka_unit_test(r20_a_rollback_counts_once),
	cmocka_unit_test(r20_who_missed_a_rollback_can_follow),
	cmocka_unit_test(r20_what_was_left_ends_within_the_cap),
	cmocka_unit_test(r20_what_is_left_was_in_force),
	cmocka_unit_test(r20_a_revocation_takes_no_way_back_away),
	cmocka_unit_test(r20_a_rollback_that_was_never_done_leads_no_node_back),
	cmocka_unit_test(r20_a_rollback_that_was_done_leads_back_after_the_next_release),
	cmocka_unit_test(r20_an_update_does_not_lower_the_epoch),
	cmocka_unit_test(r27_what_was_replaced_does_not_come_back),
};

ATTACKS_MAIN(tests)
