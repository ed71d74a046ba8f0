/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/json_writer.h"

#include <inttypes.h>

#include "base/text.h"

struct json_writer json_to(struct bytes *out)
{
	return (struct json_writer){ .out = out };
}

static void put(struct json_writer *w, struct span s)
{
	if (w->status == OK)
		w->status = bytes_append(w->out, s);
}

/* Of the characters at the front that stand for themselves, one byte each. */
static size_t plain_length(struct span s)
{
	size_t len = 0;

	while (len < s.len && s.data[len] >= ' ' && s.data[len] < 0x7f && s.data[len] != '"' &&
	       s.data[len] != '\\')
		len++;
	return len;
}

/* Most texts have nothing in them but plain characters: in one piece. */
static void put_plain(struct json_writer *w, struct span *text)
{
	size_t len = plain_length(*text);

	put(w, (struct span){ text->data, len });
	text->data += len;
	text->len -= len;
}

static void put_string(struct json_writer *w, struct span text)
{
	put(w, span_text("\""));
	if (text.len > 0)
		put_plain(w, &text);
	while (text.len > 0 && w->status == OK) {
		uint8_t c = text.data[0];
		size_t len = utf8_length(text);

		/* JSON can say NUL; those who read it as C's strings refuse all of it. */
		if (len == 0 || c == '\0') {
			put(w, span_text("\\ufffd"));
			len = 1;
		} else if (c == '"' || c == '\\') {
			put(w, span_text("\\"));
			put(w, (struct span){ &c, 1 });
		} else if (c < 0x20 || c == 0x7f) {
			w->status = bytes_printf(w->out, "\\u%04x", c);
		} else {
			put(w, (struct span){ text.data, len });
		}
		text.data += len;
		text.len -= len;
	}
	put(w, span_text("\""));
}

static void start(struct json_writer *w, const char *name)
{
	if (w->needs_comma)
		put(w, span_text(","));
	w->needs_comma = true;
	if (name == NULL)
		return;
	put_string(w, span_text(name));
	put(w, span_text(":"));
}

void json_open(struct json_writer *w, const char *name, char bracket)
{
	start(w, name);
	put(w, (struct span){ (const uint8_t *)&bracket, 1 });
	w->needs_comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
	put(w, (struct span){ (const uint8_t *)&bracket, 1 });
	w->needs_comma = true;
}

void json_text(struct json_writer *w, const char *name, struct span text)
{
	start(w, name);
	put_string(w, text);
}

void json_base64(struct json_writer *w, const char *name, struct span bytes)
{
	start(w, name);
	put(w, span_text("\""));
	if (w->status == OK)
		w->status = base64_append(w->out, bytes);
	put(w, span_text("\""));
}

void json_hex(struct json_writer *w, const char *name, struct span bytes)
{
	start(w, name);
	put(w, span_text("\""));
	if (w->status == OK)
		w->status = hex_append(w->out, bytes);
	put(w, span_text("\""));
}

void json_uint(struct json_writer *w, const char *name, uint64_t value)
{
	start(w, name);
	if (w->status == OK)
		w->status = decimal_append(w->out, value);
}

void json_int(struct json_writer *w, const char *name, int64_t value)
{
	start(w, name);
	if (w->status == OK)
		w->status = bytes_printf(w->out, "%" PRId64, value);
}

void json_bool(struct json_writer *w, const char *name, bool value)
{
	start(w, name);
	put(w, span_text(value ? "true" : "false"));
}

void json_raw(struct json_writer *w, const char *name, struct span json)
{
	start(w, name);
	put(w, json);
}

enum status json_end(const struct json_writer *w)
{
	return w->status;
}
