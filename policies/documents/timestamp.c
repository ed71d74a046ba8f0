/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/timestamp.h"

void statement_read_pin(struct strict_cursor *object, const char *name, uint64_t *version,
			struct digest *digest)
{
	struct strict_cursor pin = strict_object(object, name);

	*version = strict_uint(&pin, "version", 1, INT64_MAX);
	*digest = strict_sha256(&pin, "sha256");
	(void)strict_end(&pin);
}

enum status timestamp_read(struct statement *s, struct timestamp *out)
{
	struct strict_cursor *predicate = &s->predicate;
	struct timestamp t = { .version = strict_uint(predicate, "version", 1, INT64_MAX) };

	t.time = strict_int(predicate, "time", 1, TIME_MAX);
	t.expires = strict_int(predicate, "expires", 1, TIME_MAX);
	statement_read_pin(predicate, "index", &t.index_version, &t.index);
	statement_expect_subject(s, 0, "index", &t.index);
	statement_expect_subjects(s, 1);

	enum status status = strict_end(predicate);
	if (status == OK)
		*out = t;
	return status;
}
