/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "tools/collect/release_collect.h"
#include "tools/release/release.h"
#include "tools/command.h"

static void collect_done(struct collect *c)
{
	free(c->input);
	file_list_done(&c->files);
	file_list_done(&c->identity);
	file_list_done(&c->early);
	file_list_done(&c->early_given);
	built_root_done(&c->built);
	file_list_done(&c->built_early);
	bytes_done(&c->policy);
	vendor_deliveries_done(&c->vendors);
	ima_collected_done(&c->ima);
	json_decref(c->settings);
	json_decref(c->previous);
	json_decref(c->rollback_to);
}

AUTO_RELEASE(collect, collect_done);

static json_t *boot_json(struct collect *c)
{
	AUTO_DONE(bytes) log = { 0 };

	if (collect_is_from_artifacts(c))
		return collect_boot_artifacts(&c->boot, c->lockdown);
	if (c->boot_log == NULL)
		return json_deep_copy(json_object_get(c->previous, "boot"));
	if (path_read(c->boot_log, COLLECT_FILE_MAX, &log) != OK)
		return NULL;
	return collect_boot(span_of(&log), c->lockdown);
}

static enum status read_ima(struct collect *c)
{
	AUTO_DONE(bytes) log = { 0 };
	enum status status = OK;

	if (c->ima_log == NULL)
		return OK;
	status = path_read(c->ima_log, COLLECT_FILE_MAX, &log);
	if (status == OK)
		status = collect_ima(span_of(&log), c->policy_path, &c->ima);
	if (status != OK || !c->from_log_only)
		return status;
	fputs("attestctl: WARNING: golden values taken from a machine's own log: whatever ran\n"
	      "there counts as good. Use lists made from artifacts for anything that matters.\n",
	      stderr);
	return file_list_add_list(&c->files, &c->ima.all);
}

static json_t *predicate_json(struct collect *c)
{
	json_t *boot = boot_json(c);
	json_t *ima = boot == NULL ? NULL : collect_ima_rules(c);
	json_int_t epoch = json_integer_value(json_object_get(c->previous, "securityEpoch"));

	if (c->security_epoch > epoch)
		epoch = c->security_epoch;
	if (ima == NULL) {
		json_decref(boot);
		return NULL;
	}
	/* A declared class could only raise what the difference comes to. */
	json_t *predicate = json_pack(
		"{s:s, s:I, s:I, s:s, s:{s:s, s:s}, s:I, s:I, s:o, s:o, s:{s:[]}}", "line",
		collect_setting(c, "line"), "version", (json_int_t)c->next_version, "securityEpoch",
		epoch, "changeClass", "low-risk", "target", "platform",
		collect_setting(c, "platform"), "kernel", collect_setting(c, "kernel"), "notBefore",
		(json_int_t)(c->now - 60), "notAfter",
		(json_int_t)(c->now + c->life_days * INT64_C(86400)), "boot", boot, "ima", ima,
		"evidence", "validation");
	if (c->previous_version > 0)
		(void)json_object_set_new(predicate, "previous",
					  json_pack("{s:I, s:s}", "version",
						    (json_int_t)c->previous_version, "sha256",
						    c->previous_sha256));
	if (json_array_size(c->rollback_to) > 0)
		(void)json_object_set(predicate, "rollbackTo", c->rollback_to);
	return predicate;
}

static enum status write_draft(struct collect *c, size_t *unexplained)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *predicate = predicate_json(c);
	json_t *set;
	size_t i;

	if (predicate == NULL)
		return STATUS_MALFORMED;

	json_t *subject = json_array();
	json_array_foreach(json_object_get(json_object_get(predicate, "ima"), "sets"), i, set)
		subject_add(subject, json_string_value(json_object_get(set, "name")),
			    json_string_value(json_object_get(set, "sha256")));
	enum status status = statement_text(DOCUMENT_MANIFEST, subject, predicate, &text);
	if (status != OK)
		return status;

	struct path_text path = line_path(&c->line, "draft/manifest.json");
	status = draft_check(path.text, span_of(&text));
	if (status == OK)
		status = path_write(path.text, span_of(&text), 0644);
	if (status == OK)
		printf("%s: version %" PRIu64 ", %zu files, sha256:%s\n", path.text,
		       c->next_version, c->files.count, sha256_text_of(span_of(&text)).hex);
	if (status == OK)
		collect_report_lines(span_of(&text));
	if (status == OK && c->check_log != NULL)
		status = check_boot_log(span_of(&text), c->check_log, unexplained);
	return status;
}

/* New files are there to replace those of the manifest before; between the inputs of
 * one root it may be a mistake. */
static void say_replaced(const struct file_list_entry *by)
{
	fprintf(stderr, "conflict: %s: the input given last counts\n", by->path);
}

static enum answer collect(struct collect *c)
{
	size_t unexplained = 0;

	if (read_ima(c) != OK)
		return ANSWER_UNUSABLE;
	size_t replaced = file_list_settle(&c->files, c->from_previous ? NULL : say_replaced);
	if (replaced > 0 && !c->from_previous)
		fprintf(stderr,
			"conflict: %zu files are in several inputs with other digests: the input "
			"given last counts\n",
			replaced);
	if (c->left_out > 0)
		fprintf(stderr, "left out: %zu files in /boot or kernels, which no set may list\n",
			c->left_out);
	if (c->files.count == 0)
		return unusable("no files: give --files or --tree");
	if (!collect_allows_builtin(c) &&
	    file_list_find(&c->files, span_text(c->policy_path)) == NULL)
		return unusable("no list has the IMA policy %s: install one there, name its "
				"path with --ima-policy, or say --allow-builtin-policy",
				c->policy_path);
	if (c->boot_log == NULL && !collect_is_from_artifacts(c) && c->lockdown != NULL)
		return unusable("--lockdown goes with --esp or --boot-log: --previous keeps the "
				"boot rules");
	if (collect_policy(c) != OK || collect_early(c) != OK || write_draft(c, &unexplained) != OK)
		return ANSWER_UNUSABLE;

	size_t entries = collect_report(c);
	if (entries > 0)
		fprintf(stderr, "%zu entries of the IMA log are not explained by this draft\n",
			entries);
	unexplained += entries;
	return unexplained > 0 ? ANSWER_NO : ANSWER_YES;
}

enum answer release_collect(int argc, char **argv)
{
	AUTO_DONE(collect)
	c = { .life_days = 90, .now = time(NULL) };
	enum answer answer = ANSWER_UNUSABLE;

	if (!collect_take_options(&c, argc, argv, &answer))
		return answer;
	c.settings = line_settings(&c.line);
	if (c.settings == NULL || collect_previous(&c) != OK || collect_inputs(&c) != OK ||
	    collect_vendors(&c) != OK)
		return ANSWER_UNUSABLE;
	if (c.policy_path == NULL)
		c.policy_path = "/etc/ima/ima-policy";
	return collect(&c);
}
