/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what an index says of a blocked cell counts once the cell is allowed again. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "rollback_scene.h"

#define UNTIL (LINE_NOW + 3600)

static void begin(struct lifecycle *s)
{
	rollback_begin(s, "1", "1");
}

/* Both teams decide: the next index is under that matrix. Version is the matrix', of what else
 * is made for it nothing is published. */
static void decide(struct lifecycle *s, unsigned version, const char *state)
{
	char numbered[32], decided[32];

	(void)snprintf(numbered, sizeof(numbered), "\"version\":%u", version);
	(void)snprintf(decided, sizeof(decided), "\"state\":\"%s\"", state);

	const struct line_edit edits[] = {
		{ "matrix", "\"version\":1", numbered },
		{ "matrix", "\"state\":\"allow\"", decided },
	};
	const struct digest manifest = s->line.manifest;
	size_t from = s->line.count;

	line_make_version(&s->line, VERSIONS_MAX, edits, 2);
	s->line.manifest = manifest;
	while (from < s->line.count &&
	       sscanf(s->line.file[from].path, "matrix/%64[0-9a-f]/1.json", s->matrix) != 1)
		from++;
	assert_true(from < s->line.count);
}

/* By both teams; it goes on from the version that it names. */
static void make_version(struct lifecycle *s, unsigned version, unsigned previous)
{
	char usual[64], named[64];

	(void)snprintf(usual, sizeof(usual), "\"previous\":{\"version\":%u", version - 1);
	(void)snprintf(named, sizeof(named), "\"previous\":{\"version\":%u", previous);

	const struct line_edit edits[] = {
		{ "manifest", usual, named },
		{ "manifest", "\"securityEpoch\":1", "\"securityEpoch\":2" },
	};
	s->line.manifest = s->manifest[previous];
	line_make_version(&s->line, version, edits, 2);
	s->manifest[version] = s->line.manifest;
}

static void remove_documents(struct lifecycle *s, unsigned version, const char *folder)
{
	char hex[HEX_MAX], path[160];

	line_digest_hex(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, hex);
	line_remove(&s->line, path);
}

static void expect_in_force(struct lifecycle *s, unsigned version, bool is_in_force)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_int_equal(lifecycle_has(s, &out, version, &release), is_in_force);
}

/* The next load would take it for what the cell had. */
static void r21_nothing_goes_around_what_was_current_behind_a_block(void **state)
{
	static const struct {
		struct entry entries[2];
		size_t count;
		const char *code;
	} rows[] = {
		{ { { 3, "current", 0 } }, 1, "previous-mismatch" },
		{ { { 4, "current", 0 } }, 1, "approvals-missing" },
		{ { { 5, "current", 0 } }, 1, "document-missing" },
		{ { { 2, "current", 0 }, { 1, "previous", LINE_NOW + 172800 } },
		  2,
		  "accept-until-over-cap" },
		{ { { 4, "canary", 0 }, { 2, "current", 0 } }, 2, "approvals-missing" },
	};
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s);
	make_version(&s, 3, 1);
	make_version(&s, 4, 2);
	remove_documents(&s, 4, "approvals");
	(void)memset(&s.manifest[5], 0x66, sizeof(s.manifest[5]));
	s.manifest[5].alg = DIGEST_SHA256;
	decide(&s, 2, "block");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lifecycle_publish(&s, rows[i].entries, rows[i].count, "", "");
		lifecycle_expect(&s, rows[i].code);
	}
}

/* What was tried out has yet to show whether it may take over. */
static void r21_no_canary_takes_over_unread_behind_a_block(void **state)
{
	static const struct entry tried[] = { { 3, "canary", 0 }, { 2, "current", 0 } };
	static const struct entry over[] = { { 3, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s);
	make_version(&s, 3, 2);
	lifecycle_publish(&s, tried, 2, "", "");
	expect_in_force(&s, 3, true);
	remove_documents(&s, 3, "approvals");
	decide(&s, 2, "block");
	lifecycle_publish(&s, over, 1, "", "");
	lifecycle_expect(&s, "approvals-missing");
}

/* Nor by way of one that it went back from. */
static void r21_a_way_back_leads_nowhere_unread_behind_a_block(void **state)
{
	static const struct entry back[] = { { 1, "current", 0 } };
	const struct way way = { 2, 1, "q35", "plat-approve", 3, LINE_NOW - 60 };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[128];
	(void)state;

	begin(&s);
	rollback_put(&s, &way, cell);
	decide(&s, 2, "block");
	remove_documents(&s, 1, "approvals");
	lifecycle_publish(&s, back, 1, cell, "");
	lifecycle_expect(&s, "approvals-missing");
}

static void r21_what_comes_in_behind_a_block_waits_for_the_cell(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 }, { 2, "previous", UNTIL } };
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s);
	make_version(&s, 3, 2);
	decide(&s, 2, "block");
	lifecycle_publish(&s, entries, 2, "", "");
	expect_in_force(&s, 3, false);
	decide(&s, 3, "allow");
	lifecycle_publish(&s, entries, 2, "", "");
	expect_in_force(&s, 3, true);
}

/* A cell that nobody runs any more may be of keys that nobody has any more. */
static void r21_what_lay_behind_a_block_before_is_read_again_when_it_counts(void **state)
{
	static const struct entry both[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s);
	decide(&s, 2, "block");
	remove_documents(&s, 2, "approvals");
	lifecycle_publish(&s, both, 2, "", "");
	expect_in_force(&s, 2, false);
	s.marks = (struct release_marks){ 0 };
	expect_in_force(&s, 2, false);
	lifecycle_publish(&s, both, 1, "", "");
	expect_in_force(&s, 2, false);
	decide(&s, 3, "allow");
	lifecycle_publish(&s, both, 1, "", "");
	lifecycle_expect(&s, "approvals-missing");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r21_nothing_goes_around_what_was_current_behind_a_block),
	cmocka_unit_test(r21_no_canary_takes_over_unread_behind_a_block),
	cmocka_unit_test(r21_a_way_back_leads_nowhere_unread_behind_a_block),
	cmocka_unit_test(r21_what_comes_in_behind_a_block_waits_for_the_cell),
	cmocka_unit_test(r21_what_lay_behind_a_block_before_is_read_again_when_it_counts),
};

ATTACKS_MAIN(tests)
