/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/file_tree_nodes.h"

#include <stdlib.h>

/* Caps: a tree of so many names takes less than a gigabyte. */
#define NODES_MAX ((size_t)8 << 20)
#define NAMES_MAX ((size_t)512 << 20)

void file_tree_free(struct file_tree *tree)
{
	if (tree == NULL)
		return;
	free(tree->node);
	free(tree->bucket);
	bytes_done(&tree->names);
	bytes_done(&tree->digests);
	free(tree);
}

static struct span name_of(const struct file_tree *tree, const struct node *node)
{
	return (struct span){ tree->names.data + node->name_at, node->name_len };
}

/* Both halves of a product under the key: see image_file_hash(). */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t bucket_of(const struct file_tree *tree, uint32_t parent, struct span name)
{
	uint64_t other = tree->key * UINT64_C(0x9fb21c651e98df25) ^ UINT64_C(0xa0761d6478bd642f);
	uint64_t hash = fold(tree->key ^ parent, other ^ name.len);

	for (size_t at = 0; at < name.len; at += 8) {
		uint64_t word = 0;

		for (size_t i = at; i < name.len && i < at + 8; i++)
			word = word << 8 | name.data[i];
		hash = fold(hash ^ word, other);
	}
	return (uint32_t)hash & (tree->capacity - 1);
}

static void hang_in_bucket(struct file_tree *tree, uint32_t index)
{
	struct node *node = &tree->node[index];
	uint32_t *bucket = &tree->bucket[bucket_of(tree, node->parent, name_of(tree, node))];

	node->next_in_bucket = *bucket;
	*bucket = index;
}

static enum status make_room(struct file_tree *tree)
{
	size_t capacity = tree->capacity == 0 ? 1024 : 2 * (size_t)tree->capacity;

	if (tree->count < tree->capacity)
		return OK;
	if (capacity > NODES_MAX)
		return STATUS_TOO_LARGE;

	struct node *nodes = reallocarray(tree->node, capacity, sizeof(*nodes));
	if (nodes == NULL)
		return STATUS_NO_MEMORY;
	tree->node = nodes;

	uint32_t *buckets = reallocarray(tree->bucket, capacity, sizeof(*buckets));
	if (buckets == NULL)
		return STATUS_NO_MEMORY;
	tree->bucket = buckets;
	tree->capacity = (uint32_t)capacity;
	memset(buckets, 0xff, capacity * sizeof(*buckets));
	for (uint32_t i = 0; i < tree->count; i++)
		hang_in_bucket(tree, i);
	return OK;
}

enum status tree_keep_text(struct file_tree *tree, struct span text, uint32_t *at)
{
	if (text.len > NAMES_MAX - tree->names.len)
		return STATUS_TOO_LARGE;
	*at = (uint32_t)tree->names.len;

	enum status status = bytes_make_room(&tree->names, text.len);
	return status == OK ? bytes_append(&tree->names, text) : status;
}

void tree_hang(struct file_tree *tree, uint32_t index)
{
	struct node *node = &tree->node[index];
	struct node *parent = &tree->node[node->parent];

	if (node->is_hung)
		return;
	node->is_hung = true;
	node->next_sibling = parent->first_child;
	parent->first_child = index;
}

enum status tree_new_node(struct file_tree *tree, uint32_t parent, struct span name, uint32_t *out)
{
	struct node node = { .parent = parent,
			     .first_child = TREE_NONE,
			     .next_sibling = TREE_NONE,
			     .name_len = (uint8_t)name.len };
	enum status status = make_room(tree);

	if (status == OK)
		status = tree_keep_text(tree, name, &node.name_at);
	if (status != OK)
		return status;
	*out = tree->count++;
	tree->node[*out] = node;
	if (*out != TREE_ROOT)
		tree_hang(tree, *out);
	hang_in_bucket(tree, *out);
	return OK;
}

enum status file_tree_new(enum file_tree_rule rule, uint64_t key, struct file_tree **out)
{
	AUTO(file_tree) tree = calloc(1, sizeof(*tree));
	uint32_t root;

	if (tree == NULL)
		return STATUS_NO_MEMORY;
	tree->rule = rule;
	tree->key = key;

	/* The root has no name; where it would stand there is memory all the same. */
	enum status status = bytes_reserve(&tree->names, TREE_NAME_MAX);
	if (status == OK)
		status = tree_new_node(tree, TREE_ROOT, (struct span){ 0 }, &root);
	if (status != OK)
		return status;
	tree->node[root].kind = NODE_DIRECTORY;
	*out = tree;
	tree = NULL;
	return OK;
}

uint32_t tree_child(const struct file_tree *tree, uint32_t parent, struct span name)
{
	uint32_t at = tree->bucket[bucket_of(tree, parent, name)];

	while (at != TREE_NONE && (tree->node[at].parent != parent || at == TREE_ROOT ||
				   !span_equal(name_of(tree, &tree->node[at]), name)))
		at = tree->node[at].next_in_bucket;
	return at;
}

uint32_t tree_child_living(const struct file_tree *tree, uint32_t parent, struct span name)
{
	uint32_t child = tree_child(tree, parent, name);

	return child != TREE_NONE && tree->node[child].kind == NODE_GONE ? TREE_NONE : child;
}

size_t tree_path_length(const struct file_tree *tree, uint32_t at)
{
	size_t len = 0;

	for (; at != TREE_ROOT; at = tree->node[at].parent)
		len += 1 + (size_t)tree->node[at].name_len;
	return len;
}

/* Nothing lives beneath what is gone, and nothing older beneath what was cleared. */
static bool has_to_clear(const struct node *node, uint32_t source)
{
	return node->kind == NODE_DIRECTORY && node->content < source;
}

static uint32_t next_below(const struct file_tree *tree, uint32_t top, uint32_t at, uint32_t source)
{
	const struct node *node = tree->node;

	if (node[at].first_child != TREE_NONE && has_to_clear(&node[at], source))
		return node[at].first_child;
	while (at != top && node[at].next_sibling == TREE_NONE)
		at = node[at].parent;
	return at == top ? TREE_NONE : node[at].next_sibling;
}

static void clear_node(struct node *node, uint32_t source)
{
	if (node->kind == NODE_DIRECTORY)
		node->content = source;
	if (node->source < source)
		node->kind = NODE_GONE;
}

/* The next one is found before the links to it go. */
void tree_clear_below(struct file_tree *tree, uint32_t top, uint32_t source)
{
	uint32_t next = next_below(tree, top, top, source);

	for (uint32_t at = next; at != TREE_NONE; at = next) {
		next = next_below(tree, top, at, source);
		clear_node(&tree->node[at], source);
		if (source != TREE_NO_SOURCE)
			continue;
		tree->node[at].first_child = TREE_NONE;
		tree->node[at].is_hung = false;
	}
	if (tree->node[top].kind == NODE_DIRECTORY)
		tree->node[top].content = source;
	if (source == TREE_NO_SOURCE)
		tree->node[top].first_child = TREE_NONE;
}

struct span tree_content(const struct file_tree *tree, const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_FILE:
		return (struct span){ tree->digests.data + (size_t)node->content * SHA256_SIZE,
				      SHA256_SIZE };
	case NODE_LINK:
		return (struct span){ tree->names.data + node->content, node->target_len };
	case NODE_GONE:
	case NODE_DIRECTORY:
		break;
	}
	return (struct span){ 0 };
}

struct span tree_path_of(const struct file_tree *tree, uint32_t at, char buffer[4096])
{
	size_t start = 4096;

	for (; at != TREE_ROOT; at = tree->node[at].parent) {
		struct span name = name_of(tree, &tree->node[at]);

		start -= name.len;
		memcpy(buffer + start, name.data, name.len);
		buffer[--start] = '/';
	}
	return (struct span){ (const uint8_t *)buffer + start, 4096 - start };
}

bool file_tree_next(struct file_tree_iterator *iterator, struct file_tree_file *out)
{
	const struct file_tree *tree = iterator->tree;

	while (iterator->next < tree->count) {
		uint32_t at = (uint32_t)iterator->next++;

		if (tree->node[at].kind != NODE_FILE)
			continue;
		out->path = tree_path_of(tree, at, iterator->path);
		out->sha256 = tree_content(tree, &tree->node[at]).data;
		return true;
	}
	return false;
}

size_t file_tree_memory(const struct file_tree *tree)
{
	return sizeof(*tree) + tree->capacity * (sizeof(*tree->node) + sizeof(*tree->bucket)) +
	       tree->names.capacity + tree->digests.capacity;
}
