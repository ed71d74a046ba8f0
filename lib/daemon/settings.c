/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/setting_values.h"

#define VALUES_MAX 4096

void settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->values[i].name);
		free(s->values[i].text);
	}
	free(s->values);
	free(s);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

const struct setting *setting_named(const struct setting *schema, const char *section,
				    bool is_named, const char *key)
{
	for (const struct setting *s = schema; s->section != NULL; s++)
		if (s->is_named == is_named && strcmp(s->section, section) == 0 &&
		    (key == NULL || strcmp(s->key, key) == 0))
			return s;
	return NULL;
}

struct setting_value *setting_value_find(const struct settings *s, const struct setting *setting,
					 const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->values[i].setting == setting && same_text(s->values[i].name, name))
			return &s->values[i];
	return NULL;
}

enum status setting_number_parse(const char *text, int64_t least, int64_t most, int64_t *out)
{
	bool is_negative = text[0] == '-';
	uint64_t magnitude = 0;
	enum status status =
		decimal_parse(span_text(text + (is_negative ? 1 : 0)), INT64_MAX, &magnitude);

	if (status != OK)
		return status;

	int64_t number = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (number < least || number > most)
		return STATUS_TOO_LARGE;
	*out = number;
	return OK;
}

struct setting_value *setting_value_new(struct settings *s, const struct setting *setting,
					const char *name)
{
	if (s->count == VALUES_MAX)
		return NULL;
	if (s->count == s->capacity) {
		size_t capacity = s->capacity == 0 ? 64 : s->capacity * 2;
		struct setting_value *grown = reallocarray(s->values, capacity, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		s->values = grown;
		s->capacity = capacity;
	}

	char *copy = name == NULL ? NULL : strdup(name);
	if (name != NULL && copy == NULL)
		return NULL;

	struct setting_value *v = &s->values[s->count++];
	*v = (struct setting_value){ .setting = setting, .name = copy, .file = SIZE_MAX };
	return v;
}

enum status settings_new(const struct setting *schema, struct settings **out)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return STATUS_NO_MEMORY;
	s->schema = schema;
	*out = s;
	return OK;
}

const char *settings_text(const struct settings *s, const char *section, const char *name,
			  const char *key)
{
	const struct setting *setting = setting_named(s->schema, section, name != NULL, key);
	const struct setting_value *v =
		setting == NULL ? NULL : setting_value_find(s, setting, name);

	if (v != NULL)
		return v->text;
	return setting == NULL ? NULL : setting->fallback;
}

int64_t settings_number(const struct settings *s, const char *section, const char *name,
			const char *key)
{
	const char *text = settings_text(s, section, name, key);
	int64_t number = 0;

	if (text == NULL || setting_number_parse(text, INT64_MIN, INT64_MAX, &number) != OK)
		return 0;
	return number;
}

bool settings_bool(const struct settings *s, const char *section, const char *name, const char *key)
{
	return same_text(settings_text(s, section, name, key), "yes");
}

/* The first value of each section [kind NAME] stands for it. */
static bool starts_section(const struct settings *s, size_t index, const char *kind)
{
	const struct setting_value *v = &s->values[index];

	if (v->name == NULL || strcmp(v->setting->section, kind) != 0)
		return false;
	for (size_t i = 0; i < index; i++)
		if (same_text(s->values[i].name, v->name) &&
		    strcmp(s->values[i].setting->section, kind) == 0)
			return false;
	return true;
}

size_t settings_name_count(const struct settings *s, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += starts_section(s, i, kind) ? 1 : 0;
	return count;
}

const char *settings_name(const struct settings *s, const char *kind, size_t index)
{
	for (size_t i = 0; i < s->count; i++)
		if (starts_section(s, i, kind) && index-- == 0)
			return s->values[i].name;
	return NULL;
}

void settings_print_schema(const struct setting *schema)
{
	static const char *const types[] = { "text", "number", "yes|no", "words" };
	const struct setting *before = NULL;

	for (const struct setting *s = schema; s->section != NULL; before = s++) {
		if (before == NULL || strcmp(before->section, s->section) != 0)
			printf("%s[%s%s]\n", before == NULL ? "" : "\n", s->section,
			       s->is_named ? " NAME" : "");
		printf("%s = %s", s->key, types[s->type]);
		if (s->type == SETTING_NUMBER)
			printf(" %lld..%lld", (long long)s->least, (long long)s->most);
		if (s->is_required)
			printf(", required");
		if (s->fallback != NULL)
			printf(", default %s", s->fallback);
		printf("\n    %s\n", s->help);
	}
}
