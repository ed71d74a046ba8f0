/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_EMERGENCY_H
#define POLICIES_DOCUMENTS_EMERGENCY_H

#include "policies/envelope/statement.h"
#include "policies/reference/image.h"

#define EMERGENCY_PLATFORMS_MAX 16

/* A manifest that counts before it is approved: for some nodes, and not for long.
 * Spans borrow from the statement. */
struct emergency {
	struct digest manifest; /* SHA-256 of its payload */
	size_t platform_count;
	struct span platform[EMERGENCY_PLATFORMS_MAX];
	struct release_scope scope; /* its classes and nodes are in the image */
	struct span reason;
	int64_t time, expires;
};

enum status emergency_read(struct statement *s, struct image_builder *image, struct emergency *out);

/* What a second person found, afterwards. */
struct review {
	struct digest emergency; /* SHA-256 of its payload */
	bool is_confirmed; /* false: it ends at once */
	struct span reason;
	int64_t time;
};

enum status review_read(struct statement *s, struct review *out);

#endif
