/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_DRAFT_IMAGE_H
#define TOOLS_COLLECT_DRAFT_IMAGE_H

#include "tools/release/release_state.h"

/* A draft as a verifier would have it, were it the only release in force: release
 * 0 of a reference image. With line NULL without its sets and the matrix's classes, whose
 * matrix is believed by the anchor. Says what failed on standard error but for NULL. */
enum status draft_image(struct span manifest, const struct release_line *line,
			const struct line_anchor *anchor, struct bytes *out);

#endif
