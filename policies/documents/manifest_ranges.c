/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/manifest.h"

struct ref_range manifest_texts(struct strict_cursor *object, const char *name, size_t max,
				size_t text_max, struct image_builder *image)
{
	struct ref_range range = image_texts_from_here(image);

	if (!strict_has(object, name))
		return (struct ref_range){ 0 };

	struct strict_cursor list = strict_array(object, name, max);
	for (size_t i = 0; i < strict_count(&list); i++) {
		(void)image_text(image, strict_element_text(&list, i, text_max));
		range.count++;
	}
	return range;
}

struct ref_range manifest_digests(struct strict_cursor *object, const char *name, size_t max,
				  struct image_builder *image)
{
	struct ref_range range = image_digests_from_here(image);

	if (!strict_has(object, name))
		return (struct ref_range){ 0 };

	struct strict_cursor list = strict_array(object, name, max);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct digest digest = strict_element_digest(&list, i);

		/* SHA-1 only ever reads old logs; it is no golden value. */
		if (digest.alg == DIGEST_SHA1)
			strict_fail(&list, NULL, STATUS_UNSUPPORTED, "weak-digest");
		(void)image_digest(image, &digest);
		range.count++;
	}
	return range;
}
