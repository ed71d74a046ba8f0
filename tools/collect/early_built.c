/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tools/collect/early_root.h"
#include "tools/command.h"

/* A root of packages or layers, which is nowhere but in memory. */

static bool resolve(void *self, const char *path, char out[EARLY_PATH_MAX])
{
	const struct built_root *root = self;
	struct file_tree_place place;

	if (file_tree_find(root->tree, span_text(path), &place) != OK)
		return false;
	memcpy(out, place.file.path.data, place.file.path.len);
	out[place.file.path.len] = '\0';
	return true;
}

static enum status program(void *self, const char *path, struct elf_image *out)
{
	const struct built_root *root = self;
	struct file_tree_place place;
	enum status status = file_tree_find(root->tree, span_text(path), &place);

	if (status == OK)
		status = built_programs_find(root->programs, place.file.sha256, out);
	if (status != OK && status != STATUS_NOT_FOUND)
		(void)unusable("%s: %s", path, status_text(status));
	return status;
}

enum status early_built_files(struct built_root *built, const char *init,
			      const struct file_list *files, struct file_list *out)
{
	const struct early_root root = {
		.self = built,
		.name = built->rule == TREE_LAYERS ? "the image" : "the packages",
		.resolve = resolve,
		.program = program,
	};

	return early_root_files(&root, init, files, out);
}
