/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/approval.h"

void statement_read_validation(struct strict_cursor *object)
{
	static const char *const results[] = { "passed", NULL };
	struct strict_cursor list = strict_array(object, "validation", 64);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor one = strict_element_object(&list, i);

		(void)strict_text_as(&one, "check", 64, name_is_valid);
		(void)strict_choice(&one, "result", results);
		if (strict_has(&one, "sha256"))
			(void)strict_sha256(&one, "sha256");
		(void)strict_end(&one);
	}
}

enum status approval_read(struct statement *s, struct approval *out)
{
	struct strict_cursor *predicate = &s->predicate;
	struct approval approval = { .manifest = strict_sha256(predicate, "manifest") };

	/* Outside tools read the subject, people the predicate: one manifest. */
	statement_expect_subject(s, 0, "manifest", &approval.manifest);
	statement_expect_subjects(s, 1);
	approval.has_compared_with = strict_has(predicate, "comparedWith");
	if (approval.has_compared_with)
		approval.compared_with = strict_sha256(predicate, "comparedWith");
	approval.difference = strict_sha256(predicate, "difference");
	approval.class = (enum change_class)strict_choice(predicate, "class", change_class_names);
	approval.reason = strict_text(predicate, "reason", 4096);
	statement_read_validation(predicate);
	approval.time = strict_int(predicate, "time", 1, TIME_MAX);

	enum status status = strict_end(predicate);
	if (status == OK)
		*out = approval;
	return status;
}
