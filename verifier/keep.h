/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_KEEP_H
#define VERIFIER_KEEP_H

#include "base/bytes.h"

/* Owns what the spans of an answer borrow from, until the answer is sent. */
struct keep {
	struct bytes *items;
	size_t count, capacity;
	/* Small copies lie side by side in blocks that items own; room in the last. */
	uint8_t *block;
	size_t block_left;
};

/* Takes the bytes over; they are empty afterwards. */
enum status keep_bytes(struct keep *keep, struct bytes *bytes, struct span *out);
enum status keep_copy(struct keep *keep, struct span from, struct span *out);
void keep_done(struct keep *keep);

AUTO_RELEASE(keep, keep_done);

#endif
