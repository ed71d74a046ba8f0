/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/proc_text.h"

#include "base/text.h"

/* proc(5): the fields "starttime" and "exit_code"; those behind the name are read. */
#define STARTED_FIELD 22
#define EXIT_FIELD 52
#define FIELDS_BEFORE 2

static enum status take_ids(struct span rest, uint32_t ids[4])
{
	struct span word;
	uint64_t id;

	for (size_t i = 0; i < 4; i++) {
		if (!text_next_word(&rest, '\t', &word) ||
		    decimal_parse(word, UINT32_MAX, &id) != OK)
			return STATUS_MALFORMED;
		ids[i] = (uint32_t)id;
	}
	return rest.len == 0 ? OK : STATUS_MALFORMED;
}

static bool is_field(struct span *line, const char *name)
{
	size_t len = strlen(name);

	if (!span_starts_with(*line, name))
		return false;
	*line = (struct span){ line->data + len, line->len - len };
	return true;
}

/* The name comes first, and the kernel escapes newlines in it. */
enum status proc_users(struct span status_text, struct proc_users *out)
{
	struct span rest = status_text;
	struct span line;
	struct proc_users users = { 0 };
	bool has_uid = false, has_gid = false;
	enum status status = OK;

	while (status == OK && text_next_line(&rest, &line)) {
		if (is_field(&line, "Uid:\t")) {
			status = has_uid ? STATUS_MALFORMED : take_ids(line, users.uid);
			has_uid = true;
		} else if (is_field(&line, "Gid:\t")) {
			status = has_gid ? STATUS_MALFORMED : take_ids(line, users.gid);
			has_gid = true;
		}
	}
	if (status == OK && (!has_uid || !has_gid))
		status = STATUS_MALFORMED;
	if (status == OK)
		*out = users;
	return status;
}

static bool are_alike(const uint32_t ids[4])
{
	return ids[0] == ids[1] && ids[0] == ids[2] && ids[0] == ids[3];
}

bool proc_users_are_one(const struct proc_users *users)
{
	return are_alike(users->uid) && are_alike(users->gid);
}

enum status proc_tracer(struct span status_text, uint32_t *out)
{
	struct span rest = status_text;
	struct span line;
	uint64_t tracer = 0;
	unsigned found = 0;
	enum status status = OK;

	while (status == OK && text_next_line(&rest, &line)) {
		if (!is_field(&line, "TracerPid:\t"))
			continue;
		found++;
		status = decimal_parse(line, INT32_MAX, &tracer);
	}
	if (status == OK && found != 1)
		status = STATUS_MALFORMED;
	if (status == OK)
		*out = (uint32_t)tracer;
	return status;
}

/* The name stands in parentheses and may hold any, spaces and newlines too: it
 * ends at the last one. */
static enum status stat_field(struct span stat_text, unsigned number, uint64_t max, uint64_t *out)
{
	struct span rest = stat_text;
	struct span word = { 0 };

	while (rest.len > 0 && rest.data[rest.len - 1] != ')')
		rest.len--;
	rest = (struct span){ stat_text.data + rest.len, stat_text.len - rest.len };
	if (rest.len == stat_text.len || rest.len == 0 || rest.data[0] != ' ')
		return STATUS_MALFORMED;
	rest = (struct span){ rest.data + 1, rest.len - 1 };
	for (unsigned field = FIELDS_BEFORE; field < number; field++) {
		if (!text_next_word(&rest, ' ', &word))
			return STATUS_MALFORMED;
	}
	if (word.len > 0 && word.data[word.len - 1] == '\n')
		word.len--;
	return decimal_parse(word, max, out);
}

enum status proc_started(struct span stat_text, uint64_t *out)
{
	return stat_field(stat_text, STARTED_FIELD, UINT64_MAX, out);
}

enum status proc_exit_status(struct span stat_text, int *out)
{
	uint64_t status;
	enum status end = stat_field(stat_text, EXIT_FIELD, UINT16_MAX, &status);

	if (end == OK)
		*out = (int)status;
	return end;
}
