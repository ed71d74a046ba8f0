/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_TILE_CHECK_H
#define POLICIES_TRANSPARENCY_TILE_CHECK_H

#include "policies/transparency/tree_edge.h"

/*
 * The hash tiles of a log beside the entries that they are computed from. Nothing that the
 * entries themselves prove rests on them; who makes proofs out of wrong ones is refused
 * for a log that is sound.
 */
struct tile_check {
	const struct tile_source *source;
	struct tree_edge edge; /* of the entries so far */
	char differs[TILE_PATH_MAX]; /* the first tile that is missing or says something else; "" */
};

void tile_check_init(struct tile_check *check, const struct tile_source *source);
void tile_check_done(struct tile_check *check);
/* Each entry of the log, from the first. */
enum status tile_check_add(const struct hasher *h, struct tile_check *check, struct span entry);
/* All were added. STATUS_MISMATCH where a tile differs. */
enum status tile_check_end(struct tile_check *check);

AUTO_RELEASE(tile_check, tile_check_done);

#endif
