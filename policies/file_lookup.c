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

/* Two chains, so that neither multiplication waits for the other. */
uint64_t image_file_hash(uint64_t key, struct span path)
{
	uint64_t a = key ^ path.len;
	uint64_t b = ~key;
	uint64_t first, last;

	for (; path.len > 16; path.data += 16, path.len -= 16) {
		a = mix(a, load64(path.data));
		b = mix(b, load64(path.data + 8));
	}
	load_ends(path, &first, &last);
	return mix(mix(a, first) ^ key, mix(b, last));
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

/* The first slot from place on that has its tag, or that is free: none before it is
 * of the same path. */
static uint64_t tagged_place(const struct file_lookup *files, uint64_t place)
{
	uint64_t tag = place >> 32;

	for (uint64_t i = 0; i <= files->mask; i++) {
		uint64_t next = tag << 32 | (uint32_t)(place + i);
		const uint8_t *slot = slot_at(files, next);

		if (image_be32(slot) == tag || image_be32(slot + 4) == 0)
			return next;
	}
	return place;
}

uint64_t file_lookup_fetch(const struct file_lookup *files, uint64_t place, size_t path_len)
{
	uint64_t tagged = tagged_place(files, place);
	uint32_t record = image_be32(slot_at(files, tagged) + 4);
	size_t len = IMAGE_RECORD_HEAD + path_len;

	/* Another path's, or the end's, need not be here as a whole. */
	if (record == 0 || record - 1 >= files->records.len ||
	    len > files->records.len - (record - 1))
		return tagged;

	const uint8_t *at = files->records.data + record - 1;
	const uint8_t *end = at + len;
	for (at -= (uintptr_t)at % CACHE_LINE; at < end; at += CACHE_LINE)
		__builtin_prefetch(at);
	return tagged;
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
