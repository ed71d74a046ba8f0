/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what both teams approve is shown against a manifest that stands by itself. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "emergency_scene.h"
#include "low_risk.h"
#include "rollback_scene.h"
#include "signed_text.h"

#define UNTIL (LINE_NOW + 3600)
#define SHELL                                                                                      \
	{                                                                                          \
		"manifest", "root=UUID={uuid} ro", "root=UUID={uuid} ro init=/bin/sh"              \
	}
#define EPOCH                                                                                      \
	{                                                                                          \
		"manifest", "\"securityEpoch\":1", "\"securityEpoch\":2"                           \
	}

/* How version 2, which was never in force, comes to lie there. */
enum invention {
	HONEST, /* signed and approved by both teams */
	FORGED, /* nobody's signature */
	BY_ANOTHER, /* a key without the role */
	UNAPPROVED,
	BY_PLATFORM, /* one team says that it touches trust */
};

static void remove_approval(struct lifecycle *s, unsigned version, int number)
{
	char hex[HEX_MAX], path[160];

	line_digest_hex(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/%d.json", hex, number);
	line_remove(&s->line, path);
}

static void forge(struct lifecycle *s, unsigned version)
{
	struct signed_text found = { 0 };
	char hex[HEX_MAX], path[160];

	line_digest_hex(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "manifests/%s.json", hex);
	signed_text_of(&s->line, path, &found);
	found.signature[found.signature_len / 2] ^= 1;
	put_signature(&s->line, path, &found);
}

static void make_version(struct lifecycle *s, unsigned version, const struct line_edit *edits,
			 size_t count)
{
	line_make_version(&s->line, version, edits, count);
	s->manifest[version] = s->line.manifest;
}

/* Version 2 starts a shell; version 3 is the same but for its epoch, which both teams saw. */
static void make_both(struct lifecycle *s, enum invention invention)
{
	static const struct line_edit third[] = { SHELL, EPOCH };
	const struct line_edit second[] = { SHELL, { "manifest", NULL, "build" } };

	lifecycle_init(s);
	make_version(s, 2, second, invention == BY_ANOTHER ? 2 : 1);
	if (invention == FORGED)
		forge(s, 2);
	if (invention == UNAPPROVED || invention == BY_PLATFORM)
		remove_approval(s, 2, 2);
	if (invention == UNAPPROVED)
		remove_approval(s, 2, 1);
	make_version(s, 3, third, 2);
}

static void expect_first(struct lifecycle *s, const char *code)
{
	const struct release_marks marks = s->marks;

	s->marks = (struct release_marks){ 0 };
	lifecycle_expect(s, code);
	s->marks = marks;
}

static const struct {
	enum invention invention;
	const char *code;
} inventions[] = {
	{ FORGED, "bad-signature" },
	{ BY_ANOTHER, "role-not-allowed" },
	{ UNAPPROVED, "baseline-not-approved" },
	{ BY_PLATFORM, "baseline-not-approved" },
};

/* By who follows the line, and by who sees it for the first time. */
static void r26_both_teams_are_shown_all_that_differs(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 }, { 1, "previous", UNTIL } };
	(void)state;

	for (size_t i = 0; i < sizeof(inventions) / sizeof(inventions[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };

		make_both(&s, inventions[i].invention);
		lifecycle_publish(&s, entries, 2, "", "");
		lifecycle_expect(&s, inventions[i].code);
		expect_first(&s, inventions[i].code);
	}
}

/* Nor does what is accepted a while longer, or tried out, hide anything. */
static void r26_no_state_makes_a_baseline_up(void **state)
{
	static const struct entry canary[] = { { 3, "canary", 0 }, { 1, "current", 0 } };
	static const struct entry previous[] = { { 4, "current", 0 }, { 3, "previous", UNTIL } };
	static const struct line_edit fourth[] = { SHELL, EPOCH };
	(void)state;

	for (size_t i = 0; i < sizeof(inventions) / sizeof(inventions[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(lifecycle) later = { 0 };

		make_both(&s, inventions[i].invention);
		lifecycle_publish(&s, canary, 2, "", "");
		lifecycle_expect(&s, inventions[i].code);
		make_both(&later, inventions[i].invention);
		make_version(&later, 4, fourth, 2);
		lifecycle_publish(&later, previous, 2, "", "");
		lifecycle_expect(&later, inventions[i].code);
	}
}

/* Who declares an emergency is shown the difference too. */
static void r26_an_emergency_is_shown_all_that_differs(void **state)
{
	char hex[HEX_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof(inventions) / sizeof(inventions[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };

		make_both(&s, inventions[i].invention);
		remove_approval(&s, 3, 2);
		remove_approval(&s, 3, 1);
		emergency_put(&s, 3, &emergency_usual, hex);
		emergency_publish(&s, 3, hex);
		lifecycle_expect(&s, inventions[i].code);
		expect_first(&s, inventions[i].code);
	}
}

static void expect_loads(struct lifecycle *s, unsigned version, bool is_there)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_int_equal(lifecycle_has(s, &out, version, &release), is_there);
}

/* One that was left out stands by itself: who was away comes back, and sees the same again. */
static void r26_a_baseline_that_both_teams_saw_need_not_have_been_in_force(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 }, { 1, "previous", UNTIL } };
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(lifecycle) let_in = { 0 };
	char hex[HEX_MAX];
	(void)state;

	make_both(&s, HONEST);
	lifecycle_publish(&s, entries, 2, "", "");
	expect_loads(&s, 3, true);
	expect_loads(&s, 3, true);
	s.marks = (struct release_marks){ 0 };
	expect_loads(&s, 3, true);
	make_both(&let_in, HONEST);
	remove_approval(&let_in, 3, 2);
	remove_approval(&let_in, 3, 1);
	emergency_put(&let_in, 3, &emergency_usual, hex);
	emergency_publish(&let_in, 3, hex);
	expect_loads(&let_in, 3, true);
}

/* Version 1 of a line with another root. */
static void begin_with(struct lifecycle *s, const struct line_edit *edits, size_t count)
{
	AUTO_DONE(outcome) out = { 0 };

	*s = (struct lifecycle){ .index = 1 };
	line_make(&s->line, edits, count);
	s->manifest[1] = s->line.manifest;
	lifecycle_find_matrix(s);
	lifecycle_load(s, &out);
	assert_int_equal(out.status, OK);
}

static void revoke_key(struct lifecycle *s, const char *name)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(line_key(name), &der);
	struct digest digest;
	char hex[HEX_MAX];

	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ der, (size_t)len }, &digest), OK);
	OPENSSL_free(der);
	line_digest_hex(&digest, hex);
	lifecycle_revoke(s, "sec-approve", &(struct revoked){ .version = 2, .key = hex });
}

/* The thief's word on version 2 again, by who still counts. */
static void replace_word(struct lifecycle *s, bool is_signer)
{
	struct signed_text found = { 0 };
	char hex[HEX_MAX], path[160];

	line_digest_hex(&s->manifest[2], hex);
	(void)snprintf(path, sizeof(path), is_signer ? "manifests/%s.json" : "approvals/%s/1.json",
		       hex);
	signed_text_of(&s->line, path, &found);
	if (!is_signer)
		(void)snprintf(path, sizeof(path), "approvals/%s/3.json", hex);
	line_put_signed(&s->line, path, is_signer ? "sign" : "plat-approve", found.text);
}

/* A thief signed or approved what the next one is shown against: that lapses, until
 * somebody else does, and the rest goes on. */
static void r26_a_baseline_by_a_revoked_key_carries_nothing(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 }, { 1, "previous", UNTIL } };
	static const struct line_edit signers = {
		"root", "\"release-sign\":{\"keys\":[\"sign\"]",
		"\"release-sign\":{\"keys\":[\"sign\",\"publish-2\"]"
	};
	const struct line_edit third[] = { signers, SHELL, EPOCH };
	char hex[HEX_MAX];
	(void)state;

	for (int way = 0; way < 4; way++) {
		bool is_let_in = (way & 1) != 0, is_signer = (way & 2) != 0;
		const char *thief = is_signer ? "publish-2" : "plat-approve-2";
		const struct line_edit second[] = {
			signers, SHELL, { is_signer ? "manifest" : "approval#1", NULL, thief }
		};
		AUTO_DONE(lifecycle) s = { 0 };

		begin_with(&s, &signers, 1);
		make_version(&s, 2, second, 3);
		make_version(&s, 3, third, 3);
		if (is_let_in) {
			remove_approval(&s, 3, 2);
			remove_approval(&s, 3, 1);
			emergency_put(&s, 3, &emergency_usual, hex);
			emergency_publish(&s, 3, hex);
		} else {
			lifecycle_publish(&s, entries, 2, "", "");
		}
		expect_loads(&s, 3, true);
		revoke_key(&s, thief);
		expect_loads(&s, 3, false);
		expect_loads(&s, 1, true);
		replace_word(&s, is_signer);
		expect_loads(&s, 3, true);
	}
}

/* Version 3 took over from 1, to which 2 had gone back; from 3 the way leads to 2. What it
 * was shown against is below where the line has arrived, and was right. */
static void r26_what_was_shown_after_a_rollback_stands(void **state)
{
	static const struct line_edit third[] = {
		{ "manifest", "\"previous\":{\"version\":2", "\"previous\":{\"version\":1" },
		{ "manifest", ROLLBACK_EVIDENCE, "\"rollbackTo\":[2]," ROLLBACK_EVIDENCE },
	};
	static const struct entry up[] = { { 3, "current", 0 }, { 1, "previous", UNTIL } };
	static const struct entry back[] = { { 2, "current", 0 }, { 3, "previous", UNTIL } };
	const struct way again = { 3, 2, "q35", "plat-approve", 5, LINE_NOW - 60 };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[256];
	(void)state;

	rollback_begin(&s, "1", "1");
	/* It lies there already: a line makes an index for each version. */
	s.line.manifest = s.manifest[1];
	make_version(&s, 3, third, 2);
	rollback_put(&s, &rollback_usual, cell);
	rollback_publish(&s, cell);
	expect_loads(&s, 1, true);
	lifecycle_publish(&s, up, 2, cell, "");
	expect_loads(&s, 3, true);
	rollback_put_two(&s, &rollback_usual, &again, cell);
	lifecycle_publish(&s, back, 2, cell, "");
	expect_loads(&s, 3, true);
}

static const struct line_edit low_risk[] = { COMMON };

/* Platform alone approves the version: a low risk against what stands before it. */
static void make_quiet(struct lifecycle *s, unsigned version, const struct line_edit *edits,
		       size_t count)
{
	make_version(s, version, edits, count);
	remove_approval(s, version, 2);
}

/* A low risk is no baseline for what rests on nobody: one step further back is made up,
 * platform says that version 3 is nothing against it, and both teams see version 4's epoch. */
static void r26_a_low_risk_hides_nothing_from_both_teams(void **state)
{
	static const struct entry entries[] = { { 4, "current", 0 }, { 1, "previous", UNTIL } };
	static const struct line_edit second[] = { COMMON, SHELL };
	static const struct line_edit third[] = {
		COMMON, SHELL, PLATFORM_SAYS, { "base.files", ONES, OTHERS }
	};
	static const struct line_edit fourth[] = {
		COMMON, SHELL, EPOCH, { "base.files", ONES, OTHERS }
	};
	(void)state;

	for (int is_forged = 0; is_forged < 2; is_forged++) {
		AUTO_DONE(lifecycle) s = { 0 };

		begin_with(&s, low_risk, COMMON_COUNT);
		make_version(&s, 2, second, COMMON_COUNT + 1);
		if (is_forged)
			forge(&s, 2);
		make_quiet(&s, 3, third, COMMON_COUNT + 3);
		make_version(&s, 4, fourth, COMMON_COUNT + 3);
		lifecycle_publish(&s, entries, 2, "", "");
		if (is_forged)
			lifecycle_expect(&s, "bad-signature");
		else
			expect_loads(&s, 4, true);
	}
}

/* Nor does it lead both teams around what was current: 3 is nothing against 1, and 4 is
 * shown against 3. */
static void r26_both_teams_see_what_was_current(void **state)
{
	static const struct entry two[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	static const struct entry four[] = { { 4, "current", 0 }, { 2, "previous", UNTIL } };
	static const struct line_edit second[] = { COMMON, SHELL };
	static const struct line_edit third[] = {
		COMMON,
		PLATFORM_SAYS,
		{ "manifest", "\"previous\":{\"version\":2", "\"previous\":{\"version\":1" },
		{ "base.files", ONES, OTHERS },
	};
	static const struct line_edit fourth[] = { COMMON, EPOCH, { "base.files", ONES, OTHERS } };
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin_with(&s, low_risk, COMMON_COUNT);
	make_version(&s, 2, second, COMMON_COUNT + 1);
	lifecycle_publish(&s, two, 2, "", "");
	expect_loads(&s, 2, true);
	s.line.manifest = s.manifest[1];
	make_quiet(&s, 3, third, COMMON_COUNT + 3);
	make_version(&s, 4, fourth, COMMON_COUNT + 2);
	lifecycle_publish(&s, four, 2, "", "");
	lifecycle_expect(&s, "previous-mismatch");
}

/* Version 3 was never in force; platform alone says that it is nothing against 1, and it
 * declares the way from what is current. */
static void r26_no_low_risk_leads_back_behind_what_was_current(void **state)
{
	static const struct entry two[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	static const struct entry one[] = { { 1, "current", 0 } };
	static const struct line_edit second[] = { COMMON, SHELL };
	static const struct line_edit third[] = {
		COMMON,
		PLATFORM_SAYS,
		{ "manifest", "\"previous\":{\"version\":2", "\"previous\":{\"version\":1" },
		{ "manifest", ROLLBACK_EVIDENCE, "\"rollbackTo\":[1]," ROLLBACK_EVIDENCE },
	};
	const struct way way = { 3, 1, "q35", "plat-approve", 3, LINE_NOW - 60 };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[128];
	(void)state;

	begin_with(&s, low_risk, COMMON_COUNT);
	make_version(&s, 2, second, COMMON_COUNT + 1);
	s.line.manifest = s.manifest[1];
	make_quiet(&s, 3, third, COMMON_COUNT + 3);
	lifecycle_publish(&s, two, 2, "", "");
	expect_loads(&s, 2, true);
	rollback_put(&s, &way, cell);
	lifecycle_publish(&s, one, 1, cell, "");
	lifecycle_expect(&s, "previous-mismatch");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r26_both_teams_are_shown_all_that_differs),
	cmocka_unit_test(r26_no_state_makes_a_baseline_up),
	cmocka_unit_test(r26_an_emergency_is_shown_all_that_differs),
	cmocka_unit_test(r26_a_baseline_that_both_teams_saw_need_not_have_been_in_force),
	cmocka_unit_test(r26_a_baseline_by_a_revoked_key_carries_nothing),
	cmocka_unit_test(r26_what_was_shown_after_a_rollback_stands),
	cmocka_unit_test(r26_a_low_risk_hides_nothing_from_both_teams),
	cmocka_unit_test(r26_both_teams_see_what_was_current),
	cmocka_unit_test(r26_no_low_risk_leads_back_behind_what_was_current),
};

ATTACKS_MAIN(tests)
