/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/reader.h"
#include "daemon/file.h"
#include "tools/audit/audit.h"
#include "tools/command.h"
#include "verifier/audit_record.h"

#define KEY_MAX ((size_t)64 << 10)
/* "attestd audit v1", in front of the hash of the record before */
#define RECORD_LABEL_SIZE 16

static enum status read_tile(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct verdict_export *e = self;
	struct release_line folder = { e->folder.text };

	return file_read(line_path(&folder, "%s", path).text, max, out);
}

enum status verdict_export_open(struct verdict_export *e, const char *folder, const char *key_file)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = path_read(key_file, KEY_MAX, &pem);

	*e = (struct verdict_export){ .tiles = { .read = read_tile } };
	(void)snprintf(e->folder.text, sizeof(e->folder.text), "%s", folder);
	e->tiles.self = e;
	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	e->key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (e->key == NULL) {
		(void)unusable("%s: not a public key in PEM", key_file);
		return STATUS_MALFORMED;
	}
	status = verdict_log_origin(e->key, &e->origin);
	if (status == OK)
		status = note_key_init(span_of(&e->origin), NOTE_ED25519, e->key, &e->note_key);
	if (status == OK)
		status = hasher_init(&e->hasher, DIGEST_SHA256);
	if (status != OK)
		(void)unusable("%s: no Ed25519 key, which logs are signed with", key_file);
	return status;
}

void verdict_export_done(struct verdict_export *e)
{
	EVP_PKEY_free(e->key);
	bytes_done(&e->origin);
	hasher_done(&e->hasher);
}

enum status verdict_export_checkpoint(const struct verdict_export *e, const char *path,
				      struct bytes *text, struct checkpoint *out)
{
	int64_t time;
	enum status status = file_read(path, NOTE_MAX, text);

	if (status == STATUS_NOT_FOUND)
		return status;
	if (status == OK)
		status = checkpoint_parse(span_of(text), span_of(&e->origin), out);
	if (status == OK)
		status = note_verify(&out->note, &e->note_key, &time);
	if (status == OK)
		return OK;
	(void)unusable("%s: no checkpoint that this log's key signed: %s", path,
		       status_text(status));
	return STATUS_DENIED;
}

/* One record: the next leaf, and a link to the one before. */
static enum status add_record(const struct hasher *h, struct span record, struct digest *previous,
			      struct tile_check *tiles)
{
	struct reader r = reader_over(record);
	struct span link;
	enum status status;

	reader_skip(&r, RECORD_LABEL_SIZE);
	link = reader_take(&r, SHA256_SIZE);
	if (reader_be64(&r) != tiles->edge.size + 1 || !span_equal(link, digest_span(previous)))
		return STATUS_MISMATCH;
	status = hasher_digest(h, &record, 1, previous);
	return status == OK ? tile_check_add(h, tiles, record) : status;
}

static enum status check_root(const struct hasher *h, const struct tree_edge *edge,
			      const struct tree_head *head)
{
	struct tree_head found;
	enum status status = tree_edge_head(h, edge, &found);

	return status == OK && !tree_hash_equal(&found.root, &head->root) ? STATUS_MISMATCH
									  : status;
}

static enum status walk_bundle(const struct verdict_export *e, struct span bundle,
			       const struct tree_head *older, struct digest *previous,
			       struct tile_check *tiles)
{
	struct span record;
	enum status status;

	while ((status = bundle_next(&bundle, &record)) == OK) {
		status = add_record(&e->hasher, record, previous, tiles);
		if (status == OK && older != NULL && tiles->edge.size == older->size)
			status = check_root(&e->hasher, &tiles->edge, older);
		if (status != OK)
			return status;
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

enum status verdict_export_check(const struct verdict_export *e, const struct tree_head *head,
				 const struct tree_head *older, struct tile_check *tiles)
{
	struct digest previous = digest_filled(DIGEST_SHA256, 0);

	if (older != NULL && older->size > head->size)
		return STATUS_MISMATCH;
	while (tiles->edge.size < head->size) {
		AUTO_DONE(bytes) bundle = { 0 };
		uint64_t before = tiles->edge.size;
		struct tile tile = { .is_bundle = true, .index = before / TILE_WIDTH };

		tile.width = tile_width(0, tile.index, head->size);
		enum status status = tile_read(&e->tiles, &tile, &bundle);
		if (status == OK)
			status = walk_bundle(e, span_of(&bundle), older, &previous, tiles);
		if (status != OK)
			return status;
		if (tiles->edge.size != before + tile.width)
			return STATUS_MISMATCH;
	}
	return check_root(&e->hasher, &tiles->edge, head);
}
