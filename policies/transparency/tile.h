/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_TILE_H
#define POLICIES_TRANSPARENCY_TILE_H

#include "policies/transparency/merkle.h"

/*
 * A tree as static files (c2sp.org/tlog-tiles): tiles of 256 hashes, eight levels
 * of the tree each, and bundles of the entries themselves. Paths are relative to
 * the log: "tile/0/x001/234.p/5", "tile/entries/000".
 */
#define TILE_HEIGHT 8
#define TILE_WIDTH 256
#define TILE_LEVELS 8 /* for sizes below 2^63 */
#define TILE_SIZE_MAX ((size_t)TILE_WIDTH * SHA256_SIZE)
#define TILE_PATH_MAX 64

#define ENTRY_MAX 65535
#define BUNDLE_SIZE_MAX ((size_t)TILE_WIDTH * (2 + ENTRY_MAX))

struct tile {
	bool is_bundle; /* level 0, entries instead of hashes */
	unsigned level;
	uint64_t index;
	unsigned width; /* 1 to TILE_WIDTH; below it the tile is partial */
};

void tile_path(const struct tile *tile, char path[TILE_PATH_MAX]);
/* How wide the tile is in a tree of this size; 0: it is not there. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);

/* STATUS_NOT_FOUND where nothing lies at path. */
struct tile_source {
	enum status (*read)(void *self, const char *path, size_t max, struct bytes *out);
	void *self;
};

/* Durable when it returns: a checkpoint may name what was written. */
struct tile_sink {
	enum status (*write)(void *self, const char *path, struct span content);
	void *self;
};

/* A tile as a tree of this size has it: the partial one, or the full one that
 * took its place. is_bundle: its entries alone are cut off behind the width. */
enum status tile_read(const struct tile_source *source, const struct tile *tile, struct bytes *out);

/* Subtrees out of tiles. What it gives is as good as the tiles: verify. */
struct tile_tree {
	const struct hasher *hasher;
	const struct tile_source *source;
	uint64_t size;
	struct {
		uint64_t index;
		struct bytes hashes; /* empty: none read yet */
	} last[TILE_LEVELS];
};

void tile_tree_init(struct tile_tree *tree, const struct hasher *h,
		    const struct tile_source *source, uint64_t size);
void tile_tree_done(struct tile_tree *tree);
struct tree_source tile_tree_source(struct tile_tree *tree);

AUTO_RELEASE(tile_tree, tile_tree_done);

/* The next entry of a bundle; STATUS_NOT_FOUND at its end. */
enum status bundle_next(struct span *rest, struct span *entry);

#endif
