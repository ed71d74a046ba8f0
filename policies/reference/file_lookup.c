/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/file_lookup.h"

#include <string.h>

#include "policies/reference/image_layout.h"

static uint64_t load64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Both halves of the product: a bit of one factor moves the other, which nobody
 * knows without the key, to where it counts. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* What is left of a path, at most 16 bytes, as two words, which overlap unless there
 * are 16; fewer than 8 are one big-endian number. */
struct path_end {
	uint64_t first, last;
};

static struct path_end load_short_end(const uint8_t *at, size_t left)
{
	struct path_end end = { 0 };

	for (size_t i = 0; i < left; i++)
		end.first = end.first << 8 | at[i];
	return end;
}

/* Of a path of 8 bytes or more. Chosen, not jumped to: where paths end follows no
 * rule, and to guess it wrong costs more than to load both. */
static struct path_end load_end(const uint8_t *end, size_t left)
{
	bool is_few = left < 8;
	uint64_t few = image_be64(end - 8) & ((UINT64_C(1) << 8 * (left % 8)) - 1);
	uint64_t first = load64(end - (is_few ? 8 : left));
	uint64_t last = load64(end - 8);

	return (struct path_end){ is_few ? few : first, is_few ? 0 : last };
}

uint64_t image_file_hash(uint64_t key, struct span path)
{
	uint64_t other = key * UINT64_C(0x9fb21c651e98df25) ^ UINT64_C(0xa0761d6478bd642f);
	uint64_t hash = key ^ path.len;
	size_t left = path.len;
	const uint8_t *at = path.data;

	for (; left > 16; at += 16, left -= 16)
		hash = fold(load64(at) ^ other, load64(at + 8) ^ hash);

	struct path_end end = path.len < 8 ? load_short_end(at, left) : load_end(at + left, left);
	hash = fold(end.first ^ other, end.last ^ hash);
	return fold(hash ^ other, UINT64_C(0x9fb21c651e98df25));
}

static const uint8_t *slot_at(const struct file_lookup *files, uint64_t place)
{
	return files->slots + (place & files->mask) * IMAGE_SLOT_SIZE;
}

struct file_place file_lookup_place(const struct file_lookup *files, struct span path)
{
	struct file_place place = { .hash = image_file_hash(files->key, path) };

	__builtin_prefetch(slot_at(files, place.hash));
	return place;
}

/* The record of the first slot with the hash's tag, as slots name records; 0 where
 * the run has none. */
static uint32_t tagged_record(const struct file_lookup *files, uint64_t hash)
{
	for (uint64_t i = 0; i <= files->mask; i++) {
		uint64_t slot = image_be64(slot_at(files, hash + i));

		if (slot >> 32 == hash >> 32 || (uint32_t)slot == 0)
			return (uint32_t)slot;
	}
	return 0;
}

/* From where a block begins to the end of all records; empty where it has no paths. */
static struct span block_at(const struct file_lookup *files, uint64_t offset)
{
	size_t len = files->records.len;

	if (offset > len || len - offset < IMAGE_BLOCK_PATHS)
		return (struct span){ 0 };
	return (struct span){ files->records.data + offset, len - (size_t)offset };
}

/* In which block a record lies, and where in it. */
static uint64_t block_of(uint64_t name)
{
	return name & ~(uint64_t)(IMAGE_ALIGN - 1);
}

static size_t place_of(uint64_t name)
{
	return name & (IMAGE_ALIGN - 1);
}

void file_lookup_fetch(const struct file_lookup *files, struct file_place *place)
{
	place->record = tagged_record(files, place->hash);
	if (place->record == 0)
		return;

	uint64_t name = place->record - 1;
	struct span block = block_at(files, block_of(name));

	if (block.len < IMAGE_BLOCK_MIN || place_of(name) >= IMAGE_BLOCK_RECORDS)
		return;
	/* Digest, heads, and the paths' first lines; the others follow from reading these. */
	__builtin_prefetch(block.data + place_of(name) * SHA256_SIZE);
	__builtin_prefetch(block.data + IMAGE_BLOCK_HEADS);
	__builtin_prefetch(block.data + IMAGE_BLOCK_PATHS);
	__builtin_prefetch(block.data + IMAGE_BLOCK_PATHS + IMAGE_ALIGN);
}

void file_lookup_ahead(const struct file_lookup *files, size_t count, struct span path,
		       struct file_place *now, struct file_place *before)
{
	for (size_t i = 0; i < count; i++) {
		now[i] = file_lookup_place(&files[i], path);
		file_lookup_fetch(&files[i], &before[i]);
	}
}

bool file_lookup_record(const struct file_lookup *files, uint64_t name, struct file_record *out)
{
	struct span block = block_at(files, block_of(name));
	size_t place = place_of(name);

	if (block.len == 0 || place >= IMAGE_BLOCK_RECORDS)
		return false;

	const uint8_t *head = block.data + IMAGE_BLOCK_HEADS + place * IMAGE_RECORD_HEAD;
	const uint8_t *paths = block.data + IMAGE_BLOCK_PATHS;
	size_t begin = place == 0 ? 0 : image_be16(head - IMAGE_RECORD_HEAD + 2);
	size_t end = image_be16(head + 2);
	size_t shared = image_be16(head) & IMAGE_PATH_SHARED;

	/* What is shared stands before the rest, and both in front of the end. */
	if (shared > begin || begin > end || end > block.len - IMAGE_BLOCK_PATHS ||
	    shared + (end - begin) == 0)
		return false;
	*out = (struct file_record){
		.digest = block.data + place * SHA256_SIZE,
		.shared = { .data = paths, .len = shared },
		.rest = { .data = paths + begin, .len = end - begin },
		.had_space = (image_be16(head) & IMAGE_PATH_HAD_SPACE) != 0,
	};
	return true;
}

static inline bool has_path(const struct file_record *record, struct span path)
{
	size_t shared = record->shared.len;

	return path.len == shared + record->rest.len &&
	       memcmp(path.data, record->shared.data, shared) == 0 &&
	       memcmp(path.data + shared, record->rest.data, record->rest.len) == 0;
}

bool file_record_has_path(const struct file_record *record, struct span path)
{
	return has_path(record, path);
}

static enum status search(const struct file_lookup *files, uint64_t hash, struct span path,
			  const struct digest *digest)
{
	bool is_listed = false;

	for (uint64_t i = 0; i <= files->mask; i++) {
		uint64_t slot = image_be64(slot_at(files, hash + i));
		struct file_record record = { 0 };

		if ((uint32_t)slot == 0)
			break;
		if (slot >> 32 != hash >> 32 ||
		    !file_lookup_record(files, (uint32_t)slot - 1, &record) ||
		    !has_path(&record, path))
			continue;
		is_listed = true;
		if (digest->alg == DIGEST_SHA256 &&
		    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return OK;
	}
	return is_listed ? STATUS_MISMATCH : STATUS_NOT_FOUND;
}

static bool is_at(const struct file_lookup *files, uint64_t name, struct span path,
		  const struct digest *digest)
{
	struct file_record record;

	return file_lookup_record(files, name, &record) && has_path(&record, path) &&
	       memcmp(record.digest, digest->value, SHA256_SIZE) == 0;
}

bool file_lookup_is_fetched(const struct file_lookup *files, size_t count,
			    const struct file_place *places, struct span path,
			    const struct digest *digest)
{
	if (digest->alg != DIGEST_SHA256)
		return false;
	for (size_t i = 0; i < count; i++)
		if (places[i].record != 0 && is_at(&files[i], places[i].record - 1, path, digest))
			return true;
	return false;
}

enum status file_lookup_find(const struct file_lookup *files, const struct file_place *place,
			     struct span path, const struct digest *digest)
{
	/* Nearly all are what they should be, and where they should be. */
	if (file_lookup_is_fetched(files, 1, place, path, digest))
		return OK;
	return search(files, place->hash, path, digest);
}

size_t file_lookup_digests(const struct file_lookup *files, struct span path, bool had_space,
			   struct digest *out, size_t max)
{
	uint64_t hash = image_file_hash(files->key, path);
	size_t count = 0;

	for (uint64_t i = 0; i <= files->mask && count < max; i++) {
		uint64_t slot = image_be64(slot_at(files, hash + i));
		struct file_record record = { 0 };

		if ((uint32_t)slot == 0)
			break;
		if (slot >> 32 != hash >> 32 ||
		    !file_lookup_record(files, (uint32_t)slot - 1, &record) ||
		    !has_path(&record, path) || record.had_space != had_space)
			continue;
		out[count].alg = DIGEST_SHA256;
		memcpy(out[count++].value, record.digest, SHA256_SIZE);
	}
	return count;
}

static bool block_has_digest(const struct file_lookup *files, uint64_t offset,
			     const struct digest *digest)
{
	struct file_record record;

	for (uint64_t place = 0; place < IMAGE_BLOCK_RECORDS; place++)
		if (file_lookup_record(files, offset + place, &record) &&
		    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return true;
	return false;
}

bool file_lookup_has_digest(const struct file_lookup *files, const struct digest *digest)
{
	struct span block;

	if (digest->alg != DIGEST_SHA256)
		return false;
	for (uint64_t offset = 0; (block = block_at(files, offset)).len > 0;) {
		if (block_has_digest(files, offset, digest))
			return true;
		/* Behind the block's last path. */
		offset += image_aligned(IMAGE_BLOCK_PATHS +
					image_be16(block.data + IMAGE_BLOCK_PATHS - 2));
	}
	return false;
}
