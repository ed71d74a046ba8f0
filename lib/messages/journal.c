/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/journal.h"

#define LABEL "attestd journal v1"

enum status journal_point_add(struct journal_point *point, struct span record)
{
	const struct span parts[] = { span_text(LABEL), journal_point_head(point), record };
	AUTO_DONE(hasher) h = { 0 };
	struct digest head;
	enum status status =
		point->count < INT64_MAX ? hasher_init(&h, DIGEST_SHA256) : STATUS_TOO_LARGE;

	if (status == OK)
		status = hasher_digest(&h, parts, sizeof(parts) / sizeof(*parts), &head);
	if (status != OK)
		return status;
	memcpy(point->head, head.value, SHA256_SIZE);
	point->count++;
	return OK;
}

bool journal_point_equal(const struct journal_point *a, const struct journal_point *b)
{
	return a->count == b->count && memcmp(a->head, b->head, SHA256_SIZE) == 0;
}
