/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_ima_policy.h"

#include "policies/artifacts/ima_policy.h"
#include "tools/command.h"
#include "tools/release/release_root.h"

enum status ima_policy_keep(const struct release_line *line, struct span text)
{
	return line_write_released(
		line, line_path(line, "release/policies/%s", sha256_text_of(text).hex).text, text);
}

enum status ima_policy_kept(const char *release, const char *hex, struct bytes *out)
{
	const struct release_line line = { .directory = release };
	struct path_text path = line_path(&line, "policies/%s", hex);
	AUTO_DONE(bytes) text = { 0 };

	if (!path_exists(path.text) || path_read(path.text, IMA_POLICY_MAX, &text) != OK ||
	    strcmp(sha256_text_of(span_of(&text)).hex, hex) != 0)
		return STATUS_NOT_FOUND;
	return bytes_copy(span_of(&text), out);
}

/* A fault as people read it. */
static enum status fault_text(const struct ima_policy_fault *why, struct bytes *out)
{
	enum status status = bytes_printf(out, "%s: ", why->code);

	if (status == OK && why->line > 0)
		status = bytes_printf(out, "line %zu: ", why->line);
	if (status == OK && why->func != NULL)
		status = bytes_printf(out, "%s: ", why->func);
	return status == OK ? bytes_printf(out, "%s%c", why->advice, '\0') : status;
}

enum status ima_policy_judge(const char *name, struct span text)
{
	AUTO_DONE(bytes) fault = { 0 };
	struct ima_policy_fault why;
	enum status status = ima_policy_check(text, &why);

	if (status == OK)
		return OK;
	if (fault_text(&why, &fault) == OK)
		(void)unusable("%s: %s", name, (const char *)fault.data);
	return status;
}

/* One policy of the new manifest, for who approves it. */
struct named_policy {
	const char *hex;
	struct bytes text;
	bool is_kept, holds;
	struct ima_policy_fault why;
};

static void named_policy_done(struct named_policy *policy)
{
	bytes_done(&policy->text);
}

AUTO_RELEASE(named_policy, named_policy_done);

static void find_policy(const struct comparison *c, json_t *hex, struct named_policy *out)
{
	out->hex = json_string_value(hex);
	out->is_kept = ima_policy_kept(c->release, out->hex, &out->text) == OK;
	out->holds = out->is_kept && ima_policy_check(span_of(&out->text), &out->why) == OK;
}

/* The new manifest's "ima", where what it says about policies is new; NULL elsewhere. */
static json_t *changed_ima(const struct comparison *c)
{
	if (c->difference.count[CHANGE_IMA_POLICY] + c->difference.count[CHANGE_BUILTIN_POLICY] ==
	    0)
		return NULL;
	AUTO(json_t) predicate = payload_predicate(span_of(&c->new));

	return json_incref(json_object_get(predicate, "ima"));
}

static json_t *digests_of(json_t *ima)
{
	return json_object_get(json_object_get(ima, "policy"), "sha256");
}

static void print_rules(struct span text, FILE *to)
{
	struct ima_policy policy = ima_policy_over(text);
	struct ima_policy_rule rule;

	while (ima_policy_next(&policy, &rule) == OK)
		fprintf(to, "    %.*s\n", (int)rule.text.len, (const char *)rule.text.data);
}

static void print_policy(const struct named_policy *policy, FILE *to)
{
	AUTO_DONE(bytes) fault = { 0 };

	fprintf(to, "\nrules of the IMA policy sha256:%s\n", policy->hex);
	if (!policy->is_kept) {
		fputs("  ! its text is not in policies/: what it measures cannot be told\n", to);
		return;
	}
	print_rules(span_of(&policy->text), to);
	if (!policy->holds && fault_text(&policy->why, &fault) == OK)
		fprintf(to, "  ! %s\n", (const char *)fault.data);
}

void comparison_print_policies(const struct comparison *c, FILE *to)
{
	AUTO(json_t) ima = changed_ima(c);
	json_t *hex;
	size_t i;

	json_array_foreach(digests_of(ima), i, hex)
	{
		AUTO_DONE(named_policy) policy = { 0 };

		find_policy(c, hex, &policy);
		print_policy(&policy, to);
	}
}

static json_t *rules_json(struct span text)
{
	struct ima_policy policy = ima_policy_over(text);
	struct ima_policy_rule rule;
	json_t *list = json_array();

	while (ima_policy_next(&policy, &rule) == OK)
		(void)json_array_append_new(
			list, json_stringn((const char *)rule.text.data, rule.text.len));
	return list;
}

json_t *comparison_policies_json(const struct comparison *c)
{
	AUTO(json_t) ima = changed_ima(c);
	json_t *list = json_array();
	json_t *hex;
	size_t i;

	json_array_foreach(digests_of(ima), i, hex)
	{
		AUTO_DONE(named_policy) policy = { 0 };

		find_policy(c, hex, &policy);
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:o, s:s?}", "sha256", policy.hex, "holds",
				  policy.holds, "rules",
				  policy.is_kept ? rules_json(span_of(&policy.text)) : json_null(),
				  "fault", policy.why.code));
	}
	return list;
}

bool comparison_policies_hold(const struct comparison *c)
{
	AUTO(json_t) ima = changed_ima(c);
	bool hold = true;
	json_t *hex;
	size_t i;

	if (json_is_true(json_object_get(ima, "allowBuiltinPolicy")))
		return true;
	json_array_foreach(digests_of(ima), i, hex)
	{
		AUTO_DONE(named_policy) policy = { 0 };

		find_policy(c, hex, &policy);
		hold = hold && policy.holds;
	}
	return hold;
}
