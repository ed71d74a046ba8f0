/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/file_lookup.h"

#include <string.h>

#include "policies/image_layout.h"

#define CACHE_LINE 64

static uint64_t load64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
	return hash ^ hash >> 32;
}

uint64_t image_file_hash(uint64_t key, struct span path)
{
	uint64_t hash = mix(key, path.len);
	uint64_t last = 0;

	while (path.len >= 8) {
		hash = mix(hash, load64(path.data));
		path.data += 8;
		path.len -= 8;
	}
	if (path.len > 0)
		memcpy(&last, path.data, path.len);
	return mix(mix(hash, last), key);
}

static const uint8_t *slot_at(const struct file_lookup *files, uint64_t place)
{
	return files->slots + (place & files->mask) * IMAGE_SLOT_SIZE;
}

uint64_t file_lookup_place(const struct file_lookup *files, struct span path)
{
	uint64_t place = image_file_hash(files->key, path);

	__builtin_prefetch(slot_at(files, place));
	return place;
}

void file_lookup_fetch(const struct file_lookup *files, uint64_t place, size_t path_len)
{
	uint32_t record = image_be32(slot_at(files, place) + 4);
	size_t len = IMAGE_RECORD_HEAD + path_len;

	/* Another path's, or the end's, need not be here as a whole. */
	if (record == 0 || record - 1 >= files->records.len ||
	    len > files->records.len - (record - 1))
		return;

	const uint8_t *at = files->records.data + record - 1;
	for (size_t i = 0; i < len; i += CACHE_LINE)
		__builtin_prefetch(at + i);
	__builtin_prefetch(at + len - 1);
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

enum status file_lookup_find(const struct file_lookup *files, uint64_t place, struct span path,
			     const struct digest *digest)
{
	uint32_t tag = (uint32_t)(place >> 32);
	bool has_path = false;

	for (uint64_t i = 0; i <= files->mask; i++) {
		const uint8_t *slot = slot_at(files, place + i);
		uint32_t offset = image_be32(slot + 4);
		struct file_record record = { 0 };

		if (offset == 0)
			break;
		if (image_be32(slot) != tag || !file_lookup_record(files, offset - 1, &record) ||
		    !span_equal(record.path, path))
			continue;
		has_path = true;
		if (digest->alg == DIGEST_SHA256 &&
		    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return OK;
	}
	return has_path ? STATUS_MISMATCH : STATUS_NOT_FOUND;
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
