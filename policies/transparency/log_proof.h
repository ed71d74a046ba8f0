/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_LOG_PROOF_H
#define POLICIES_TRANSPARENCY_LOG_PROOF_H

#include "policies/transparency/merkle_proof.h"

/*
 * That an entry is in a log (c2sp.org/tlog-proof): the entry itself as extra
 * data, its place, the way to the root, and the checkpoint that has this root.
 */
#define LOG_PROOF_MAX ((size_t)160 << 10)

struct log_proof {
	struct bytes entry;
	uint64_t index;
	struct tree_proof path;
	struct span checkpoint; /* borrows from what was parsed */
};

void log_proof_done(struct log_proof *proof);
/* Proofs without extra data are STATUS_UNSUPPORTED. */
enum status log_proof_parse(struct span bytes, struct log_proof *out);
enum status log_proof_make(const struct log_proof *proof, struct bytes *out);
/* STATUS_MISMATCH unless the entry is in head's tree, at its place. */
enum status log_proof_verify(const struct hasher *h, const struct log_proof *proof,
			     const struct tree_head *head);

AUTO_RELEASE(log_proof, log_proof_done);

#endif
