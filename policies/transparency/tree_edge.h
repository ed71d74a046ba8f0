/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_TREE_EDGE_H
#define POLICIES_TRANSPARENCY_TREE_EDGE_H

#include "policies/transparency/tile.h"

/*
 * The right edge of a tree of tiles, to which entries are added. A tile goes to
 * the sink as soon as it is full, partial ones with tree_edge_flush(): only then
 * may a checkpoint name the tree. What an interrupted run wrote beyond the last
 * checkpoint belongs to no tree, and is written again.
 */
struct tree_edge {
	uint64_t size;
	struct bytes entries; /* of the last bundle, while it is partial */
	struct bytes hashes[TILE_LEVELS]; /* of each level's last tile, while it is partial */
};

/* Of a tree that is there. STATUS_MISMATCH where the tiles, or the entries of the
 * last bundle, don't give head's root. */
enum status tree_edge_load(const struct hasher *h, const struct tile_source *source,
			   const struct tree_head *head, struct tree_edge *out);
void tree_edge_done(struct tree_edge *edge);

enum status tree_edge_add(const struct hasher *h, struct tree_edge *edge,
			  const struct tile_sink *sink, struct span entry);
enum status tree_edge_flush(const struct tree_edge *edge, const struct tile_sink *sink);
enum status tree_edge_head(const struct hasher *h, const struct tree_edge *edge,
			   struct tree_head *out);

AUTO_RELEASE(tree_edge, tree_edge_done);

#endif
