/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/rollback.h"

#include "policies/documents/timestamp.h"

enum status rollback_read(struct statement *s, struct rollback *out)
{
	struct strict_cursor *predicate = &s->predicate;
	struct strict_cursor target = strict_object(predicate, "target");
	struct rollback r = { .platform =
				      strict_text_as(&target, "platform", 64, target_is_valid) };

	r.kernel = strict_text_as(&target, "kernel", 64, target_is_valid);
	(void)strict_end(&target);
	statement_read_pin(predicate, "from", &r.from_version, &r.from);
	statement_read_pin(predicate, "to", &r.to_version, &r.to);
	statement_expect_subject(s, 0, "from", &r.from);
	statement_expect_subject(s, 1, "to", &r.to);
	statement_expect_subjects(s, 2);
	if (r.to_version >= r.from_version)
		strict_fail(predicate, "to", STATUS_MALFORMED, "version-not-falling");
	r.index = strict_uint(predicate, "index", 1, INT64_MAX);
	r.reason = strict_text(predicate, "reason", 4096);
	r.time = strict_int(predicate, "time", 1, TIME_MAX);

	enum status status = strict_end(predicate);
	if (status == OK)
		*out = r;
	return status;
}
