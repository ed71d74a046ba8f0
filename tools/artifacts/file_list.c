/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/artifacts/file_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "policies/reference/set_file.h"
#include "tools/command.h"

#define TEXTS_SIZE ((size_t)1 << 18)

/* Paths one behind the other: half a million small allocations cost more than they
 * hold. */
struct file_list_texts {
	struct file_list_texts *before;
	size_t used;
	char text[];
};

void file_list_done(struct file_list *list)
{
	while (list->texts != NULL) {
		struct file_list_texts *before = list->texts->before;

		free(list->texts);
		list->texts = before;
	}
	free(list->entry);
	*list = (struct file_list){ 0 };
}

static enum status keep_path(struct file_list *list, struct span path, const char **out)
{
	struct file_list_texts *texts = list->texts;

	if (path.len == 0 || path.len > SET_PATH_MAX || memchr(path.data, 0, path.len) != NULL)
		return STATUS_MALFORMED;
	if (texts == NULL || TEXTS_SIZE - texts->used <= path.len) {
		texts = malloc(sizeof(*texts) + TEXTS_SIZE);
		if (texts == NULL)
			return STATUS_NO_MEMORY;
		texts->before = list->texts;
		texts->used = 0;
		list->texts = texts;
	}

	char *text = texts->text + texts->used;
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	texts->used += path.len + 1;
	*out = text;
	return OK;
}

enum status file_list_add(struct file_list *list, struct span path, const uint8_t *sha256)
{
	struct file_list_entry entry = { .order = (uint32_t)list->count, .class = SET_BASE };
	enum status status;

	if (list->count == UINT32_MAX)
		return STATUS_TOO_LARGE;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 256 : list->capacity + list->capacity / 2;
		struct file_list_entry *grown = reallocarray(list->entry, capacity, sizeof(*grown));

		if (grown == NULL)
			return STATUS_NO_MEMORY;
		list->entry = grown;
		list->capacity = capacity;
	}
	status = keep_path(list, path, &entry.path);
	if (status != OK)
		return status;
	if (sha256 != NULL)
		memcpy(entry.sha256, sha256, SHA256_SIZE);
	list->entry[list->count++] = entry;
	return OK;
}

enum status file_list_add_list(struct file_list *list, const struct file_list *other)
{
	enum status status = OK;

	for (size_t i = 0; i < other->count && status == OK; i++)
		status = file_list_add(list, span_text(other->entry[i].path),
				       other->entry[i].sha256);
	return status;
}

/* One line of sha256sum: 64 digits, two spaces or " *", the path. */
static bool split_line(struct span line, uint8_t sha256[SHA256_SIZE], struct span *path)
{
	if (line.len < 2 * SHA256_SIZE + 4 || line.data[2 * SHA256_SIZE] != ' ' ||
	    (line.data[2 * SHA256_SIZE + 1] != ' ' && line.data[2 * SHA256_SIZE + 1] != '*'))
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		uint8_t high = line.data[2 * i];
		uint8_t low = line.data[2 * i + 1];

		/* Lower case, as sha256sum prints it. */
		if ((high >= 'A' && high <= 'F') || (low >= 'A' && low <= 'F') ||
		    hex_digit_value(high) < 0 || hex_digit_value(low) < 0)
			return false;
		sha256[i] = (uint8_t)(hex_digit_value(high) << 4 | hex_digit_value(low));
	}
	*path = (struct span){ line.data + 2 * SHA256_SIZE + 2, line.len - 2 * SHA256_SIZE - 2 };
	return set_path_is_valid(*path);
}

/* sha256sum writes other forms too: say which one it is. */
static const char *line_fault(struct span line)
{
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		return "it ends with a carriage return: convert the list to Unix lines";
	if (line.len > 0 && line.data[0] == '\\')
		return "sha256sum escaped a name with a newline or a backslash, which no set can "
		       "list: rename the file";
	if (span_starts_with(line, "SHA256 ("))
		return "make the list without --tag";
	return "it is not 'SHA256  /ABSOLUTE/PATH', in lower case, as sha256sum prints it";
}

enum status file_list_add_text(struct file_list *list, const char *name, struct span text,
			       size_t *left_out)
{
	struct span line;
	struct span path;
	uint8_t sha256[SHA256_SIZE];

	for (size_t number = 1; text_next_line(&text, &line); number++) {
		if (!split_line(line, sha256, &path)) {
			(void)unusable("%s: line %zu: %s", name, number, line_fault(line));
			return STATUS_MALFORMED;
		}
		enum status status = file_list_add_found(list, path, sha256, left_out);
		if (status != OK)
			return status;
	}
	return OK;
}

/* Were it ever measured, it would be unknown and refused: systemd's names of
 * units with "\\x2d" in them are read, never run. */
void say_unlistable(struct span path)
{
	AUTO_DONE(bytes) escaped = { 0 };

	if (text_append_escaped(&escaped, path) == OK)
		fprintf(stderr,
			"left out: %.*s: no set can list a control character or a "
			"backslash\n",
			(int)escaped.len, (const char *)escaped.data);
}

enum status file_list_add_found(struct file_list *list, struct span path, const uint8_t *sha256,
				size_t *left_out)
{
	if (set_path_is_of_kexec(path)) {
		(*left_out)++;
		return OK;
	}
	if (!set_path_is_valid(path)) {
		say_unlistable(path);
		return OK;
	}
	return file_list_add(list, path, sha256);
}

static int compare_paths(const void *a, const void *b)
{
	const struct file_list_entry *one = a;
	const struct file_list_entry *two = b;

	return strcmp(one->path, two->path);
}

/* By path, and where it stands twice the one added last comes last. */
static int compare_added(const void *a, const void *b)
{
	const struct file_list_entry *one = a;
	const struct file_list_entry *two = b;
	int order = strcmp(one->path, two->path);

	return order != 0 ? order : (one->order > two->order) - (one->order < two->order);
}

/* Sorted, a path that stands twice stands twice in a row. */
static bool is_replaced(const struct file_list *list, size_t i)
{
	return i + 1 < list->count && strcmp(list->entry[i].path, list->entry[i + 1].path) == 0;
}

size_t file_list_settle(struct file_list *list, void (*replaced)(const struct file_list_entry *by))
{
	size_t differing = 0;
	size_t kept = 0;

	if (list->count > 0)
		qsort(list->entry, list->count, sizeof(*list->entry), compare_added);
	for (size_t i = 0; i < list->count; i++) {
		if (!is_replaced(list, i)) {
			list->entry[kept++] = list->entry[i];
			continue;
		}
		if (file_list_agree(&list->entry[i], &list->entry[i + 1]))
			continue;
		if (replaced != NULL)
			replaced(&list->entry[i + 1]);
		differing++;
	}
	list->count = kept;
	return differing;
}

const struct file_list_entry *file_list_find(const struct file_list *list, struct span path)
{
	AUTO(char) text = NULL;
	struct file_list_entry key = { 0 };

	if (list->count == 0 || bytes_text(path, &text) != OK)
		return NULL;
	key.path = text;
	return bsearch(&key, list->entry, list->count, sizeof(key), compare_paths);
}

struct file_hex file_list_hex(const struct file_list_entry *entry)
{
	struct file_hex hex;

	for (size_t i = 0; i < SHA256_SIZE; i++)
		(void)snprintf(hex.text + 2 * i, 3, "%02x", entry->sha256[i]);
	return hex;
}
