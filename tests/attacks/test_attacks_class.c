/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what a change is called, and what it is compared with. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "policies/trust/change_kind.h"
#include "low_risk.h"
#include "signed_text.h"

/* A second version that differs by this edit, approved by platform alone as a low
 * risk; the first one was approved by both teams. */
static void make_low_risk(struct line *line, struct line_edit edit)
{
	const struct line_edit first[] = { COMMON };
	const struct line_edit second[] = { COMMON, PLATFORM_SAYS, edit };
	char path[160];

	line_make(line, first, COMMON_COUNT);
	line_make_version(line, 2, second, COMMON_COUNT + 2);
	approval_path(line, 2, path);
	line_remove(line, path);
}

static void assert_refused(struct line *line, const char *code)
{
	AUTO_DONE(outcome) out = { 0 };

	outcome_load_at(line, NULL, LINE_NOW, &out);
	if (out.status == OK || strcmp(out.refusal.code, code) != 0)
		fail_msg("%s at %s %s, not %s", out.status == OK ? "loaded" : out.refusal.code,
			 out.refusal.document, out.refusal.field, code);
}

static void r17_a_low_risk_is_what_the_root_calls_one(void **state)
{
	static const struct line_edit edits[] = {
		{ "base.files", ONES, OTHERS },
		{ "base.files", ONES "  /usr/bin/cat\n", "" },
		{ "base.files", "  /usr/bin/cat\n", "  /usr/bin/cat\n" ONES "  /usr/bin/dog\n" },
		{ "manifest", "\"notAfter\":1775001600", "\"notAfter\":1775001601" },
		{ "manifest", "\"result\":\"passed\"}]}",
		  "\"result\":\"passed\"}]},\"rollbackTo\":[1]" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		make_low_risk(&line, edits[i]);
		outcome_load(&line, &out);
		if (out.status != OK)
			fail_msg("refused: %s -> %s", edits[i].find, edits[i].replace);
	}
}

/* Whatever its author and platform call it. */
static void r17_what_touches_trust_needs_both_teams(void **state)
{
	static const char zeros[] = "sha256:00000000000000000000000000000000000000000000000000"
				    "00000000000000\"";
	static const char ones[] = "sha256:11111111111111111111111111111111111111111111111111"
				   "11111111111111\"";
	char chain[2][160], event[2][160], initrd[2][160], pcr[2][160], keyring[2][160];
	const char *const digests[] = { zeros, ones };

	for (int i = 0; i < 2; i++) {
		(void)snprintf(chain[i], 160, "\"authenticode\":[\"%s", digests[i]);
		(void)snprintf(event[i], 160, "\"digests\":[\"%s", digests[i]);
		(void)snprintf(initrd[i], 160, "\"initrd\":[\"%s", digests[i]);
		(void)snprintf(pcr[i], 160, "\"11\":[\"%s", digests[i]);
		(void)snprintf(keyring[i], 160, "\".ima\":[\"%s", digests[i]);
	}
	const struct line_edit edits[] = {
		{ "manifest", chain[0], chain[1] },
		{ "manifest", event[0], event[1] },
		{ "manifest", initrd[0], initrd[1] },
		{ "manifest", pcr[0], pcr[1] },
		{ "manifest", keyring[0], keyring[1] },
		{ "manifest", "\"pcrs\":{\"11\"", "\"pcrs\":{\"12\"" },
		{ "manifest", "root=UUID={uuid} ro", "root=UUID={uuid} ro init=/bin/sh" },
		{ "manifest", "\"secureBoot\":true", "\"secureBoot\":false" },
		{ "manifest", "\"lockdown\":\"integrity\"", "\"lockdown\":\"none\"" },
		{ "manifest", "\"db\":[]", "\"db\":[\"sha256:" ONES "\"]" },
		{ "manifest", "\"dbxMinimum\":[]", "\"dbxMinimum\":[\"sha256:" ONES "\"]" },
		{ "manifest", "shim,2", "shim,1" },
		{ "manifest", "\"ignore\":[", "\"ignore\":[{\"pcr\":5,\"type\":\"any\"}," },
		{ "manifest", "\"EV_EFI_VARIABLE_BOOT\"}",
		  "\"EV_EFI_VARIABLE_BOOT\",\"name\":\"x\"}" },
		{ "manifest", "\"ima-sig\"", "\"ima-sig\",\"ima-ng\"" },
		{ "manifest", "/etc/ima/ima-policy", "/etc/ima/other" },
		{ "manifest", "\"violations\":\"refuse\"", "\"violations\":\"tolerate\"" },
		{ "manifest", "\"allowBuiltinPolicy\":false", "\"allowBuiltinPolicy\":true" },
		{ "manifest", "\"allowBuiltinPolicy\":false",
		  "\"allowBuiltinPolicy\":false,\"modulesDisabled\":true" },
		{ "manifest", "\"allowBuiltinPolicy\":false",
		  "\"allowBuiltinPolicy\":false,\"early\":[\"base.files\"]" },
		{ "manifest", "\"class\":\"base\"", "\"class\":\"kernel\"" },
		{ "manifest", "\"class\":\"base\"",
		  "\"class\":\"base\",\"mustAppear\":[\"/usr/bin/cat\"]" },
		{ "manifest", "\"line\":\"prod\"", "\"line\":\"test\"" },
		{ "manifest", "\"securityEpoch\":1", "\"securityEpoch\":0" },
		{ "base.files", "/usr/bin/cat", "/usr/bin/sudo" },
		{ "base.files", "/usr/bin/cat", "/usr/lib/x86_64-linux-gnu/security/pam_unix.so" },
		{ "base.files", "/usr/bin/cat", "/lib/modules/6.1.0/extra/rootkit.ko" },
		{ "base.files", "/usr/bin/cat", "/lib64/ld-linux-x86-64.so.2" },
		{ "base.files", "/usr/bin/cat", "/usr/lib/systemd/systemd" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		make_low_risk(&line, edits[i]);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (out.status == OK || strcmp(out.refusal.code, "approval-class") != 0)
			fail_msg("%s -> %s: %s %s %s", edits[i].find, edits[i].replace,
				 out.status == OK ? "loaded" : out.refusal.code,
				 out.refusal.document, out.refusal.field);
	}
}

static void r17_no_root_may_call_the_rest_a_low_risk(void **state)
{
	(void)state;

	for (unsigned i = 0; i < CHANGE_KINDS; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		enum change_kind kind = (enum change_kind)i;
		char list[96];

		(void)snprintf(list, sizeof(list), "\"lowRisk\":[\"%s\"]", change_kind_name(kind));
		const struct line_edit edit = { "root", "\"lowRisk\":[]", list };
		line_make(&line, &edit, 1);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (change_kind_may_be_low_risk(kind))
			assert_int_equal(out.status, OK);
		else
			assert_string_equal(out.refusal.code, "kind-never-low-risk");
	}
}

/* A declared class raises the computed one. */
static void r17_an_author_can_only_raise_the_class(void **state)
{
	static const struct line_edit second[] = {
		LOW_RISK, BASE_SET, PLATFORM_SAYS, { "base.files", ONES, OTHERS }
	};
	AUTO_DONE(line) line = { 0 };
	char path[160];
	(void)state;

	line_make(&line, second, 3);
	line_make_version(&line, 2, second, 5);
	approval_path(&line, 2, path);
	line_remove(&line, path);
	assert_refused(&line, "approval-class");
}

/* The one set lists an identity file: as base files, its changes would be low risks. */
static void r17_no_set_hides_what_the_root_classes(void **state)
{
	static const struct line_edit edits[] = {
		BASE_SET,
		{ "root", "\"lowRisk\":[]",
		  "\"lowRisk\":[],\"paths\":[{\"path\":\"/usr/sbin\",\"class\":\"enforcement\"},"
		  "{\"path\":\"/usr/sbin/attestd\",\"class\":\"identity\"}]" },
	};
	static const struct line_edit space[] = {
		BASE_SET,
		{ "base.files", "/usr/bin/cat", "/opt/my agent/x" },
		{ "root", "\"lowRisk\":[]",
		  "\"lowRisk\":[],\"paths\":[{\"path\":\"/opt/"
		  "my_agent\",\"class\":\"identity\"}]" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) early = { 0 };
	AUTO_DONE(line) logged = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, edits, 3);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "set-class-too-low");
	assert_string_equal(out.refusal.field, "line 2");
	/* Early, and of its class: it may. */
	line_make(&early, edits + 2, 1);
	outcome_load_at(&early, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
	/* IMA logs a space as '_': that is what the rule is about. */
	line_make(&logged, space, 4);
	assert_refused(&logged, "set-class-too-low");
}

/* A baseline that its author made up makes any change small. */
static void r26_an_invented_baseline_is_nobody_s(void **state)
{
	static const struct line_edit kernel = { "manifest", "root=UUID={uuid} ro",
						 "root=UUID={uuid} ro init=/bin/sh" };
	const struct line_edit first[] = { COMMON };
	const struct line_edit second[] = { COMMON, PLATFORM_SAYS, kernel };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) honest = { 0 };
	char path[160];
	(void)state;

	line_make(&line, first, COMMON_COUNT);
	outcome_load(&line, &honest);
	assert_int_equal(honest.status, OK);
	/* Version 2 touches trust and is never published; platform alone approved it.
	 * Version 3 goes on from there, and differs from it by nothing. */
	line_make_version(&line, 2, second, COMMON_COUNT + 2);
	approval_path(&line, 2, path);
	line_remove(&line, path);
	line_make_version(&line, 3, second, COMMON_COUNT + 2);
	approval_path(&line, 2, path);
	line_remove(&line, path);
	assert_refused(&line, "approval-class");

	/* Nobody at all approved it. */
	AUTO_DONE(line) silent = { 0 };
	line_make(&silent, first, COMMON_COUNT);
	line_make_version(&silent, 2, second, COMMON_COUNT + 2);
	for (int i = 2; i > 0; i--) {
		approval_path(&silent, i, path);
		line_remove(&silent, path);
	}
	line_make_version(&silent, 3, second, COMMON_COUNT + 2);
	approval_path(&silent, 2, path);
	line_remove(&silent, path);
	assert_refused(&silent, "baseline-not-approved");
}

/* Low risks follow each other, back to what both teams saw. */
static void r26_a_chain_of_low_risks_ends_where_both_teams_saw_it(void **state)
{
	const struct line_edit first[] = { COMMON };
	const struct line_edit next[] = { COMMON, PLATFORM_SAYS, { "base.files", ONES, OTHERS } };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char path[160];
	struct digest second = { 0 };
	(void)state;

	line_make(&line, first, COMMON_COUNT);
	for (unsigned version = 2; version <= 3; version++) {
		line_make_version(&line, version, next, COMMON_COUNT + 2);
		approval_path(&line, 2, path);
		line_remove(&line, path);
		if (version == 2)
			second = line.manifest;
	}
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);

	/* Without the one in the middle nobody can tell. */
	struct digest third = line.manifest;
	line.manifest = second;
	approval_path(&line, 1, path);
	line.manifest = third;
	line_remove(&line, path);
	assert_refused(&line, "baseline-not-approved");
}

/* Platform alone approves the next version, a low risk against what stands there. */
static void make_quiet(struct line *line, unsigned version, const struct line_edit *edit)
{
	const struct line_edit edits[] = { COMMON, PLATFORM_SAYS,
					   edit == NULL ? (struct line_edit){ 0 } : *edit };
	char path[160];

	line_make_version(line, version, edits, COMMON_COUNT + (edit == NULL ? 1 : 2));
	approval_path(line, 2, path);
	line_remove(line, path);
}

/* Both teams approved version 1 once, and since then another kernel's arguments. */
static void r26_low_risks_do_not_lead_around_what_was_current(void **state)
{
	static const struct line_edit older = { "manifest", "\"previous\":{\"version\":2",
						"\"previous\":{\"version\":1" };
	const struct line_edit first[] = { COMMON };
	const struct line_edit second[] = { COMMON,
					    { "manifest", "root=UUID={uuid} ro",
					      "root=UUID={uuid} ro lockdown=integrity" } };
	(void)state;

	for (int lies = 0; lies < 2; lies++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) one = { 0 };
		AUTO_DONE(outcome) two = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, first, COMMON_COUNT);
		struct digest begin = line.manifest;
		outcome_load(&line, &one);
		line_make_version(&line, 2, second, COMMON_COUNT + 1);
		outcome_load_at(&line, &one.marks, LINE_NOW, &two);
		assert_int_equal(two.status, OK);
		line.manifest = begin;
		/* By way of one that nobody saw in force; or the version is a lie. */
		if (!lies)
			make_quiet(&line, 3, &older);
		make_quiet(&line, 4, NULL);
		outcome_load_at(&line, &two.marks, LINE_NOW, &out);
		assert_string_equal(out.refusal.code,
				    lies ? "version-mismatch" : "previous-mismatch");
	}
}

static void spki_of(const char *name, char hex[LINE_HEX_SIZE])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(line_key(name), &der);
	struct digest digest;

	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ der, (size_t)len }, &digest), OK);
	OPENSSL_free(der);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest.value[i]);
}

/* Its class is a low one: then it has to stand without the key that was stolen. */
static void r26_a_revoked_approver_carries_nothing(void **state)
{
	static const struct line_edit keys = {
		"root", "\"approve-security\":{\"keys\":[\"sec-approve\"]",
		"\"approve-security\":{\"keys\":[\"sec-approve\",\"sec-review\"]"
	};
	char hex[LINE_HEX_SIZE], list[128];
	(void)state;

	spki_of("sec-review", hex);
	(void)snprintf(list, sizeof(list), "\"keys\":[\"%s\"]", hex);
	for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
		const struct line_edit first[] = {
			COMMON,
			keys,
			{ "revocations", "\"keys\":[]", is_revoked ? list : "\"keys\":[]" },
		};
		const struct line_edit second[] = {
			COMMON,
			keys,
			{ "approval#2", NULL, "sec-review" },
			{ "base.files", ONES, OTHERS },
			{ "revocations", "\"keys\":[]", is_revoked ? list : "\"keys\":[]" },
		};
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct reference ref;

		line_make(&line, first, COMMON_COUNT + 2);
		line_make_version(&line, 2, second, COMMON_COUNT + 4);
		outcome_load(&line, &out);
		assert_int_equal(out.status, OK);
		assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
		assert_int_equal(reference_facts(&ref).release_count, is_revoked ? 1 : 2);
	}
}

static void r18_an_approval_is_of_what_was_shown(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "approval#1", "\"difference\":\"", "\"difference\":\"0" }, "bad-value" },
		{ { "approval#1", "\"difference\":", "\"differences\":" }, "missing-field" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) lied = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char hex[LINE_HEX_SIZE], other[LINE_HEX_SIZE];
	(void)state;

	outcome_all_refused(ROWS(rows));
	line_make(&line, NULL, 0);
	line_difference(&line, hex);
	memcpy(other, hex, sizeof(other));
	other[0] = hex[0] == '0' ? '1' : '0';
	const struct line_edit edit = { "approval#2", hex, other };
	line_make(&lied, &edit, 1);
	outcome_load_at(&lied, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approval-difference");
	assert_string_equal(out.refusal.field, "difference");
}

/* The line's first approval again, as number 3, about another difference. */
static void put_other_approval(struct line *line, const char *key)
{
	struct signed_text approval = { 0 };
	char path[160];

	approve_as(line, key, &approval);
	char *difference = strstr(approval.text, "\"difference\":\"");
	assert_non_null(difference);
	difference += strlen("\"difference\":\"");
	*difference = *difference == '0' ? '1' : '0';
	approval_path(line, 3, path);
	line_put_signed(line, path, key, approval.text);
}

/* Who may not approve, or may no more, keeps nobody's word from counting. */
static void r18_only_an_approver_s_approval_is_read(void **state)
{
	static const char *const others[] = { "build", "log", "verifier", "sec-root" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		AUTO_DONE(outcome) loaded = { 0 };

		put_other_approval(&line, others[i]);
		outcome_load(&line, &loaded);
		assert_int_equal(loaded.status, OK);
	}
	put_other_approval(&line, "plat-approve-2");
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approval-difference");
}

static void r18_a_revoked_approver_s_lie_is_not_heard(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	struct digest digest;
	uint8_t *spki = NULL;
	char hex[LINE_HEX_SIZE];
	(void)state;

	lifecycle_init(&s);
	put_other_approval(&s.line, "plat-approve-2");
	lifecycle_expect(&s, "approval-difference");
	int len = i2d_PUBKEY(line_key("plat-approve-2"), &spki);
	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	line_digest_hex(&digest, hex);
	lifecycle_revoke(&s, "sec-approve", &(struct revoked){ .version = 2, .key = hex });
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_true(lifecycle_has(&s, &out, 1, &release));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r17_a_low_risk_is_what_the_root_calls_one),
	cmocka_unit_test(r17_what_touches_trust_needs_both_teams),
	cmocka_unit_test(r17_no_root_may_call_the_rest_a_low_risk),
	cmocka_unit_test(r17_an_author_can_only_raise_the_class),
	cmocka_unit_test(r17_no_set_hides_what_the_root_classes),
	cmocka_unit_test(r26_an_invented_baseline_is_nobody_s),
	cmocka_unit_test(r26_a_chain_of_low_risks_ends_where_both_teams_saw_it),
	cmocka_unit_test(r26_low_risks_do_not_lead_around_what_was_current),
	cmocka_unit_test(r26_a_revoked_approver_carries_nothing),
	cmocka_unit_test(r18_an_approval_is_of_what_was_shown),
	cmocka_unit_test(r18_only_an_approver_s_approval_is_read),
	cmocka_unit_test(r18_a_revoked_approver_s_lie_is_not_heard),
};

ATTACKS_MAIN(tests)
