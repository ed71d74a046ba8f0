/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/artifacts/ima_policy.h"
#include "policies/trust/class_rules.h"
#include "tools/collect/release_collect.h"
#include "tools/collect/set_writer.h"
#include "tools/command.h"
#include "tools/release/release_ima_policy.h"

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

static bool is_delivered(const struct collect *c, const char *vendor)
{
	for (size_t i = 0; i < c->vendors.count; i++)
		if (span_equal(c->vendors.delivery[i].origin.vendor, span_text(vendor)))
			return true;
	return false;
}

/* What a vendor delivered before stays, until it delivers again. */
static bool add_previous_vendors(const struct collect *c, json_t *sets)
{
	json_t *was = json_object_get(json_object_get(c->previous, "ima"), "sets");
	bool is_added = true;
	json_t *set;
	size_t i;

	if (!c->from_previous)
		return true;
	json_array_foreach(was, i, set)
	{
		const char *name =
			json_string_value(json_object_get(json_object_get(set, "vendor"), "name"));

		if (name != NULL && !is_delivered(c, name))
			is_added = is_added && json_array_append(sets, set) == 0;
	}
	return is_added;
}

static bool add_vendors(struct collect *c, json_t *sets)
{
	for (size_t i = 0; i < c->vendors.count; i++) {
		const struct vendor_delivery *delivery = &c->vendors.delivery[i];
		char name[VENDOR_NAME_MAX + 32];

		(void)snprintf(name, sizeof(name), "vendor-%.*s-%zu.files",
			       (int)delivery->origin.vendor.len,
			       (const char *)delivery->origin.vendor.data, i + 1);

		json_t *set = write_set(c, &delivery->files, SET_VENDOR, name);
		if (json_object_set_new(set, "vendor", vendor_delivery_json(delivery)) != 0 ||
		    json_array_append_new(sets, set) != 0)
			return false;
	}
	return true;
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
	failed = failed != 0 || !add_previous_vendors(c, sets) || !add_vendors(c, sets);
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

bool collect_allows_builtin(const struct collect *c)
{
	json_t *was = json_object_get(c->previous, "ima");

	return c->allow_builtin ||
	       (c->from_previous && json_is_true(json_object_get(was, "allowBuiltinPolicy")));
}

/* The file that the lists mean. */
static bool is_policy(const struct file_list_entry *file, struct span text)
{
	return strcmp(file_list_hex(file).text, sha256_text_of(text).hex) == 0;
}

/* Below the trees, the last one first; each may have another file there. */
static enum status policy_of_trees(struct collect *c, const struct file_list_entry *file)
{
	for (size_t i = c->input_count; i > 0; i--) {
		AUTO_DONE(bytes) text = { 0 };
		struct path_text path;

		if (c->input[i - 1].kind != INPUT_TREE)
			continue;
		(void)snprintf(path.text, sizeof(path.text), "%s%s", c->input[i - 1].path,
			       c->policy_path);
		if (path_exists(path.text) && path_read(path.text, IMA_POLICY_MAX, &text) == OK &&
		    is_policy(file, span_of(&text)))
			return bytes_copy(span_of(&text), &c->policy);
	}
	return STATUS_NOT_FOUND;
}

static enum status policy_given(struct collect *c, const struct file_list_entry *file)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = path_read(c->policy_file, IMA_POLICY_MAX, &text);

	if (status != OK)
		return status;
	if (is_policy(file, span_of(&text)))
		return bytes_copy(span_of(&text), &c->policy);
	(void)unusable("%s: not the file that the lists have as %s", c->policy_file,
		       c->policy_path);
	return STATUS_MISMATCH;
}

static enum status find_policy(struct collect *c, const struct file_list_entry *file)
{
	enum status status;

	if (c->policy_file != NULL)
		return policy_given(c, file);
	status = policy_of_trees(c, file);
	if (status == STATUS_NOT_FOUND)
		status = ima_policy_kept(line_path(&c->line, "release").text,
					 file_list_hex(file).text, &c->policy);
	if (status == STATUS_NOT_FOUND && !collect_allows_builtin(c))
		(void)unusable("%s: lists have its digest alone: give the policy itself with "
			       "--ima-policy-file",
			       c->policy_path);
	return status;
}

/* Such a kernel takes other rules from root later, and logs nothing of it (i22). */
static enum status check_configuration(const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = path_read(path, IMA_POLICY_MAX, &text);
	struct span rest = span_of(&text);
	struct span line;

	while (status == OK && text_next_line(&rest, &line)) {
		if (!span_equal(line, span_text("CONFIG_IMA_WRITE_POLICY=y")))
			continue;
		(void)unusable("%s: CONFIG_IMA_WRITE_POLICY=y: root could give IMA other rules "
			       "without a trace: take another kernel",
			       path);
		status = STATUS_UNSUPPORTED;
	}
	return status;
}

/* Each of the tree: what the cell calls its kernel may be a series of them. */
static enum status check_configurations(const char *tree, bool *is_known)
{
	struct path_text directory;
	enum status status = OK;

	(void)snprintf(directory.text, sizeof(directory.text), "%s/boot", tree);
	DIR *boot = opendir(directory.text);

	if (boot == NULL)
		return errno == ENOENT ? OK : path_failed(STATUS_IO, directory.text);
	for (const struct dirent *entry = readdir(boot); entry != NULL && status == OK;
	     entry = readdir(boot)) {
		AUTO_DONE(bytes) path = { 0 };
		AUTO(char) text = NULL;

		if (!span_starts_with(span_text(entry->d_name), "config-"))
			continue;
		*is_known = true;
		status = bytes_printf(&path, "%s/%s", directory.text, entry->d_name);
		if (status == OK)
			status = bytes_text(span_of(&path), &text);
		if (status == OK)
			status = check_configuration(text);
	}
	(void)closedir(boot);
	return status;
}

static enum status check_kernels(const struct collect *c)
{
	bool is_known = false;
	enum status status = OK;

	for (size_t i = 0; i < c->input_count && status == OK; i++)
		if (c->input[i].kind == INPUT_TREE)
			status = check_configurations(c->input[i].path, &is_known);
	if (status == OK && !is_known)
		fprintf(stderr, "no tree has a kernel's configuration, boot/config-*: look "
				"yourself that the kernel lacks CONFIG_IMA_WRITE_POLICY\n");
	return status;
}

enum status collect_policy(struct collect *c)
{
	const struct file_list_entry *file = file_list_find(&c->files, span_text(c->policy_path));
	enum status status = file == NULL ? STATUS_NOT_FOUND : find_policy(c, file);

	if (status == STATUS_NOT_FOUND && collect_allows_builtin(c))
		return OK;
	if (status == OK && !collect_allows_builtin(c))
		status = ima_policy_judge(c->policy_path, span_of(&c->policy));
	if (status == OK && !collect_allows_builtin(c))
		status = check_kernels(c);
	return status == OK ? ima_policy_keep(&c->line, span_of(&c->policy)) : status;
}

/* Keys and critical data are logged as such at each boot, by a template that no rule names. */
static bool logs_buffers(const struct ima_policy_rule *rule)
{
	return rule->action == IMA_MEASURE && (span_equal(rule->func, span_text("KEY_CHECK")) ||
					       span_equal(rule->func, span_text("CRITICAL_DATA")));
}

/* The kernel's own template, then those that the policy's rules bring. */
static json_t *policy_templates(const struct collect *c)
{
	struct ima_policy policy = ima_policy_over(span_of(&c->policy));
	json_t *templates = json_pack("[s]", "ima-sig");
	struct ima_policy_rule rule;

	while (ima_policy_next(&policy, &rule) == OK) {
		if (rule.template.len > 0)
			note_template(templates, rule.template);
		if (logs_buffers(&rule))
			note_template(templates, span_text("ima-buf"));
	}
	return templates;
}

/* Of artifacts, of the log, or what Debian's kernel and the usual policy have. */
static json_t *templates_json(const struct collect *c)
{
	if (c->built_early.count > 0)
		return policy_templates(c);
	if (c->ima.templates != NULL)
		return json_incref(c->ima.templates);
	if (c->policy.len > 0)
		return policy_templates(c);
	return json_pack("[s, s]", "ima-sig", "ima-sigv2");
}

json_t *collect_ima_rules(struct collect *c)
{
	json_t *was = json_object_get(c->previous, "ima");
	json_t *early = json_array();
	json_t *sets = sets_json(c, early);
	json_t *policy = policy_json(c);
	json_t *templates = templates_json(c);

	if (sets == NULL) {
		json_decref(early);
		json_decref(policy);
		json_decref(templates);
		return NULL;
	}
	if (c->from_previous) {
		if (c->ima.templates == NULL && c->built_early.count == 0) {
			json_decref(templates);
			templates = json_incref(json_object_get(was, "templates"));
		}
	}
	json_t *ima = json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "templates", templates, "hash",
				"sha256", "violations", "refuse", "allowBuiltinPolicy",
				collect_allows_builtin(c), "early", early, "sets", sets);
	if (policy != NULL)
		(void)json_object_set_new(ima, "policy", policy);
	if (c->from_previous)
		keep_from_previous(c, ima);
	if (c->has_modules_disabled)
		(void)json_object_set_new(ima, "modulesDisabled", json_true());
	return ima;
}
