/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_CHECKPOINT_H
#define POLICIES_TRANSPARENCY_CHECKPOINT_H

#include "policies/transparency/merkle.h"
#include "policies/transparency/note.h"

/* A log's word on its tree (c2sp.org/tlog-checkpoint): a note of three lines,
 * origin, size, root. Extension lines, which no auditor could check, are refused. */
struct checkpoint {
	struct note note;
	struct span origin;
	struct tree_head head;
};

/* STATUS_MISMATCH: another log's. Nothing is verified yet: note_verify(). */
enum status checkpoint_parse(struct span bytes, struct span origin, struct checkpoint *out);
/* The text, and its first signature. log's name is the origin. */
enum status checkpoint_make(const struct tree_head *head, const struct note_key *log,
			    struct bytes *out);

#endif
