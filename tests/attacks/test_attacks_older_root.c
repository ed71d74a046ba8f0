/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: a newer root is there, and nobody has published under it yet. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "line_log.h"
#include "signed_text.h"

#define PUBLISH "\"publish\":{\"keys\":[\"publish\"]"
#define PUBLISH_2 "\"publish\":{\"keys\":[\"publish-2\"]"
#define SEEN_EXPIRES (LINE_NOW + 3600) /* of the timestamp that was seen */

static const char node_text[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/* Root 2 with one change, by its holders; the edit of an index that names it. */
static void put_root(struct lifecycle *s, const char *find, const char *replace, char pins[2][160])
{
	char text[16384];

	root_text(&s->line, "2", find, replace, text);
	pin_root(&s->line, text, pins[0], pins[1]);
	line_put_signed(&s->line, "root/2/1.json", "plat-root", text);
	line_put_signed(&s->line, "root/2/2.json", "sec-root", text);
}

static void begin(struct lifecycle *s, const char *find, const char *replace)
{
	char pins[2][160];

	lifecycle_init(s);
	put_root(s, find, replace, pins);
}

/* The node counts as revoked whatever else is amiss, and version 1 goes on; until when it gives
 * new rights. */
static int64_t valid_until(struct lifecycle *s, const char *code)
{
	AUTO_DONE(outcome) out = { 0 };
	const struct release_marks before = s->marks;
	uint8_t id[SHA256_SIZE];
	struct release release;
	struct reference ref;

	memset(id, 0xbb, sizeof(id));
	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_string_equal(out.refusal.code, code);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_true(reference_is_revoked_node(&ref, (struct span){ id, sizeof(id) }));
	assert_int_equal(reference_facts(&ref).release_count, 1);
	assert_true(lifecycle_has(s, &out, 1, &release));
	/* What was revoked is all that is remembered. */
	assert_int_equal(out.marks.revocations.version, 2);
	assert_int_equal(out.marks.root.version, before.root.version);
	assert_int_equal(out.marks.timestamp.version, before.timestamp.version);
	assert_int_equal(out.marks.index.version, before.index.version);
	assert_int_equal(out.marks.log.version, before.log.version);
	return reference_facts(&ref).valid_until;
}

static void revoke(struct lifecycle *s, const char *key)
{
	char hex[HEX_MAX];

	if (key != NULL)
		line_key_hex(key, hex);
	lifecycle_revoke(
		s, "sec-approve",
		&(struct revoked){ .version = 2, .key = key ? hex : NULL, .node = node_text });
}

/* Whatever it took from whom, and nothing lives longer by it. */
static void r27_a_new_root_keeps_no_revocation_from_counting(void **state)
{
	static const char *const rows[][2] = {
		{ NULL, NULL },
		{ PUBLISH, PUBLISH_2 },
		{ "\"approve-security\":{\"keys\":[\"sec-approve\"]",
		  "\"approve-security\":{\"keys\":[\"sec-review\"]" },
		{ "\"matrix\":{\"keys\":[\"plat-approve\",\"sec-approve\"]",
		  "\"matrix\":{\"keys\":[\"plat-approve\",\"sec-review\"]" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };

		begin(&s, rows[i][0], rows[i][1]);
		revoke(&s, NULL);
		assert_int_equal(valid_until(&s, "root-mismatch"), SEEN_EXPIRES);
		assert_int_equal(valid_until(&s, "root-mismatch"), SEEN_EXPIRES);
	}
}

/* Who has the role no more, or still has it, publishes on: none of it is read. */
static void r27_nothing_new_comes_in_under_an_older_root(void **state)
{
	static const char *const roles[][2] = { { NULL, NULL }, { PUBLISH, PUBLISH_2 } };
	static const struct entry entries[] = { { 2, "current", 0 },
						{ 1, "previous", SEEN_EXPIRES } };
	(void)state;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };

		begin(&s, roles[i][0], roles[i][1]);
		revoke(&s, NULL);
		line_make_version(&s.line, 2, NULL, 0);
		s.manifest[2] = s.line.manifest;
		lifecycle_publish(&s, entries, 2, "", "");
		/* line_make_version() made the revocations of before once more. */
		revoke(&s, NULL);
		assert_true(valid_until(&s, "root-mismatch") < LINE_NOW);
	}
}

static void r27_a_stranger_s_timestamp_is_nobody_s_under_an_older_root(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct signed_text text = { 0 };
	(void)state;

	begin(&s, PUBLISH, PUBLISH_2);
	revoke(&s, NULL);
	signed_text_of(&s.line, "timestamp.json", &text);
	line_put_signed(&s.line, "timestamp.json", "sign", text.text);
	lifecycle_expect(&s, "role-not-allowed");
}

/* Both at once: the old root's publisher was revoked. */
static void r27_a_revoked_publisher_of_an_older_root_gives_no_right(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s, PUBLISH, PUBLISH_2);
	revoke(&s, "publish");
	assert_true(valid_until(&s, "key-revoked") < LINE_NOW);
}

/* Root 2 lists the key first that signed the manifest. */
static void begin_with_other_numbers(struct lifecycle *s)
{
	struct signed_text root = { 0 };
	char find[8192], replace[8192], pins[2][160];

	lifecycle_init(s);
	signed_text_of(&s->line, "root/1/1.json", &root);
	const char *keys = strstr(root.text, "\"keys\":{\"plat-root\"");
	assert_non_null(keys);
	const char *sign = strstr(keys, ",\"sign\":{");
	assert_non_null(sign);
	const char *end = strchr(sign, '}');
	assert_non_null(end);
	(void)snprintf(find, sizeof(find), "%.*s", (int)(end + 1 - keys), keys);
	(void)snprintf(replace, sizeof(replace), "\"keys\":{%.*s,%.*s", (int)(end - sign), sign + 1,
		       (int)(sign - keys - 8), keys + 8);
	put_root(s, find, replace, pins);
}

static void r27_a_revoked_key_counts_under_no_root(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	(void)state;

	begin_with_other_numbers(&s);
	revoke(&s, "sign");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_string_equal(out.refusal.code, "root-mismatch");
	assert_false(lifecycle_has(&s, &out, 1, &release));
}

/* Nor is there anything to go on from for who has loaded nothing, or under this root. */
static void r27_only_what_was_in_force_goes_on_under_an_older_root(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct signed_text text = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char pins[2][160];
	(void)state;

	begin(&s, PUBLISH, PUBLISH_2);
	struct release_marks seen = s.marks;
	s.marks = (struct release_marks){ 0 };
	lifecycle_expect(&s, "role-not-allowed");
	s.marks = seen;
	s.marks.revocations = (struct release_mark){ 0 };
	lifecycle_expect(&s, "role-not-allowed");
	s.marks = seen;
	line_remove(&s.line, "root/2/1.json");
	line_remove(&s.line, "root/2/2.json");
	put_root(&s, NULL, NULL, pins);
	const struct line_edit under[] = { { "index", pins[0], pins[1] } };
	signed_text_of(&s.line, "timestamp.json", &text);
	line_make_version(&s.line, 2, under, 1);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_null(out.refusal.code);
	assert_int_equal(s.marks.root.version, 2);
	line_put_signed(&s.line, "timestamp.json", "sign", text.text);
	lifecycle_expect(&s, "role-not-allowed");
	line_make_version(&s.line, 3, NULL, 0);
	lifecycle_expect(&s, "root-mismatch");
}

/* Whoever writes the files has one of that number. */
static void r27_the_older_root_is_the_one_that_the_index_names(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char pins[2][160], other[160];
	(void)state;

	begin(&s, NULL, NULL);
	pin_root(&s.line, "", pins[0], pins[1]);
	(void)snprintf(other, sizeof(other), "\"root\":{\"version\":1,\"sha256\":\"%s\"",
		       node_text);
	const struct line_edit named[] = { { "index", pins[0], other } };
	line_make_version(&s.line, 2, named, 1);
	s.marks.index = (struct release_mark){ 2, s.line.index };
	s.marks.timestamp = (struct release_mark){ 2, s.line.timestamp };
	lifecycle_expect(&s, "root-mismatch");
}

/* The log of a line that was loaded, and a newer root that asks for proofs as well. */
struct logged {
	struct lifecycle s;
	struct line_log log;
};

static void logged_done(struct logged *l)
{
	line_log_done(&l->log);
	lifecycle_done(&l->s);
}

AUTO_RELEASE(logged, logged_done);

static void begin_logged(struct logged *l)
{
	AUTO_DONE(outcome) out = { 0 };
	char pins[2][160];

	l->s.index = 1;
	line_make(&l->s.line, line_log_edits, 2);
	l->s.manifest[1] = l->s.line.manifest;
	line_log_init(&l->log, &l->s.line);
	line_log_add_all(&l->log);
	line_log_publish(&l->log, "log", "witness");
	lifecycle_load(&l->s, &out);
	assert_int_equal(out.status, OK);
	put_root(&l->s, NULL, NULL, pins);
	revoke(&l->s, NULL);
}

/* A witness whose key the newer root took may say what it likes: no mark moves by it. */
static void r27_no_log_is_remembered_under_an_older_root(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	(void)state;

	begin_logged(&l);
	line_log_add(&l.log, "index", "index/", "publish");
	line_log_publish(&l.log, "log", "witness");
	assert_int_equal(valid_until(&l.s, "root-mismatch"), SEEN_EXPIRES);
}

/* Its keys may be exchanged already. */
static void r27_a_log_in_disorder_gives_no_right_under_an_older_root(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	(void)state;

	begin_logged(&l);
	line_log_publish(&l.log, "log", NULL);
	assert_true(valid_until(&l.s, "root-mismatch") < LINE_NOW);
	assert_true(valid_until(&l.s, "root-mismatch") < LINE_NOW);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_a_new_root_keeps_no_revocation_from_counting),
	cmocka_unit_test(r27_nothing_new_comes_in_under_an_older_root),
	cmocka_unit_test(r27_a_stranger_s_timestamp_is_nobody_s_under_an_older_root),
	cmocka_unit_test(r27_a_revoked_publisher_of_an_older_root_gives_no_right),
	cmocka_unit_test(r27_a_revoked_key_counts_under_no_root),
	cmocka_unit_test(r27_only_what_was_in_force_goes_on_under_an_older_root),
	cmocka_unit_test(r27_the_older_root_is_the_one_that_the_index_names),
	cmocka_unit_test(r27_no_log_is_remembered_under_an_older_root),
	cmocka_unit_test(r27_a_log_in_disorder_gives_no_right_under_an_older_root),
};

ATTACKS_MAIN(tests)
