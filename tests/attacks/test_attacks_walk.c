/* SPDX-License-Identifier: Apache-2.0 */
/* A valid release, walked from end to end: each name, text, number, digest and date of
 * each document becomes another one, by somebody with a key and by somebody without. */
#include "attacks.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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
	bool is_timestamp = strcmp(path, "timestamp.json") == 0;
	const char *const *names = is_timestamp ? timestamp : approval;
	size_t count = is_timestamp ? 3 : 2;

	if (!is_timestamp && strncmp(path, "approvals/", 10) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == name->len &&
		    memcmp(text + name->start, names[i], name->len) == 0)
			return true;
	return false;
}

static void assert_named(struct line *line, const char *path, const char *what)
{
	AUTO_DONE(outcome) out = { 0 };

	outcome_load_at(line, NULL, LINE_NOW, &out);
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
static size_t walk(struct line *line, size_t file, bool has_key)
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
		assert_named(line, path, changed.text + token.start);
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
			changes += walk(&line, i, false);
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
			assert_true(walk(&line, i, true) > 0);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
}

static void r07_no_bit_of_any_signature_can_be_another(void **state)
{
	AUTO_DONE(line) line = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++) {
		const struct path path = path_at(&line, i);
		struct signed_text whole = { 0 };

		if (!is_envelope(path.text))
			continue;
		signed_text_of(&line, path.text, &whole);
		for (size_t at = 0; at < whole.signature_len; at++) {
			struct signed_text changed = whole;

			changed.signature[at] ^= (uint8_t)(1u << at % 8);
			put_signature(&line, path.text, &changed);
			assert_named(&line, path.text, "another signature");
		}
		put_signature(&line, path.text, &whole);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r01_no_field_of_any_document_can_be_another),
	cmocka_unit_test(r16_nobody_changes_alone_what_others_pinned),
	cmocka_unit_test(r07_no_bit_of_any_signature_can_be_another),
};

ATTACKS_MAIN(tests)
