/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/class_rules.h"

#include "policies/reference/set_file.h"

const char *const set_class_names[] = {
	"base", "identity", "enforcement", "kernel", "vendor", NULL
};

static void read_low_risk(struct strict_cursor *object, struct class_rules *out)
{
	struct strict_cursor list = strict_array(object, "lowRisk", CHANGE_KINDS);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span name = strict_element_text(&list, i, 32);
		enum change_kind kind;

		if (change_kind_named(name, &kind) != OK) {
			strict_fail(&list, NULL, STATUS_MALFORMED, "unknown-kind");
			return;
		}
		if (!change_kind_may_be_low_risk(kind))
			strict_fail(&list, NULL, STATUS_DENIED, "kind-never-low-risk");
		out->low_risk |= UINT64_C(1) << kind;
	}
}

/* Rules are compared with paths as IMA logs them, which have no space. */
static bool is_logged_path(struct span path)
{
	return set_path_is_valid(path) && memchr(path.data, ' ', path.len) == NULL;
}

static void read_path(struct strict_cursor *rule, struct class_rules *out)
{
	struct path_rule *row = &out->path[out->path_count];

	row->path = strict_text_as(rule, "path", SET_PATH_MAX, is_logged_path);
	row->class = (enum set_class)strict_choice(rule, "class", set_class_names);
	/* A rule takes files out of the base; none puts them back there, and what a
	 * vendor delivered is known by its signature. */
	if (strict_end(rule) == OK && (row->class == SET_BASE || row->class == SET_VENDOR))
		strict_fail(rule, "class", STATUS_MALFORMED, "bad-value");
	for (size_t i = 0; i < out->path_count; i++)
		if (span_equal(out->path[i].path, row->path))
			strict_fail(rule, "path", STATUS_MALFORMED, "path-twice");
	out->path_count++;
}

void class_rules_read(struct strict_cursor *predicate, struct class_rules *out)
{
	struct strict_cursor object = strict_object(predicate, "classRules");

	*out = (struct class_rules){ 0 };
	read_low_risk(&object, out);
	if (strict_has(&object, "paths")) {
		struct strict_cursor list = strict_array(&object, "paths", CLASS_PATHS_MAX);

		for (size_t i = 0; i < strict_count(&list); i++) {
			struct strict_cursor rule = strict_element_object(&list, i);

			read_path(&rule, out);
		}
	}
	(void)strict_end(&object);
}

enum set_class class_rules_class(const struct class_rules *rules, struct span path)
{
	enum set_class class = SET_BASE;
	size_t longest = 0;

	for (size_t i = 0; i < rules->path_count; i++) {
		const struct path_rule *rule = &rules->path[i];

		if (rule->path.len <= longest || !path_is_within(path, rule->path))
			continue;
		longest = rule->path.len;
		class = rule->class;
	}
	return class;
}

enum change_class class_rules_judge(const struct class_rules *rules, uint64_t kinds)
{
	return (kinds & ~rules->low_risk) == 0 ? CHANGE_LOW_RISK : CHANGE_TRUST_IMPACTING;
}
