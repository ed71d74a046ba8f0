/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "messages/json_writer.h"
#include "policies/difference/differing.h"

/* What stands in a field of its own, or says nothing about golden values: versions
 * and the previous manifest are the text's head, the declared class is judged
 * beside the computed one, and sets are compared file by file. */
static const char *const left_out[] = { "version",	"previous",	 "changeClass",
					"ima.sets",	"ima.sets.name", "ima.sets.sha256",
					"ima.sets.size" };

static bool is_left_out(struct span field)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (span_equal(field, span_text(left_out[i])))
			return true;
	return false;
}

const struct json_value *json_member(const struct json_value *object, const char *name)
{
	if (object == NULL || object->kind != JSON_KIND_OBJECT)
		return NULL;

	const struct json_value *member = json_first(object);
	for (size_t i = 0; i < object->count; i++, member = json_next(member))
		if (span_equal(member->name, span_text(name)))
			return member;
	return NULL;
}

/* The first name after last, in the order of its bytes; NULL where none follows. */
static const char *name_after(const struct json_value *object, const char *last, const char *other)
{
	const char *first = other;

	if (object == NULL || object->kind != JSON_KIND_OBJECT)
		return first;

	const struct json_value *member = json_first(object);
	for (size_t i = 0; i < object->count; i++, member = json_next(member)) {
		const char *name = (const char *)member->name.data;

		if ((last == NULL || strcmp(name, last) > 0) &&
		    (first == NULL || strcmp(name, first) < 0))
			first = name;
	}
	return first;
}

/* In one spelling: members by name, no white space. */
static void write_value(struct json_writer *w, const char *name, const struct json_value *value)
{
	const struct json_value *element = json_first(value);

	switch (value->kind) {
	case JSON_KIND_NULL:
		json_raw(w, name, span_text("null"));
		return;
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		json_bool(w, name, value->kind == JSON_KIND_TRUE);
		return;
	case JSON_KIND_INTEGER:
		json_int(w, name, value->integer);
		return;
	case JSON_KIND_TEXT:
		json_text(w, name, value->text);
		return;
	case JSON_KIND_ARRAY:
		json_open(w, name, '[');
		for (size_t i = 0; i < value->count; i++, element = json_next(element))
			write_value(w, NULL, element);
		json_close(w, ']');
		return;
	case JSON_KIND_OBJECT:
		json_open(w, name, '{');
		for (const char *at = NULL; (at = name_after(value, at, NULL)) != NULL;)
			write_value(w, at, json_member(value, at));
		json_close(w, '}');
	}
}

static void append_value(struct differing *d, const struct json_value *value, struct bytes *out)
{
	struct json_writer w = json_to(out);

	write_value(&w, NULL, value);
	differing_fail(d, json_end(&w));
}

static void tell(struct differing *d, struct span before, struct span after)
{
	struct span field = span_of(&d->field);
	const struct change change = { .kind = change_kind_of_field(field, before.len == 0),
				       .field = field,
				       .set = d->set,
				       .before = before,
				       .after = after };

	if (before.len > 0)
		differing_line(d, '-', field, before);
	if (after.len > 0)
		differing_line(d, '+', field, after);
	differing_change(d, &change);
}

static void differing_whole(struct differing *d, const struct json_value *before,
			    const struct json_value *after)
{
	AUTO_DONE(bytes) old = { 0 };
	AUTO_DONE(bytes) new = { 0 };

	if (before != NULL)
		append_value(d, before, &old);
	if (after != NULL)
		append_value(d, after, &new);
	if (!span_equal(span_of(&old), span_of(&new)))
		tell(d, span_of(&old), span_of(&new));
}

/* An array's elements as texts, sorted. */
struct elements {
	struct bytes text;
	struct span *element;
	size_t count;
};

static void elements_done(struct elements *list)
{
	bytes_done(&list->text);
	free(list->element);
}

AUTO_RELEASE(elements, elements_done);

static int compare_spans(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void read_elements(struct differing *d, const struct json_value *array, struct elements *out)
{
	size_t count = array == NULL ? 0 : array->count;
	size_t start = 0;

	out->element = calloc(count + 1, sizeof(*out->element));
	if (out->element == NULL) {
		differing_fail(d, STATUS_NO_MEMORY);
		return;
	}
	const struct json_value *value = array == NULL ? NULL : json_first(array);
	for (size_t i = 0; i < count; i++, value = json_next(value)) {
		append_value(d, value, &out->text);
		out->element[i].len = out->text.len - start;
		start = out->text.len;
	}
	/* Only now does the text no longer move. */
	const uint8_t *at = out->text.data;
	for (size_t i = 0; i < count; i++) {
		out->element[i].data = at;
		at += out->element[i].len;
	}
	out->count = count;
	qsort(out->element, count, sizeof(*out->element), compare_spans);
}

/* Elements that only one of the arrays has; where there are none, another order
 * is the difference. */
static void differing_arrays(struct differing *d, const struct json_value *before,
			     const struct json_value *after)
{
	AUTO_DONE(elements) old = { 0 };
	AUTO_DONE(elements) new = { 0 };
	size_t i = 0, j = 0;
	size_t told = 0;

	read_elements(d, before, &old);
	read_elements(d, after, &new);
	while (d->status == OK && (i < old.count || j < new.count)) {
		int order = i == old.count   ? 1
			    : j == new.count ? -1
					     : span_compare(old.element[i], new.element[j]);

		told += order != 0;
		if (order < 0)
			tell(d, old.element[i], (struct span){ 0 });
		if (order > 0)
			tell(d, (struct span){ 0 }, new.element[j]);
		i += order <= 0;
		j += order >= 0;
	}
	if (told == 0 && before != NULL && after != NULL)
		differing_whole(d, before, after);
}

static void differing_objects(struct differing *d, const struct json_value *before,
			      const struct json_value *after)
{
	for (const char *name = NULL; d->status == OK;) {
		name = name_after(after, name, name_after(before, name, NULL));
		if (name == NULL)
			return;
		differing_member(d, before, after, name);
	}
}

void differing_member(struct differing *d, const struct json_value *before,
		      const struct json_value *after, const char *name)
{
	size_t len = d->field.len;

	differing_fail(d, bytes_printf(&d->field, "%s%s", len > 0 ? "." : "", name));
	if (d->status == OK && !is_left_out(span_of(&d->field)))
		differing_values(d, json_member(before, name), json_member(after, name));
	d->field.len = len;
}

static bool is_kind(const struct json_value *value, enum json_kind kind)
{
	return value == NULL || value->kind == kind;
}

void differing_values(struct differing *d, const struct json_value *before,
		      const struct json_value *after)
{
	if (is_kind(before, JSON_KIND_OBJECT) && is_kind(after, JSON_KIND_OBJECT))
		differing_objects(d, before, after);
	else if (is_kind(before, JSON_KIND_ARRAY) && is_kind(after, JSON_KIND_ARRAY))
		differing_arrays(d, before, after);
	else
		differing_whole(d, before, after);
}
