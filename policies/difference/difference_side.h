/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DIFFERENCE_DIFFERENCE_SIDE_H
#define POLICIES_DIFFERENCE_DIFFERENCE_SIDE_H

#include "policies/documents/manifest.h"

/* A manifest that is compared. Must not be moved once it is open. */
struct difference_side {
	struct statement statement; /* what is wrong with the payload is in its document */
	struct image_builder image;
	struct manifest manifest;
	struct digest digest; /* of the payload */
};

enum status difference_side_open(struct span payload, struct difference_side *out);
void difference_side_done(struct difference_side *side);

AUTO_RELEASE(difference_side, difference_side_done);

#endif
