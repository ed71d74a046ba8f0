/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/tile.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/reader.h"

/* Seven groups of three digits hold every index below 2^63. */
#define GROUPS_MAX 7

void tile_path(const struct tile *tile, char path[TILE_PATH_MAX])
{
	unsigned group[GROUPS_MAX];
	uint64_t rest = tile->index;
	size_t count = 0;
	int used = tile->is_bundle ? snprintf(path, TILE_PATH_MAX, "tile/entries")
				   : snprintf(path, TILE_PATH_MAX, "tile/%u", tile->level);

	do {
		group[count++] = (unsigned)(rest % 1000);
		rest /= 1000;
	} while (rest > 0 && count < GROUPS_MAX);
	while (count-- > 0)
		used += snprintf(path + used, (size_t)(TILE_PATH_MAX - used), "/%s%03u",
				 count > 0 ? "x" : "", group[count]);
	if (tile->width < TILE_WIDTH)
		(void)snprintf(path + used, (size_t)(TILE_PATH_MAX - used), ".p/%u", tile->width);
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t hashes = level < TILE_LEVELS ? size >> (level * TILE_HEIGHT) : 0;

	if (index < hashes / TILE_WIDTH)
		return TILE_WIDTH;
	return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

enum status bundle_next(struct span *rest, struct span *entry)
{
	struct reader r = reader_over(*rest);

	if (rest->len == 0)
		return STATUS_NOT_FOUND;

	struct span next = reader_sized(&r, ENTRY_MAX);
	if (r.status != OK)
		return r.status;
	*entry = next;
	*rest = r.rest;
	return OK;
}

/* Cuts what a full tile holds to what the tree that is asked about has of it. */
static enum status cut(const struct tile *tile, struct bytes *content)
{
	struct span rest = span_of(content);
	struct span entry;
	enum status status = OK;

	if (!tile->is_bundle) {
		if (content->len < (size_t)tile->width * SHA256_SIZE)
			return STATUS_TRUNCATED;
		content->len = (size_t)tile->width * SHA256_SIZE;
		return OK;
	}
	for (unsigned i = 0; i < tile->width && status == OK; i++)
		status = bundle_next(&rest, &entry);
	content->len -= rest.len;
	return status == STATUS_NOT_FOUND ? STATUS_TRUNCATED : status;
}

enum status tile_read(const struct tile_source *source, const struct tile *tile, struct bytes *out)
{
	AUTO_DONE(bytes) content = { 0 };
	size_t max = tile->is_bundle ? BUNDLE_SIZE_MAX : TILE_SIZE_MAX;
	struct tile full = *tile;
	char path[TILE_PATH_MAX];

	if (tile->width == 0 || tile->width > TILE_WIDTH)
		return STATUS_MALFORMED;
	tile_path(tile, path);

	enum status status = source->read(source->self, path, max, &content);
	if (status == STATUS_NOT_FOUND && tile->width < TILE_WIDTH) {
		full.width = TILE_WIDTH;
		tile_path(&full, path);
		status = source->read(source->self, path, max, &content);
	}
	if (status == OK)
		status = cut(tile, &content);
	if (status != OK)
		return status;
	bytes_done(out);
	*out = content;
	content = (struct bytes){ 0 };
	return OK;
}

void tile_tree_init(struct tile_tree *tree, const struct hasher *h,
		    const struct tile_source *source, uint64_t size)
{
	*tree = (struct tile_tree){ .hasher = h, .source = source, .size = size };
}

void tile_tree_done(struct tile_tree *tree)
{
	for (size_t i = 0; i < TILE_LEVELS; i++)
		bytes_done(&tree->last[i].hashes);
}

/* The tile's hashes; proofs come back to the same few tiles. */
static enum status tile_hashes(struct tile_tree *tree, unsigned level, uint64_t index,
			       struct span *out)
{
	struct bytes *kept = &tree->last[level].hashes;
	struct tile tile = { .level = level,
			     .index = index,
			     .width = tile_width(level, index, tree->size) };

	if (kept->len == 0 || tree->last[level].index != index) {
		enum status status = tile_read(tree->source, &tile, kept);

		if (status != OK)
			return status;
		tree->last[level].index = index;
	}
	*out = span_of(kept);
	return OK;
}

static enum status tile_tree_hash(void *self, unsigned level, uint64_t index, struct tree_hash *out)
{
	struct tile_tree *tree = self;
	struct tree_range range = { 0 };
	struct span hashes;
	unsigned within = level % TILE_HEIGHT;
	uint64_t first, count = UINT64_C(1) << within;

	if (level >= TREE_LEVELS || index >= tree->size >> level)
		return STATUS_MALFORMED;
	first = index << within;

	enum status status = tile_hashes(tree, level / TILE_HEIGHT, first / TILE_WIDTH, &hashes);
	first %= TILE_WIDTH;
	if (status == OK && (first + count) * SHA256_SIZE > hashes.len)
		status = STATUS_TRUNCATED;
	for (uint64_t i = first; i < first + count && status == OK; i++) {
		struct tree_hash hash;

		memcpy(hash.value, hashes.data + i * SHA256_SIZE, SHA256_SIZE);
		status = tree_range_add(tree->hasher, &range, &hash);
	}
	return status == OK ? tree_range_root(tree->hasher, &range, out) : status;
}

struct tree_source tile_tree_source(struct tile_tree *tree)
{
	return (struct tree_source){ .hash = tile_tree_hash, .self = tree };
}
