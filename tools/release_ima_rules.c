/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "tools/release_collect.h"

/* Writes the set into the release and gives its member of "sets". */
static json_t *write_set(struct collect *c, const char *name, const char *class,
			 const struct file_list *files, bool must_appear)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *paths;

	if (file_list_text(files, &text) != OK)
		return NULL;

	struct sha256_text digest = sha256_text_of(span_of(&text));
	if (line_write(line_path(&c->line, "release/sets/%s", digest.hex).text, span_of(&text),
		       0644) != OK)
		return NULL;

	json_t *set = json_pack("{s:s, s:s, s:I, s:s}", "name", name, "sha256", digest.hex, "size",
				(json_int_t)text.len, "class", class);
	if (!must_appear)
		return set;
	paths = json_array();
	for (size_t i = 0; i < files->count; i++)
		(void)json_array_append_new(paths, json_string(files->entry[i].path));
	(void)json_object_set_new(set, "mustAppear", paths);
	return set;
}

/* Takes identity files out of the lists into a list of their own. */
static enum status split_identity(struct collect *c, struct file_list *base,
				  struct file_list *identity)
{
	enum status status = OK;

	file_list_settle(&c->identity);
	for (size_t i = 0; i < c->files.count && status == OK; i++) {
		struct span path = span_text(c->files.entry[i].path);
		bool is_identity = file_list_find(&c->identity, path) != NULL;

		status = file_list_add(is_identity ? identity : base, path, c->files.entry[i].hex);
	}
	if (status == OK && identity->count != c->identity.count) {
		(void)unusable("an --identity path is in no list of files");
		return STATUS_NOT_FOUND;
	}
	return status;
}

static enum status copy_files(const struct file_list *from, struct file_list *out)
{
	enum status status = OK;

	for (size_t i = 0; i < from->count && status == OK; i++)
		status = file_list_add(out, span_text(from->entry[i].path), from->entry[i].hex);
	return status;
}

/* What runs before the policy: from artifacts, or else what the lists say of
 * those files of the log, or without a log of those of the manifest before. */
static enum status explained_early(const struct collect *c, struct file_list *out)
{
	if (c->built_early.count > 0)
		return copy_files(&c->built_early, out);

	const struct file_list *early = c->ima.early.count > 0 ? &c->ima.early : &c->early;
	enum status status = OK;

	for (size_t i = 0; i < early->count && status == OK; i++) {
		struct span path = span_text(early->entry[i].path);
		const struct file_list_entry *known = file_list_find(&c->files, path);
		bool is_known = known != NULL && (early == &c->early ||
						  strcmp(known->hex, early->entry[i].hex) == 0);

		if (is_known)
			status = file_list_add(out, path, known->hex);
	}
	return status;
}

static json_t *sets_json(struct collect *c, json_t *early_names)
{
	AUTO_DONE(file_list) base = { 0 };
	AUTO_DONE(file_list) identity = { 0 };
	AUTO_DONE(file_list) early = { 0 };
	json_t *sets = json_array();
	int failed = 0;

	if (split_identity(c, &base, &identity) != OK || explained_early(c, &early) != OK) {
		json_decref(sets);
		return NULL;
	}
	if (early.count > 0) {
		failed |= json_array_append_new(sets,
						write_set(c, "early.files", "base", &early, false));
		failed |= json_array_append_new(early_names, json_string("early.files"));
	}
	failed |= json_array_append_new(sets, write_set(c, "base.files", "base", &base, false));
	if (identity.count > 0)
		failed |= json_array_append_new(
			sets, write_set(c, "identity.files", "identity", &identity, true));
	if (failed != 0) {
		json_decref(sets);
		return NULL;
	}
	return sets;
}

/* {"path", "sha256"}; NULL without one. */
static json_t *policy_json(const struct collect *c)
{
	const struct file_list_entry *file = file_list_find(&c->files, span_text(c->policy_path));

	if (file == NULL)
		return NULL;
	return json_pack("{s:s, s:[s]}", "path", c->policy_path, "sha256", file->hex);
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

static void add_template(json_t *templates, struct span name)
{
	json_t *text = json_stringn((const char *)name.data, name.len);
	json_t *other;
	size_t i;

	json_array_foreach(templates, i, other)
	{
		if (json_equal(other, text)) {
			json_decref(text);
			return;
		}
	}
	(void)json_array_append_new(templates, text);
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
				add_template(templates,
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
	return ima;
}
