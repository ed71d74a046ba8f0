/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: keys that were revoked, and what goes on without them. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "signed_text.h"

/* A second publisher, and a second one who revokes. */
static const struct line_edit spare_keys[] = {
	{ "root", "\"publish\":{\"keys\":[\"publish\"]",
	  "\"publish\":{\"keys\":[\"publish\",\"publish-2\"]" },
	{ "root", "\"revoke\":{\"keys\":[\"sec-approve\"]",
	  "\"revoke\":{\"keys\":[\"sec-approve\",\"sec-review\"]" },
};

static const char node_text[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/* Version 1 is in force. */
static void begin(struct lifecycle *s)
{
	AUTO_DONE(outcome) out = { 0 };

	*s = (struct lifecycle){ .index = 1 };
	line_make(&s->line, spare_keys, 2);
	s->manifest[1] = s->line.manifest;
	lifecycle_find_matrix(s);
	lifecycle_load(s, &out);
	assert_int_equal(out.status, OK);
	assert_null(out.refusal.code);
}

/* The next version: a key, and since it holds all before, from the second on a node. */
static void revoke(struct lifecycle *s, unsigned version, const char *signer, const char *key)
{
	char hex[HEX_MAX];

	line_key_hex(key, hex);
	lifecycle_revoke(s, signer,
			 &(struct revoked){ .version = version, .key = hex, .node = node_text });
}

/* What was revoked counts at once. */
static bool gives_rights(struct lifecycle *s, struct outcome *out)
{
	uint8_t id[SHA256_SIZE];
	struct reference ref;

	memset(id, 0xbb, sizeof(id));
	lifecycle_load(s, out);
	if (out->status != OK)
		fail_msg("%s at %s %s", out->refusal.code, out->refusal.document,
			 out->refusal.field);
	assert_int_equal(reference_open(span_of(&out->image), &ref), OK);
	assert_true(reference_is_revoked_node(&ref, (struct span){ id, sizeof(id) }));
	return reference_facts(&ref).valid_until >= LINE_NOW;
}

static void expect_suspended(struct lifecycle *s, const char *document)
{
	AUTO_DONE(outcome) out = { 0 };
	const struct release_marks before = s->marks;

	assert_false(gives_rights(s, &out));
	assert_string_equal(out.refusal.code, "key-revoked");
	assert_memory_equal(out.refusal.document, document, strlen(document));
	assert_true(out.refusal.advice[0] != '\0');
	/* Nothing that the revoked key published is remembered. */
	assert_int_equal(out.marks.index.version, before.index.version);
	assert_int_equal(out.marks.timestamp.version, before.timestamp.version);
}

static void publish_as(struct lifecycle *s, const char *key)
{
	static const struct entry entries[] = { { 1, "current", 0 } };
	struct signed_text text = { 0 };
	char path[32];

	lifecycle_publish(s, entries, 1, "", "");
	(void)snprintf(path, sizeof(path), "index/%u.json", s->index);
	signed_text_of(&s->line, path, &text);
	line_put_signed(&s->line, path, key, text.text);
	signed_text_of(&s->line, "timestamp.json", &text);
	line_put_signed(&s->line, "timestamp.json", key, text.text);
}

static void r27_a_revoked_publisher_keeps_no_revocation_from_counting(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	(void)state;

	begin(&s);
	revoke(&s, 2, "sec-approve", "publish");
	expect_suspended(&s, "timestamp.json");
	/* Who stole the key goes on: with an index, and with what nobody can read. */
	publish_as(&s, "publish");
	expect_suspended(&s, "timestamp.json");
	line_put_signed(&s.line, "timestamp.json", "publish", "{}");
	expect_suspended(&s, "timestamp.json");
	line_put_signed(&s.line, "index/2.json", "publish", "{}");
	expect_suspended(&s, "timestamp.json");
	/* The way out. */
	s.index = 1;
	publish_as(&s, "publish-2");
	assert_true(gives_rights(&s, &out));
	assert_null(out.refusal.code);
	assert_true(lifecycle_has(&s, &out, 1, &release));
	assert_int_equal(out.marks.index.version, 2);
}

/* The timestamp's key counts, the index's does not. */
static void r27_a_revoked_key_s_index_is_not_read(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	struct signed_text text = { 0 };
	(void)state;

	begin(&s);
	publish_as(&s, "publish-2");
	signed_text_of(&s.line, "index/2.json", &text);
	line_put_signed(&s.line, "index/2.json", "publish", text.text);
	revoke(&s, 2, "sec-approve", "publish");
	expect_suspended(&s, "index/2.json");
}

static void r27_a_first_load_wants_keys_that_count(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	(void)state;

	begin(&s);
	revoke(&s, 2, "sec-approve", "publish");
	s.marks = (struct release_marks){ 0 };
	lifecycle_expect(&s, "key-revoked");
	/* Nor after a load that had no index yet. */
	s.marks.revocations = (struct release_mark){ .version = 1, .digest = s.line.revocations };
	lifecycle_expect(&s, "key-revoked");
}

static void r27_a_revoked_matrix_signer_keeps_no_revocation_from_counting(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	char folder[80];
	(void)state;

	begin(&s);
	revoke(&s, 2, "sec-review", "plat-approve");
	(void)snprintf(folder, sizeof(folder), "matrix/%s", s.matrix);
	expect_suspended(&s, folder);
	/* So it is with the same matrix in another index. */
	s.marks.revocations = (struct release_mark){ .version = 1, .digest = s.line.revocations };
	publish_as(&s, "publish");
	AUTO_DONE(outcome) out = { 0 };
	assert_false(gives_rights(&s, &out));
	assert_string_equal(out.refusal.code, "key-revoked");
	/* At a first load it is one that too few signed. */
	s.marks = (struct release_marks){ 0 };
	lifecycle_expect(&s, "threshold-not-met");
}

/* By the revoked key, a matrix that was never in force. */
static void r27_a_new_matrix_wants_keys_that_count(void **state)
{
	static const struct line_edit edit = { "matrix", "\"version\":1", "\"version\":2" };
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(line) other = { 0 };
	char path[160];
	(void)state;

	begin(&s);
	line_make(&other, &edit, 1);
	for (size_t i = 0; i < other.count; i++) {
		if (sscanf(other.file[i].path, "matrix/%64[0-9a-f]/1.json", s.matrix) != 1)
			continue;
		line_put(&s.line, other.file[i].path, span_of(&other.file[i].content));
		(void)snprintf(path, sizeof(path), "matrix/%s/2.json", s.matrix);
		line_put(&s.line, path, span_of(line_file(&other, path)));
	}
	revoke(&s, 2, "sec-review", "plat-approve");
	publish_as(&s, "publish");
	lifecycle_expect(&s, "threshold-not-met");
}

static void r27_the_last_word_of_who_revokes_counts(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	begin(&s);
	revoke(&s, 2, "sec-approve", "sec-approve");
	expect_suspended(&s, "revocations/2.json");
	/* One after its last is nobody's, and is not parsed. */
	line_put_signed(&s.line, "revocations/3.json", "sec-approve", "{}");
	lifecycle_expect(&s, "key-revoked");
	/* Somebody else goes on from what counted. */
	revoke(&s, 4, "sec-review", "sec-approve");
	/* The matrix waits for another of its signers. */
	assert_false(gives_rights(&s, &out));
	assert_int_equal(out.marks.revocations.version, 4);
	assert_memory_equal(out.refusal.document, "matrix/", 7);
}

/* Of a key without the role, or of none: not parsed, and not in the way of what is. */
static void r27_what_anybody_could_have_written_is_not_parsed(void **state)
{
	static const char *const signers[] = { "plat-root", "stranger" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		begin(&s);
		if (i == 0)
			line_put_signed(&s.line, "revocations/2.json", signers[i], "{}");
		else
			line_put_envelope(&s.line, "revocations/2.json", signers[i], "{}",
					  span_text("no signature"));
		lifecycle_expect(&s, i == 0 ? "role-not-allowed" : "unknown-key");
		revoke(&s, 3, "sec-approve", "verifier");
		assert_true(gives_rights(&s, &out));
		assert_int_equal(out.marks.revocations.version, 3);
	}
}

/* By nobody, from version first on. */
static void put_strangers(struct lifecycle *s, unsigned first, unsigned count)
{
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "revocations/%u.json", first + i);
		line_put_envelope(&s->line, path, "stranger", "{}", span_text("no signature"));
	}
}

/* A server could make them up for as long as it is asked. */
static void r27_who_fills_the_directory_keeps_no_load_busy(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	begin(&s);
	put_strangers(&s, 2, 63);
	revoke(&s, 65, "sec-approve", "verifier");
	put_strangers(&s, 66, 63);
	revoke(&s, 129, "sec-approve", "verifier");
	assert_true(gives_rights(&s, &out));
	assert_int_equal(out.marks.revocations.version, 129);
	/* What comes after so many is not asked for, and nothing is passed over in silence. */
	put_strangers(&s, 130, 64);
	revoke(&s, 194, "sec-approve", "verifier");
	lifecycle_expect(&s, "revocations-too-far");
}

/* The version that the index names is there, and the one that it means. */
static void r27_the_index_names_revocations_that_are_there(void **state)
{
	char hex[HEX_MAX], other[HEX_MAX];
	struct digest digest;
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		struct line_edit edit = { "index", "\"revocations\":{\"version\":1",
					  "\"revocations\":{\"version\":3" };

		begin(&s);
		digest = s.line.revocations;
		line_digest_hex(&digest, hex);
		digest.value[0] ^= 1;
		line_digest_hex(&digest, other);
		if (i > 0)
			edit = (struct line_edit){ "index", hex, other };
		s.marks = (struct release_marks){ 0 };
		if (i < 2)
			s.marks.revocations =
				(struct release_mark){ .version = 1, .digest = s.line.revocations };
		s.line.manifest = (struct digest){ 0 };
		line_make(&s.line, &edit, 1);
		/* One beyond a gap. */
		revoke(&s, 3, "sec-approve", "verifier");
		lifecycle_expect(&s, i == 0 ? "history-missing" : "digest-mismatch");
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_a_revoked_publisher_keeps_no_revocation_from_counting),
	cmocka_unit_test(r27_a_revoked_key_s_index_is_not_read),
	cmocka_unit_test(r27_a_first_load_wants_keys_that_count),
	cmocka_unit_test(r27_a_revoked_matrix_signer_keeps_no_revocation_from_counting),
	cmocka_unit_test(r27_a_new_matrix_wants_keys_that_count),
	cmocka_unit_test(r27_the_last_word_of_who_revokes_counts),
	cmocka_unit_test(r27_what_anybody_could_have_written_is_not_parsed),
	cmocka_unit_test(r27_who_fills_the_directory_keeps_no_load_busy),
	cmocka_unit_test(r27_the_index_names_revocations_that_are_there),
};

ATTACKS_MAIN(tests)
