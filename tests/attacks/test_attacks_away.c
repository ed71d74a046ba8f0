/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: the way back of who was away, step by step. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "policies/envelope/dsse.h"
#include "rollback_scene.h"

/* Version 3 declares the way back to 1; nobody saw it in force. */
static void make_up(struct lifecycle *s, bool is_approved)
{
	static const struct line_edit edit = { "manifest", ROLLBACK_EVIDENCE,
					       "\"rollbackTo\":[1]," ROLLBACK_EVIDENCE };
	char hex[HEX_MAX], path[160];

	s->line.manifest = s->manifest[2];
	line_make_version(&s->line, 3, &edit, 1);
	s->manifest[3] = s->line.manifest;
	line_digest_hex(&s->manifest[3], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	if (!is_approved)
		line_remove(&s->line, path);
}

/* A signature on it is not enough: who signs releases would choose what is left. */
static void r20_what_was_never_in_force_is_a_manifest_like_any_other(void **state)
{
	static const char *const codes[] = { "approvals-missing", "rollback-from-revoked", NULL };
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct way way = rollback_usual;
		char cell[128], hex[HEX_MAX];

		rollback_begin(&s, "", "1");
		make_up(&s, i > 0);
		line_digest_hex(&s.manifest[3], hex);
		if (i == 1)
			rollback_revoke(&s, hex);
		way.from = 3;
		rollback_put(&s, &way, cell);
		lifecycle_publish(&s, alone, 1, cell, "");
		if (codes[i] != NULL) {
			lifecycle_expect(&s, codes[i]);
			continue;
		}
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
	}
}

/* Signed once more, by another key. */
static void cosign(struct lifecycle *s, const char *cell, const char *key)
{
	char hex[HEX_MAX], path[160];
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };

	assert_int_equal(sscanf(cell, ",\"rollbacks\":[\"%64[0-9a-f]", hex), 1);
	(void)snprintf(path, sizeof(path), "rollbacks/%s/1.json", hex);
	assert_int_equal(dsse_parse(span_of(line_file(&s->line, path)), 65536, &dsse, &why), OK);
	assert_int_equal(bytes_append_byte(&dsse.payload, 0), OK);
	(void)snprintf(path, sizeof(path), "rollbacks/%s/2.json", hex);
	line_put_signed(&s->line, path, key, (const char *)dsse.payload.data);
}

/* Version 3 was current while it was away, was left for 1, and then revoked. */
static void r20_who_was_away_goes_back_by_what_it_had_or_who_revokes(void **state)
{
	static const struct {
		const char *declared, *cosigner; /* by version 2, which it has in force */
		bool is_followed;
	} rows[] = {
		{ "1", NULL, true },	     { "", NULL, false },      { "", "sec-approve", true },
		{ "", "sec-review", false }, { "", "publish", false },
	};
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		struct way way = rollback_usual;
		char cell[128], hex[HEX_MAX];

		rollback_begin(&s, rows[i].declared, "1");
		make_up(&s, true);
		line_digest_hex(&s.manifest[3], hex);
		rollback_revoke(&s, hex);
		way.from = 3;
		rollback_put(&s, &way, cell);
		if (rows[i].cosigner != NULL)
			cosign(&s, cell, rows[i].cosigner);
		lifecycle_publish(&s, alone, 1, cell, "");
		if (!rows[i].is_followed) {
			lifecycle_expect(&s, "rollback-from-revoked");
			continue;
		}
		lifecycle_load(&s, &out);
		if (out.status != OK)
			fail_msg("row %zu: %s", i, out.refusal.code);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_int_equal(release.state, RELEASE_CURRENT);
	}
}

/* Version 3 is in force, and declares the ways back that are listed. */
static void begin_at_three(struct lifecycle *s, const char *rollback_to)
{
	char declared[64];
	const struct line_edit edit = { "manifest", ROLLBACK_EVIDENCE, declared };

	(void)snprintf(declared, sizeof(declared), "\"rollbackTo\":[%s]," ROLLBACK_EVIDENCE,
		       rollback_to);
	rollback_begin(s, "1", "1");
	lifecycle_go_on(s, &edit, 1);
}

static const struct way first_step = { 3, 2, "q35", "plat-approve", 4, LINE_NOW - 120 };
static const struct way second_step = { 2, 1, "q35", "plat-approve", 4, LINE_NOW - 60 };

/* From 3 to 2, which was revoked, and on to 1: none of it was seen here. */
static void r20_a_step_between_may_be_revoked_where_the_start_declares_the_end(void **state)
{
	static const char *const declared[] = { "2,1", "2" };
	static const struct entry arrived[] = { { 1, "current", 0 } };
	static const struct entry stopped[] = { { 2, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		char cell[256], hex[HEX_MAX];

		begin_at_three(&s, declared[i % 2]);
		line_digest_hex(&s.manifest[2], hex);
		rollback_revoke(&s, hex);
		if (i == 2)
			rollback_put(&s, &first_step, cell);
		else
			rollback_put_two(&s, &first_step, &second_step, cell);
		lifecycle_publish(&s, i == 2 ? stopped : arrived, 1, cell, "");
		if (i > 0) {
			lifecycle_expect(&s,
					 i == 1 ? "rollback-from-revoked" : "rollback-to-revoked");
			continue;
		}
		lifecycle_load(&s, &out);
		if (out.status != OK)
			fail_msg("%s", out.refusal.code);
	}
}

/* Version 3 declares version 2 by its number alone: what the signer makes up for that
 * number, with a way back of its own, was in force nowhere. */
static void r20_a_step_between_is_a_manifest_like_any_other(void **state)
{
	static const struct entry arrived[] = { { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[256], hex[HEX_MAX], path[160];
	(void)state;

	begin_at_three(&s, "2");
	line_digest_hex(&s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	line_remove(&s.line, path);
	rollback_put_two(&s, &first_step, &second_step, cell);
	lifecycle_publish(&s, arrived, 1, cell, "");
	lifecycle_expect(&s, "approvals-missing");
}

/* For who never had to go by it, it would lift the ratchet of every node. */
static void r20_what_was_made_up_leads_no_node_back(void **state)
{
	static const struct entry entries[] = { { 2, "current", 0 },
						{ 1, "previous", ROLLBACK_UNTIL } };
	(void)state;

	for (int is_approved = 0; is_approved < 2; is_approved++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		struct way way = rollback_usual;
		char cell[128];

		rollback_begin(&s, "", "1");
		make_up(&s, is_approved != 0);
		way.from = 3;
		rollback_put(&s, &way, cell);
		s.marks = (struct release_marks){ 0 };
		lifecycle_publish(&s, entries, 2, cell, "");
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_int_equal(release.rolled_back_from, is_approved ? 3 : 0);
	}
}

/* The document says version 3 of what is version 2. */
static void r20_a_rollback_is_between_the_versions_that_it_says(void **state)
{
	static const struct entry alone[] = { { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	struct way way = rollback_usual;
	char cell[128];
	(void)state;

	rollback_begin(&s, "1", "1");
	s.manifest[3] = s.manifest[2];
	way.from = 3;
	rollback_put(&s, &way, cell);
	lifecycle_publish(&s, alone, 1, cell, "");
	lifecycle_expect(&s, "version-mismatch");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r20_what_was_never_in_force_is_a_manifest_like_any_other),
	cmocka_unit_test(r20_who_was_away_goes_back_by_what_it_had_or_who_revokes),
	cmocka_unit_test(r20_a_step_between_may_be_revoked_where_the_start_declares_the_end),
	cmocka_unit_test(r20_a_step_between_is_a_manifest_like_any_other),
	cmocka_unit_test(r20_what_was_made_up_leads_no_node_back),
	cmocka_unit_test(r20_a_rollback_is_between_the_versions_that_it_says),
};

ATTACKS_MAIN(tests)
