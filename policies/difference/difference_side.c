/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/difference/difference_side.h"

enum status difference_side_open(struct span payload, struct difference_side *out)
{
	enum status status = image_builder_init(&out->image);

	if (status == OK)
		status = statement_open(payload, DOCUMENT_MANIFEST, &out->statement);
	if (status == OK)
		status = manifest_read(&out->statement, &out->image, &out->manifest);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, payload, &out->digest);
	return status;
}

void difference_side_done(struct difference_side *side)
{
	statement_done(&side->statement);
	image_builder_done(&side->image);
}
