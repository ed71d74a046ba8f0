/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/file_tree_nodes.h"

#define PATH_MAX_LEN 4095 /* as the kernel's PATH_MAX, without its NUL */
#define LINKS_FOLLOWED_MAX 40 /* as the kernel's MAXSYMLINKS */

/* A way through directories, made where they are missing. */
struct walk {
	struct file_tree *tree;
	uint32_t at; /* the directory that was reached */
	uint32_t source;
	bool makes;
	unsigned followed;
	const char *fault;
};

static enum status walk_fault(struct walk *w, const char *fault)
{
	w->fault = fault;
	return STATUS_MALFORMED;
}

static enum status walk_path(struct walk *w, struct span path, bool is_link);

/* The target is copied: what the walk makes moves the names. */
static enum status follow(struct walk *w, const struct node *link)
{
	AUTO_DONE(bytes) target = { 0 };
	struct span text = { w->tree->names.data + link->content, link->target_len };
	enum status status = bytes_copy(text, &target);

	if (status != OK)
		return status;
	if (++w->followed > LINKS_FOLLOWED_MAX)
		return walk_fault(w, "its name goes through links in circles");
	return walk_path(w, span_of(&target), true);
}

static enum status enter_new(struct walk *w, uint32_t child, struct span name)
{
	enum status status = OK;

	if (!w->makes)
		return STATUS_NOT_FOUND;
	if (child == TREE_NONE)
		status = tree_new_node(w->tree, w->at, name, &child);
	if (status != OK)
		return status;
	tree_hang(w->tree, child);
	w->tree->node[child].kind = NODE_DIRECTORY;
	w->tree->node[child].source = w->source;
	w->tree->node[child].content = 0;
	w->at = child;
	return OK;
}

static enum status enter(struct walk *w, struct span name)
{
	uint32_t child = tree_child(w->tree, w->at, name);
	struct node *node = child == TREE_NONE ? NULL : &w->tree->node[child];

	if (name.len > TREE_NAME_MAX)
		return walk_fault(w, "its name is longer than any file's may be");
	if (node == NULL || node->kind == NODE_GONE)
		return enter_new(w, child, name);
	if (node->kind == NODE_LINK)
		return follow(w, node);
	if (node->kind != NODE_DIRECTORY)
		return walk_fault(w, "its name goes through what is no directory");
	/* Who puts something there needs it: what takes away older things leaves it. */
	if (w->makes && node->source < w->source)
		node->source = w->source;
	w->at = child;
	return OK;
}

static enum status go_up(struct walk *w, bool is_link)
{
	if (!is_link)
		return walk_fault(w, "its name goes up by '..'");
	if (w->at == TREE_ROOT)
		return walk_fault(w, "its name goes through a link out of the root");
	w->at = w->tree->node[w->at].parent;
	return OK;
}

static bool is_here(struct span word)
{
	return word.len == 0 || span_equal(word, span_text("."));
}

/* Links may be absolute and go up, inside the root; names may not. */
static enum status walk_path(struct walk *w, struct span path, bool is_link)
{
	enum status status = OK;

	if (is_link && span_starts_with(path, "/"))
		w->at = TREE_ROOT;
	while (status == OK && path.len > 0) {
		struct span word = { path.data, 0 };

		while (word.len < path.len && path.data[word.len] != '/')
			word.len++;
		path.data += word.len;
		path.len -= word.len;
		while (path.len > 0 && path.data[0] == '/') {
			path.data++;
			path.len--;
		}
		if (span_equal(word, span_text("..")))
			status = go_up(w, is_link);
		else if (!is_here(word))
			status = enter(w, word);
	}
	return status;
}

/* To the directory that holds the name's last word; leaf is empty for the root
 * itself. */
static enum status walk_to(struct walk *w, struct span name, struct span *leaf)
{
	size_t start;

	if (name.len > PATH_MAX_LEN)
		return walk_fault(w, "its path is longer than any file's may be");
	if (name.len == 0 || name.data[0] == '/' || memchr(name.data, 0, name.len) != NULL)
		return walk_fault(w, "its name is empty, absolute, or has a NUL in it");
	while (name.len > 0 && name.data[name.len - 1] == '/')
		name.len--;
	for (start = name.len; start > 0 && name.data[start - 1] != '/'; start--)
		;
	*leaf = (struct span){ name.data + start, name.len - start };
	if (span_equal(*leaf, span_text("..")))
		return walk_fault(w, "its name goes up by '..'");
	if (leaf->len > TREE_NAME_MAX)
		return walk_fault(w, "its name is longer than any file's may be");
	if (is_here(*leaf))
		leaf->len = 0;
	return walk_path(w, (struct span){ name.data, start }, false);
}

/* A hard link is the file that it names. */
static enum status linked_file(struct walk *w, struct span target, struct node *value)
{
	struct walk other = { .tree = w->tree };
	struct span leaf;
	enum status status = walk_to(&other, target, &leaf);
	uint32_t child = status == OK ? tree_child_living(w->tree, other.at, leaf) : TREE_NONE;

	if (status != OK && status != STATUS_MALFORMED && status != STATUS_NOT_FOUND)
		return status;
	if (child == TREE_NONE || w->tree->node[child].kind != NODE_FILE)
		return walk_fault(w, "it is another name of a file that is not before it");
	value->content = w->tree->node[child].content;
	return OK;
}

static enum status value_of(struct walk *w, const struct file_tree_member *member,
			    struct node *value)
{
	struct file_tree *tree = w->tree;
	enum status status;

	*value = (struct node){ .source = member->source, .kind = NODE_FILE };
	switch (member->kind) {
	case TREE_DIRECTORY:
		value->kind = NODE_DIRECTORY;
		return OK;
	case TREE_FILE:
		value->content = (uint32_t)(tree->digests.len / SHA256_SIZE);
		status = bytes_make_room(&tree->digests, SHA256_SIZE);
		if (status != OK)
			return status;
		return bytes_append(&tree->digests, (struct span){ member->sha256, SHA256_SIZE });
	case TREE_LINK:
		if (member->target.len == 0 || member->target.len > PATH_MAX_LEN)
			return walk_fault(w, "it is a link to nowhere");
		value->kind = NODE_LINK;
		value->target_len = (uint16_t)member->target.len;
		return tree_keep_text(tree, member->target, &value->content);
	case TREE_HARD_LINK:
		return linked_file(w, member->target, value);
	}
	return STATUS_MALFORMED;
}

static bool is_same(const struct file_tree *tree, const struct node *a, const struct node *b)
{
	return a->kind == b->kind && span_equal(tree_content(tree, a), tree_content(tree, b));
}

/* Packages: a directory, and a link that leads to one, stay. */
static enum status meet_package(struct walk *w, const struct node *old, const struct node *value,
				struct file_tree_change *change)
{
	bool was_directory = old->kind == NODE_DIRECTORY;

	if (!was_directory && value->kind != NODE_DIRECTORY)
		return OK;
	if (was_directory && value->kind == NODE_FILE)
		return walk_fault(w, "a directory of another package stands there");
	if (old->kind == NODE_FILE)
		return walk_fault(w, "a file of another package stands there");
	change->was_kept = true;
	if (!was_directory)
		change->replaced = TREE_NO_SOURCE;
	return OK;
}

static void put(struct file_tree *tree, uint32_t index, const struct node *value)
{
	struct node *node = &tree->node[index];

	tree_hang(tree, index);
	node->source = value->source;
	if (node->kind != NODE_DIRECTORY || value->kind != NODE_DIRECTORY)
		node->content = value->content;
	node->kind = value->kind;
	node->target_len = value->target_len;
}

static enum status place(struct walk *w, struct span leaf, const struct node *value,
			 struct file_tree_change *change)
{
	struct file_tree *tree = w->tree;
	uint32_t child = tree_child(tree, w->at, leaf);
	enum status status = OK;

	if (child == TREE_NONE)
		status = tree_new_node(tree, w->at, leaf, &child);
	if (status != OK)
		return status;

	const struct node *old = &tree->node[child];
	if (old->kind != NODE_GONE && !is_same(tree, old, value)) {
		change->replaced = old->source;
		if (tree->rule == TREE_PACKAGES)
			status = meet_package(w, old, value, change);
		else if (old->kind == NODE_DIRECTORY)
			tree_clear_below(tree, child, TREE_NO_SOURCE);
	}
	if (status == OK && !change->was_kept)
		put(tree, child, value);
	return status;
}

enum status file_tree_add(struct file_tree *tree, const struct file_tree_member *member,
			  struct file_tree_change *change, const char **fault)
{
	struct walk w = { .tree = tree, .source = member->source, .makes = true };
	struct file_tree_change found = { .replaced = TREE_NO_SOURCE };
	struct node value;
	struct span leaf = { 0 };
	enum status status = walk_to(&w, member->name, &leaf);

	if (status == OK && leaf.len == 0 && member->kind != TREE_DIRECTORY)
		status = walk_fault(&w, "it would be the root itself");
	if (status == OK && tree_path_length(tree, w.at) + 1 + leaf.len > PATH_MAX_LEN)
		status = walk_fault(&w, "its path is longer than any file's may be");
	if (status == OK && leaf.len > 0)
		status = value_of(&w, member, &value);
	if (status == OK && leaf.len > 0)
		status = place(&w, leaf, &value, &found);
	if (status == STATUS_MALFORMED)
		*fault = w.fault;
	if (status == OK)
		*change = found;
	return status;
}

static enum status find_file(struct walk *w, struct span path, uint32_t *out)
{
	AUTO_DONE(bytes) target = { 0 };
	size_t start = path.len;
	uint32_t child;
	enum status status;

	while (start > 0 && path.data[start - 1] != '/')
		start--;
	status = walk_path(w, (struct span){ path.data, start }, true);
	if (status != OK)
		return status;
	child = tree_child_living(w->tree, w->at,
				  (struct span){ path.data + start, path.len - start });
	if (child == TREE_NONE || w->tree->node[child].kind == NODE_DIRECTORY)
		return STATUS_NOT_FOUND;
	if (w->tree->node[child].kind == NODE_FILE) {
		*out = child;
		return OK;
	}
	if (++w->followed > LINKS_FOLLOWED_MAX)
		return STATUS_NOT_FOUND;
	status = bytes_copy(tree_content(w->tree, &w->tree->node[child]), &target);
	return status == OK ? find_file(w, span_of(&target), out) : status;
}

enum status file_tree_find(struct file_tree *tree, struct span path, struct file_tree_place *out)
{
	struct walk w = { .tree = tree };
	uint32_t found = TREE_NONE;
	enum status status = find_file(&w, path, &found);

	if (status == STATUS_MALFORMED)
		return STATUS_NOT_FOUND;
	if (status != OK)
		return status;
	out->file.path = tree_path_of(tree, found, out->text);
	out->file.sha256 = tree_content(tree, &tree->node[found]).data;
	return OK;
}

enum status file_tree_remove(struct file_tree *tree, struct span name, uint32_t source,
			     bool only_below, const char **fault)
{
	struct walk w = { .tree = tree };
	struct span leaf = { 0 };
	enum status status = walk_to(&w, name, &leaf);

	if (status == OK && only_below && leaf.len > 0)
		status = enter(&w, leaf);
	if (status == OK && !only_below)
		w.at = tree_child_living(tree, w.at, leaf);
	if (status == STATUS_NOT_FOUND || (status == OK && w.at == TREE_NONE))
		return OK;
	if (status != OK) {
		*fault = w.fault;
		return status;
	}
	tree_clear_below(tree, w.at, source);
	if (!only_below && tree->node[w.at].source < source)
		tree->node[w.at].kind = NODE_GONE;
	return OK;
}

enum status file_tree_merge_usr(struct file_tree *tree)
{
	static const char *const names[] = { "bin",   "sbin",	"lib",	 "lib32",
					     "lib64", "libx32", "libo32" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char target[16] = "usr/";
		struct file_tree_change change;
		const char *fault;

		(void)strncat(target, names[i], sizeof(target) - 5);
		struct file_tree_member link = { .kind = TREE_LINK,
						 .name = span_text(names[i]),
						 .target = span_text(target) };
		enum status status = file_tree_add(tree, &link, &change, &fault);
		if (status != OK)
			return status;
	}
	return OK;
}
