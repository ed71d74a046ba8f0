/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/file_lookup.h"

#include <string.h>

#include "policies/image_layout.h"

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

/* Up to 16 bytes as two words, which overlap unless there are 16. */
static void load_ends(struct span s, uint64_t *first, uint64_t *last)
{
	if (s.len >= 8) {
		*first = load64(s.data);
		*last = load64(s.data + s.len - 8);
		return;
	}
	*first = 0;
	*last = 0;
	for (size_t i = 0; i < s.len; i++)
		*first = *first << 8 | s.data[i];
}

uint64_t image_file_hash(uint64_t key, struct span path)
{
	uint64_t other = key * UINT64_C(0x9fb21c651e98df25) ^ UINT64_C(0xa0761d6478bd642f);
	uint64_t hash = key ^ path.len;
	uint64_t first, last;

	for (; path.len > 16; path.data += 16, path.len -= 16)
		hash = fold(load64(path.data) ^ other, load64(path.data + 8) ^ hash);
	load_ends(path, &first, &last);
	hash = fold(first ^ other, last ^ hash);
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

void file_lookup_fetch(const struct file_lookup *files, struct file_place *place, size_t path_len)
{
	uint32_t record = tagged_record(files, place->hash);
	size_t len = IMAGE_RECORD_HEAD + path_len;

	place->record = record;
	/* Another path's, or the end's, need not be here as a whole. */
	if (record == 0 || record - 1 >= files->records.len ||
	    len > files->records.len - (record - 1))
		return;
	/* What lies between a long path's ends follows from reading it. */
	__builtin_prefetch(files->records.data + record - 1);
	__builtin_prefetch(files->records.data + record - 1 + len - 1);
}

bool file_lookup_record(const struct file_lookup *files, uint64_t offset, struct file_record *out)
{
	size_t len = files->records.len;

	if (offset > len || len - offset < IMAGE_RECORD_HEAD)
		return false;

	const uint8_t *at = files->records.data + offset;
	unsigned path = (unsigned)at[SHA256_SIZE] << 8 | at[SHA256_SIZE + 1];

	*out = (struct file_record){
		.digest = at,
		.path = { .data = at + IMAGE_RECORD_HEAD, .len = path & IMAGE_PATH_LEN },
		.had_space = (path & IMAGE_PATH_HAD_SPACE) != 0,
	};
	return out->path.len <= len - offset - IMAGE_RECORD_HEAD;
}

static enum status search(const struct file_lookup *files, uint64_t hash, struct span path,
			  const struct digest *digest)
{
	bool has_path = false;

	for (uint64_t i = 0; i <= files->mask; i++) {
		uint64_t slot = image_be64(slot_at(files, hash + i));
		struct file_record record = { 0 };

		if ((uint32_t)slot == 0)
			break;
		if (slot >> 32 != hash >> 32 ||
		    !file_lookup_record(files, (uint32_t)slot - 1, &record) ||
		    !span_equal(record.path, path))
			continue;
		has_path = true;
		if (digest->alg == DIGEST_SHA256 &&
		    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return OK;
	}
	return has_path ? STATUS_MISMATCH : STATUS_NOT_FOUND;
}

enum status file_lookup_find(const struct file_lookup *files, const struct file_place *place,
			     struct span path, const struct digest *digest)
{
	struct file_record record;

	/* Nearly all are what they should be, and where they should be. */
	if (place->record != 0 && file_lookup_record(files, place->record - 1, &record) &&
	    span_equal(record.path, path) && digest->alg == DIGEST_SHA256 &&
	    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
		return OK;
	return search(files, place->hash, path, digest);
}

bool file_lookup_has_digest(const struct file_lookup *files, const struct digest *digest)
{
	struct file_record record;

	if (digest->alg != DIGEST_SHA256)
		return false;
	for (uint64_t at = 0; file_lookup_record(files, at, &record);
	     at += IMAGE_RECORD_HEAD + record.path.len)
		if (memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return true;
	return false;
}
