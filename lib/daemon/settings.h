/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include "base/bytes.h"

/*
 * INI files with drop-ins (PATH, then PATH.d/?*.conf in name order), read by
 * inih against one schema. An unknown section or key, a value out of bounds, a
 * key given twice in one file are errors that name file, line and key.
 */
enum setting_type {
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_BOOL, /* yes, no */
	SETTING_LIST, /* words separated by white space; kept with one space between
		       * them; indented lines go on with it */
};

struct setting {
	const char *section; /* "identity" with is_named: [identity NAME] */
	bool is_named;
	const char *key;
	enum setting_type type;
	int64_t least, most; /* numbers: bounds; texts and lists: most is the length */
	const char *fallback; /* NULL: no default, absent unless given */
	bool is_required;
	const char *help; /* one line: printed by --help-settings, kept in the man page */
};

struct settings;

struct settings_error {
	char text[512];
};

/* schema ends with a NULL section. STATUS_DENIED: others may write the file. */
enum status settings_load(const char *path, const struct setting *schema, struct settings **out,
			  struct settings_error *error);
void settings_free(struct settings *s);
/* The parts of settings_load() that touch no file: an empty set, and one
 * file's content on top of it (number counts files; a later one overrides). */
enum status settings_new(const struct setting *schema, struct settings **out);
enum status settings_parse(struct settings *s, const char *path, size_t number, struct span content,
			   struct settings_error *error);

/* name is NULL for sections without one. NULL, or the fallback, where absent. */
const char *settings_text(const struct settings *s, const char *section, const char *name,
			  const char *key);
int64_t settings_number(const struct settings *s, const char *section, const char *name,
			const char *key);
bool settings_bool(const struct settings *s, const char *section, const char *name,
		   const char *key);
/* The names of sections [kind NAME], in file order. */
size_t settings_name_count(const struct settings *s, const char *kind);
const char *settings_name(const struct settings *s, const char *kind, size_t index);
/* Letters, digits, '.', '_' and '-': it may stand in logs and messages. */
bool settings_name_is_valid(struct span name);
/* The schema as a table for people. */
void settings_print_schema(const struct setting *schema);

AUTO_FREE(settings, struct settings, settings_free);

#endif
