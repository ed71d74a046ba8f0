/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/listed_digests.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

static void read_all(const struct reference *ref, struct ref_range range,
		     struct listed_digests *list)
{
	for (uint32_t i = 0; i < range.count; i++) {
		struct digest one = reference_digest(ref, range.first + i);

		if (one.alg == DIGEST_SHA256)
			memcpy(list->value[list->count++], one.value, SHA256_SIZE);
		else
			list->others++;
	}
}

static void drop_doubles(struct listed_digests *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && compare(list->value[kept - 1], list->value[i]) == 0)
			continue;
		if (kept != i)
			memcpy(list->value[kept], list->value[i], SHA256_SIZE);
		kept++;
	}
	list->count = kept;
}

enum status listed_digests_init(const struct reference *ref, struct ref_range range,
				struct listed_digests *out)
{
	struct listed_digests list = { 0 };

	if (range.count > LISTED_DIGESTS_MAX)
		return STATUS_TOO_LARGE;
	if (range.count == 0)
		return OK;
	list.value = calloc(range.count, sizeof(*list.value));
	if (list.value == NULL)
		return STATUS_NO_MEMORY;
	read_all(ref, range, &list);
	qsort(list.value, list.count, sizeof(*list.value), compare);
	drop_doubles(&list);
	*out = list;
	return OK;
}

void listed_digests_done(struct listed_digests *list)
{
	free(list->value);
	*list = (struct listed_digests){ 0 };
}

bool listed_digests_find(const struct listed_digests *list, const struct digest *digest, size_t *at)
{
	const uint8_t(*found)[SHA256_SIZE];

	if (digest->alg != DIGEST_SHA256 || list->count == 0)
		return false;
	found = bsearch(digest->value, list->value, list->count, sizeof(*list->value), compare);
	if (found == NULL)
		return false;
	*at = (size_t)(found - list->value);
	return true;
}
