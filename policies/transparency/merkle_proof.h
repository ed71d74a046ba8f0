/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_MERKLE_PROOF_H
#define POLICIES_TRANSPARENCY_MERKLE_PROOF_H

#include "policies/transparency/merkle.h"

/* Hashes from the leaf's, or the smaller tree's, neighbour up to the root's child. */
#define TREE_PROOF_MAX 64

struct tree_proof {
	size_t count;
	struct tree_hash hash[TREE_PROOF_MAX];
};

/* RFC 6962, 2.1.1 and 2.1.2: made from subtrees that the source knows.
 * STATUS_MALFORMED where the leaf, or the older tree, is not within size. */
enum status inclusion_make(const struct hasher *h, const struct tree_source *source, uint64_t index,
			   uint64_t size, struct tree_proof *out);
enum status consistency_make(const struct hasher *h, const struct tree_source *source,
			     uint64_t older_size, uint64_t size, struct tree_proof *out);

/* RFC 9162, 2.1.3.2 and 2.1.4.2. STATUS_MISMATCH: the proof proves no such thing. */
enum status inclusion_verify(const struct hasher *h, const struct tree_hash *leaf, uint64_t index,
			     const struct tree_proof *proof, const struct tree_head *head);
/* Is older a prefix of head? Every tree goes on from the empty one. */
enum status consistency_verify(const struct hasher *h, const struct tree_head *older,
			       const struct tree_proof *proof, const struct tree_head *head);

#endif
