/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_IMA_POLICY_H
#define POLICIES_ARTIFACTS_IMA_POLICY_H

#include "base/bytes.h"

/* An IMA policy file as the kernel reads it (Documentation/ABI/testing/ima_policy,
 * security/integrity/ima/ima_policy.c): a rule a line, its words in any order between
 * blanks. Spans borrow from the text. */

#define IMA_POLICY_MAX ((size_t)1 << 20)

enum ima_policy_action {
	IMA_MEASURE,
	IMA_DONT_MEASURE,
	IMA_OTHER_ACTION, /* appraise, audit, hash and their opposites: nothing is logged */
};

struct ima_policy_rule {
	size_t line;
	struct span text;
	enum ima_policy_action action;
	struct span func, mask, template, pcr; /* empty: the rule has none */
	bool is_limited; /* by a condition besides these */
};

struct ima_policy {
	struct span rest;
	size_t line; /* the last one read */
};

struct ima_policy ima_policy_over(struct span text);
/* STATUS_NOT_FOUND at the end, STATUS_MALFORMED for a line that the kernel refuses. */
enum status ima_policy_next(struct ima_policy *policy, struct ima_policy_rule *out);

/* Why machines under the policy would not affirm what they run. */
struct ima_policy_fault {
	const char *code; /* static, as all of these */
	const char *func; /* NULL: the whole line */
	const char *advice;
	size_t line; /* 0: no single one */
};

/*
 * Does it measure every file that is run or mapped to be, and all that the kernel takes
 * as code, with nothing exempted before, in a form that shows that it is in force?
 * STATUS_MALFORMED and *why where it does not.
 */
enum status ima_policy_check(struct span text, struct ima_policy_fault *why);

#endif
