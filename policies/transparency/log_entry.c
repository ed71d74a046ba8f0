/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/log_entry.h"

#include <string.h>

#include "base/text.h"
#include "messages/statement_lines.h"

static const char first_line[] = "attestd-release-log/1";

/* [a-z0-9-][a-z0-9.-]*: kinds of documents, and names of the root's keys. A key's name is
 * a file's too, which its entry's writer chooses: none that is hidden, or that goes up. */
static bool is_word(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (memchr("abcdefghijklmnopqrstuvwxyz0123456789.-", s.data[i], 38) == NULL)
			return false;
	return s.len > 0 && s.len <= LOG_NAME_MAX && s.data[0] != '.';
}

static struct span take_word(struct lines *l, const char *name)
{
	struct span word = lines_field(l, name);

	if (l->status == OK && !is_word(word))
		lines_fail(l, STATUS_MALFORMED);
	return word;
}

static void take_digest(struct lines *l, const char *name, bool is_optional, struct digest *out)
{
	AUTO_DONE(bytes) value = { 0 };

	lines_take_hex(l, lines_field(l, name), SHA256_SIZE, is_optional, &value);
	if (l->status == OK && (value.len > 0 || !is_optional))
		lines_fail(l, digest_from(DIGEST_SHA256, span_of(&value), out));
}

enum status log_entry_parse(struct span text, struct log_entry *out)
{
	AUTO_DONE(bytes) again = { 0 };
	struct lines l = lines_over(text, first_line);
	struct log_entry entry = { 0 };

	entry.kind = take_word(&l, "kind");
	take_digest(&l, "sha256", false, &entry.document);
	entry.key = take_word(&l, "key");
	take_digest(&l, "subject", true, &entry.subject);
	entry.time = (int64_t)lines_decimal(&l, lines_field(&l, "time"), INT64_MAX);

	enum status status = lines_end(&l);
	if (status == OK)
		status = log_entry_make(&entry, &again);
	if (status != OK)
		return status;
	/* Hexadecimal digits in upper case would be a second spelling. */
	if (!span_equal(span_of(&again), text))
		return STATUS_MALFORMED;
	*out = entry;
	return OK;
}

enum status log_entry_make(const struct log_entry *entry, struct bytes *out)
{
	AUTO_DONE(bytes) text = { 0 };
	struct line_writer w = { .out = &text };

	if (!is_word(entry->kind) || !is_word(entry->key) || entry->time < 0 ||
	    entry->document.alg != DIGEST_SHA256)
		return STATUS_MALFORMED;
	line_text(&w, first_line);
	line_text(&w, "\nkind ");
	line_escaped(&w, entry->kind);
	line_text(&w, "\nsha256 ");
	line_hex(&w, digest_span(&entry->document));
	line_text(&w, "\nkey ");
	line_escaped(&w, entry->key);
	line_text(&w, "\nsubject ");
	line_hex(&w, digest_span(&entry->subject));
	line_text(&w, "\ntime ");
	line_decimal(&w, (uint64_t)entry->time);
	line_text(&w, "\nend\n");
	return w.status == OK ? bytes_append(out, span_of(&text)) : w.status;
}
