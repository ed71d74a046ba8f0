/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what publisher and revoker can do alone. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "signed_text.h"

static void text_of(const struct digest *digest, char out[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest->value[i]);
}

static void copy_file(struct line *to, struct line *from, const char *path)
{
	line_put(to, path, span_of(line_file(from, path)));
}

/* A manifest that nobody published: signed and approved, and never current. */
static void add_invention(struct line *line, char hex[65])
{
	static const struct line_edit edit = { "manifest", "\"securityEpoch\":1",
					       "\"securityEpoch\":2" };
	AUTO_DONE(line) other = { 0 };
	char path[160];

	line_make(&other, &edit, 1);
	text_of(&other.manifest, hex);
	(void)snprintf(path, sizeof(path), "manifests/%s.json", hex);
	copy_file(line, &other, path);
	for (int i = 1; i <= 2; i++) {
		approval_path(&other, i, path);
		copy_file(line, &other, path);
	}
}

static void r26_previous_is_what_was_current_before(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) agreed = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char hex[65], invention[65];
	(void)state;

	line_make(&line, NULL, 0);
	line_make(&agreed, NULL, 0);
	text_of(&line.manifest, hex);
	add_invention(&line, invention);
	add_invention(&agreed, invention);

	const struct line_edit edits[] = {
		{ "manifest", hex, invention },
		{ "approval#1", hex, invention },
		{ "approval#2", hex, invention },
	};
	line_make_version(&line, 2, edits, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approval-compared-with");
	/* Though the approvers were shown the same lie. */
	line_make_version(&agreed, 2, edits, 3);
	outcome_load_at(&agreed, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "previous-mismatch");
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

/* Both teams signed it once: what they replaced it with stays. */
static void r27_an_older_matrix_does_not_come_back(void **state)
{
	static const struct line_edit stricter[] = {
		{ "matrix", "\"version\":1", "\"version\":2" },
		{ "matrix", "\"requireSafe\":false", "\"requireSafe\":true" },
	};
	static const struct line_edit same_version = { "matrix", "\"grantLifetime\":600",
						       "\"grantLifetime\":900" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) other = { 0 };
	AUTO_DONE(outcome) second = { 0 };
	AUTO_DONE(outcome) back = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	line_make_version(&line, 2, &same_version, 1);
	outcome_load_at(&line, &first.marks, LINE_NOW, &other);
	assert_string_equal(other.refusal.code, "rolled-back");
	AUTO_DONE(line) stricter_line = { 0 };
	AUTO_DONE(outcome) again = { 0 };
	line_make(&stricter_line, NULL, 0);
	outcome_load(&stricter_line, &again);
	line_make_version(&stricter_line, 2, stricter, 2);
	outcome_load_at(&stricter_line, &again.marks, LINE_NOW, &second);
	assert_int_equal(second.status, OK);
	line_make_version(&stricter_line, 3, NULL, 0);
	outcome_load_at(&stricter_line, &second.marks, LINE_NOW, &back);
	assert_string_equal(back.refusal.code, "rolled-back");
	assert_string_equal(back.refusal.field, "version");
}

/* A day with the publisher's key is not for ever. */
static void r27_versions_do_not_leap_out_of_reach(void **state)
{
	static const struct line_edit edit = { "timestamp", "\"version\":2", "\"version\":65538" };
	static const struct line_edit least = { "timestamp", "\"version\":2", "\"version\":65537" };
	(void)state;

	for (int leaps = 0; leaps < 2; leaps++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) first = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		outcome_load(&line, &first);
		line_make_version(&line, 2, leaps ? &edit : &least, 1);
		outcome_load_at(&line, &first.marks, LINE_NOW, &out);
		if (leaps)
			assert_string_equal(out.refusal.code, "version-leaps");
		else
			assert_int_equal(out.status, OK);
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
	cmocka_unit_test(r26_previous_is_what_was_current_before),
	cmocka_unit_test(r26_a_baseline_does_not_reach_behind_what_was_current),
	cmocka_unit_test(r27_publish_alone_moves_little),
	cmocka_unit_test(r27_an_older_matrix_does_not_come_back),
	cmocka_unit_test(r27_versions_do_not_leap_out_of_reach),
	cmocka_unit_test(r27_a_revoked_publisher_stops_the_load),
	cmocka_unit_test(r27_revocations_count_though_the_index_withholds_them),
	cmocka_unit_test(r27_what_an_earlier_key_revoked_is_history_that_counts),
};

ATTACKS_MAIN(tests)
