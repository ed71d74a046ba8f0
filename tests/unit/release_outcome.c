/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "release_outcome.h"

#include <string.h>

void outcome_done(struct outcome *out)
{
	bytes_done(&out->image);
}

void outcome_load_at(struct line *line, const struct release_marks *marks, int64_t now,
		     struct outcome *out)
{
	struct release_trust trust = { .root = line->root, .now = now };
	struct release_marks before;

	memcpy(&before, &out->marks, sizeof(before));
	if (marks != NULL)
		trust.marks = *marks;
	out->status = release_load(&trust, &line->source, &out->image, &out->marks, &out->refusal);
	/* A code beside OK says why it gives no new right. */
	if (out->status == OK)
		return;
	assert_non_null(out->refusal.code);
	assert_null(out->image.data);
	assert_memory_equal(&out->marks, &before, sizeof(before));
}

void outcome_load(struct line *line, struct outcome *out)
{
	outcome_load_at(line, NULL, LINE_NOW, out);
	if (out->status != OK && out->refusal.code != NULL)
		print_message("refused: %s at %s %s\n", out->refusal.code, out->refusal.document,
			      out->refusal.field);
}

/* A value that its field can't have: what it may be, the document's description says. */
static bool is_of_any_field(const char *code)
{
	static const char *const codes[] = { "bad-value", "empty", "out-of-range", "unknown-kind" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

void outcome_all_refused(const struct refusal_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, &rows[i].edit, 1);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("%s: %s -> %s gave %s %s (%s), not %s", rows[i].edit.document,
				 rows[i].edit.find == NULL ? "signer" : rows[i].edit.find,
				 rows[i].edit.replace, out.refusal.code, out.refusal.document,
				 out.refusal.field, rows[i].code);
		assert_true(out.refusal.document[0] != '\0');
		assert_true(out.refusal.advice[0] != '\0');
		if (strstr(out.refusal.advice, "docs/") != NULL && !is_of_any_field(rows[i].code))
			fail_msg("%s is left to the documents", rows[i].code);
	}
}
