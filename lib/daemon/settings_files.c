/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/file.h"
#include "daemon/setting_values.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define DROP_INS_MAX 256

static enum status load_file(struct settings *s, const char *path, size_t number,
			     struct settings_error *error)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = file_read_guarded(path, FILE_MAX_BYTES, false, &content);

	if (status == OK)
		return settings_parse(s, path, number, span_of(&content), error);
	(void)snprintf(
		error->text, sizeof(error->text), "%.200s: %s%s", path, file_guard_text(status),
		number == 0 && status == STATUS_NOT_FOUND ? "; --config names another file" : "");
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

			if (setting_value_find(s, wanted, name) != NULL)
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
