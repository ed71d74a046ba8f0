/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "daemon/file.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define LINE_MAX_BYTES 8192
#define VALUES_MAX 4096
#define VALUE_MAX_DEFAULT 4096
#define DROP_INS_MAX 256
/* inih cuts longer names without a word. */
#define INI_NAME_MAX 49

struct value {
	const struct setting *setting;
	char *name; /* of [kind NAME]; NULL */
	char *text;
	size_t file; /* in which it was given, counted from 0 */
};

struct settings {
	const struct setting *schema;
	struct value *values;
	size_t count;
	size_t capacity;
};

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

static const struct setting *find_setting(const struct setting *schema, const char *section,
					  bool is_named, const char *key)
{
	for (const struct setting *s = schema; s->section != NULL; s++)
		if (s->is_named == is_named && strcmp(s->section, section) == 0 &&
		    (key == NULL || strcmp(s->key, key) == 0))
			return s;
	return NULL;
}

static struct value *find_value(const struct settings *s, const struct setting *setting,
				const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->values[i].setting == setting && same_text(s->values[i].name, name))
			return &s->values[i];
	return NULL;
}

/* [kind NAME]: NAME is letters, digits, '.', '_' and '-', so that it may stand
 * in logs and messages. Splits in place; *name is NULL for a plain section. */
static bool split_section(char *section, const char **name)
{
	char *space = strchr(section, ' ');

	*name = NULL;
	if (space == NULL)
		return true;
	*space = '\0';
	*name = space + 1 + strspn(space + 1, " ");
	return **name != '\0' && strspn(*name, "abcdefghijklmnopqrstuvwxyz"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					       "0123456789._-") == strlen(*name);
}

static enum status parse_number(const char *text, int64_t least, int64_t most, int64_t *out)
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

static bool check_value(struct ini_file *file, const struct setting *setting, const char *text)
{
	int64_t number;
	int64_t most = setting->most > 0 ? setting->most : VALUE_MAX_DEFAULT;

	switch (setting->type) {
	case SETTING_NUMBER:
		if (parse_number(text, setting->least, setting->most, &number) != OK)
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

/* Room for one more value, with a copy of its section's name. */
static struct value *new_value(struct settings *s, const struct setting *setting, const char *name)
{
	if (s->count == VALUES_MAX)
		return NULL;
	if (s->count == s->capacity) {
		size_t capacity = s->capacity == 0 ? 64 : s->capacity * 2;
		struct value *grown = reallocarray(s->values, capacity, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		s->values = grown;
		s->capacity = capacity;
	}

	char *copy = name == NULL ? NULL : strdup(name);
	if (name != NULL && copy == NULL)
		return NULL;

	struct value *v = &s->values[s->count++];
	*v = (struct value){ .setting = setting, .name = copy, .file = SIZE_MAX };
	return v;
}

static bool keep_value(struct ini_file *file, const struct setting *setting, const char *name,
		       const char *text)
{
	struct value *v = find_value(file->settings, setting, name);
	bool is_again = v != NULL && v->file == file->number;
	char *kept = NULL;

	if (is_again && !file->is_continuation)
		return refuse(file, "%s is given twice", setting->key);
	if (is_again && setting->type != SETTING_LIST)
		return refuse(file, "%s has one line; only lists go on in the next", setting->key);
	if (v == NULL)
		v = new_value(file->settings, setting, name);
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
	if (find_setting(file->settings->schema, kind, name != NULL, NULL) == NULL)
		return refuse(file, "unknown section [%s]", section);

	const struct setting *setting =
		find_setting(file->settings->schema, kind, name != NULL, key);
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

static enum status load_file(struct settings *s, const char *path, size_t number,
			     struct settings_error *error)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = file_read_guarded(path, FILE_MAX_BYTES, false, &content);

	if (status == OK)
		return settings_parse(s, path, number, span_of(&content), error);
	(void)snprintf(error->text, sizeof(error->text), "%.200s: %s", path,
		       file_guard_text(status));
	return status;
}

static int is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Only where there is nothing of that name are there no drop-ins: what was meant to
 * narrow must not be left out because it can't be read. */
static enum status list_drop_ins(const char *directory, struct dirent ***entries, int *count,
				 struct settings_error *error)
{
	struct stat facts;
	enum status status;

	*count = 0;
	if (lstat(directory, &facts) != 0 && errno == ENOENT)
		return OK;
	status = directory_check_guarded(directory);
	if (status == OK) {
		int found = scandir(directory, entries, is_drop_in, by_name);

		if (found >= 0) {
			*count = found;
			return OK;
		}
		status = errno == EACCES ? STATUS_DENIED : STATUS_IO;
	}
	(void)snprintf(
		error->text, sizeof(error->text),
		"%.200s: %s (a directory is wanted that belongs to root or to this user, who "
		"may read it, and that nobody else may write)",
		directory, status_text(status));
	return status;
}

static enum status load_drop_ins(struct settings *s, const char *path, struct settings_error *error)
{
	char directory[4096], file[4096 + 256 + 2];
	struct dirent **entries = NULL;
	int count = 0;

	if (snprintf(directory, sizeof(directory), "%s.d", path) >= (int)sizeof(directory))
		return STATUS_TOO_LARGE;

	enum status status = list_drop_ins(directory, &entries, &count, error);

	for (int i = 0; i < count; i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", directory, entries[i]->d_name);
		if (status == OK)
			status = i < DROP_INS_MAX ? load_file(s, file, (size_t)i + 1, error)
						  : STATUS_TOO_LARGE;
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* Required keys: of every plain section, and of each named one that exists. */
static enum status check_required(const struct settings *s, const char *path,
				  struct settings_error *error)
{
	for (const struct setting *wanted = s->schema; wanted->section != NULL; wanted++) {
		size_t count = wanted->is_named ? settings_name_count(s, wanted->section) : 1;

		for (size_t i = 0; wanted->is_required && i < count; i++) {
			const char *name =
				wanted->is_named ? settings_name(s, wanted->section, i) : NULL;

			if (find_value(s, wanted, name) != NULL)
				continue;
			(void)snprintf(error->text, sizeof(error->text),
				       "%.200s: [%s%s%.50s] wants the key '%s': %s", path,
				       wanted->section, name == NULL ? "" : " ",
				       name == NULL ? "" : name, wanted->key, wanted->help);
			return STATUS_NOT_FOUND;
		}
	}
	return OK;
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

enum status settings_load(const char *path, const struct setting *schema, struct settings **out,
			  struct settings_error *error)
{
	AUTO(settings) s = NULL;
	enum status status = settings_new(schema, &s);

	error->text[0] = '\0';
	if (status == OK)
		status = load_file(s, path, 0, error);
	if (status == OK)
		status = load_drop_ins(s, path, error);
	if (status == OK)
		status = check_required(s, path, error);
	if (status != OK) {
		if (error->text[0] == '\0')
			(void)snprintf(error->text, sizeof(error->text), "%.200s: %s", path,
				       status_text(status));
		return status;
	}
	*out = s;
	s = NULL;
	return OK;
}

const char *settings_text(const struct settings *s, const char *section, const char *name,
			  const char *key)
{
	const struct setting *setting = find_setting(s->schema, section, name != NULL, key);
	const struct value *v = setting == NULL ? NULL : find_value(s, setting, name);

	if (v != NULL)
		return v->text;
	return setting == NULL ? NULL : setting->fallback;
}

int64_t settings_number(const struct settings *s, const char *section, const char *name,
			const char *key)
{
	const char *text = settings_text(s, section, name, key);
	int64_t number = 0;

	if (text == NULL || parse_number(text, INT64_MIN, INT64_MAX, &number) != OK)
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
	const struct value *v = &s->values[index];

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
