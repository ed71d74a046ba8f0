/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/ima_policy.h"

#include "base/text.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The kernel takes it as text that ends at the first NUL; LSM labels aside, which
 * limit a rule, all words of it are ASCII. */
static bool is_printable(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] > '~')
			return false;
	return true;
}

static struct span without_blanks(struct span line)
{
	while (line.len > 0 && is_blank(line.data[0]))
		line = (struct span){ line.data + 1, line.len - 1 };
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

static bool next_word(struct span *rest, struct span *word)
{
	size_t len = 0;

	*rest = without_blanks(*rest);
	while (len < rest->len && !is_blank(rest->data[len]))
		len++;
	*word = (struct span){ rest->data, len };
	*rest = (struct span){ rest->data + len, rest->len - len };
	return len > 0;
}

static bool is_action(struct span word, enum ima_policy_action *out)
{
	static const char *const others[] = { "appraise",   "dont_appraise", "audit",
					      "dont_audit", "hash",	     "dont_hash" };

	*out = IMA_OTHER_ACTION;
	if (span_equal(word, span_text("measure")))
		*out = IMA_MEASURE;
	else if (span_equal(word, span_text("dont_measure")))
		*out = IMA_DONT_MEASURE;
	if (*out != IMA_OTHER_ACTION)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_equal(word, span_text(others[i])))
			return true;
	return false;
}

/* "NAME=VALUE" into *out; *is_sound is false where the rule has a value already, or
 * an empty one is given. */
static bool takes(struct span word, const char *name, struct span *out, bool *is_sound)
{
	size_t len = strlen(name);

	if (!span_starts_with(word, name))
		return false;
	if (out->len > 0 || word.len == len)
		*is_sound = false;
	*out = (struct span){ word.data + len, word.len - len };
	return true;
}

static enum status read_rule(struct span text, struct ima_policy_rule *out)
{
	struct ima_policy_rule rule = { .line = out->line, .text = text };
	struct span rest = text;
	struct span word;
	size_t actions = 0;
	bool is_sound = is_printable(text);

	while (next_word(&rest, &word)) {
		enum ima_policy_action action;

		if (is_action(word, &action)) {
			rule.action = action;
			actions++;
		} else if (!takes(word, "func=", &rule.func, &is_sound) &&
			   !takes(word, "mask=", &rule.mask, &is_sound) &&
			   !takes(word, "template=", &rule.template, &is_sound) &&
			   !takes(word, "pcr=", &rule.pcr, &is_sound)) {
			rule.is_limited = true;
		}
	}
	if (!is_sound || actions != 1 || (rule.template.len > 0 && rule.action != IMA_MEASURE))
		return STATUS_MALFORMED;
	*out = rule;
	return OK;
}

struct ima_policy ima_policy_over(struct span text)
{
	return (struct ima_policy){ .rest = text };
}

enum status ima_policy_next(struct ima_policy *policy, struct ima_policy_rule *out)
{
	struct span line;

	while (text_next_line(&policy->rest, &line)) {
		struct ima_policy_rule rule = { .line = ++policy->line };

		/* Behind a NUL the kernel sees nothing, and people see rules. */
		if (line.len > 0 && memchr(line.data, 0, line.len) != NULL)
			return STATUS_MALFORMED;
		line = without_blanks(line);
		if (line.len == 0 || line.data[0] == '#')
			continue;

		enum status status = read_rule(line, &rule);
		if (status == OK)
			*out = rule;
		return status;
	}
	return STATUS_NOT_FOUND;
}

/* What a release has to see measured, and the access that the kernel asks about there
 * (ima_main.c): a mask that names it leaves nothing out. */
static const struct hook {
	const char *func, *alias, *access, *advice;
} hooks[] = {
	{ "BPRM_CHECK", NULL, "MAY_EXEC", "measure func=BPRM_CHECK template=ima-sigv2" },
	{ "MMAP_CHECK", "FILE_MMAP", "MAY_EXEC",
	  "measure func=MMAP_CHECK mask=MAY_EXEC template=ima-sigv2" },
	{ "MODULE_CHECK", NULL, "MAY_READ", "measure func=MODULE_CHECK template=ima-sigv2" },
	{ "FIRMWARE_CHECK", NULL, "MAY_READ", "measure func=FIRMWARE_CHECK template=ima-sigv2" },
	{ "KEXEC_KERNEL_CHECK", NULL, "MAY_READ",
	  "measure func=KEXEC_KERNEL_CHECK template=ima-sigv2" },
	{ "KEXEC_INITRAMFS_CHECK", NULL, "MAY_READ",
	  "measure func=KEXEC_INITRAMFS_CHECK template=ima-sigv2" },
	{ "KEXEC_CMDLINE", NULL, NULL, "measure func=KEXEC_CMDLINE" },
	{ "POLICY_CHECK", NULL, "MAY_READ", "measure func=POLICY_CHECK template=ima-sigv2" },
};

static bool is_named(struct span func, const char *name)
{
	return name != NULL && span_equal(func, span_text(name));
}

static bool is_about(const struct ima_policy_rule *rule, const struct hook *hook)
{
	return rule->func.len == 0 || is_named(rule->func, hook->func) ||
	       is_named(rule->func, hook->alias);
}

/* All that the kernel asks about there. */
static bool measures_all(const struct ima_policy_rule *rule, const struct hook *hook)
{
	struct span mask = rule->mask;

	if (rule->action != IMA_MEASURE || rule->is_limited)
		return false;
	if (mask.len == 0)
		return true;
	if (mask.data[0] == '^') /* among others */
		mask = (struct span){ mask.data + 1, mask.len - 1 };
	return is_named(mask, hook->access);
}

static enum status fault(const char *code, size_t line, const char *func, const char *advice,
			 struct ima_policy_fault *why)
{
	*why = (struct ima_policy_fault){
		.code = code, .line = line, .func = func, .advice = advice
	};
	return STATUS_MALFORMED;
}

static enum status check_rule(const struct ima_policy_rule *rule, struct ima_policy_fault *why)
{
	static const char *const of_buffers[] = { "KEXEC_CMDLINE", "KEY_CHECK", "CRITICAL_DATA" };

	if (rule->action != IMA_MEASURE)
		return OK;
	/* The first rule that fits says which PCR, and entries of one that nobody quotes can be
	 * left out of a log: an exemption in other words. */
	if (rule->pcr.len > 0)
		return fault(
			"ima-policy-pcr", rule->line, NULL,
			"leave pcr= out: what another PCR than IMA's own holds could run unseen",
			why);
	if (span_equal(rule->template, span_text("ima-sigv2")) ||
	    span_equal(rule->template, span_text("ima-ngv2")))
		return OK;
	for (size_t i = 0; i < sizeof(of_buffers) / sizeof(of_buffers[0]); i++)
		if (span_equal(rule->func, span_text(of_buffers[i])))
			return OK;
	return fault("ima-policy-template", rule->line, NULL,
		     "say template=ima-sigv2: entries in the kernel's own form do not show that "
		     "the policy is in force, and no machine would be trusted",
		     why);
}

/* Each rule by itself. */
static enum status check_rules(struct span text, struct ima_policy_fault *why)
{
	struct ima_policy policy = ima_policy_over(text);
	struct ima_policy_rule rule;
	enum status status;

	while ((status = ima_policy_next(&policy, &rule)) == OK) {
		status = check_rule(&rule, why);
		if (status != OK)
			return status;
	}
	if (status == STATUS_NOT_FOUND)
		return OK;
	return fault("ima-policy-rule", policy.line, NULL,
		     "the kernel would refuse it: one action, each option once, ASCII", why);
}

/* The first rule that fits decides (ima_match_policy). */
static enum status check_hook(struct span text, const struct hook *hook,
			      struct ima_policy_fault *why)
{
	struct ima_policy policy = ima_policy_over(text);
	struct ima_policy_rule rule;

	while (ima_policy_next(&policy, &rule) == OK) {
		if (!is_about(&rule, hook))
			continue;
		if (rule.action == IMA_DONT_MEASURE)
			return fault("ima-policy-exempts", rule.line, hook->func,
				     "leave it out: what it exempts could run unseen", why);
		if (measures_all(&rule, hook))
			return OK;
	}
	return fault("ima-policy-misses", 0, hook->func, hook->advice, why);
}

enum status ima_policy_check(struct span text, struct ima_policy_fault *why)
{
	enum status status = check_rules(text, why);

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]) && status == OK; i++)
		status = check_hook(text, &hooks[i], why);
	return status;
}
