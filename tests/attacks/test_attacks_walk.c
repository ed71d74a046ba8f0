/* SPDX-License-Identifier: Apache-2.0 */
/* A valid release, walked from end to end: each name, text, number, digest and date of
 * each document becomes another one, by somebody with a key and by somebody without. */
#include "attacks.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "rollback_scene.h"
#include "signed_text.h"

/* Where the next value or name of a JSON text is, from offset on; the text is one that
 * release_line.c wrote, in one line. */
struct token {
	size_t start, len; /* without quoting marks */
	bool is_text, is_name;
};

static bool next_token(const char *text, size_t from, struct token *out)
{
	size_t at = from;

	while (text[at] != '\0' && text[at] != '"' && !isalnum((unsigned char)text[at]))
		at++;
	if (text[at] == '\0')
		return false;
	*out = (struct token){ .is_text = text[at] == '"' };
	out->start = at + (out->is_text ? 1 : 0);
	at = out->start;
	while (out->is_text ? text[at] != '"' : isalnum((unsigned char)text[at]) != 0)
		at += text[at] == '\\' ? 2 : 1;
	out->len = at - out->start;
	out->is_name = out->is_text && text[at + 1] == ':';
	return true;
}

static size_t end_of(const struct token *token)
{
	return token->start + token->len + (token->is_text ? 1 : 0);
}

/* Another value of the same kind. */
static void change(const char *text, const struct token *token, char out[16384])
{
	size_t last = token->start + token->len - 1;
	const char *rest = text + token->start + token->len;

	(void)snprintf(out, 16384, "%s", text);
	if (token->len == 0)
		(void)snprintf(out + token->start, 16384 - token->start, "x%s", rest);
	else if (strncmp(text + token->start, "true", 4) == 0 && !token->is_text)
		(void)snprintf(out + token->start, 16384 - token->start, "false%s", rest);
	else if (strncmp(text + token->start, "false", 5) == 0 && !token->is_text)
		(void)snprintf(out + token->start, 16384 - token->start, "true%s", rest);
	else
		out[last] = text[last] == '1' ? '2' : '1';
}

/* What a publisher may say at any time, and an approver of his own approval. */
static bool may_change(const char *path, const char *text, const struct token *name)
{
	static const char *const timestamp[] = { "version", "time", "expires" };
	static const char *const approval[] = { "reason", "time" };
	static const char *const canary[] = { "from", "to" };
	bool is_timestamp = strcmp(path, "timestamp.json") == 0;
	bool is_canary = strncmp(path, "canaries/", 9) == 0;
	const char *const *names = is_timestamp ? timestamp : is_canary ? canary : approval;
	size_t count = is_timestamp ? 3 : 2;

	if (!is_timestamp && !is_canary && strncmp(path, "approvals/", 10) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == name->len &&
		    memcmp(text + name->start, names[i], name->len) == 0)
			return true;
	return false;
}

static void assert_named(struct line *line, const struct release_marks *marks, const char *path,
			 const char *what)
{
	AUTO_DONE(outcome) out = { 0 };

	outcome_load_at(line, marks, LINE_NOW, &out);
	if (out.status == OK)
		fail_msg("%s was accepted with %s", path, what);
	assert_true(out.refusal.advice[0] != '\0');
	/* The document, its folder, or the other signatures in that: they differ then. */
	const char *slash = strrchr(path, '/');
	size_t folder = slash == NULL ? strlen(path) : (size_t)(slash - path);
	size_t named = strlen(out.refusal.document);
	if (strncmp(out.refusal.document, path, named < folder ? named : folder) != 0)
		fail_msg("%s with %s: %s says %s", path, what, out.refusal.document,
			 out.refusal.code);
}

/* A name of its own: the line writes its own anew. */
struct path {
	char text[160];
};

static struct path path_at(const struct line *line, size_t file)
{
	struct path path;

	(void)snprintf(path.text, sizeof(path.text), "%s", line->file[file].path);
	return path;
}

/* Changes each token of one document. */
static size_t walk(struct line *line, const struct release_marks *marks, size_t file, bool has_key)
{
	const struct path own = path_at(line, file);
	const char *path = own.text;
	struct signed_text whole = { 0 };
	struct token token = { 0 };
	struct token name = { 0 };
	size_t changes = 0;

	signed_text_of(line, path, &whole);
	for (size_t at = 0; next_token(whole.text, at, &token); at = end_of(&token)) {
		struct signed_text changed = whole;

		if (token.is_name)
			name = token;
		change(whole.text, &token, changed.text);
		if (has_key && !token.is_name && may_change(path, whole.text, &name))
			continue;
		if (has_key)
			line_put_signed(line, path, whole.key, changed.text);
		else
			put_signature(line, path, &changed);
		assert_named(line, marks, path, changed.text + token.start);
		changes++;
	}
	put_signature(line, path, &whole);
	return changes;
}

/* Envelopes; sets are files that r22 is about. */
static bool is_envelope(const char *path)
{
	return path[0] != '\0' && strncmp(path, "sets/", 5) != 0;
}

static void r01_no_field_of_any_document_can_be_another(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	size_t changes = 0;
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		if (is_envelope(line.file[i].path))
			changes += walk(&line, NULL, i, false);
	assert_true(changes > 500);
	/* All of it was put back. */
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
}

static void r16_nobody_changes_alone_what_others_pinned(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		if (is_envelope(line.file[i].path))
			assert_true(walk(&line, NULL, i, true) > 0);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
}

static void walk_signature(struct line *line, const struct release_marks *marks, size_t file)
{
	const struct path path = path_at(line, file);
	struct signed_text whole = { 0 };

	signed_text_of(line, path.text, &whole);
	for (size_t at = 0; at < whole.signature_len; at++) {
		struct signed_text changed = whole;

		changed.signature[at] ^= (uint8_t)(1u << at % 8);
		put_signature(line, path.text, &changed);
		assert_named(line, marks, path.text, "another signature");
	}
	put_signature(line, path.text, &whole);
}

static void r07_no_bit_of_any_signature_can_be_another(void **state)
{
	AUTO_DONE(line) line = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		if (is_envelope(line.file[i].path))
			walk_signature(&line, NULL, i);
}

/* Of a release that loads: each document in this folder, in every way. */
static void walk_folder(struct lifecycle *s, const char *folder)
{
	const struct release_marks before = s->marks;
	AUTO_DONE(outcome) out = { 0 };
	size_t walked = 0;

	for (size_t i = 0; i < s->line.count; i++) {
		if (strncmp(s->line.file[i].path, folder, strlen(folder)) != 0)
			continue;
		assert_true(walk(&s->line, &before, i, false) > 0);
		assert_true(walk(&s->line, &before, i, true) > 0);
		walk_signature(&s->line, &before, i);
		walked++;
	}
	assert_true(walked > 0);
	outcome_load_at(&s->line, &before, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
}

static void next_version(struct lifecycle *s, unsigned version, const struct line_edit *edit)
{
	line_make_version(&s->line, version, edit, edit != NULL);
	s->manifest[version] = s->line.manifest;
}

static void r20_no_field_of_a_rollback_can_be_another(void **state)
{
	static const struct entry back[] = { { 1, "current", 0 } };
	static const struct line_edit edit = { "manifest", "\"evidence\":{",
					       "\"rollbackTo\":[1],\"evidence\":{" };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[128];
	(void)state;

	lifecycle_init(&s);
	lifecycle_go_on(&s, &edit, 1);
	rollback_put(&s, &rollback_usual, cell);
	lifecycle_publish(&s, back, 1, cell, "");
	walk_folder(&s, "rollbacks/");
}

static void r19_no_field_of_an_emergency_or_its_review_can_be_another(void **state)
{
	static const struct entry entries[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	struct digest digest;
	char hex[HEX_MAX], emergency[HEX_MAX], subject[160], text[1024], path[160], pins[512];
	(void)state;

	lifecycle_init(&s);
	next_version(&s, 2, NULL);
	line_digest_hex(&s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	line_remove(&s.line, path);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	(void)snprintf(text, sizeof(text),
		       "\"manifest\":\"%s\",\"scope\":{\"platforms\":[\"q35\"],\"classes\":["
		       "\"server\"],\"maximumNodes\":3},\"reason\":\"a hole\",\"time\":%" PRId64
		       ",\"expires\":%" PRId64,
		       hex, LINE_NOW - 3600, LINE_NOW + 3600);
	lifecycle_put(&s, "emergency", "emergencies", "plat-approve", subject, text, emergency);
	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":"
		       "\"emergency\",\"digest\":{\"sha256\":\"%s\"}}],"
		       "\"predicateType\":\"https://attestd.dev/review/v1\",\"predicate\":{"
		       "\"emergency\":\"%s\",\"finding\":\"confirmed\",\"reason\":\"looked\","
		       "\"time\":%" PRId64 "}}",
		       emergency, emergency, LINE_NOW - 60);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	line_digest_hex(&digest, hex);
	(void)snprintf(path, sizeof(path), "reviews/%s/1.json", emergency);
	line_put_signed(&s.line, path, "sec-review", text);
	(void)snprintf(pins, sizeof(pins),
		       ",\"emergency\":\"%s\",\"reviews\":[{\"sha256\":\"%s\",\"finding\":"
		       "\"confirmed\",\"time\":%" PRId64 "}]",
		       emergency, hex, LINE_NOW - 60);
	lifecycle_publish(&s, entries, 2, "", pins);
	walk_folder(&s, "emergencies/");
	walk_folder(&s, "reviews/");
}

static void r27_no_field_of_a_canary_document_can_be_another(void **state)
{
	static const struct entry entries[] = { { 2, "current", 0 },
						{ 1, "previous", LINE_NOW + 3600 } };
	static const struct line_edit gate = { "root", "\"nodes\":0,\"window\":86400",
					       "\"nodes\":2,\"window\":86400" };
	static const struct entry tried[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { .index = 1 };
	AUTO_DONE(outcome) out = { 0 };
	struct canary canary = {
		.nodes = 2, .svids = 2, .from = LINE_NOW - 3600, .to = LINE_NOW - 60
	};
	(void)state;

	line_make(&s.line, &gate, 1);
	s.manifest[1] = s.line.manifest;
	lifecycle_find_matrix(&s);
	lifecycle_load(&s, &out);
	next_version(&s, 2, &gate);
	lifecycle_publish(&s, tried, 2, "", "");
	outcome_done(&out);
	out = (struct outcome){ 0 };
	lifecycle_load(&s, &out);
	lifecycle_put_canary(&s, 2, 1, "verifier", canary);
	lifecycle_publish(&s, entries, 2, "", "");
	walk_folder(&s, "canaries/");
}

/* Before a verifier that has the version before in force. */
static void load_over(struct line *line, const struct release_marks *marks, struct outcome *out)
{
	outcome_load_at(line, marks, LINE_NOW, out);
	if (out->status == OK)
		return;
	assert_true(out->refusal.document[0] != '\0');
	assert_true(out->refusal.advice[0] != '\0');
}

/* What a second version wrote, one file not there yet, or only its beginning: all of it is
 * in force, or nothing of it and what it was before (outcome_load_at() looks). */
static void r13_a_half_copied_release_is_all_or_nothing(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) whole = { 0 };
	size_t refused = 0;
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	line_make_version(&line, 2, NULL, 0);
	load_over(&line, &first.marks, &whole);
	assert_int_equal(whole.status, OK);
	for (size_t i = 0; i < line.count; i++) {
		const struct path path = path_at(&line, i);
		const size_t len = line.file[i].content.len;
		const size_t lengths[] = { 0, len / 2, len - 1 };

		for (size_t j = 0; j < 4; j++) {
			AUTO_DONE(outcome) out = { 0 };

			if (j == 3)
				line.file[i].path[0] = '\0';
			else
				line.file[i].content.len = lengths[j];
			load_over(&line, &first.marks, &out);
			/* The last line end of a set is the whole file's. */
			if (j < 3 && out.status == OK)
				fail_msg("%s was accepted cut to %zu", path.text, lengths[j]);
			/* A signature may be left out where others are enough, nothing else. */
			if (out.status == OK &&
			    (out.image.len != whole.image.len ||
			     memcmp(out.image.data, whole.image.data, whole.image.len) != 0))
				fail_msg("without %s it is another release", path.text);
			refused += out.status != OK;
			(void)snprintf(line.file[i].path, sizeof(line.file[i].path), "%s",
				       path.text);
			line.file[i].content.len = len;
		}
	}
	assert_true(refused >= 3 * line.count);
}

/* By one second more than clocks may differ. */
static void r14_what_is_dated_ahead_is_refused_by_name(void **state)
{
	static const struct {
		const char *document, *path;
	} rows[] = {
		{ "timestamp", "timestamp.json" },	 { "index", "index/1.json" },
		{ "revocations", "revocations/1.json" }, { "approval#1", "approvals/" },
		{ "approval#2", "approvals/" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int ahead = 300; ahead <= 301; ahead++) {
			AUTO_DONE(line) line = { 0 };
			AUTO_DONE(outcome) out = { 0 };
			char now[64];
			(void)snprintf(now, sizeof(now), "\"time\":%lld",
				       (long long)LINE_NOW + ahead);
			const struct line_edit edit = { rows[i].document, "\"time\":1767225540",
							now };

			line_make(&line, &edit, 1);
			outcome_load_at(&line, NULL, LINE_NOW, &out);
			if (ahead == 300) {
				assert_int_equal(out.status, OK);
				continue;
			}
			assert_string_equal(out.refusal.code, "not-yet-valid");
			assert_string_equal(out.refusal.field, "time");
			assert_memory_equal(out.refusal.document, rows[i].path,
					    strlen(rows[i].path));
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r13_a_half_copied_release_is_all_or_nothing),
	cmocka_unit_test(r14_what_is_dated_ahead_is_refused_by_name),
	cmocka_unit_test(r01_no_field_of_any_document_can_be_another),
	cmocka_unit_test(r16_nobody_changes_alone_what_others_pinned),
	cmocka_unit_test(r07_no_bit_of_any_signature_can_be_another),
	cmocka_unit_test(r20_no_field_of_a_rollback_can_be_another),
	cmocka_unit_test(r19_no_field_of_an_emergency_or_its_review_can_be_another),
	cmocka_unit_test(r27_no_field_of_a_canary_document_can_be_another),
};

ATTACKS_MAIN(tests)
