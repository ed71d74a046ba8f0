/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/merkle_proof.h"

/* Collected from the root down, wanted from the leaf up. */
static void reverse(struct tree_proof *proof)
{
	for (size_t i = 0; i < proof->count / 2; i++) {
		struct tree_hash hash = proof->hash[i];

		proof->hash[i] = proof->hash[proof->count - 1 - i];
		proof->hash[proof->count - 1 - i] = hash;
	}
}

static enum status add(const struct hasher *h, const struct tree_source *source, uint64_t start,
		       uint64_t size, struct tree_proof *proof)
{
	if (proof->count == TREE_PROOF_MAX)
		return STATUS_TOO_LARGE;
	return tree_source_hash(h, source, start, size, &proof->hash[proof->count++]);
}

/* Goes into the half that holds position at; the other half's hash is in the
 * proof. A position is a leaf, or the end of the older tree. */
static enum status step(const struct hasher *h, const struct tree_source *source, bool is_left,
			uint64_t *start, uint64_t *size, struct tree_proof *proof)
{
	uint64_t half = tree_split(*size);
	enum status status = is_left ? add(h, source, *start + half, *size - half, proof)
				     : add(h, source, *start, half, proof);

	*start += is_left ? 0 : half;
	*size = is_left ? half : *size - half;
	return status;
}

enum status inclusion_make(const struct hasher *h, const struct tree_source *source, uint64_t index,
			   uint64_t size, struct tree_proof *out)
{
	struct tree_proof proof = { 0 };
	uint64_t start = 0;
	enum status status = OK;

	if (index >= size || size > TREE_SIZE_MAX)
		return STATUS_MALFORMED;
	while (size > 1 && status == OK)
		status = step(h, source, index - start < tree_split(size), &start, &size, &proof);
	if (status != OK)
		return status;
	reverse(&proof);
	*out = proof;
	return OK;
}

enum status consistency_make(const struct hasher *h, const struct tree_source *source,
			     uint64_t older_size, uint64_t size, struct tree_proof *out)
{
	struct tree_proof proof = { 0 };
	uint64_t start = 0;
	enum status status = OK;

	if (older_size > size || size > TREE_SIZE_MAX)
		return STATUS_MALFORMED;
	while (older_size != 0 && older_size - start != size && status == OK)
		status = step(h, source, older_size - start <= tree_split(size), &start, &size,
			      &proof);
	/* The older root itself is known to who verifies. */
	if (status == OK && start > 0)
		status = add(h, source, start, size, &proof);
	if (status != OK)
		return status;
	reverse(&proof);
	*out = proof;
	return OK;
}

enum status inclusion_verify(const struct hasher *h, const struct tree_hash *leaf, uint64_t index,
			     const struct tree_proof *proof, const struct tree_head *head)
{
	uint64_t at = index;
	uint64_t last = head->size - 1;
	struct tree_hash root = *leaf;

	if (index >= head->size || proof->count > TREE_PROOF_MAX)
		return STATUS_MISMATCH;
	for (size_t i = 0; i < proof->count; i++, at >>= 1, last >>= 1) {
		bool is_right = (at & 1) != 0 || at == last;
		enum status status;

		if (last == 0)
			return STATUS_MISMATCH;
		status = is_right ? node_hash(h, &proof->hash[i], &root, &root)
				  : node_hash(h, &root, &proof->hash[i], &root);
		if (status != OK)
			return status;
		/* The last of its level has no neighbour: it goes up as it is. */
		for (; is_right && (at & 1) == 0 && at != 0; at >>= 1)
			last >>= 1;
	}
	return last == 0 && tree_hash_equal(&root, &head->root) ? OK : STATUS_MISMATCH;
}

/* From where both trees still have the same subtree, up to both roots. */
static enum status climb(const struct hasher *h, const struct tree_head *older,
			 const struct tree_proof *proof, size_t next, const struct tree_hash *from,
			 const struct tree_head *head)
{
	uint64_t at = older->size - 1;
	uint64_t last = head->size - 1;
	struct tree_hash older_root = *from;
	struct tree_hash root = *from;

	for (; (at & 1) != 0; at >>= 1)
		last >>= 1;
	for (; next < proof->count; next++, at >>= 1, last >>= 1) {
		bool is_right = (at & 1) != 0 || at == last;
		enum status status;

		if (last == 0)
			return STATUS_MISMATCH;
		status = is_right ? node_hash(h, &proof->hash[next], &root, &root)
				  : node_hash(h, &root, &proof->hash[next], &root);
		if (status == OK && is_right)
			status = node_hash(h, &proof->hash[next], &older_root, &older_root);
		if (status != OK)
			return status;
		for (; is_right && (at & 1) == 0 && at != 0; at >>= 1)
			last >>= 1;
	}
	return last == 0 && tree_hash_equal(&older_root, &older->root) &&
			       tree_hash_equal(&root, &head->root)
		       ? OK
		       : STATUS_MISMATCH;
}

enum status consistency_verify(const struct hasher *h, const struct tree_head *older,
			       const struct tree_proof *proof, const struct tree_head *head)
{
	if (older->size > head->size || proof->count > TREE_PROOF_MAX)
		return STATUS_MISMATCH;
	if (older->size == 0)
		return proof->count == 0 ? OK : STATUS_MISMATCH;
	if (older->size == head->size)
		return proof->count == 0 && tree_hash_equal(&older->root, &head->root)
			       ? OK
			       : STATUS_MISMATCH;
	/* A perfect tree is a subtree of the new one: the proof leaves it out. */
	if ((older->size & (older->size - 1)) == 0)
		return climb(h, older, proof, 0, &older->root, head);
	if (proof->count == 0)
		return STATUS_MISMATCH;
	return climb(h, older, proof, 1, &proof->hash[0], head);
}
