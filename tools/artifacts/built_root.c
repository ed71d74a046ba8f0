/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/artifacts/built_root.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/text.h"
#include "policies/reference/set_file.h"
#include "tools/command.h"

#define DIVERSIONS_MAX ((size_t)16 << 20)

enum status built_root_init(struct built_root *root, enum file_tree_rule rule)
{
	uint64_t key = 0;
	enum status status;

	*root = (struct built_root){ .rule = rule };
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return STATUS_IO;
	status = file_tree_new(rule, key, &root->tree);
	if (status == OK)
		status = hasher_init(&root->sha256, DIGEST_SHA256);
	root->progress =
		progress_begin(rule == TREE_LAYERS ? "reading layers" : "reading packages");
	return status;
}

enum status built_root_keep_programs(struct built_root *root)
{
	return built_programs_new(&root->programs);
}

void built_root_done(struct built_root *root)
{
	progress_end(&root->progress);
	for (size_t i = 0; i < root->source_count; i++)
		free(root->source[i].text);
	free(root->source);
	free(root->diversion);
	for (size_t i = 0; i < root->diversion_texts; i++)
		bytes_done(&root->diversion_text[i]);
	free(root->diversion_text);
	hasher_done(&root->sha256);
	built_programs_free(root->programs);
	file_tree_free(root->tree);
}

static enum status keep_diversion(struct built_root *root, const struct diversion *diversion)
{
	struct diversion *grown =
		reallocarray(root->diversion, root->diversion_count + 1, sizeof(*grown));

	if (grown == NULL)
		return STATUS_NO_MEMORY;
	root->diversion = grown;
	root->diversion[root->diversion_count++] = *diversion;
	return OK;
}

/* A text of its own for each file, from which its rows borrow. */
static enum status keep_text(struct built_root *root, struct bytes *text)
{
	struct bytes *grown =
		reallocarray(root->diversion_text, root->diversion_texts + 1, sizeof(*grown));

	if (grown == NULL)
		return STATUS_NO_MEMORY;
	root->diversion_text = grown;
	root->diversion_text[root->diversion_texts++] = *text;
	*text = (struct bytes){ 0 };
	return OK;
}

enum status built_root_diversions(struct built_root *root, const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	struct package_reader reader;
	struct diversion diversion;
	enum status status = path_read(path, DIVERSIONS_MAX, &text);

	if (status != OK)
		return status;
	reader = package_reader_over(span_of(&text));
	status = keep_text(root, &text);
	if (status != OK)
		return status;
	while ((status = diversion_next(&reader, &diversion)) == OK) {
		status = keep_diversion(root, &diversion);
		if (status != OK)
			return status;
	}
	if (status == STATUS_NOT_FOUND)
		return OK;
	(void)unusable("%s: line %zu: not dpkg's file of diversions: three lines each, from, to, "
		       "package",
		       path, reader.line);
	return status;
}

enum status built_root_begin(struct built_root *root, struct span name)
{
	struct source_name *grown =
		reallocarray(root->source, root->source_count + 1, sizeof(*grown));

	if (grown == NULL)
		return STATUS_NO_MEMORY;
	root->source = grown;
	if (bytes_text(name, &root->source[root->source_count].text) != OK)
		return STATUS_NO_MEMORY;
	root->source_count++;
	return OK;
}

enum status built_root_list(const struct built_root *root, struct file_list *out, size_t *left_out)
{
	struct file_tree_iterator iterator = { .tree = root->tree };
	struct file_tree_file file;
	enum status status = OK;

	while (status == OK && file_tree_next(&iterator, &file))
		status = file_list_add_found(out, file.path, file.sha256, left_out);
	return status;
}
