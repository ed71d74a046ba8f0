/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_MERKLE_H
#define POLICIES_TRANSPARENCY_MERKLE_H

#include "base/digest.h"

/*
 * The tree of RFC 6962, 2.1, over SHA-256. Sizes stay below 2^63. The hasher
 * that each function takes is one of SHA-256, made once.
 */
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)
#define TREE_LEVELS 63

struct tree_hash {
	uint8_t value[SHA256_SIZE];
};

struct tree_head {
	uint64_t size;
	struct tree_hash root;
};

static inline struct span tree_hash_span(const struct tree_hash *hash)
{
	return (struct span){ .data = hash->value, .len = SHA256_SIZE };
}

static inline bool tree_hash_equal(const struct tree_hash *a, const struct tree_hash *b)
{
	return memcmp(a->value, b->value, SHA256_SIZE) == 0;
}

/* H(0x00 || entry), H(0x01 || left || right): no leaf can pass for a node. */
enum status leaf_hash(const struct hasher *h, struct span entry, struct tree_hash *out);
enum status node_hash(const struct hasher *h, const struct tree_hash *left,
		      const struct tree_hash *right, struct tree_hash *out);

/* All that has to be known of a tree to go on with it: its perfect subtrees,
 * the largest first, one for each bit of its size. { 0 } is the empty tree. */
struct tree_range {
	uint64_t size;
	struct tree_hash hash[TREE_LEVELS];
};

size_t tree_range_count(const struct tree_range *range);
enum status tree_range_add(const struct hasher *h, struct tree_range *range,
			   const struct tree_hash *leaf);
/* Of the empty tree: the digest of nothing. */
enum status tree_range_root(const struct hasher *h, const struct tree_range *range,
			    struct tree_hash *out);

/* Gives the hash of leaves [index << level, (index + 1) << level). */
struct tree_source {
	enum status (*hash)(void *self, unsigned level, uint64_t index, struct tree_hash *out);
	void *self;
};

/* Of the leaves [start, start + size), as RFC 6962 splits them. A tree's root is
 * that of its leaves from 0. */
enum status tree_source_hash(const struct hasher *h, const struct tree_source *source,
			     uint64_t start, uint64_t size, struct tree_hash *out);

/* The largest power of two below size, which is 2 at least. */
uint64_t tree_split(uint64_t size);

#endif
