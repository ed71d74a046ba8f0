/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/entries.h"

#include <stdlib.h>

#include "messages/statement_lines.h"

#define KIND "attestd-entries/1"

void entries_done(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		entry_done(&entries->list[i]);
	free(entries->list);
	bytes_done(&entries->class);
	*entries = (struct entries){ 0 };
}

const struct entry *entries_find(const struct entries *entries, struct span name)
{
	for (size_t i = 0; i < entries->count; i++)
		if (span_equal(span_of(&entries->list[i].name), name))
			return &entries->list[i];
	return NULL;
}

enum status entries_write(const struct entries *entries, struct bytes *text)
{
	struct line_writer w = { .out = text };
	size_t start = text->len;

	if (!class_name_is_valid(span_of(&entries->class)))
		return STATUS_MALFORMED;
	if (entries->count > ENTRIES_MAX)
		return STATUS_TOO_LARGE;
	line_text(&w, KIND "\nclass ");
	line_escaped(&w, span_of(&entries->class));
	line_text(&w, "\n");
	for (size_t i = 0; i < entries->count && w.status == OK; i++) {
		const struct entry *e = &entries->list[i];

		if (i > 0 && span_compare(span_of(&e[-1].name), span_of(&e->name)) >= 0)
			return STATUS_MALFORMED;
		line_text(&w, "entry ");
		if (w.status == OK)
			w.status = entry_write(e, text);
		line_text(&w, "\n");
	}
	line_text(&w, "end\n");
	if (w.status == OK && text->len - start > ENTRIES_TEXT_MAX)
		return STATUS_TOO_LARGE;
	return w.status;
}

/* Half as many again each time: the text's length bounds the number of lines, and a
 * node has few entries. */
static enum status make_room(struct entries *entries, size_t *capacity)
{
	size_t wanted = *capacity + *capacity / 2 + 4;
	struct entry *list;

	if (entries->count < *capacity)
		return OK;
	list = reallocarray(entries->list, wanted, sizeof(*list));
	if (list == NULL)
		return STATUS_NO_MEMORY;
	entries->list = list;
	*capacity = wanted;
	return OK;
}

static enum status take_entries(struct span text, struct entries *out)
{
	struct lines l = lines_within(text, ENTRIES_TEXT_MAX, KIND);
	size_t capacity = 0;

	lines_take_escaped(&l, lines_field(&l, "class"), CLASS_NAME_MAX, false, &out->class);
	while (lines_has(&l, "entry")) {
		struct span line = lines_field(&l, "entry");
		struct entry entry = { 0 };

		if (out->count == ENTRIES_MAX)
			lines_fail(&l, STATUS_TOO_LARGE);
		if (l.status == OK)
			lines_fail(&l, make_room(out, &capacity));
		if (l.status == OK)
			lines_fail(&l, entry_parse(line, &entry));
		if (l.status == OK)
			out->list[out->count++] = entry;
	}
	return lines_end(&l);
}

enum status entries_parse(struct span text, struct entries *out)
{
	AUTO_DONE(entries) e = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	enum status status = take_entries(text, &e);

	if (status == OK)
		status = entries_write(&e, &again);
	if (status != OK)
		return status;
	if (!span_equal(text, span_of(&again)))
		return STATUS_MALFORMED;
	*out = e;
	e = (struct entries){ 0 };
	return OK;
}
