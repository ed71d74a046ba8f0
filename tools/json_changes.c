/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/json_changes.h"

#include <string.h>

#include "tools/log_text.h"

#define PLACE_MAX 512

struct place {
	char text[PLACE_MAX];
};

static struct place within(const char *place, const char *open, const char *name, const char *close)
{
	struct place inner;

	(void)snprintf(inner.text, sizeof(inner.text), "%s%s%s%s", place, open, name, close);
	return inner;
}

static void print_value(FILE *to, char sign, json_t *value)
{
	AUTO(char)
	text = value == NULL ? NULL
			     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
							 JSON_ENSURE_ASCII);

	if (text == NULL)
		return;
	fprintf(to, "    %c ", sign);
	print_visible(to, text);
	fputc('\n', to);
}

static bool print_change(FILE *to, const char *place, json_t *before, json_t *after)
{
	fputs("  ", to);
	print_escaped(to, span_text(place), PLACE_MAX);
	fputc('\n', to);
	print_value(to, '-', before);
	print_value(to, '+', after);
	return true;
}

static bool print_members(FILE *to, const char *place, json_t *before, json_t *after)
{
	const char *dot = place[0] == '\0' ? "" : ".";
	bool has_changed = false;
	const char *name;
	json_t *value;

	json_object_foreach(before, name, value) has_changed |= print_json_changes(
		to, within(place, dot, name, "").text, value, json_object_get(after, name));
	json_object_foreach(after, name, value) if (json_object_get(before, name) == NULL)
		has_changed |=
		print_json_changes(to, within(place, dot, name, "").text, NULL, value);
	return has_changed;
}

static const char *name_of(json_t *element)
{
	return json_string_value(json_object_get(element, "name"));
}

/* Has the array the element, by its name or else by its content? */
static json_t *find(json_t *array, json_t *wanted)
{
	const char *name = name_of(wanted);
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		const char *found = name_of(element);

		if (name != NULL && found != NULL ? strcmp(name, found) == 0
						  : json_equal(element, wanted))
			return element;
	}
	return NULL;
}

static struct place element_place(const char *place, json_t *element)
{
	const char *name = name_of(element);

	return name == NULL ? within(place, "", "", "") : within(place, "[", name, "]");
}

/* No element twice, which would hide behind the other. */
static bool is_set(json_t *array)
{
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		if (find(array, element) != element)
			return false;
	}
	return true;
}

/* Where another order is all that differs, the arrays are shown whole. */
static bool print_elements(FILE *to, const char *place, json_t *before, json_t *after)
{
	bool has_changed = false;
	json_t *element;
	size_t i;

	if (!is_set(before) || !is_set(after))
		return print_change(to, place, before, after);
	json_array_foreach(before, i, element) has_changed |= print_json_changes(
		to, element_place(place, element).text, element, find(after, element));
	json_array_foreach(after, i, element) if (find(before, element) == NULL) has_changed |=
		print_json_changes(to, element_place(place, element).text, NULL, element);
	return has_changed || print_change(to, place, before, after);
}

bool print_json_changes(FILE *to, const char *place, json_t *before, json_t *after)
{
	if (before == after || (before != NULL && after != NULL && json_equal(before, after)))
		return false;
	if (json_is_object(before) && json_is_object(after))
		return print_members(to, place, before, after);
	if (json_is_array(before) && json_is_array(after))
		return print_elements(to, place, before, after);
	return print_change(to, place, before, after);
}
