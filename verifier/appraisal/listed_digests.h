/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APPRAISAL_LISTED_DIGESTS_H
#define APPRAISAL_LISTED_DIGESTS_H

#include "policies/reference/reference.h"

#define LISTED_DIGESTS_MAX 4096 /* a manifest lists no more */

/*
 * The SHA-256 digests of a release's list, sorted and each once. What is looked up
 * in it comes in such numbers as the host under appraisal likes (ATTACKS b15).
 */
struct listed_digests {
	uint8_t (*value)[SHA256_SIZE];
	size_t count;
	size_t others; /* of another algorithm, as no entry of a variable is */
};

/* STATUS_TOO_LARGE: no release that was loaded is like that. */
enum status listed_digests_init(const struct reference *ref, struct ref_range range,
				struct listed_digests *out);
void listed_digests_done(struct listed_digests *list);
/* Where it stands, from 0 to below the count. */
bool listed_digests_find(const struct listed_digests *list, const struct digest *digest,
			 size_t *at);

AUTO_RELEASE(listed_digests, listed_digests_done);

#endif
