/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_log.h"

#include <string.h>
#include <time.h>

#include "tools/command.h"
#include "tools/release/release_root.h"

static enum status read_tile(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct release_log *log = self;
	char full[TILE_PATH_MAX + sizeof(RELEASE_LOG) + 1];

	(void)snprintf(full, sizeof(full), "%s/%s", RELEASE_LOG, path);
	return log->documents.read(log->documents.self, full, max, out);
}

enum status release_log_open(struct release_log *log, const char *directory,
			     const struct digest *pin)
{
	AUTO_DONE(root_origin) origin = { 0 };

	*log = (struct release_log){ .directory.path = directory };
	log->documents = release_directory_source(&log->directory);
	log->tiles = (struct tile_source){ .read = read_tile, .self = log };

	enum status status = verified_root(directory, pin, &origin, &log->root);
	if (status != OK)
		return status;
	log->first_root = origin.first;
	status = hasher_init(&log->hasher, DIGEST_SHA256);
	if (status == OK)
		status = release_log_origin(&log->first_root, &log->origin);
	if (status != OK)
		(void)unusable("%s: %s", directory, status_text(status));
	return status;
}

void release_log_done(struct release_log *log)
{
	root_done(&log->root);
	hasher_done(&log->hasher);
	bytes_done(&log->origin);
}

enum status release_log_heed(struct release_log *log)
{
	return revoked_keys(log->directory.path, &log->root, &log->revoked);
}

struct log_trust release_log_trust(const struct release_log *log, int64_t now)
{
	return (struct log_trust){ .root = &log->root,
				   .revoked = log->revoked,
				   .origin = span_of(&log->origin),
				   .now = now };
}

enum status release_log_checkpoint(const struct release_log *log, const char *path,
				   bool without_witness, struct bytes *text, struct checkpoint *out)
{
	struct log_trust trust = release_log_trust(log, (int64_t)time(NULL));
	enum status status = log->documents.read(log->documents.self, path, NOTE_MAX, text);

	if (status != OK)
		return status;
	trust.without_witness = without_witness;
	const char *doubt = log_trust_doubt(&trust, span_of(text), out);
	if (doubt == NULL)
		return OK;
	(void)unusable("%s/%s: %s", log->directory.path, path, doubt);
	return STATUS_DENIED;
}

enum status release_log_prefix(const struct release_log *log, const struct tree_head *older,
			       const struct tree_head *head)
{
	AUTO_DONE(tile_tree) tree = { 0 };
	struct tree_proof proof = { 0 };
	struct tree_source source;
	enum status status = OK;

	if (older->size > head->size)
		return STATUS_DENIED;
	tile_tree_init(&tree, &log->hasher, &log->tiles, head->size);
	source = tile_tree_source(&tree);
	if (older->size < head->size)
		status = consistency_make(&log->hasher, &source, older->size, head->size, &proof);
	return status == OK ? consistency_verify(&log->hasher, older, &proof, head) : status;
}

/* One bundle: its entries join the range, and are shown. */
static enum status walk_bundle(const struct release_log *log, struct span bundle,
			       struct tree_range *range, log_visitor visit, void *self)
{
	struct log_entry entry;
	struct tree_hash leaf;
	struct span text;
	enum status status;

	while ((status = bundle_next(&bundle, &text)) == OK) {
		status = log_entry_parse(text, &entry);
		if (status == OK)
			status = leaf_hash(&log->hasher, text, &leaf);
		if (status == OK)
			status = visit(self, range->size, text, &entry);
		if (status == OK)
			status = tree_range_add(&log->hasher, range, &leaf);
		if (status != OK)
			return status;
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

enum status release_log_entries(const struct release_log *log, const struct tree_head *head,
				log_visitor visit, void *self)
{
	struct tree_range range = { 0 };
	struct tree_hash root;

	while (range.size < head->size) {
		AUTO_DONE(bytes) bundle = { 0 };
		struct tile tile = { .is_bundle = true, .index = range.size / TILE_WIDTH };
		uint64_t before = range.size;

		tile.width = tile_width(0, tile.index, head->size);
		enum status status = tile_read(&log->tiles, &tile, &bundle);
		if (status == OK)
			status = walk_bundle(log, span_of(&bundle), &range, visit, self);
		if (status != OK)
			return status;
		if (range.size != before + tile.width)
			return STATUS_MISMATCH;
	}
	if (tree_range_root(&log->hasher, &range, &root) != OK ||
	    !tree_hash_equal(&root, &head->root))
		return STATUS_MISMATCH;
	return OK;
}

struct path_text release_log_proof_name(const struct log_entry *entry)
{
	struct path_text name;

	(void)snprintf(name.text, sizeof(name.text), RELEASE_PROOFS "/%s/%.*s",
		       sha256_hex(&entry->document).hex, (int)entry->key.len,
		       (const char *)entry->key.data);
	return name;
}
