/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_SETTING_VALUES_H
#define DAEMON_SETTING_VALUES_H

#include "daemon/settings.h"

/* What settings are made of: for those who read them from files, and nobody else. */
struct setting_value {
	const struct setting *setting;
	char *name; /* of [kind NAME]; NULL */
	char *text;
	size_t file; /* in which it was given, counted from 0 */
};

struct settings {
	const struct setting *schema;
	struct setting_value *values;
	size_t count;
	size_t capacity;
};

/* NULL: the schema has none of that name; key NULL: any of the section. */
const struct setting *setting_named(const struct setting *schema, const char *section,
				    bool is_named, const char *key);
/* NULL: it was not given. */
struct setting_value *setting_value_find(const struct settings *s, const struct setting *setting,
					 const char *name);
/* Room for one more, with a copy of its section's name; NULL: there are too many, or no
 * memory. */
struct setting_value *setting_value_new(struct settings *s, const struct setting *setting,
					const char *name);
enum status setting_number_parse(const char *text, int64_t least, int64_t most, int64_t *out);

#endif
