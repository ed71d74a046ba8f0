/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/revocations.h"

#include <stdlib.h>
#include <string.h>

#define REVOKED_MAX 16000

static const char *const names[REVOKED_KINDS] = { "manifests", "files", "keys", "nodes" };

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

static void read_list(struct strict_cursor *predicate, const char *name, struct bytes *out)
{
	struct strict_cursor list = strict_array(predicate, name, REVOKED_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct digest digest = strict_element_sha256(&list, i);

		if (bytes_append(out, digest_span(&digest)) != OK)
			strict_fail(&list, NULL, STATUS_NO_MEMORY, "no-memory");
	}
	if (out->len > 0)
		qsort(out->data, out->len / SHA256_SIZE, SHA256_SIZE, compare_rows);
}

enum status revocations_read(struct statement *s, struct revocations *out)
{
	AUTO_DONE(revocations) r = { 0 };
	struct strict_cursor *predicate = &s->predicate;

	statement_expect_subjects(s, 0);
	r.version = strict_uint(predicate, "version", 1, INT64_MAX);
	r.time = strict_int(predicate, "time", 1, TIME_MAX);
	r.expires = strict_int(predicate, "expires", 1, TIME_MAX);
	for (size_t i = 0; i < REVOKED_KINDS; i++)
		read_list(predicate, names[i], &r.list[i]);

	enum status status = strict_end(predicate);
	if (status == OK) {
		*out = r;
		r = (struct revocations){ 0 };
	}
	return status;
}

void revocations_done(struct revocations *r)
{
	for (size_t i = 0; i < REVOKED_KINDS; i++)
		bytes_done(&r->list[i]);
}

bool revocations_have(const struct revocations *r, enum revoked kind, struct span row)
{
	const struct bytes *list = &r->list[kind];

	return row.len == SHA256_SIZE && list->len > 0 &&
	       bsearch(row.data, list->data, list->len / SHA256_SIZE, SHA256_SIZE, compare_rows) !=
		       NULL;
}

bool revocations_extend(const struct revocations *older, const struct revocations *newer)
{
	for (size_t i = 0; i < REVOKED_KINDS; i++) {
		const struct bytes *list = &older->list[i];

		for (size_t at = 0; at < list->len; at += SHA256_SIZE) {
			struct span row = { .data = list->data + at, .len = SHA256_SIZE };

			if (!revocations_have(newer, (enum revoked)i, row))
				return false;
		}
	}
	return true;
}
