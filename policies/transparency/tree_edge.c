/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/tree_edge.h"

#include "base/writer.h"

void tree_edge_done(struct tree_edge *edge)
{
	bytes_done(&edge->entries);
	for (size_t i = 0; i < TILE_LEVELS; i++)
		bytes_done(&edge->hashes[i]);
	edge->size = 0;
}

static enum status write_tile(const struct tile_sink *sink, bool is_bundle, unsigned level,
			      uint64_t size, struct span content)
{
	uint64_t hashes = size >> (level * TILE_HEIGHT);
	unsigned width = (unsigned)(hashes % TILE_WIDTH);
	struct tile tile = { .is_bundle = is_bundle,
			     .level = level,
			     .index = width == 0 ? hashes / TILE_WIDTH - 1 : hashes / TILE_WIDTH,
			     .width = width == 0 ? TILE_WIDTH : width };
	char path[TILE_PATH_MAX];

	tile_path(&tile, path);
	return sink->write(sink->self, path, content);
}

static enum status range_of(const struct hasher *h, struct span hashes, struct tree_range *out)
{
	enum status status = OK;

	*out = (struct tree_range){ 0 };
	for (size_t at = 0; at < hashes.len && status == OK; at += SHA256_SIZE) {
		struct tree_hash hash;

		memcpy(hash.value, hashes.data + at, SHA256_SIZE);
		status = tree_range_add(h, out, &hash);
	}
	return status;
}

/* The root of a full tile is a hash of the level above. */
static enum status carry(const struct hasher *h, struct tree_edge *edge,
			 const struct tile_sink *sink)
{
	enum status status = OK;

	for (unsigned level = 0;
	     level + 1 < TILE_LEVELS && edge->hashes[level].len == TILE_SIZE_MAX && status == OK;
	     level++) {
		struct bytes *full = &edge->hashes[level];
		struct tree_range range;
		struct tree_hash root;

		status = write_tile(sink, false, level, edge->size, span_of(full));
		if (status == OK)
			status = range_of(h, span_of(full), &range);
		if (status == OK)
			status = tree_range_root(h, &range, &root);
		if (status == OK)
			status = bytes_append(&edge->hashes[level + 1], tree_hash_span(&root));
		full->len = 0;
	}
	return status;
}

enum status tree_edge_add(const struct hasher *h, struct tree_edge *edge,
			  const struct tile_sink *sink, struct span entry)
{
	struct writer w = writer_to(&edge->entries, BUNDLE_SIZE_MAX);
	struct tree_hash leaf;

	if (entry.len > ENTRY_MAX || edge->size >= TREE_SIZE_MAX)
		return STATUS_TOO_LARGE;

	enum status status = leaf_hash(h, entry, &leaf);
	if (status != OK)
		return status;
	writer_sized(&w, entry);
	status = writer_end(&w);
	if (status == OK)
		status = bytes_append(&edge->hashes[0], tree_hash_span(&leaf));
	edge->size++;
	if (status == OK && edge->size % TILE_WIDTH == 0) {
		status = write_tile(sink, true, 0, edge->size, span_of(&edge->entries));
		edge->entries.len = 0;
	}
	return status == OK ? carry(h, edge, sink) : status;
}

enum status tree_edge_flush(const struct tree_edge *edge, const struct tile_sink *sink)
{
	enum status status = OK;

	if (edge->entries.len > 0)
		status = write_tile(sink, true, 0, edge->size, span_of(&edge->entries));
	for (unsigned level = 0; level < TILE_LEVELS && status == OK; level++)
		if (edge->hashes[level].len > 0)
			status = write_tile(sink, false, level, edge->size,
					    span_of(&edge->hashes[level]));
	return status;
}

/* Of each level the perfect subtrees among its hashes, joined from the right. */
enum status tree_edge_head(const struct hasher *h, const struct tree_edge *edge,
			   struct tree_head *out)
{
	struct tree_head head = { .size = edge->size };
	struct tree_range range = { 0 };
	bool has_root = false;

	if (edge->size == 0) {
		enum status status = tree_range_root(h, &range, &head.root);

		if (status == OK)
			*out = head;
		return status;
	}
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		enum status status = range_of(h, span_of(&edge->hashes[level]), &range);

		for (size_t i = tree_range_count(&range); i > 0 && status == OK; i--) {
			if (has_root)
				status = node_hash(h, &range.hash[i - 1], &head.root, &head.root);
			else
				head.root = range.hash[i - 1];
			has_root = true;
		}
		if (status != OK)
			return status;
	}
	*out = head;
	return OK;
}

/* The bundle's entries are those that the leaf hashes say. */
static enum status check_entries(const struct hasher *h, const struct tree_edge *edge)
{
	struct span rest = span_of(&edge->entries);
	struct span hashes = span_of(&edge->hashes[0]);
	struct span entry;
	struct tree_hash leaf;
	size_t at = 0;
	enum status status;

	while ((status = bundle_next(&rest, &entry)) == OK) {
		if (leaf_hash(h, entry, &leaf) != OK || at >= hashes.len ||
		    memcmp(hashes.data + at, leaf.value, SHA256_SIZE) != 0)
			return STATUS_MISMATCH;
		at += SHA256_SIZE;
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	return at == hashes.len ? OK : STATUS_MISMATCH;
}

enum status tree_edge_load(const struct hasher *h, const struct tile_source *source,
			   const struct tree_head *head, struct tree_edge *out)
{
	AUTO_DONE(tree_edge) edge = { .size = head->size };
	struct tree_head found;
	enum status status = OK;

	for (unsigned level = 0; level < TILE_LEVELS && status == OK; level++) {
		uint64_t index = head->size >> (level * TILE_HEIGHT) >> TILE_HEIGHT;
		struct tile tile = { .level = level,
				     .index = index,
				     .width = tile_width(level, index, head->size) };

		if (tile.width == 0)
			continue;
		status = tile_read(source, &tile, &edge.hashes[level]);
		tile.is_bundle = true;
		if (status == OK && level == 0)
			status = tile_read(source, &tile, &edge.entries);
	}
	if (status == OK)
		status = check_entries(h, &edge);
	if (status == OK)
		status = tree_edge_head(h, &edge, &found);
	if (status != OK)
		return status;
	if (!tree_hash_equal(&found.root, &head->root))
		return STATUS_MISMATCH;
	*out = edge;
	edge = (struct tree_edge){ 0 };
	return OK;
}
