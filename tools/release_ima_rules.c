/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "policies/class_rules.h"
#include "tools/release_collect.h"
#include "tools/set_writer.h"

/* The class's set, written into the release, as a member of "sets". */
static json_t *write_set(struct collect *c, const struct file_list *files, enum set_class class,
			 const char *name)
{
	struct written_set set;

	if (set_write(&c->line, files, class, &set) != OK)
		return NULL;
	return json_pack("{s:s, s:s, s:I, s:s}", "name", name, "sha256", set.sha256.hex, "size",
			 (json_int_t)set.size, "class", set_class_names[class]);
}

/* What runs before the policy: from artifacts, or else what the lists say of
 * those files of the log, or without a log of those of the manifest before. */
static enum status explained_early(const struct collect *c, struct file_list *out)
{
	if (c->built_early.count > 0)
		return file_list_add_list(out, &c->built_early);

	const struct file_list *early = c->ima.early.count > 0 ? &c->ima.early : &c->early;
	enum status status = OK;

	for (size_t i = 0; i < early->count && status == OK; i++) {
		struct span path = span_text(early->entry[i].path);
		const struct file_list_entry *known = file_list_find(&c->files, path);
		bool is_known = known != NULL &&
				(early == &c->early || file_list_agree(known, &early->entry[i]));

		if (is_known)
			status = file_list_add(out, path, known->sha256);
	}
	return status;
}

static bool has_class(const struct file_list *files, enum set_class class)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->entry[i].class == class)
			return true;
	return false;
}

/* The early set first, then one for each class that has files. */
static json_t *sets_json(struct collect *c, json_t *early_names)
{
	static const char *const names[] = { [SET_BASE] = "base.files",
					     [SET_IDENTITY] = "identity.files",
					     [SET_ENFORCEMENT] = "enforcement.files",
					     [SET_KERNEL] = "kernel.files" };
	AUTO_DONE(file_list) early = { 0 };
	json_t *must_appear = json_array();
	json_t *sets = json_array();
	int failed = collect_classes(c, must_appear) != OK || explained_early(c, &early) != OK;

	if (failed == 0 && early.count > 0) {
		(void)file_list_settle(&early, NULL);
		failed |=
			json_array_append_new(sets, write_set(c, &early, SET_BASE, "early.files"));
		failed |= json_array_append_new(early_names, json_string("early.files"));
	}
	for (enum set_class class = SET_BASE; class <= SET_KERNEL && failed == 0; class ++) {
		json_t *set;

		if (class != SET_BASE && !has_class(&c->files, class))
			continue;
		set = write_set(c, &c->files, class, names[class]);
		if (class == SET_IDENTITY && json_array_size(must_appear) > 0)
			failed |= json_object_set(set, "mustAppear", must_appear);
		failed |= json_array_append_new(sets, set);
	}
	json_decref(must_appear);
	if (failed == 0)
		return sets;
	json_decref(sets);
	return NULL;
}

/* {"path", "sha256"}; NULL without one. */
static json_t *policy_json(const struct collect *c)
{
	const struct file_list_entry *file = file_list_find(&c->files, span_text(c->policy_path));

	if (file == NULL)
		return NULL;
	return json_pack("{s:s, s:[s]}", "path", c->policy_path, "sha256",
			 file_list_hex(file).text);
}

/* What the logs do not tell, and a person wrote into the manifest before. */
static void keep_from_previous(const struct collect *c, json_t *ima)
{
	static const char *const kept[] = { "violations", "modulesDisabled", "keyrings",
					    "exclude" };
	json_t *was = json_object_get(c->previous, "ima");

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_object_get(was, kept[i]) != NULL)
			(void)json_object_set(ima, kept[i], json_object_get(was, kept[i]));
}

#define POLICY_MAX ((size_t)1 << 20)

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_comment(struct span rule)
{
	while (rule.len > 0 && is_blank(rule.data[0]))
		rule = (struct span){ rule.data + 1, rule.len - 1 };
	return rule.len > 0 && rule.data[0] == '#';
}

/* Between blanks, as the kernel reads a rule (ima_policy.c, ima_parse_rule). */
static bool next_word(struct span *rest, struct span *word)
{
	size_t len = 0;

	if (rest->len == 0)
		return false;
	while (len < rest->len && !is_blank(rest->data[len]))
		len++;
	*word = (struct span){ rest->data, len };
	len += len < rest->len;
	*rest = (struct span){ rest->data + len, rest->len - len };
	return true;
}

/* The kernel's own template, then those that the policy's rules name. */
static json_t *built_templates(const struct collect *c)
{
	static const char option[] = "template=";
	AUTO_DONE(bytes) policy = { 0 };
	json_t *templates = json_pack("[s]", "ima-sig");
	struct line_path path;
	struct span rest;
	struct span line;
	struct span word;

	(void)snprintf(path.text, sizeof(path.text), "%s%s", c->tree, c->policy_path);
	if (line_has(path.text) && line_read(path.text, POLICY_MAX, &policy) != OK)
		return templates;
	rest = span_of(&policy);
	while (text_next_line(&rest, &line))
		while (!is_comment(line) && next_word(&line, &word))
			if (span_starts_with(word, option))
				note_template(templates,
					      (struct span){ word.data + sizeof(option) - 1,
							     word.len - (sizeof(option) - 1) });
	return templates;
}

/* Of artifacts, of the log, or what Debian's kernel and the usual policy have. */
static json_t *templates_json(const struct collect *c)
{
	if (c->built_early.count > 0)
		return built_templates(c);
	if (c->ima.templates != NULL)
		return json_incref(c->ima.templates);
	return json_pack("[s, s]", "ima-sig", "ima-sigv2");
}

json_t *collect_ima_rules(struct collect *c)
{
	json_t *was = json_object_get(c->previous, "ima");
	json_t *early = json_array();
	json_t *sets = sets_json(c, early);
	json_t *policy = policy_json(c);
	bool builtin = c->allow_builtin;
	json_t *templates = templates_json(c);

	if (sets == NULL) {
		json_decref(early);
		json_decref(policy);
		json_decref(templates);
		return NULL;
	}
	if (c->from_previous) {
		builtin = builtin || json_is_true(json_object_get(was, "allowBuiltinPolicy"));
		if (c->ima.templates == NULL && c->built_early.count == 0) {
			json_decref(templates);
			templates = json_incref(json_object_get(was, "templates"));
		}
	}
	json_t *ima = json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "templates", templates, "hash",
				"sha256", "violations", "refuse", "allowBuiltinPolicy", builtin,
				"early", early, "sets", sets);
	if (policy != NULL)
		(void)json_object_set_new(ima, "policy", policy);
	if (c->from_previous)
		keep_from_previous(c, ima);
	if (c->has_modules_disabled)
		(void)json_object_set_new(ima, "modulesDisabled", json_true());
	return ima;
}
