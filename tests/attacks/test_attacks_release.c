/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: one document after another, and what was seen before. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "signed_text.h"

static void root_text(struct line *line, const char *version, const char *find, const char *replace,
		      char out[16384])
{
	struct signed_text root = { 0 };
	const char *text = root.text;

	signed_text_of(line, "root/1/1.json", &root);
	const char *at = strstr(text, "\"version\":1");
	assert_non_null(at);
	(void)snprintf(out, 16384, "%.*s\"version\":%s%s", (int)(at - text), text, version,
		       at + 11);
	if (find == NULL)
		return;
	char *found = strstr(out, find);
	assert_non_null(found);
	AUTO(char) rest = strdup(found + strlen(find));
	(void)snprintf(found, 16384 - (size_t)(found - out), "%s%s", replace, rest);
}

/* An index edit that names root 2 with this text. */
static void pin_root(const struct line *line, const char *text, char find[160], char replace[160])
{
	struct digest digest;
	char hex[2][65];

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	for (size_t i = 0; i < 32; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", line->root.value[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", digest.value[i]);
	}
	(void)snprintf(find, 160, "\"root\":{\"version\":1,\"sha256\":\"%s\"", hex[0]);
	(void)snprintf(replace, 160, "\"root\":{\"version\":2,\"sha256\":\"%s\"", hex[1]);
}

/* A root 2 with one change, signed by these keys, and one file (or NULL) with a
 * byte too many; what the load says. */
static void load_second_root(const char *const signers[3], const char *find, const char *replace,
			     const char *spoiled, struct outcome *out)
{
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(line) line = { 0 };
	char text[16384];
	char pins[2][160];

	line_make(&first, NULL, 0);
	root_text(&first, "2", find, replace, text);
	pin_root(&first, text, pins[0], pins[1]);
	struct line_edit edit = { "index", pins[0], pins[1] };
	line_make(&line, &edit, 1);
	for (int i = 0; i < 3 && signers[i] != NULL; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "root/2/%d.json", i + 1);
		line_put_signed(&line, path, signers[i], text);
	}
	if (spoiled != NULL)
		assert_int_equal(bytes_append_byte(line_file(&line, spoiled), '\n'), OK);
	outcome_load_at(&line, NULL, LINE_NOW, out);
}

#define ROOT_KEYS "\"root\":{\"keys\":[\"plat-root\",\"sec-root\"]"
#define OTHER_ROOT_KEYS "\"root\":{\"keys\":[\"build\",\"sec-root\"]"

static void r12_a_new_root_needs_the_thresholds_of_both(void **state)
{
	static const char *const both[3] = { "plat-root", "sec-root" };
	static const char *const one[3] = { "plat-root" };
	static const char *const new_only[3] = { "build", "sec-root" };
	static const char *const all[3] = { "plat-root", "sec-root", "build" };
	(void)state;

	const struct {
		const char *const *signers;
		const char *find, *replace, *code;
	} rows[] = {
		{ both, NULL, NULL, NULL },
		{ all, ROOT_KEYS, OTHER_ROOT_KEYS, NULL },
		{ one, NULL, NULL, "threshold-not-met" },
		{ both, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ new_only, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ both, "\"version\":2", "\"version\":3", "root-version" },
		{ both, "\"version\":2", "\"version\":1", "root-version" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };

		load_second_root(rows[i].signers, rows[i].find, rows[i].replace, NULL, &out);
		if (rows[i].code == NULL) {
			assert_int_equal(out.status, OK);
			assert_int_equal(out.marks.root.version, 2);
			continue;
		}
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r12_no_root_may_be_left_out(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release_marks marks = { .root.version = 3 };
	char text[16384];
	(void)state;

	/* Root 3 without 2: it is never reached, and what was seen is missing. */
	line_make(&line, NULL, 0);
	root_text(&line, "3", NULL, NULL, text);
	line_put_signed(&line, "root/3/1.json", "plat-root", text);
	line_put_signed(&line, "root/3/2.json", "sec-root", text);
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");
	assert_string_equal(out.refusal.document, "root");
}

static void r13_a_root_counts_only_with_all_that_follows(void **state)
{
	static const char *const both[3] = { "plat-root", "sec-root" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char text[16384];
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);

	/* A root 2 that its own signers alone put there: refused, and, the marks
	 * being what they were, refused again after a restart. */
	root_text(&line, "2", ROOT_KEYS, OTHER_ROOT_KEYS, text);
	line_put_signed(&line, "root/2/1.json", "build", text);
	line_put_signed(&line, "root/2/2.json", "sec-root", text);
	out.marks = first.marks;
	for (unsigned i = 0; i < 2; i++) {
		outcome_load_at(&line, &out.marks, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "threshold-not-met");
		assert_int_equal(out.marks.root.version, 1);
	}
	line_remove(&line, "root/2/1.json");
	line_remove(&line, "root/2/2.json");
	outcome_load_at(&line, &out.marks, LINE_NOW, &out);
	assert_int_equal(out.status, OK);

	/* One that verifies moves no mark while the last document does not. */
	AUTO_DONE(outcome) half = { 0 };
	AUTO_DONE(outcome) whole = { 0 };

	load_second_root(both, NULL, NULL, "sets/", &half);
	assert_string_equal(half.refusal.code, "set-size-mismatch");
	assert_int_equal(half.marks.root.version, 0);
	load_second_root(both, NULL, NULL, NULL, &whole);
	assert_int_equal(whole.status, OK);
	assert_int_equal(whole.marks.root.version, 2);
}

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

static void r24_proofs_that_nobody_here_checks_are_not_skipped(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"requireProofs\":false", "\"requireProofs\":true" },
		  "not-supported-by-this-version" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
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

static void r26_previous_is_what_was_current_before(void **state)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) agreed = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(bytes) hex = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	line_make(&agreed, NULL, 0);
	assert_int_equal(hex_append(&hex, digest_span(&line.manifest)), OK);
	assert_int_equal(bytes_append_byte(&hex, 0), OK);

	const struct line_edit edits[] = {
		{ "manifest", (const char *)hex.data, zeros },
		{ "approval#1", (const char *)hex.data, zeros },
		{ "approval#2", (const char *)hex.data, zeros },
	};
	line_make_version(&line, 2, edits, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approval-compared-with");
	/* Though the approvers were shown the same lie. */
	line_make_version(&agreed, 2, edits, 3);
	outcome_load_at(&agreed, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "previous-mismatch");
}

static void text_of(const struct digest *digest, char out[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest->value[i]);
}

/* A next version of the line whose manifest and approvals agree on a baseline, ""
 * for none; the index may leave the version before out. */
static void make_agreed(struct line *line, unsigned version, const char *baseline,
			const char *compared, bool leaves_out)
{
	char find[3][256], replace[2][256], hex[65];
	char subject[160];

	text_of(&line->manifest, hex);
	(void)snprintf(find[0], sizeof(find[0]), "\"previous\":{\"version\":%u,\"sha256\":\"%s\"},",
		       version - 1, hex);
	(void)snprintf(find[1], sizeof(find[1]), "\"comparedWith\":\"%s\",", hex);
	(void)snprintf(find[2], sizeof(find[2]),
		       ",{\"sha256\":\"%s\",\"version\":%u,\"state\":\"previous\",\"acceptUntil\":"
		       "1767229200}",
		       hex, version - 1);
	(void)snprintf(subject, sizeof(subject),
		       ",{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	(void)snprintf(replace[0], sizeof(replace[0]), "%s", baseline);
	(void)snprintf(replace[1], sizeof(replace[1]), "%s", compared);

	const struct line_edit edits[] = {
		{ "manifest", find[0], replace[0] },
		{ "approval#1", find[1], replace[1] },
		{ "approval#2", find[1], replace[1] },
		{ "index", find[2], "" },
		{ "index", subject, "" },
	};
	line_make_version(line, version, edits, leaves_out ? 5 : 3);
}

/* Both teams were shown a baseline from before, or none. */
static void r26_a_baseline_does_not_reach_behind_what_was_current(void **state)
{
	AUTO_DONE(line) base = { 0 };
	char baseline[160], compared[96], hex[65];
	(void)state;

	line_make(&base, NULL, 0);
	text_of(&base.manifest, hex);
	(void)snprintf(baseline, sizeof(baseline),
		       "\"previous\":{\"version\":1,\"sha256\":\"%s\"},", hex);
	(void)snprintf(compared, sizeof(compared), "\"comparedWith\":\"%s\",", hex);

	for (unsigned i = 0; i < 4; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) second = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		bool has_none = (i & 1) != 0, leaves_out = (i & 2) != 0;

		line_make(&line, NULL, 0);
		line_make_version(&line, 2, NULL, 0);
		outcome_load(&line, &second);
		/* The last load remembers what the index would have forgotten. */
		make_agreed(&line, 3, has_none ? "" : baseline, has_none ? "" : compared,
			    leaves_out);
		outcome_load_at(&line, leaves_out ? &second.marks : NULL, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "previous-mismatch");
	}
}

static void r27_publish_alone_moves_little(void **state)
{
	static const struct {
		struct line_edit edit;
		const char *code;
	} rows[] = {
		{ { "index", "\"acceptUntil\":1767229200", "\"acceptUntil\":1767400000" },
		  "accept-until-over-cap" },
		{ { "index", "\"acceptUntil\":1767229200", "\"acceptUntil\":1999999999" },
		  "accept-until-over-cap" },
	};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		line_make_version(&line, 2, &rows[i].edit, 1);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r27_a_revoked_publisher_stops_the_load(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(bytes) spki = { 0 };
	struct digest digest;
	char list[128];
	char text[16384];
	char hex[65];
	(void)state;

	line_make(&first, NULL, 0);
	root_text(&first, "1", NULL, NULL, text);
	const char *at = strstr(strstr(text, "\"publish\":{\"scheme\""), "\"spki\":\"") + 8;
	struct span encoded = { (const uint8_t *)at, strcspn(at, "\"") };
	assert_int_equal(base64_decode(encoded, 128, &spki), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&spki), &digest), OK);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest.value[i]);
	(void)snprintf(list, sizeof(list), "\"keys\":[\"%s\"]", hex);
	struct line_edit edit = { "revocations", "\"keys\":[]", list };
	line_make(&line, &edit, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "key-revoked");
}

static void r27_revocations_count_though_the_index_withholds_them(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	char text[1024];
	uint8_t id[SHA256_SIZE];
	static const char node[] =
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	static const char format[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":"
		"\"https://attestd.dev/revocations/v1\",\"predicate\":{\"version\":%d,"
		"\"time\":1767225500,\"expires\":1767744000,\"manifests\":[],\"files\":[],"
		"\"keys\":[],\"nodes\":[%s%s%s]}}";
	(void)state;

	line_make(&line, NULL, 0);
	(void)snprintf(text, sizeof(text), format, 2, "\"", node, "\"");
	line_put_signed(&line, "revocations/2.json", "sec-approve", text);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	memset(id, 0xbb, sizeof(id));
	assert_true(reference_is_revoked_node(&ref, (struct span){ id, sizeof(id) }));
	assert_int_equal(out.marks.revocations.version, 2);

	/* And what was revoked stays so. */
	AUTO_DONE(outcome) shorter = { 0 };
	(void)snprintf(text, sizeof(text), format, 3, "", "", "");
	line_put_signed(&line, "revocations/3.json", "sec-approve", text);
	outcome_load_at(&line, NULL, LINE_NOW, &shorter);
	assert_string_equal(shorter.refusal.code, "not-append-only");
}

#define REVOKED_FILE "\"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\""
#define REVOCATIONS(version, files)                                                                \
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":"         \
	"\"https://attestd.dev/revocations/v1\",\"predicate\":{\"version\":" version               \
	",\"time\":1767225500,\"expires\":1767744000,\"manifests\":[],\"files\":[" files           \
	"],\"keys\":[],\"nodes\":[]}}"

/* Root 2 gives the revocations to another key; then these versions follow on one
 * that the old key signed and that was seen. */
static void load_new_revoker(const char *const signers[2], const char *const texts[2],
			     struct outcome *out)
{
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(line) line = { 0 };
	char text[16384];
	char pins[2][160];

	line_make(&first, NULL, 0);
	root_text(&first, "2", "\"revoke\":{\"keys\":[\"sec-approve\"]",
		  "\"revoke\":{\"keys\":[\"sec-root\"]", text);
	pin_root(&first, text, pins[0], pins[1]);

	const struct line_edit edits[] = {
		{ "index", pins[0], pins[1] },
		{ "revocations", "\"files\":[]", "\"files\":[" REVOKED_FILE "]" },
	};
	line_make(&line, edits, 2);
	line_put_signed(&line, "root/2/1.json", "plat-root", text);
	line_put_signed(&line, "root/2/2.json", "sec-root", text);
	for (int i = 0; i < 2 && signers[i] != NULL; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "revocations/%d.json", i + 2);
		line_put_signed(&line, path, signers[i], texts[i]);
	}

	struct release_marks marks = {
		.revocations = { .version = 1, .digest = line.revocations },
	};
	outcome_load_at(&line, &marks, LINE_NOW, out);
}

static void r27_what_an_earlier_key_revoked_is_history_that_counts(void **state)
{
	static const struct {
		const char *signers[2]; /* of versions 2 and 3 */
		const char *texts[2];
		const char *code; /* NULL: loads */
	} rows[] = {
		{ { "sec-root" }, { REVOCATIONS("2", REVOKED_FILE) }, NULL },
		/* This verifier missed the old key's last one. */
		{ { "sec-approve", "sec-root" },
		  { REVOCATIONS("2", REVOKED_FILE), REVOCATIONS("3", REVOKED_FILE) },
		  NULL },
		{ { "sec-root" }, { REVOCATIONS("2", "") }, "not-append-only" },
		{ { "sec-approve", "sec-root" },
		  { REVOCATIONS("2", ""), REVOCATIONS("3", "") },
		  "not-append-only" },
		{ { "sec-approve" }, { REVOCATIONS("2", REVOKED_FILE) }, "role-not-allowed" },
		{ { NULL }, { NULL }, "role-not-allowed" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };

		load_new_revoker(rows[i].signers, rows[i].texts, &out);
		if (rows[i].code != NULL)
			assert_string_equal(out.refusal.code, rows[i].code);
		else
			assert_int_equal(out.status, OK);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r12_a_new_root_needs_the_thresholds_of_both),
	cmocka_unit_test(r12_no_root_may_be_left_out),
	cmocka_unit_test(r13_a_root_counts_only_with_all_that_follows),
	cmocka_unit_test(r14_what_was_seen_is_not_unseen),
	cmocka_unit_test(r15_an_expired_timestamp_gives_no_new_right),
	cmocka_unit_test(r16_a_manifest_that_the_index_does_not_pin_is_refused),
	cmocka_unit_test(r17_every_change_counts_as_trust_impacting),
	cmocka_unit_test(r18_approvals_bind_manifest_and_person),
	cmocka_unit_test(r20_current_only_rises),
	cmocka_unit_test(r21_cells_that_the_matrix_does_not_allow_do_not_count),
	cmocka_unit_test(r22_a_set_file_of_another_size_or_content_is_refused),
	cmocka_unit_test(r23_an_exclude_reaches_nothing_that_matters),
	cmocka_unit_test(r24_proofs_that_nobody_here_checks_are_not_skipped),
	cmocka_unit_test(r25_no_release_is_no_right),
	cmocka_unit_test(r26_previous_is_what_was_current_before),
	cmocka_unit_test(r26_a_baseline_does_not_reach_behind_what_was_current),
	cmocka_unit_test(r27_publish_alone_moves_little),
	cmocka_unit_test(r27_a_revoked_publisher_stops_the_load),
	cmocka_unit_test(r27_revocations_count_though_the_index_withholds_them),
	cmocka_unit_test(r27_what_an_earlier_key_revoked_is_history_that_counts),
};

ATTACKS_MAIN(tests)
