/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/merkle.h"

#include <string.h>

static enum status hash_parts(const struct hasher *h, const struct span *parts, size_t count,
			      struct tree_hash *out)
{
	struct digest digest;
	enum status status = h->alg == DIGEST_SHA256 ? hasher_digest(h, parts, count, &digest)
						     : STATUS_UNSUPPORTED;

	if (status == OK)
		memcpy(out->value, digest.value, SHA256_SIZE);
	return status;
}

enum status leaf_hash(const struct hasher *h, struct span entry, struct tree_hash *out)
{
	static const uint8_t prefix = 0x00;
	const struct span parts[] = { { &prefix, 1 }, entry };

	return hash_parts(h, parts, 2, out);
}

enum status node_hash(const struct hasher *h, const struct tree_hash *left,
		      const struct tree_hash *right, struct tree_hash *out)
{
	static const uint8_t prefix = 0x01;
	const struct span parts[] = { { &prefix, 1 }, tree_hash_span(left), tree_hash_span(right) };

	return hash_parts(h, parts, 3, out);
}

size_t tree_range_count(const struct tree_range *range)
{
	return (size_t)__builtin_popcountll(range->size);
}

enum status tree_range_add(const struct hasher *h, struct tree_range *range,
			   const struct tree_hash *leaf)
{
	size_t count = tree_range_count(range);
	struct tree_hash hash = *leaf;

	if (range->size >= TREE_SIZE_MAX)
		return STATUS_TOO_LARGE;
	/* As a carry goes through the ones at the end of a number. */
	for (uint64_t ones = range->size; (ones & 1) != 0; ones >>= 1) {
		enum status status = node_hash(h, &range->hash[--count], &hash, &hash);

		if (status != OK)
			return status;
	}
	range->hash[count] = hash;
	range->size++;
	return OK;
}

enum status tree_range_root(const struct hasher *h, const struct tree_range *range,
			    struct tree_hash *out)
{
	size_t count = tree_range_count(range);

	if (count == 0)
		return hash_parts(h, NULL, 0, out);

	struct tree_hash hash = range->hash[--count];
	while (count > 0) {
		enum status status = node_hash(h, &range->hash[--count], &hash, &hash);

		if (status != OK)
			return status;
	}
	*out = hash;
	return OK;
}

uint64_t tree_split(uint64_t size)
{
	return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

enum status tree_source_hash(const struct hasher *h, const struct tree_source *source,
			     uint64_t start, uint64_t size, struct tree_hash *out)
{
	struct tree_hash part[TREE_LEVELS];
	size_t count = 0;

	if (size == 0)
		return hash_parts(h, NULL, 0, out);
	/* Perfect subtrees from the left, then joined from the right. */
	while (size > 0) {
		unsigned level = 63 - (unsigned)__builtin_clzll(size);

		if (count == TREE_LEVELS || (start & ((UINT64_C(1) << level) - 1)) != 0)
			return STATUS_MALFORMED;
		enum status status =
			source->hash(source->self, level, start >> level, &part[count++]);
		if (status != OK)
			return status;
		start += UINT64_C(1) << level;
		size -= UINT64_C(1) << level;
	}
	for (; count > 1; count--) {
		enum status status =
			node_hash(h, &part[count - 2], &part[count - 1], &part[count - 2]);

		if (status != OK)
			return status;
	}
	*out = part[0];
	return OK;
}
