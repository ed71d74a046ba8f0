/* SPDX-License-Identifier: Apache-2.0 */
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/file.h"
#include "policies/set_file.h"
#include "tools/release.h"

#define FILE_MAX ((size_t)2 << 30)

void file_list_done(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entry[i].path);
	free(list->entry);
	*list = (struct file_list){ 0 };
}

enum status file_list_add(struct file_list *list, struct span path, const char *hex)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 256 : 2 * list->capacity;
		struct file_list_entry *grown = reallocarray(list->entry, capacity, sizeof(*grown));

		if (grown == NULL)
			return STATUS_NO_MEMORY;
		list->entry = grown;
		list->capacity = capacity;
	}

	struct file_list_entry *entry = &list->entry[list->count];
	enum status status = bytes_text(path, &entry->path);
	if (status != OK)
		return status;
	(void)snprintf(entry->hex, sizeof(entry->hex), "%s", hex);
	entry->order = list->count++;
	return OK;
}

/* One line of sha256sum: 64 digits, two spaces or " *", the path. */
static bool split_line(struct span line, char hex[2 * SHA256_SIZE + 1], struct span *path)
{
	if (line.len < 2 * SHA256_SIZE + 4 || line.data[2 * SHA256_SIZE] != ' ' ||
	    (line.data[2 * SHA256_SIZE + 1] != ' ' && line.data[2 * SHA256_SIZE + 1] != '*'))
		return false;
	for (size_t i = 0; i < 2 * SHA256_SIZE; i++) {
		if (strchr("0123456789abcdef", line.data[i]) == NULL)
			return false;
		hex[i] = (char)line.data[i];
	}
	hex[2 * SHA256_SIZE] = '\0';
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
	char hex[2 * SHA256_SIZE + 1];

	for (size_t number = 1; text_next_line(&text, &line); number++) {
		if (!split_line(line, hex, &path)) {
			(void)unusable("%s: line %zu: %s", name, number, line_fault(line));
			return STATUS_MALFORMED;
		}
		if (path_is_within(path, span_text("/boot"))) {
			(*left_out)++;
			continue;
		}
		enum status status = file_list_add(list, path, hex);
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

static enum status add_file(struct file_list *list, const char *file, const char *path,
			    size_t *left_out)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status;

	if (path_is_within(span_text(path), span_text("/boot"))) {
		(*left_out)++;
		return OK;
	}
	if (!set_path_is_valid(span_text(path))) {
		say_unlistable(span_text(path));
		return OK;
	}
	status = line_read(file, FILE_MAX, &content);
	if (status != OK)
		return status;
	return file_list_add(list, span_text(path), sha256_text_of(span_of(&content)).hex);
}

static enum status add_found(struct file_list *list, const FTSENT *at, size_t prefix,
			     size_t *left_out)
{
	switch (at->fts_info) {
	case FTS_F:
		return add_file(list, at->fts_path, at->fts_path + prefix, left_out);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		(void)unusable("%s: cannot be read", at->fts_path);
		return STATUS_IO;
	default:
		return OK;
	}
}

enum status file_list_add_tree(struct file_list *list, const char *directory, size_t *left_out)
{
	AUTO(char) root = strdup(directory);
	char *roots[] = { root, NULL };
	size_t prefix = strlen(directory);
	enum status status = OK;

	while (prefix > 1 && directory[prefix - 1] == '/')
		root[--prefix] = '\0';
	if (strcmp(directory, "/") == 0)
		prefix = 0;

	FTS *tree = root == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (tree == NULL) {
		(void)unusable("%s: cannot be read", directory);
		return STATUS_IO;
	}
	for (FTSENT *at = fts_read(tree); at != NULL && status == OK; at = fts_read(tree))
		status = add_found(list, at, prefix, left_out);
	(void)fts_close(tree);
	return status;
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

static int compare_lines(const void *a, const void *b)
{
	const struct file_list_entry *one = a;
	const struct file_list_entry *two = b;
	int order = strcmp(one->hex, two->hex);

	return order != 0 ? order : strcmp(one->path, two->path);
}

void file_list_settle(struct file_list *list)
{
	size_t kept = 0;

	if (list->count > 0)
		qsort(list->entry, list->count, sizeof(*list->entry), compare_added);
	for (size_t i = 0; i < list->count; i++) {
		if (i + 1 < list->count &&
		    strcmp(list->entry[i].path, list->entry[i + 1].path) == 0)
			free(list->entry[i].path);
		else
			list->entry[kept++] = list->entry[i];
	}
	list->count = kept;
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

enum status file_list_text(const struct file_list *list, struct bytes *out)
{
	struct file_list_entry *lines = calloc(list->count + 1, sizeof(*lines));
	enum status status = lines == NULL ? STATUS_NO_MEMORY : OK;

	if (status == OK && list->count > 0) {
		memcpy(lines, list->entry, list->count * sizeof(*lines));
		qsort(lines, list->count, sizeof(*lines), compare_lines);
	}
	for (size_t i = 0; i < list->count && status == OK; i++)
		status = bytes_printf(out, "%s  %s\n", lines[i].hex, lines[i].path);
	free(lines);
	return status;
}
