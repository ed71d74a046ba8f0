/* SPDX-License-Identifier: Apache-2.0 */
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/setting_values.h"

#define LINE_MAX_BYTES 8192
#define VALUE_MAX_DEFAULT 4096
/* inih cuts longer names without a word. */
#define INI_NAME_MAX 49

/* One file while it is read. */
struct ini_file {
	struct settings *settings;
	struct settings_error *error;
	const char *path;
	size_t number;
	struct span rest;
	int line;
	bool is_continuation; /* the line starts with white space */
	bool is_wrong; /* error says why */
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct ini_file *file, const char *format,
							 ...)
{
	char why[400];
	va_list args;

	if (file->is_wrong)
		return false;
	file->is_wrong = true;
	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	(void)snprintf(file->error->text, sizeof(file->error->text), "%.90s:%d: %.400s", file->path,
		       file->line, why);
	return false;
}

bool settings_name_is_valid(struct span name)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	for (size_t i = 0; i < name.len; i++)
		if (memchr(known, name.data[i], sizeof(known) - 1) == NULL)
			return false;
	return name.len > 0;
}

/* Splits in place; *name is NULL for a plain section. */
static bool split_section(char *section, const char **name)
{
	char *space = strchr(section, ' ');

	*name = NULL;
	if (space == NULL)
		return true;
	*space = '\0';
	*name = space + 1 + strspn(space + 1, " ");
	return settings_name_is_valid(span_text(*name));
}

static bool check_value(struct ini_file *file, const struct setting *setting, const char *text)
{
	int64_t number;
	int64_t most = setting->most > 0 ? setting->most : VALUE_MAX_DEFAULT;

	switch (setting->type) {
	case SETTING_NUMBER:
		if (setting_number_parse(text, setting->least, setting->most, &number) != OK)
			return refuse(file, "%s is a number from %lld to %lld", setting->key,
				      (long long)setting->least, (long long)setting->most);
		return true;
	case SETTING_BOOL:
		if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
			return refuse(file, "%s is yes or no", setting->key);
		return true;
	case SETTING_TEXT:
	case SETTING_LIST:
		break;
	}
	if ((int64_t)strlen(text) > most)
		return refuse(file, "%s is longer than %lld bytes", setting->key, (long long)most);
	if (setting->type == SETTING_TEXT && text[0] == '\0')
		return refuse(file, "%s is empty", setting->key);
	return true;
}

/* Words with one space between them. */
static enum status normal_list(const char *already, const char *text, char **out)
{
	AUTO_DONE(bytes) all = { 0 };
	enum status status = bytes_append(&all, span_text(already));

	while (status == OK && *(text += strspn(text, " \t")) != '\0') {
		size_t len = strcspn(text, " \t");

		if (all.len > 0)
			status = bytes_append_byte(&all, ' ');
		if (status == OK)
			status = bytes_append(&all, (struct span){ (const uint8_t *)text, len });
		text += len;
	}
	return status == OK ? bytes_text(span_of(&all), out) : status;
}

static bool keep_value(struct ini_file *file, const struct setting *setting, const char *name,
		       const char *text)
{
	struct setting_value *v = setting_value_find(file->settings, setting, name);
	bool is_again = v != NULL && v->file == file->number;
	char *kept = NULL;

	if (is_again && !file->is_continuation)
		return refuse(file, "%s is given twice", setting->key);
	if (is_again && setting->type != SETTING_LIST)
		return refuse(file, "%s has one line; only lists go on in the next", setting->key);
	if (v == NULL)
		v = setting_value_new(file->settings, setting, name);
	if (v == NULL)
		return refuse(file, "too many settings");

	enum status status = setting->type == SETTING_LIST
				     ? normal_list(is_again ? v->text : NULL, text, &kept)
				     : bytes_text(span_text(text), &kept);
	if (status != OK)
		return refuse(file, "%s: %s", setting->key, status_text(status));
	free(v->text);
	v->text = kept;
	v->file = file->number;
	return check_value(file, setting, kept);
}

/* What inih calls; 0 stops it. */
static int on_value(void *user, const char *section, const char *key, const char *text)
{
	struct ini_file *file = user;
	AUTO(char) kind = strdup(section);
	const char *name;

	if (kind == NULL)
		return refuse(file, "no memory");
	if (!split_section(kind, &name))
		return refuse(file, "[%s]: a name has letters, digits, '.', '_' and '-'", section);
	if (setting_named(file->settings->schema, kind, name != NULL, NULL) == NULL)
		return refuse(file, "unknown section [%s]", section);

	const struct setting *setting =
		setting_named(file->settings->schema, kind, name != NULL, key);
	if (setting == NULL)
		return refuse(file, "unknown key '%s' in section [%s]", key, section);
	return keep_value(file, setting, name, text);
}

static bool is_long_section(struct span line)
{
	const uint8_t *end =
		line.len > 0 && line.data[0] == '[' ? memchr(line.data, ']', line.len) : NULL;

	return end != NULL && end - line.data - 1 > INI_NAME_MAX;
}

/* fgets() for inih over the bytes; NULL ends the file, at an error too. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct ini_file *file = stream;
	struct span line;

	if (file->is_wrong || !text_next_line(&file->rest, &line))
		return NULL;
	file->line++;
	file->is_continuation = line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
	if (line.len + 3 > (size_t)size)
		return refuse(file, "the line is too long"), NULL;
	if (line.len > 0 && memchr(line.data, 0, line.len) != NULL)
		return refuse(file, "a NUL byte"), NULL;
	if (is_long_section(line))
		return refuse(file, "the section's name is too long"), NULL;
	if (line.len > 0)
		memcpy(buffer, line.data, line.len);
	buffer[line.len] = '\n';
	buffer[line.len + 1] = '\0';
	return buffer;
}

static void set_up_inih(void)
{
	ini_use_stack = false;
	ini_max_line = LINE_MAX_BYTES;
	ini_initial_alloc = LINE_MAX_BYTES;
	ini_stop_on_first_error = true;
	ini_allow_multiline = true;
	ini_allow_no_value = false;
	ini_allow_bom = false;
}

enum status settings_parse(struct settings *s, const char *path, size_t number, struct span content,
			   struct settings_error *error)
{
	struct ini_file file = {
		.settings = s, .error = error, .path = path, .number = number, .rest = content
	};

	set_up_inih();
	int line = ini_parse_stream(next_line, &file, on_value, &file);
	if (line < 0)
		return STATUS_NO_MEMORY;
	if (line > 0)
		refuse(&file, "not a [section], a 'key = value' or a comment");
	return file.is_wrong ? STATUS_MALFORMED : OK;
}
