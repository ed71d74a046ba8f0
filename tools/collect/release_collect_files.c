/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tools/collect/early_root.h"
#include "tools/release/release_cells.h"
#include "tools/collect/release_collect.h"
#include "tools/release/release_state.h"
#include "tools/command.h"

static enum status add_list(struct file_list *list, struct collect *c, const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = path_read(path, COLLECT_FILE_MAX, &text);

	if (status != OK)
		return status;
	return file_list_add_text(list, path, span_of(&text), &c->left_out);
}

/* What the manifest names, and no other file in its place. */
static enum status read_set(const char *path, const char *hex, struct bytes *out)
{
	enum status status = path_read(path, COLLECT_FILE_MAX, out);

	if (status != OK || strcmp(sha256_text_of(span_of(out)).hex, hex) == 0)
		return status;
	(void)unusable("%s: digest-mismatch: not the set that the manifest in force names", path);
	return STATUS_MISMATCH;
}

/* The files of a set that the previous manifest names. */
static enum status add_previous_set(struct collect *c, json_t *set)
{
	const char *class = json_string_value(json_object_get(set, "class"));
	const char *hex = json_string_value(json_object_get(set, "sha256"));
	const char *name = json_string_value(json_object_get(set, "name"));
	json_t *path;
	size_t i;

	if (class == NULL || hex == NULL || name == NULL)
		return STATUS_MALFORMED;
	/* They stay a set of their own: release_ima_rules.c. */
	if (strcmp(class, set_class_names[SET_VENDOR]) == 0)
		return OK;
	json_array_foreach(json_object_get(set, "mustAppear"), i, path)
	{
		if (file_list_add(&c->identity, span_text(json_string_value(path)), NULL) != OK)
			return STATUS_NO_MEMORY;
	}
	struct path_text file = line_path(&c->line, "release/sets/%s", hex);
	AUTO_DONE(bytes) text = { 0 };
	enum status status = read_set(file.text, hex, &text);

	if (status == OK && strcmp(name, "early.files") == 0)
		status = file_list_add_text(&c->early, file.text, span_of(&text), &c->left_out);
	if (status == OK)
		status = file_list_add_text(&c->files, file.text, span_of(&text), &c->left_out);
	return status;
}

/* What is in force in this cell: files first, so that those given later count. */
enum status collect_previous(struct collect *c)
{
	const struct line_anchor anchor = { .pin = &c->pin, .after = c->after };
	AUTO_DONE(line_state) state = { 0 };
	enum status status = line_state_from(&c->line, &anchor, &state);
	uint64_t highest = 0;
	json_t *entry;
	json_t *set;
	size_t i;

	if (status == OK)
		status = cells_highest(&c->line, &c->pin, state.index_version,
				       collect_setting(c, "platform"), collect_setting(c, "kernel"),
				       &highest);
	if (status != OK)
		return status;
	c->next_version = highest + 1;
	entry = line_state_manifest(&state, collect_setting(c, "platform"),
				    collect_setting(c, "kernel"), "current");
	if (entry == NULL) {
		if (!c->from_previous)
			return OK;
		(void)unusable("no manifest is in force yet: collect without --previous");
		return STATUS_NOT_FOUND;
	}
	(void)snprintf(c->previous_sha256, sizeof(c->previous_sha256), "%s",
		       json_string_value(json_object_get(entry, "sha256")));
	c->previous_version = (uint64_t)json_integer_value(json_object_get(entry, "version"));
	c->previous = line_manifest(&c->line, c->previous_sha256);
	if (c->previous == NULL)
		return STATUS_MALFORMED;
	if (!c->from_previous)
		return OK;
	json_t *ima = json_object_get(c->previous, "ima");
	json_t *policy = json_object_get(json_object_get(ima, "policy"), "path");

	if (c->policy_path == NULL)
		c->policy_path = json_string_value(policy);
	json_array_foreach(json_object_get(ima, "sets"), i, set)
	{
		status = add_previous_set(c, set);
		if (status != OK)
			return status;
	}
	return OK;
}

/* dpkg diverted these when it unpacked the tree: the packages' files go there too. */
static enum status take_diversions(struct collect *c, struct built_root *root)
{
	enum status status = OK;

	for (size_t i = 0; i < c->input_count && status == OK; i++) {
		const struct collect_input *input = &c->input[i];
		AUTO_DONE(bytes) path = { 0 };

		if (input->kind == INPUT_DIVERSIONS)
			status = built_root_diversions(root, input->path);
		if (status != OK || input->kind != INPUT_TREE)
			continue;
		status = bytes_printf(&path, "%s/var/lib/dpkg/diversions%c", input->path, '\0');
		if (status == OK && path_exists((const char *)path.data))
			status = built_root_diversions(root, (const char *)path.data);
	}
	return status;
}

/* Directories that packages of lists are looked for in. */
static enum status take_list(struct collect *c, struct built_root *root, const char *list)
{
	const char **directory = calloc(c->input_count, sizeof(*directory));
	struct package_pool pool = { .directory = directory, .index = c->index };
	enum status status;

	if (directory == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < c->input_count; i++)
		if (c->input[i].kind == INPUT_POOL)
			directory[pool.directory_count++] = c->input[i].path;
	status = built_root_packages(root, list, &pool);
	free(directory);
	return status;
}

/* Is init looked up in what packages or layers make? */
static bool wants_programs(const struct collect *c)
{
	return c->tree == NULL && collect_has_initramfs(c);
}

static enum status begin_root(struct collect *c, enum file_tree_rule rule, struct built_root *root)
{
	enum status status = built_root_init(root, rule);

	return status == OK && wants_programs(c) ? built_root_keep_programs(root) : status;
}

static enum status list_root(struct collect *c, struct built_root *root, const char *what)
{
	enum status status;

	progress_end(&root->progress);
	status = built_root_list(root, &c->files, &c->left_out);
	if (status != OK)
		return status;
	printf("%s: %zu, %zu files read, %zu conflicts\n", what, root->source_count,
	       root->progress.files, root->conflicts);
	if (wants_programs(c)) {
		built_root_done(&c->built);
		c->built = *root;
		*root = (struct built_root){ 0 };
	}
	return OK;
}

/* All packages make one root: what one has, another may divert or replace. */
static enum status add_packages(struct collect *c)
{
	AUTO_DONE(built_root) root = { 0 };
	enum status status = begin_root(c, TREE_PACKAGES, &root);

	if (status == OK && !c->is_split_usr)
		status = file_tree_merge_usr(root.tree);
	if (status == OK)
		status = take_diversions(c, &root);
	for (size_t i = 0; i < c->input_count && status == OK; i++) {
		if (c->input[i].kind == INPUT_PACKAGE)
			status = built_root_package(&root, c->input[i].path, NULL, NULL);
		else if (c->input[i].kind == INPUT_PACKAGES)
			status = take_list(c, &root, c->input[i].path);
	}
	return status == OK ? list_root(c, &root, "packages") : status;
}

static enum status add_image(struct collect *c, const char *name)
{
	AUTO_DONE(built_root) root = { 0 };
	enum status status = begin_root(c, TREE_LAYERS, &root);

	if (status == OK)
		status = built_root_image(&root, name);
	return status == OK ? list_root(c, &root, "layers") : status;
}

enum status collect_inputs(struct collect *c)
{
	bool has_packages = false;
	enum status status = OK;

	for (size_t i = 0; i < c->input_count && status == OK; i++) {
		const char *path = c->input[i].path;

		switch (c->input[i].kind) {
		case INPUT_LIST:
			status = add_list(&c->files, c, path);
			break;
		case INPUT_TREE:
			status = file_list_add_tree(&c->files, path, &c->left_out);
			break;
		case INPUT_IMAGE:
			status = add_image(c, path);
			break;
		case INPUT_PACKAGE:
		case INPUT_PACKAGES:
			if (!has_packages)
				status = add_packages(c);
			has_packages = true;
			break;
		case INPUT_DIVERSIONS:
		case INPUT_POOL:
			break;
		}
	}
	return status;
}

/* Of one file with the digest that the lists have of it. */
static enum status add_early(struct collect *c, const char *path)
{
	const struct file_list_entry *known = file_list_find(&c->files, span_text(path));

	if (known != NULL)
		return file_list_add(&c->built_early, span_text(path), known->sha256);
	(void)unusable("--early %s: is in no list of files", path);
	return STATUS_NOT_FOUND;
}

static enum status add_early_of_root(struct collect *c)
{
	enum status status = OK;

	if (c->tree != NULL)
		status = early_directory_files(c->tree, c->init, &c->files, &c->built_early);
	else if (c->built.tree != NULL)
		status = early_built_files(&c->built, c->init, &c->files, &c->built_early);
	/* What maintainer scripts make stands in no package: a list may have it. */
	if (c->built.tree != NULL &&
	    file_list_find(&c->files, span_text(EARLY_LOADER_CACHE)) != NULL && status == OK)
		status = add_early(c, EARLY_LOADER_CACHE);
	for (size_t i = 0; i < c->early_given.count && status == OK; i++)
		status = add_early(c, c->early_given.entry[i].path);
	return status;
}

/* What runs before the IMA policy: all of the initramfs, and init. */
enum status collect_early(struct collect *c)
{
	enum status status = OK;

	if (!collect_has_initramfs(c))
		return OK;
	if (c->boot.initramfs != NULL)
		status = initramfs_files(c->boot.initramfs, &c->built_early);
	if (status == OK && c->boot.uki != NULL)
		status = uki_files(c->boot.uki, &c->built_early);
	if (status == OK)
		status = add_early_of_root(c);
	(void)file_list_settle(&c->built_early, NULL);
	if (status != OK)
		return status;
	printf("early.files: %zu files of the initramfs and ", c->built_early.count);
	if (c->tree == NULL && c->built.tree == NULL)
		puts("of --early");
	else
		printf("of %s with its libraries\n", c->init);
	return OK;
}
