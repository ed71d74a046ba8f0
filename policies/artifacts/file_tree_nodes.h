/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_FILE_TREE_NODES_H
#define POLICIES_ARTIFACTS_FILE_TREE_NODES_H

#include "policies/artifacts/file_tree.h"

/* What a tree is made of; for file_tree.c, which walks it. */

#define TREE_NAME_MAX 255
#define TREE_ROOT 0
#define TREE_NONE UINT32_MAX

enum node_kind {
	NODE_GONE, /* was taken away; its name may come back */
	NODE_DIRECTORY,
	NODE_FILE,
	NODE_LINK,
};

struct node {
	uint32_t parent;
	uint32_t first_child, next_sibling; /* of those that are gone, some */
	uint32_t next_in_bucket;
	uint32_t source;
	uint32_t name_at; /* in names */
	/* File: number of its digest; link: its target, in names; directory: a source
	 * below which nothing lives beneath, since it was cleared for that. */
	uint32_t content;
	uint16_t target_len;
	uint8_t name_len;
	uint8_t kind : 7;
	uint8_t is_hung : 1; /* among the parent's children, as what lives always is */
};

struct file_tree {
	enum file_tree_rule rule;
	uint64_t key;
	struct node *node;
	uint32_t count, capacity;
	uint32_t *bucket; /* as many as capacity, a power of two */
	struct bytes names;
	struct bytes digests;
};

/* The node of that name, gone or not; TREE_NONE where there never was one. */
uint32_t tree_child(const struct file_tree *tree, uint32_t parent, struct span name);
/* The same of what stands there now. */
uint32_t tree_child_living(const struct file_tree *tree, uint32_t parent, struct span name);
/* One that is gone until somebody says what it is. */
enum status tree_new_node(struct file_tree *tree, uint32_t parent, struct span name, uint32_t *out);
/* What was gone comes back: among its parent's children again. */
void tree_hang(struct file_tree *tree, uint32_t index);
enum status tree_keep_text(struct file_tree *tree, struct span text, uint32_t *at);
/* A file's digest, a link's target. */
struct span tree_content(const struct file_tree *tree, const struct node *node);
/* Of a directory's path. */
size_t tree_path_length(const struct file_tree *tree, uint32_t at);
/* The path of a node, written to the end of text. */
struct span tree_path_of(const struct file_tree *tree, uint32_t at, char text[4096]);
/* Takes away what sources below this one put beneath; TREE_NO_SOURCE: all of it, for good.
 * Sources rise: what was cleared once for a source is not looked at again. */
void tree_clear_below(struct file_tree *tree, uint32_t top, uint32_t source);

#endif
