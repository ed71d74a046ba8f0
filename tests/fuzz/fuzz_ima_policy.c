/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file's rules, and whether they see all code. */
#include "fuzz.h"
#include "policies/artifacts/ima_policy.h"

static void check_rule(const struct ima_policy_rule *rule, size_t line, struct span text)
{
	must(rule->line > line && rule->text.len > 0);
	must_lie_inside(rule->text, text);
	must_lie_inside(rule->func, rule->text);
	must_lie_inside(rule->mask, rule->text);
	must_lie_inside(rule->template, rule->text);
	for (size_t i = 0; i < rule->text.len; i++)
		must(rule->text.data[i] == '\t' ||
		     (rule->text.data[i] >= ' ' && rule->text.data[i] <= '~'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct ima_policy policy = ima_policy_over(text);
	struct ima_policy_rule rule;
	struct ima_policy_fault why;
	size_t line = 0;
	size_t measuring = 0;
	enum status status;

	taint(&rule, sizeof(rule));
	while ((status = ima_policy_next(&policy, &rule)) == OK) {
		check_rule(&rule, line, text);
		line = rule.line;
		measuring += rule.action == IMA_MEASURE;
		taint(&rule, sizeof(rule));
	}
	must_be_tainted(&rule, sizeof(rule));

	taint(&why, sizeof(why));
	if (ima_policy_check(text, &why) == OK) {
		must(status == STATUS_NOT_FOUND && measuring > 0);
		must_be_tainted(&why, sizeof(why));
	} else {
		must(why.code != NULL && why.advice != NULL && why.line <= policy.line + 1);
	}
	return 0;
}
