/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "tools/collect/release_collect.h"
#include "tools/release/release_command_line.h"
#include "tools/release/release_root.h"

static bool is_early(const struct collect *c, const struct file_list_entry *entry)
{
	const struct file_list_entry *known =
		file_list_find(&c->built_early, span_text(entry->path));

	return known != NULL && file_list_agree(known, entry);
}

/* Those that ran before the policy have to be in the early set. */
static size_t report_late(const struct collect *c)
{
	size_t late = 0;

	if (c->built_early.count == 0)
		return 0;
	for (size_t i = 0; i < c->ima.early.count; i++) {
		AUTO_DONE(bytes) escaped = { 0 };

		if (is_early(c, &c->ima.early.entry[i]))
			continue;
		if (text_append_escaped(&escaped, span_text(c->ima.early.entry[i].path)) == OK)
			fprintf(stderr, "before the IMA policy, and not in the early set: %.*s\n",
				(int)escaped.len, (const char *)escaped.data);
		late++;
	}
	return late;
}

/* Files of the log that no list explains, said one by one. */
size_t collect_report(const struct collect *c)
{
	size_t unexplained = 0;

	for (size_t i = 0; i < c->ima.all.count; i++) {
		const struct file_list_entry *entry = &c->ima.all.entry[i];
		const struct file_list_entry *known =
			file_list_find(&c->files, span_text(entry->path));
		AUTO_DONE(bytes) escaped = { 0 };

		if ((known != NULL && file_list_agree(known, entry)) || is_early(c, entry))
			continue;
		if (text_append_escaped(&escaped, span_text(entry->path)) == OK)
			fprintf(stderr, "unexplained: %.*s %s (%s)\n", (int)escaped.len,
				(const char *)escaped.data, file_list_hex(entry).text,
				known == NULL ? "in no list" : "another digest is listed");
		unexplained++;
	}
	if (c->ima.violations > 0)
		fprintf(stderr, "the log has %zu violations: fix the IMA policy\n",
			c->ima.violations);
	if (c->ima.unlistable > 0)
		fprintf(stderr,
			"the log has %zu entries that no set can list: keys or other data, "
			"memfds,\n"
			"or files hashed with another algorithm than sha256; see attestctl "
			"imalog\n",
			c->ima.unlistable);
	return unexplained + report_late(c) + c->ima.violations + c->ima.unlistable;
}

void collect_report_lines(struct span draft)
{
	AUTO(json_t) predicate = payload_predicate(draft);
	json_t *boot = json_object_get(predicate, "boot");
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(boot, "cmdline"), i, line)
		command_line_warn(stderr, span_text(json_string_value(line)));
}
