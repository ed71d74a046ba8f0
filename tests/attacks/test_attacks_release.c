/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: one document after another, and what was seen before. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "signed_text.h"

static void r14_what_was_seen_is_not_unseen(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release_marks marks;
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);

	marks = first.marks;
	marks.timestamp.version = 2;
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");
	assert_string_equal(out.refusal.document, "timestamp.json");

	marks = first.marks;
	marks.index.version = 2;
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");

	marks = first.marks;
	marks.root.version = 2;
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");

	marks = first.marks;
	marks.revocations.version = 2;
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "history-missing");

	struct release_mark *same[] = { &marks.timestamp, &marks.index, &marks.revocations,
					&marks.root };
	for (size_t i = 0; i < 4; i++) {
		marks = first.marks;
		same[i]->digest.value[0] ^= 1;
		outcome_load_at(&line, &marks, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "same-version-other-bytes");
	}
	outcome_load_at(&line, &first.marks, LINE_NOW - 301, &out);
	assert_string_equal(out.refusal.code, "clock-went-back");
	outcome_load_at(&line, &first.marks, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
}

static void r15_an_expired_timestamp_gives_no_new_right(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	static const struct refusal_row rows[] = {
		{ { "timestamp", "\"expires\":1767229200", "\"expires\":1867229200" },
		  "lifetime-over-cap" },
		{ { "timestamp", "\"time\":1767225540", "\"time\":1767226000" }, "not-yet-valid" },
		{ { "revocations", "\"expires\":1767744000", "\"expires\":1768744000" },
		  "lifetime-over-cap" },
		{ { "root", "\"expires\":1798761600", "\"expires\":1767225600" }, "root-expired" },
	};
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load_at(&line, NULL, LINE_NOW + 3601, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_true(reference_facts(&ref).valid_until < LINE_NOW + 3601);
	outcome_all_refused(ROWS(rows));
}

static void r16_a_manifest_that_the_index_does_not_pin_is_refused(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(line) other = { 0 };
	static const struct line_edit edit = { "manifest", "\"securityEpoch\":1",
					       "\"securityEpoch\":2" };
	(void)state;

	line_make(&line, NULL, 0);
	line_make(&other, &edit, 1);
	struct bytes *mine = line_file(&line, "manifests/");
	struct bytes swapped = *mine;
	*mine = *line_file(&other, "manifests/");
	*line_file(&other, "manifests/") = swapped;
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "digest-mismatch");

	line_remove(&line, "manifests/");
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "document-missing");
}

static void r17_every_change_counts_as_trust_impacting(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "approval#2", "\"class\":\"trust-impacting\"", "\"class\":\"low-risk\"" },
		  "approval-class" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct line_edit edit = { "manifest", "\"changeClass\":\"trust-impacting\"",
					       "\"changeClass\":\"low-risk\"" };
	char path[160];
	(void)state;

	outcome_all_refused(ROWS(rows));
	/* By its author a low risk, approved by platform alone. */
	line_make(&line, &edit, 1);
	approval_path(&line, 2, path);
	line_remove(&line, path);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approvals-missing");
}

static void r18_approvals_bind_manifest_and_person(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "approval#1", "\"manifest\":\"", "\"manifest\":\"0" }, "bad-value" },
		{ { "approval#2", NULL, "plat-approve" }, "approvals-missing" },
		{ { "approval#1", NULL, "sec-approve" }, "approvals-missing" },
		{ { "approval#1", "\"reason\":\"first\"", "\"reason\":\"\"" }, "empty" },
		{ { "approval#1", "\"manifest\":\"",
		    "\"comparedWith\":"
		    "\"0000000000000000000000000000000000000000000000000000000000000000\","
		    "\"manifest\":\"" },
		  "approval-compared-with" },
		{ { "root", "\"principal\":\"sid\"", "\"principal\":\"ann\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"pam\"", "\"principal\":\"sid\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"bob\"", "\"principal\":\"sid\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"pam\"", "\"principal\":\"ann\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"sue\"", "\"principal\":\"ann\"" },
		  "principal-in-two-teams" },
		{ { "root", "\"approve-security\":{\"keys\":[\"sec-approve\"]",
		    "\"approve-security\":{\"keys\":[\"plat-approve\"]" },
		  "wrong-team" },
		{ { "root", "\"revoke\":{\"keys\":[\"sec-approve\"]",
		    "\"revoke\":{\"keys\":[\"plat-approve\"]" },
		  "wrong-team" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) other = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct line_edit edit = { "manifest", "\"securityEpoch\":1",
					       "\"securityEpoch\":2" };
	(void)state;

	outcome_all_refused(ROWS(rows));
	/* An approval of another manifest, put where this one's belongs. */
	line_make(&line, NULL, 0);
	line_make(&other, &edit, 1);
	struct bytes *mine = line_file(&line, "approvals/");
	struct bytes swapped = *mine;
	*mine = *line_file(&other, "approvals/");
	*line_file(&other, "approvals/") = swapped;
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "subject-mismatch");
}

static void r20_current_only_rises(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) second = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	/* Version 1's manifest becomes current again in index 3. */
	line_make(&line, NULL, 0);
	line_make_version(&line, 2, NULL, 0);
	outcome_load(&line, &second);
	assert_int_equal(second.status, OK);

	AUTO_DONE(line) back = { 0 };
	static const struct line_edit edits[] = {
		{ "index", "\"version\":1", "\"version\":3" },
		{ "timestamp", "\"version\":1", "\"version\":3" },
		{ "timestamp", "\"index\":{\"version\":1", "\"index\":{\"version\":3" },
	};
	line_make(&back, edits, 3);
	/* The older index stays, the newer one lies under its own number. */
	for (size_t i = 0; i < back.count; i++) {
		if (strcmp(back.file[i].path, "index/1.json") == 0)
			(void)snprintf(back.file[i].path, sizeof(back.file[i].path),
				       "index/3.json");
	}
	struct release_marks marks = second.marks;
	outcome_load_at(&back, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "history-missing");

	struct bytes *old = line_file(&line, "index/2.json");
	assert_true(back.count < LINE_FILES_MAX);
	(void)snprintf(back.file[back.count].path, sizeof(back.file[0].path), "index/2.json");
	assert_int_equal(bytes_copy(span_of(old), &back.file[back.count].content), OK);
	back.count++;
	outcome_load_at(&back, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "current-went-down");
}

static void r21_cells_that_the_matrix_does_not_allow_do_not_count(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "matrix", "\"kernel\":\"6.1.0\"", "\"kernel\":\"6.1.9\"" },
		  "cell-not-in-matrix" },
		{ { "manifest", "\"kernel\":\"6.1.0\"", "\"kernel\":\"6.1.9\"" },
		  "target-mismatch" },
	};
	static const struct line_edit block = { "matrix", "\"allow\"", "\"block\"" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	struct node_class class;
	(void)state;

	outcome_all_refused(ROWS(rows));
	line_make(&line, &block, 1);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 0);
	assert_int_equal(reference_class_named(&ref, span_text("server"), &class), OK);
	assert_int_equal(class.cells.count, 0);
}

static void r22_a_set_file_of_another_size_or_content_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "base.files", "/usr/bin/cat", "/usr/../cat" }, "set-path-malformed" },
		{ { "base.files", "/usr/bin/cat", "/boot/vmlinuz" }, "set-path-in-boot" },
		{ { "base.files", "/usr/bin/cat", "/usr/sbin/attestd" }, "set-path-twice" },
		{ { "base.files", "1111", "3111" }, "set-unsorted" },
		{ { "base.files", "/usr/sbin/attestd", "/usr/sbin/other" },
		  "must-appear-not-in-set" },
		{ { "manifest", "\"size\":1", "\"size\":2" }, "set-size-mismatch" },
		{ { "manifest", "\"name\":\"base.files\",\"sha256\":\"",
		    "\"name\":\"base.files\",\"sha256\":\"0" },
		  "bad-value" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	outcome_all_refused(ROWS(rows));
	line_make(&line, NULL, 0);
	line_file(&line, "sets/")->data[3] = '7';
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "digest-mismatch");
	assert_int_equal(bytes_append_byte(line_file(&line, "sets/"), '\n'), OK);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "set-size-mismatch");
	line_remove(&line, "sets/");
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "document-missing");
}

#define EXCLUDE(prefix) "\"allowBuiltinPolicy\":true,\"exclude\":[{\"prefix\":\"" prefix "\"}]"

static void r23_an_exclude_reaches_nothing_that_matters(void **state)
{
	static const char find[] = "\"allowBuiltinPolicy\":false";
	static const struct refusal_row rows[] = {
		{ { "manifest", find, EXCLUDE("/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/usr/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/usr/lib/x/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/log") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/../usr/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("var/log/") }, "bad-value" },
		{ { "manifest", find,
		    "\"allowBuiltinPolicy\":false,\"exclude\":[{\"prefix\":\"/var/log/\"}]" },
		  "exclude-hides-execution" },
	};
	static const struct line_edit allowed = { "manifest", find, EXCLUDE("/var/log/") };
	static const struct line_edit identity[][2] = {
		{ { "manifest", find, EXCLUDE("/srv/identity/") },
		  { "base.files", "/usr/bin/cat", "/srv/identity/agent" } },
		/* IMA logs '_' for a space. */
		{ { "manifest", find, EXCLUDE("/srv/an_identity/") },
		  { "base.files", "/usr/bin/cat", "/srv/an identity/agent" } },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	outcome_all_refused(ROWS(rows));
	for (size_t i = 0; i < 2; i++) {
		line_make(&line, identity[i], 2);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "exclude-covers-identity");
		line_done(&line);
	}
	line_make(&line, &allowed, 1);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
}

static void r25_no_release_is_no_right(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		line.file[i].path[0] = '\0';
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, STATUS_NOT_FOUND);
	assert_string_equal(out.refusal.code, "no-release");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r14_what_was_seen_is_not_unseen),
	cmocka_unit_test(r15_an_expired_timestamp_gives_no_new_right),
	cmocka_unit_test(r16_a_manifest_that_the_index_does_not_pin_is_refused),
	cmocka_unit_test(r17_every_change_counts_as_trust_impacting),
	cmocka_unit_test(r18_approvals_bind_manifest_and_person),
	cmocka_unit_test(r20_current_only_rises),
	cmocka_unit_test(r21_cells_that_the_matrix_does_not_allow_do_not_count),
	cmocka_unit_test(r22_a_set_file_of_another_size_or_content_is_refused),
	cmocka_unit_test(r23_an_exclude_reaches_nothing_that_matters),
	cmocka_unit_test(r25_no_release_is_no_right),
};

ATTACKS_MAIN(tests)
