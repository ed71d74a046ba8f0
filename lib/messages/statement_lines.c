/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/statement_lines.h"

#include <string.h>

#include "base/text.h"
#include "messages/node.h"
#include "messages/statement.h"

void lines_fail(struct lines *l, enum status status)
{
	if (l->status == OK)
		l->status = status;
}

struct lines lines_within(struct span text, size_t max, const char *kind)
{
	struct lines l = { .rest = text };
	struct span line;

	if (text.len > max)
		lines_fail(&l, STATUS_TOO_LARGE);
	else if (text.len == 0 || text.data[text.len - 1] != '\n')
		lines_fail(&l, STATUS_TRUNCATED);
	else if (!text_next_line(&l.rest, &line) || !span_equal(line, span_text(kind)))
		lines_fail(&l, STATUS_UNSUPPORTED);
	return l;
}

struct lines lines_over(struct span text, const char *kind)
{
	return lines_within(text, STATEMENT_MAX, kind);
}

bool lines_has(const struct lines *l, const char *name)
{
	size_t len = strlen(name);

	return l->status == OK && span_starts_with(l->rest, name) && l->rest.len > len &&
	       l->rest.data[len] == ' ';
}

struct span lines_field(struct lines *l, const char *name)
{
	struct span line, word;

	if (!lines_has(l, name) || !text_next_line(&l->rest, &line) ||
	    !text_next_word(&line, ' ', &word) || line.len == 0) {
		lines_fail(l, STATUS_MALFORMED);
		return (struct span){ 0 };
	}
	return line;
}

struct span lines_word(struct lines *l, struct span *value)
{
	struct span word = { 0 };

	if (l->status != OK || !text_next_word(value, ' ', &word) || word.len == 0)
		lines_fail(l, STATUS_MALFORMED);
	return word;
}

enum status lines_end(struct lines *l)
{
	if (l->status == OK && !span_equal(l->rest, span_text("end\n")))
		lines_fail(l, STATUS_MALFORMED);
	return l->status;
}

static bool is_extra_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < ' ' || value.data[i] >= 0x7f)
			return false;
	return value.len > 0 && value.len <= EXTRA_VALUE_MAX;
}

struct span lines_take_extras(struct lines *l)
{
	struct span extras = { .data = l->rest.data };
	struct span before = { 0 };

	for (size_t i = 0; i < EXTRAS_MAX && lines_has(l, "extra"); i++) {
		struct span value = lines_field(l, "extra");
		struct span name = lines_word(l, &value);

		if (!code_is_valid(name) || !is_extra_value(value) ||
		    span_compare(before, name) >= 0)
			lines_fail(l, STATUS_MALFORMED);
		before = name;
	}
	extras.len = (size_t)(l->rest.data - extras.data);
	return l->status == OK ? extras : (struct span){ 0 };
}

static bool is_dash(struct span value)
{
	return span_equal(value, span_text("-"));
}

void lines_take_escaped(struct lines *l, struct span value, size_t max, bool is_optional,
			struct bytes *out)
{
	if (l->status != OK || (is_optional && is_dash(value)))
		return;
	lines_fail(l, text_unescape(value, out));
	if (out->len == 0)
		lines_fail(l, STATUS_MALFORMED);
	if (out->len > max)
		lines_fail(l, STATUS_TOO_LARGE);
}

void lines_take_base64(struct lines *l, struct span value, size_t max, struct bytes *out)
{
	if (l->status != OK)
		return;
	lines_fail(l, base64_decode(value, max, out));
	if (out->len == 0)
		lines_fail(l, STATUS_MALFORMED);
}

void lines_take_hex(struct lines *l, struct span value, size_t max, bool is_optional,
		    struct bytes *out)
{
	if (l->status != OK || (is_optional && is_dash(value)))
		return;
	if (value.len == 0 || value.len / 2 > max)
		lines_fail(l, STATUS_MALFORMED);
	else
		lines_fail(l, hex_decode(value, out));
}

uint64_t lines_decimal(struct lines *l, struct span value, uint64_t max)
{
	uint64_t number = 0;

	if (l->status == OK)
		lines_fail(l, decimal_parse(value, max, &number));
	return number;
}

void line_text(struct line_writer *w, const char *text)
{
	if (w->status == OK)
		w->status = bytes_append(w->out, span_text(text));
}

void line_escaped(struct line_writer *w, struct span value)
{
	if (value.len == 0)
		line_text(w, "-");
	else if (w->status == OK)
		w->status = text_append_escaped(w->out, value);
}

void line_base64(struct line_writer *w, struct span value)
{
	if (w->status == OK)
		w->status = base64_append(w->out, value);
}

void line_hex(struct line_writer *w, struct span value)
{
	if (value.len == 0)
		line_text(w, "-");
	else if (w->status == OK)
		w->status = hex_append(w->out, value);
}

void line_decimal(struct line_writer *w, uint64_t value)
{
	if (w->status == OK)
		w->status = decimal_append(w->out, value);
}

void line_extras(struct line_writer *w, struct span extras)
{
	struct lines l = { .rest = extras };

	if (extras.len == 0)
		return;
	if (lines_take_extras(&l).len != extras.len || extras.data[extras.len - 1] != '\n')
		w->status = STATUS_MALFORMED;
	if (w->status == OK)
		w->status = bytes_append(w->out, extras);
}
